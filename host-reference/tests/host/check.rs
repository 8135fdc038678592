//! What `check` says of a policy that loads, but that this machine cannot do justice to.

use crate::program::{BIN, Program, Said};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

const WISHFUL: &str = "\
mode: auto
people: { a-nobody: [operator], b-nobody: [sre_lead], roott: viewer }
components:
  web: { run: [pythn3, -m, http.server] }
  api: { run: { argv: [./serve], directory: DIR/nowhere } }
  job: { run: [./job.sh] }
  probed:
    run: { argv: [sh, -c, 'sleep 1'], directory: DIR }
    checks:
      - exec: [DIR/probe, --quick]
      - exec: { argv: [\"ls -la\"] }
  db:
    type: postgress
    checks: [{ postgres: { dsn_from: DSN } }]
playbooks:
  - name: clear
    trigger: { state: degraded }
    steps:
      - clear_cache: { cache_type: application }
      - { action: exec, argv: [no-such-tool, now] }
      - flush
  - name: again
    trigger: db.unhealthy
    steps: [restart]
actions:
  flush: { risk: low, adapter: { exec: [DIR/flush] } }
channels:
  log:
  pager:
  ops: { webhook: { url: \"https://example.org/\", secret_from: HOMEOSTAT_HOOK_UNSET } }
";

#[test]
fn what_this_machine_lacks_is_said_at_its_place_and_the_policy_is_accepted() {
    let program = Program::new(WISHFUL);
    program.write("job.sh", "");
    let Said { code, out, err } = program.tell(&["check", "policy.yaml"]);
    assert_eq!(code, Some(0), "{err}");
    for (place, words) in [
        ("2:11", &["no user of this machine is called `a-nobody` or `b-nobody`"][..]),
        ("2:55", &["no user of this machine is called `roott`", "did you mean `root`?"]),
        ("4:16", &["there is no program `pythn3` in `PATH`"]),
        ("5:45", &["the directory `", "nowhere` does not exist"]),
        ("6:16", &["the program `./job.sh` is not executable", "chmod +x"]),
        ("10:16", &["probe` does not exist"]),
        ("11:24", &["there is no program `ls -la`", "words of their own: `[ls, …]`"]),
        ("12:3", &["component `db` has a ladder that is longer than its attempts"]),
        ("13:11", &["`postgress` is nearly the type `postgres`"]),
        ("14:16", &["this host cannot ask `postgres`", "the state of `db` stays unknown"]),
        ("19:9", &["this host cannot carry out `clear_cache`", "clear_cache: { adapter: { exec:"]),
        ("20:32", &["there is no program `no-such-tool`"]),
        ("21:9", &["flush` does not exist"]),
        ("24:13", &["cannot carry out `restart` on what it does not run: `db`"]),
        ("29:3", &["this host knows no channel `pager`"]),
        ("30:63", &["the environment variable `HOMEOSTAT_HOOK_UNSET` is not set here"]),
    ] {
        let warning = err.split("warning: ").find(|warning| warning.contains(&format!("policy.yaml:{place}\n")));
        let warning = warning.unwrap_or_else(|| panic!("a warning at {place} in\n{err}"));
        assert!(words.iter().all(|word| warning.contains(word)), "{words:?} in\n{warning}");
    }
    assert!(err.ends_with("16 warnings.\n"), "{err}");
    for expected in [
        "3 named            a-nobody (operator), b-nobody (sre_lead)",
        "may approve        a-nobody, b-nobody",
        "let go on      b-nobody",
    ] {
        assert!(out.contains(expected), "`{expected}` in\n{out}");
    }
    let json = program.ask(&["check", "policy.yaml"]);
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(16));
    assert_eq!(json["policy"]["may"]["let_go_on"], serde_json::json!(["b-nobody"]));
    assert_eq!(json["problems"][2]["path"], "components.web.run[0]");
}

#[test]
fn what_people_carry_out_and_what_all_instances_share_is_not_made_much_of() {
    let steps = "steps: [{ clear_cache: { cache_type: application } }]";
    let policy = format!(
        "mode: suggest\ncomponents:\n  web: {{ instances: 3, run: [nowhere-to-be-found] }}\n  twin: {{ like: web }}\nplaybooks:\n  - {{ name: p, trigger: web.degraded, {steps} }}\n"
    );
    let program = Program::new(&policy);
    let Said { code, err, .. } = program.tell(&["check", "policy.yaml"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("`nowhere-to-be-found` in `PATH`") && err.ends_with("1 warning.\n"), "{err}");
}

#[test]
fn windows_silences_approvals_and_whom_a_chain_is_for_are_shown_and_what_is_over_is_doubted() {
    let policy = "
components: { web: { service: site, checks: [{ tcp: '127.0.0.1:1' }] } }
playbooks: [{ name: p, trigger: web.unhealthy, safety: { require_approval: true }, steps: [{ clear_cache: { cache_type: application } }] }]
escalation: [{ name: ours, when: { services: site }, chain: [{ notify: ann }] }]
maintenance:
  sundays: { components: web, every: sunday, from: '02:00', to: '04:00' }
  moved: { start: 2020-01-01T00:00Z, end: 2020-01-01T02:00Z }
change_windows: { nights: { every: day, from: '22:00', to: '02:00' } }
notifications: { silences: [{ of: web, issues: slow, from: 2020-01-01T00:00Z, until: 2020-01-02T00:00Z, reason: old }] }
";
    let Said { code, out, err } = Program::new(policy).tell(&["check", "policy.yaml"]);
    assert_eq!(code, Some(0), "{err}");
    for line in [
        "each run takes an approval",
        "  sundays            from 02:00 to 04:00 on sunday (UTC) over web: maintenance, no notify, remediate\n",
        "  moved              once, 2020-01-01 00:00 to 2020-01-01 02:00 (UTC) over everything: maintenance, no ",
        "  nights             from 22:00 to 02:00 on every day (UTC) over everything: changes allowed: all that wait for one\n",
        "  web, slow, up to SEV1, from ",
        "  ours               from SEV3 of site: ann by ",
    ] {
        assert!(out.contains(line), "`{line}` in\n{out}");
    }
    for words in ["the maintenance window `moved` is over", "the silence `old` is over"] {
        assert!(err.contains(words), "`{words}` in\n{err}");
    }
    assert!(!err.contains("`sundays` is over"), "{err}");
}

#[test]
fn a_policy_comes_from_standard_input_too() {
    let checked = |text: &str| {
        let mut child = Command::new(BIN)
            .args(["check", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("written");
        let output = child.wait_with_output().expect("its end");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = checked("components: { a: { run: [sh] } }");
    assert!(code == Some(0) && out.starts_with("standard input is good: 1 component"), "{out}{err}");
    let (code, _, err) = checked("components: { a: { rnu: [sh] } }");
    assert!(code == Some(2) && err.contains("standard input:1:20") && err.contains("did you mean `run`?"), "{err}");
    let (code, _, err) = checked("");
    assert!(code == Some(2) && err.contains("`homeostat init` writes a policy to start from"), "{err}");
}

#[test]
fn programs_get_json_whatever_is_wrong_and_nobody_gets_numbers_of_errors() {
    let program = Program::new("");
    for arguments in [&["check", "nowhere.yaml"][..], &["check", "--bogus"], &["chekc"], &["send", "nowhere.json"]] {
        let said = if arguments[0] == "send" || arguments[0] == "check" {
            program.tell(&[arguments, &["--json"]].concat())
        } else {
            program.tell(&["--json", arguments[0]])
        };
        let answer: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{arguments:?}: {error} {said:?}"));
        assert_eq!((said.code, &answer["accepted"]), (Some(2), &false.into()), "{arguments:?}: {said:?}");
    }
    for arguments in [&["check", "nowhere.yaml"][..], &["send", "nowhere.json"], &["init", "nowhere/x.yaml"]] {
        let said = program.tell(arguments);
        assert!(said.code != Some(0) && !said.err.contains("os error"), "{said:?}");
    }
}

#[test]
fn what_takes_two_people_is_said_where_nobody_is_named() {
    const RISKY: &str = "\
mode: auto
components: { web: { run: [sleep, '9'], checks: [process] } }
playbooks:
  - { name: clean, trigger: web.unhealthy, steps: [{ exec: [echo, hi] }] }
";
    let program = Program::new(RISKY);
    let said = program.tell(&["check", "policy.yaml"]);
    let warning = "it takes two people to approve `clean`, and nobody is named under `people`";
    assert!(said.code == Some(0) && said.err.contains(warning), "{said:?}");
    program.write("policy.yaml", &RISKY.replace("mode: auto", "mode: suggest"));
    let said = program.tell(&["check", "policy.yaml"]);
    assert!(said.code == Some(0) && !said.err.contains("two people"), "people carry it out themselves: {said:?}");
}

#[test]
fn a_role_for_nobody_is_said_to_be_of_no_use() {
    let policy = "people: { nobody: [admin], root: admin, uid-65534: viewer }\ncomponents: { a: { run: [sh] } }\n";
    let Said { code, err, .. } = Program::new(policy).tell(&["check", "policy.yaml"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("`uid-65534` is always turned away, whatever its roles"), "{err}");
    assert!(!err.contains("`root` is always"), "{err}");
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let has_nobody = users.lines().any(|line| line.starts_with("nobody:x:65534:"));
    assert_eq!(err.contains("`nobody` is always turned away"), has_nobody, "{err}");
}
