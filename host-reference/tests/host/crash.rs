//! `kill -9` of the host at any instant, while an incident is in progress.

use crate::program::Program;
use crate::support::skipped;
use homeostat::store::Reader;
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::time::Duration;

/// `sick` fails as long as `fault` exists. Its plan leaves a line with the command's id for each thing done.
const POLICY: &str = "
mode: MODE
components:
  keeper:
    run: [BIN, demo-service, --name, keeper, --port, '0', --max-life, 90s, --until-gone, 'TEST']
    checks: [{ process: {}, interval: 500ms, timeout: 200ms }]
  SICK
    healthy_delay: 500ms
actions:
  MARK
playbooks:
  - name: mend
    trigger: sick.unhealthy
    steps: [mark, mark, mark, mark, mark, mark]
    verify: { settle: 1s, within: 4s, stability: 1s }
    attempts: 2
";

fn sick(mode: &str) -> Program {
    let program = Program::new(&POLICY.replace("MODE", mode));
    program.write("fault", "");
    program
}

/// What must hold whatever happened: nothing done twice, one incident, the audit whole, the process never restarted.
fn assert_nothing_lost_or_done_twice(program: &Program, keeper: Option<i64>, why: &str) {
    let effects = program.effects();
    let distinct: BTreeSet<&String> = effects.iter().collect();
    assert_eq!(distinct.len(), effects.len(), "{why}: done twice: {effects:?}\n{}", program.read("account"));
    assert!(program.incidents().len() <= 1, "{why}: {:?}", program.incidents());
    if keeper.is_some() {
        assert_eq!(program.pid_of("keeper"), keeper, "{why}: the supervised process was restarted");
    }
    if program.path("h.db").exists() {
        let reader = Reader::open(&program.path("h.db")).expect("the store");
        reader.verify_audit().expect("the audit chain");
    }
}

#[test]
fn killed_at_random_instants_it_goes_on_where_it_was() {
    let mut program = sick("auto");
    program.start();
    program.until_said(&["incident 1 opened"]);
    let keeper = program.pid_of("keeper");
    let opened = program.incidents()[0]["id"].clone();
    // A small generator with a fixed seed: the instants differ, and are the same in each run of the test.
    let mut seed = 42_u32;
    for round in 0..20 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        std::thread::sleep(Duration::from_millis(20 + u64::from(seed >> 23)));
        program.kill();
        assert_nothing_lost_or_done_twice(&program, keeper, &format!("kill {round}"));
        assert_eq!(program.incidents()[0]["id"], opened, "kill {round}");
        program.start();
    }
    program.until("it is ready", |program| program.is_ready());
    program.until("people are called in the end", |program| program.incidents()[0]["escalated"] == true);
    std::fs::remove_file(program.path("fault")).expect("the fault");
    program.until("it is well again", |program| program.phase() == "resolved");
    assert_nothing_lost_or_done_twice(&program, keeper, "in the end");
    assert_eq!(program.incidents()[0]["id"], opened);
    program.stop();
}

/// Points that are passed one after the other, each by a host that goes on where the one before was killed. What is
/// claimed and not answered ends the plan, so that the points after it need an incident of their own.
const POINTS: [&[&str]; 5] = [
    &["started:1", "deciding:3", "decided:3", "claiming:1", "claimed:1", "deciding:9", "decided:9"],
    &["performing:1"],
    &["claimed:3"],
    &["performing:4"],
    &["answered:2"],
];

#[test]
fn killed_at_each_named_point_it_goes_on_where_it_was() {
    if !cfg!(debug_assertions) {
        return skipped("a release build has no named points");
    }
    std::thread::scope(|scope| {
        for points in POINTS {
            scope.spawn(|| is_killed_at(points));
        }
    });
}

fn is_killed_at(points: &[&str]) {
    let mut program = sick("auto");
    let mut keeper = None;
    for point in points {
        program.crash_at(Some(point));
        program.start();
        program.until(&format!("it ends at {point}"), Program::has_ended);
        assert_eq!(program.ended_by(), Some(Signal::KILL.as_raw()), "{point}");
        assert_nothing_lost_or_done_twice(&program, keeper, point);
        keeper = keeper.or_else(|| program.pid_of("keeper"));
    }
    program.crash_at(None);
    program.start();
    program.until_said(&["gives up"]);
    program.until("the incident has ended its way", |program| {
        program.incidents().first().is_some_and(|incident| incident["escalated"] == true)
    });
    assert_nothing_lost_or_done_twice(&program, keeper, "in the end");
    program.until("it is ready to be stopped", |program| program.is_ready());
    program.stop();
}

#[test]
fn a_plan_that_waits_for_approval_still_waits_after_a_kill_and_is_carried_out_once_approved() {
    let mut program = sick("approve");
    program.start();
    program.until_said(&["asks       `homeostat approve "]);
    let plan: String =
        program.read("account").split("`homeostat approve ").nth(1).expect("a plan").chars().take(8).collect();
    program.kill();
    program.start();
    program.until("it is ready", |program| program.is_ready());
    assert_eq!(program.effects(), Vec::<String>::new());
    let wrong = program.tell(&["approve", "00000000"]);
    assert!(wrong.code == Some(1) && wrong.err.contains(&plan), "the waiting plan is named: {wrong:?}");
    let approved = program.tell(&["approve", &plan]);
    assert_eq!(approved.code, Some(0), "{approved:?}");
    // After a start nothing is done before all was heard of: mended too soon, there would be nothing left to do.
    program.until("it has begun", |program| !program.effects().is_empty());
    std::fs::remove_file(program.path("fault")).expect("the fault");
    program.until("it is closed", |program| program.phase() == "closed");
    let effects = program.effects();
    assert!(effects.iter().collect::<BTreeSet<_>>().len() == effects.len(), "{effects:?}");
    program.stop();
}
