//! Random journals: sentences of the scenario language, sense and nonsense, over one policy. What must never happen must
//! not happen, whatever the inputs; and the same inputs give the same, from the beginning and from any snapshot.
//!
//! A case that fails is printed as a scenario. `PROPTEST_CASES=1000` looks longer.

use crate::checker::Checker;
use crate::file::Run;
use crate::host::load;
use crate::run::Stage;
use homeostat_core::engine::{Engine, Output};
use homeostat_core::model::command::Command;
use homeostat_core::model::event::Input;
use homeostat_core::model::fact::Conclusion;
use homeostat_core::policy::Policy;
use homeostat_core::primitives::json;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

const POLICY: &str = include_str!("journal.yaml");
const STRICTER: &str =
    "mode: approve\ncomponents:\n  web-1: { service: web, run: [web], checks: [{ http: 'http://web/' }] }\n";
const FAULTY: &str = "mode: fast\ncomponents:\n  web-1: { runs: [web] }\n";

/// A sentence, and whether its input must be refused.
#[derive(Clone, Debug)]
struct Move {
    sentence: String,
    refused: bool,
}

/// What a story told the engine, what that gave, and the state at its end.
struct Told {
    journal: Vec<Input>,
    outputs: Vec<Output>,
    end: Vec<u8>,
}

/// What a corpus reached, by what was concluded.
#[derive(Debug, Default)]
struct Reached(BTreeMap<&'static str, u32>);

#[test]
fn random_journals_never_break_a_rule() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let reached = RefCell::new(Reached::default());
    let policy = load(POLICY).expect("the policy of the journals has no mistakes");
    let strategy = (prop::collection::vec(a_move(), 1..70), 0..10_000_usize, mangling());
    let result = runner.run(&strategy, |(moves, cut, mangled)| {
        case(&policy, &moves, cut, &mangled, &mut reached.borrow_mut()).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(error) => panic!("{error}"),
    }
    let reached = reached.into_inner();
    println!("{cases} journals reached: {reached:?}");
    for what in ["incident.created", "remediation.started", "remediation.rollback", "incident.closed", "input.refused"]
    {
        assert!(reached.0.get(what).is_some_and(|count| *count > 0), "no journal reached `{what}`: {reached:?}");
    }
}

fn case(
    policy: &Policy,
    moves: &[Move],
    cut: usize,
    mangled: &[(u8, usize, usize)],
    reached: &mut Reached,
) -> Result<(), String> {
    let story = || moves.iter().map(|one| format!("{}\n", one.sentence)).collect::<String>();
    let wrong = |what: String| format!("{what}\n\nas a scenario:\n{}", story());
    let Told { journal, outputs, end } = play(policy, moves).map_err(wrong)?;
    reached.count(&outputs);
    let bytes: Vec<Vec<u8>> = outputs.iter().map(canonical).collect();
    for snapshot_after in [None, Some(cut % journal.len())] {
        let (again, last) = replay(policy, &journal, snapshot_after).map_err(wrong)?;
        if let Some(at) = bytes.iter().zip(&again).position(|(first, again)| first != again) {
            return Err(wrong(format!("SAFE-26: snapshot after {snapshot_after:?}: input {at} gave something else")));
        }
        if last != end {
            return Err(wrong(format!("SAFE-26: snapshot after {snapshot_after:?}: the last state differs")));
        }
    }
    any_log_is_safe(policy, mangle(journal, mangled)).map_err(wrong)
}

/// Plays the sentences with a host that keeps every deadline.
fn play(policy: &Policy, moves: &[Move]) -> Result<Told, String> {
    let policies = [("here", POLICY), ("stricter", STRICTER), ("faulty", FAULTY)];
    let policies = policies.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let run = Run { policy: POLICY.to_owned(), policies: policies.into(), ..Run::default() };
    let mut stage = Stage::new(&run, policy.clone());
    for one in moves {
        let before = stage.host.outputs.len();
        stage.perform(&one.sentence)?;
        let refused = stage.host.outputs[before..].iter().flat_map(|output| &output.facts);
        let refused = refused.filter(|fact| matches!(fact.said, Conclusion::InputRefused { .. })).count();
        if one.refused && refused == 0 {
            return Err(format!("P2: `{}` was not refused", one.sentence));
        }
    }
    let host = stage.host;
    match host.faults.first() {
        Some(fault) => Err(fault.clone()),
        None => {
            let end = host.engine().snapshot();
            Ok(Told { journal: host.journal, outputs: host.outputs, end })
        }
    }
}

fn replay(
    policy: &Policy,
    journal: &[Input],
    snapshot_after: Option<usize>,
) -> Result<(Vec<Vec<u8>>, Vec<u8>), String> {
    let mut engine = Engine::new(policy.clone());
    let mut outputs = Vec::with_capacity(journal.len());
    for (done, input) in journal.iter().enumerate() {
        if snapshot_after == Some(done) {
            engine = Engine::restore(&engine.snapshot()).map_err(|error| error.to_string())?;
        }
        outputs.push(canonical(&engine.step(input)));
    }
    Ok((outputs, engine.snapshot()))
}

/// Safety holds for all logs, also those that no host would write: with inputs left out, doubled and out of order.
fn any_log_is_safe(policy: &Policy, journal: Vec<Input>) -> Result<(), String> {
    let (mut engine, mut checker) = (Engine::new(policy.clone()), Checker::default());
    for input in &journal {
        let output = engine.step(input);
        if let Some(fault) = checker.check(input, &output, &engine).into_iter().next() {
            return Err(format!("in a log that no host would write: {fault}"));
        }
    }
    let (_, again) = replay(policy, &journal, None)?;
    if again == engine.snapshot() { Ok(()) } else { Err("SAFE-26: such a log replayed gave another state".to_owned()) }
}

fn mangle(mut journal: Vec<Input>, mangled: &[(u8, usize, usize)]) -> Vec<Input> {
    for (how, at, other) in mangled {
        let (at, other) = (at % journal.len(), other % journal.len());
        match how {
            0 => journal.swap(at, other),
            1 => {
                let twice = journal[at].clone();
                journal.insert(other, twice);
            }
            _ if journal.len() > 1 => drop(journal.remove(at)),
            _ => {}
        }
    }
    journal
}

fn canonical(output: &Output) -> Vec<u8> {
    json::canonical(output).expect("an output is JSON")
}

impl Reached {
    fn count(&mut self, outputs: &[Output]) {
        for fact in outputs.iter().flat_map(|output| &output.facts) {
            if !matches!(fact.said, Conclusion::CheckFound { .. }) {
                *self.0.entry(fact.said.topic()).or_default() += 1;
            }
        }
        for command in outputs.iter().flat_map(|output| &output.commands) {
            if let Command::Execute(execution) = command {
                *self.0.entry(execution.purpose.as_str()).or_default() += 1;
            }
        }
    }
}

fn mangling() -> impl Strategy<Value = Vec<(u8, usize, usize)>> {
    prop::collection::vec((0..3_u8, any::<usize>(), any::<usize>()), 0..40)
}

/// Mostly a world in which things break and heal, with people about; now and then nonsense.
fn a_move() -> impl Strategy<Value = Move> {
    let plain = |sentence: String| Move { sentence, refused: false };
    prop_oneof![
        10 => wait().prop_map(plain),
        6 => world().prop_map(plain),
        4 => action().prop_map(plain),
        3 => people().prop_map(plain),
        3 => event().prop_map(plain),
        2 => host().prop_map(plain),
        1 => nonsense().prop_map(|sentence| Move { sentence, refused: true }),
    ]
}

fn one_of(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(words)
}

fn wait() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (1..40_u32).prop_map(|secs| format!("wait {secs}s")),
        3 => (1..2_000_u32).prop_map(|ms| format!("wait {ms}ms")),
        1 => (1..8_u32).prop_map(|mins| format!("wait {mins}m")),
        1 => (1..50_u32).prop_map(|mins| format!("jump {mins}m")),
        1 => (1..90_u32).prop_map(|secs| format!("clock back {secs}s")),
    ]
}

const CHECKS: &[&str] =
    &["db/tcp", "db/query", "web-1/http", "web-2/http", "web-3/http", "job/process", "job/deep", "*/*"];
const COMPONENTS: &[&str] = &["db", "web-1", "web-2", "web-3", "job"];

fn world() -> impl Strategy<Value = String> {
    let answer =
        one_of(&["fails \"no\"", "fails \"no\"", "passes", "errors \"no\"", "is silent", "fails \"no\" 3 times"]);
    (one_of(CHECKS), answer).prop_map(|(check, answer)| format!("{check} {answer}"))
}

fn action() -> impl Strategy<Value = String> {
    let which = one_of(&[
        "restart on *",
        "set_pool on *",
        "scale on *",
        "capture set_pool on *",
        "rollback set_pool on *",
        "revert scale on *",
    ]);
    let how = one_of(&[
        "heals",
        "succeeds",
        "fails \"no\"",
        "fails \"no\" once",
        "never starts \"no\"",
        "is not supported \"no\"",
        "is not answered",
        "takes 50s",
        "takes 4m and heals",
        "breaks web-2/http \"worse\"",
    ]);
    (which, how).prop_map(|(which, how)| format!("{which} {how}"))
}

fn people() -> impl Strategy<Value = String> {
    let who = one_of(&["ann (operator)", "lea (sre_lead)", "ron (responder)", "eve (viewer)", "adm (admin)", "nil ()"]);
    let what = prop_oneof![
        6 => Just("approves plan ".to_owned()).prop_flat_map(|verb| (1..6_u32).prop_map(move |n| format!("{verb}{n}"))),
        2 => (1..6_u32).prop_map(|n| format!("denies plan {n}")),
        1 => one_of(&["kills \"drill\"", "kills \"other\""]).prop_map(str::to_owned),
        3 => one_of(&["releases \"drill\"", "releases \"other\""]).prop_map(str::to_owned),
        2 => one_of(&["auto", "approve", "observe", "off", "auto"]).prop_map(|mode| format!("sets the mode to {mode}")),
        1 => (1..4_u32).prop_map(|n| format!("acknowledges incident {n}")),
        1 => (1..4_u32).prop_map(|n| format!("closes incident {n} \"by hand\"")),
        1 => (1..4_u32).prop_map(|n| format!("sets incident {n} to SEV1")),
        2 => (1..6_u32).prop_map(|n| format!("rolls back run {n}")),
        1 => (1..6_u32).prop_map(|n| format!("cancels run {n}")),
        1 => one_of(&["tune", "all", "library/restart"]).prop_map(|name| format!("resets the breaker of {name}")),
        1 => one_of(&["here", "stricter", "faulty"]).prop_map(|name| format!("replaces the policy by {name}")),
    ];
    (who, what).prop_map(|(who, what)| format!("{who} {what}"))
}

fn event() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (one_of(COMPONENTS), 0..100_u32, 0..60_u32)
            .prop_map(|(name, value, ago)| format!("sample {name} disk_usage_percent {value} taken {ago}s ago")),
        1 => one_of(COMPONENTS).prop_map(|name| format!("sample {name} disk_usage_percent 1e308")),
        2 => one_of(CHECKS).prop_map(|check| format!("report {check} fails \"told\"")),
        1 => (one_of(CHECKS), 0..90_u32).prop_map(|(check, ago)| format!("report {check} passes taken {ago}s ago")),
        1 => one_of(COMPONENTS).prop_map(|name| format!("alert {name} latency SEV2 \"slow\"")),
        1 => one_of(COMPONENTS).prop_map(|name| format!("customer {name} vip")),
        1 => one_of(COMPONENTS).prop_map(|name| format!("security {name} \"alert\"")),
        1 => one_of(COMPONENTS).prop_map(|name| format!("change {name} deploy \"v2\"")),
        1 => one_of(COMPONENTS).prop_map(|name| format!("log {name} \"$(reboot) \\n line\"")),
        1 => one_of(COMPONENTS).prop_map(|name| format!("remove {name}")),
        1 => one_of(&["job", "web-3", "new"]).prop_map(|name| {
            format!(r#"register {{"name": "{name}", "service": "web", "run": ["it"], "checks": [{{"http": "http://it/"}}]}}"#)
        }),
    ]
}

fn host() -> impl Strategy<Value = String> {
    let outcome = one_of(&["succeeded", "failed \"no\"", "unknown", "never started \"no\"", "unsupported \"no\""]);
    prop_oneof![
        4 => (1..9_u32, outcome, 0..3_u32).prop_map(|(command, how, epoch)| match epoch {
            0 => format!("outcome of command {command} {how} in epoch 0"),
            _ => format!("outcome of command {command} {how}"),
        }),
        2 => Just("restart the host".to_owned()),
        1 => (1..200_u32).prop_map(|secs| format!("restart the host after {secs}s")),
        2 => Just("restore a snapshot".to_owned()),
        1 => (0..4_u32).prop_map(|epoch| format!("start epoch {epoch}")),
        1 => Just("host unwell \"disk full\"".to_owned()),
        2 => Just("host well \"again\"".to_owned()),
        1 => one_of(&["never comes", "comes at once", "comes after 3s", "comes twice", "comes in epoch 0", "comes unasked"])
            .prop_map(|how| format!("evidence {how}")),
        1 => Just("evidence logs web-1 \"password=canary\"".to_owned()),
        1 => one_of(&["fails \"503\"", "delivers", "is silent"]).prop_map(|how| format!("channel log {how}")),
    ]
}

fn nonsense() -> impl Strategy<Value = String> {
    let long = "x".repeat(400);
    prop_oneof![
        Just("report nobody/http fails \"no\"".to_owned()),
        Just("sample nobody cpu 1".to_owned()),
        Just("alert nobody latency \"\"".to_owned()),
        Just("heartbeat nobody".to_owned()),
        Just("remove nobody".to_owned()),
        Just("register {\"nome\": \"x\"}".to_owned()),
        Just("register [[[[[[[[]]]]]]]]".to_owned()),
        Just("ann (operator) approves plan 99".to_owned()),
        Just("ann (operator) rolls back run 99".to_owned()),
        Just("ann (operator) acknowledges incident 99".to_owned()),
        Just("outcome of command 99 succeeded".to_owned()),
        Just("lea (sre_lead) sets the mode to fast".to_owned()),
        Just("nil () kills \"all\"".to_owned()),
        Just("start epoch 0".to_owned()),
        Just(format!("sample {long} cpu 1")),
    ]
}
