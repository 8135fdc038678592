//! What people say about incidents, runs and each other: a command for each.

use crate::program::{Program, Said};

/// `sick` fails as long as `fault` exists. After its mark the plan waits long enough to be undone.
const POLICY: &str = "
mode: MODE
components:
  SICK
rotations:
  primary: { people: [ann, bob], start: 2026-01-05T09:00Z }
actions:
  mark:
    about: Leaves a line.
    category: test
    risk: low
    touches: instance
    idempotent: false
    disruptive: false
    reversal: { undo: unmark }
    timeout: 5s
    adapter: { exec: 'echo mark >> DIR/effects', shell: true }
  unmark:
    about: Leaves another line.
    category: test
    risk: low
    touches: instance
    idempotent: true
    disruptive: false
    reversal: not_needed
    timeout: 5s
    adapter: { exec: 'echo unmark >> DIR/effects', shell: true }
playbooks:
  - name: mend
    trigger: { component: sick, state: unhealthy }
    steps: [mark, { wait: 60s }, mark]
    verify: { settle: 1s, within: 3s, stability: 1s }
";

fn done(said: &Said, words: &str) {
    assert!(said.code == Some(0) && said.out.contains(words), "expected `{words}` in {said:?}");
}

fn refused(said: &Said, words: &str) {
    assert!(said.code == Some(1) && said.err.contains(words), "expected `{words}` in {said:?}");
}

fn program(mode: &str) -> Program {
    let mut program = Program::new(&POLICY.replace("MODE", mode));
    program.write("fault", "");
    program.start();
    program
}

#[test]
fn r11_what_is_said_about_an_incident_and_about_who_is_called() {
    let mut program = program("suggest");
    program.until("people have it", |program| program.phase() == "escalated");
    refused(&program.tell(&["unack", "1"]), "nobody has acknowledged");
    done(&program.tell(&["status"]), "\n1 incident open\n  1  SEV2  escalated  sick down · nobody has it\n");
    done(&program.tell(&["ack", "1"]), "is yours");
    done(&program.tell(&["status"]), " has it, until ");
    done(&program.tell(&["mode", "observe"]), "the mode is `observe`");
    done(&program.tell(&["status"]), "mode observe (policy: suggest; lowered by ");
    done(&program.tell(&["mode", "auto"]), "no more than `auto`");
    done(&program.tell(&["status"]), "mode suggest\n");
    done(&program.tell(&["unack", "1"]), "is nobody's any more");
    done(&program.tell(&["severity", "1", "sev1"]), "is SEV1");
    assert_eq!(program.tell(&["severity", "1", "SEV4"]).code, Some(2));
    refused(&program.tell(&["severity", "99", "SEV1"]), "there is no incident `99`");

    done(&program.tell(&["silence", "begin", "drill", "sick", "--for", "1h"]), "has begun");
    refused(&program.tell(&["silence", "begin", "drill", "nobody", "--for", "1h"]), "is called `nobody`");
    refused(&program.tell(&["silence", "begin", "drill", "--for", "1h"]), "a silence says of what");
    done(&program.tell(&["silence", "begin", "mine", "--incident", "1", "--for", "1h"]), "has begun");
    done(&program.tell(&["silence", "end", "sick"]), "is over");
    refused(&program.tell(&["silence", "end", "sick"]), "(mine)");

    done(&program.tell(&["on-call", "primary", "zoe", "--for", "8h"]), "`zoe` is on call as `primary` for");
    refused(&program.tell(&["on-call", "nobody", "zoe", "--for", "8h"]), "there is no rotation `nobody`");
    refused(&program.tell(&["reset-breaker", "mend", "sick"]), "no breaker of `mend` is open");
    refused(&program.tell(&["rollback", "1"]), "is under way");

    done(&program.tell(&["close", "1", "it was a drill"]), "is closed");
    assert_eq!(program.incidents()[0]["phase"].as_str(), Some("closed"));
    refused(&program.tell(&["close", "1", "again"]), "closed already");
    program.stop();
}

#[test]
fn r11_what_a_run_has_done_is_undone_by_a_word() {
    let mut program = program("auto");
    program.until("the mark", |program| program.effects().len() == 1);
    program.until("nothing is out", |program| program.tell(&["rollback", "1"]).code == Some(0));
    program.until("it is undone", |program| program.effects().len() == 2);
    assert_eq!(program.effects(), ["mark", "unmark"]);
    program.until("people have it", |program| program.phase() == "escalated");
    assert!(program.read("account").contains("incident 1 undoes     `mark-1` by unmark on sick\n"));
    let explained = program.tell(&["explain", "1"]);
    done(&explained, " · undoes `mark-1` by unmark on sick: done (");
    done(&explained, " of 1 m · ");
    program.stop();
}

#[test]
fn r11_a_run_on_something_that_is_well_opens_an_incident_for_it() {
    let mut program = Program::new(&POLICY.replace("MODE", "suggest"));
    program.start();
    program.until_said(&["sick       healthy"]);
    done(&program.tell(&["run-playbook", "mend", "sick"]), "opened: SEV3 `sick` manual");
    program.until("the mark", |program| program.effects().len() == 1);
    refused(&program.tell(&["run-playbook", "mend", "sick"]), "has a run or a plan already");
    program.stop();
}

#[test]
fn g7_beside_a_kill_file_what_was_done_is_undone_where_the_policy_lets_it_and_nowhere_else() {
    for allowed in [true, false] {
        let policy = POLICY.replace("MODE", "auto").replace("wait: 60s", "wait: 2s");
        let mut program = Program::new(&format!("{policy}safety:\n  kill: {{ allow_rollback: {allowed} }}\n"));
        program.write("fault", "");
        program.start();
        program.until("the mark", |program| program.effects().len() == 1);
        program.write("KILL", "");
        program.until_said(&["STOPPED"]);
        program.until("people have it", |program| program.phase() == "escalated");
        let expected: &[&str] = if allowed { &["mark", "unmark"] } else { &["mark"] };
        assert_eq!(program.effects(), expected, "allow_rollback: {allowed}");
        let half_done = program.tell(&["status"]).out.contains("half done");
        assert_eq!(half_done, !allowed);
        let file = format!("'{}'", program.path("KILL").display());
        let stopped = program.tell(&["status"]).out;
        assert!(stopped.contains(&file) && !stopped.contains("homeostat resume"), "{stopped}");
        let explained = program.tell(&["explain"]).out;
        assert!(explained.contains(&file) && !explained.contains("homeostat resume"), "{explained}");
        std::fs::remove_file(program.path("KILL")).expect("it is there");
        let removed = program.tell(&["status"]).out;
        assert!(removed.contains("`homeostat resume --db 'h.db'` releases it"), "{removed}");
        program.stop();
    }
}

#[test]
fn r8_where_undoing_failed_it_is_said_how_the_component_is_freed() {
    let policy = POLICY.replace("MODE", "auto").replace("'echo unmark >> DIR/effects'", "'echo no way back; exit 1'");
    let mut program = Program::new(&policy);
    program.write("fault", "");
    program.start();
    program.until("the mark", |program| program.effects().len() == 1);
    program.until("nothing is out", |program| program.tell(&["rollback", "1"]).code == Some(0));
    program.until("people have it", |program| program.phase() == "escalated");
    for command in [["status"].as_slice(), &["explain", "1"]] {
        let said = program.tell(command);
        done(&said, "frozen by mend since ");
        done(&said, "sick · undoing failed: ");
        done(&said, "(incident 1)\n");
        done(&said, "homeostat reset-breaker 'mend' 'sick' --db 'h.db'  says that you have, and frees it\n");
    }
    done(&program.tell(&["reset-breaker", "mend", "sick"]), "`sick` is no longer frozen");
    let freed = program.tell(&["status"]).out;
    assert!(!freed.contains("frozen"), "{freed}");
    program.stop();
}
