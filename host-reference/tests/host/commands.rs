//! The commands that need no host, as a new user meets them.

use crate::program::{Program, Said};

const TEN_MISTAKES: &str = "\
mode: autoo
objective: { detect: 60 }
components:
  web:
    run: python3 -m http.server
    checkz: 1
    depends_on: [databse]
  database:
    checks:
      - { tcp: 'localhost:99999' }
playbooks:
  - name: fix
    trigger: web.unhealhty
    steps:
      - restart_servise: { service_name: web }
      - wait: { duration: 5M }
  - include: nowhere.yaml
safety:
  budgets: { shop: { max_in_flight: 1 } }
";

#[test]
fn init_check_and_run_lead_from_nothing_to_a_running_host() {
    let mut program = Program::new("");
    let written = program.tell(&["init", "policy2.yaml"]);
    assert!(written.code == Some(0) && written.out.contains("wrote policy2.yaml"), "{written:?}");
    let again = program.tell(&["init", "policy2.yaml"]);
    assert!(again.code == Some(1) && again.err.contains("was left as it is"), "{again:?}");
    let checked = program.tell(&["check", "policy2.yaml"]);
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""), "the starter is without a warning");
    for expected in ["1 component, 1 playbook", "UNHEALTHY after 3 failures", "then library/restart, then a person"] {
        assert!(checked.out.contains(expected), "`{expected}` in\n{}", checked.out);
    }
    // The same policy, on a program and a port that every machine of a test has.
    let port = crate::support::free_port().to_string();
    let run = format!("run: [BIN, demo-service, --port, '{port}', --max-life, 60s, --until-gone, 'TEST']");
    let starter = program.read("policy2.yaml");
    let line = starter.lines().find(|line| line.trim_start().starts_with("run:")).expect("a `run:`");
    program.write("policy.yaml", &starter.replace(line.trim(), &run).replace(":8080/", &format!(":{port}/")));
    program.start();
    program.until_said(&["started    web-1"]);
    program.until("it is ready", |program| program.is_ready());
    program.stop();
}

#[test]
fn every_mistake_is_shown_at_its_place_at_once() {
    let program = Program::new(TEN_MISTAKES);
    let Said { code, out, err } = program.tell(&["check", "policy.yaml"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
    for (place, word) in [
        ("1:7", "did you mean `auto`?"),
        ("2:22", "did you mean `60s`?"),
        ("5:10", "list"),
        ("6:5", "did you mean `checks`?"),
        ("7:18", "did you mean `database`?"),
        ("10:16", "port"),
        ("13:14", "did you mean"),
        ("15:9", "did you mean `restart_service`?"),
        ("16:27", "did you mean `5m`?"),
        ("17:5", "`nowhere.yaml` cannot be included: there is no such file"),
        ("19:14", "shop"),
    ] {
        let problem = err.split("error: ").find(|problem| problem.contains(&format!("policy.yaml:{place}\n")));
        let problem = problem.unwrap_or_else(|| panic!("a problem at {place} in\n{err}"));
        assert!(problem.contains(word), "`{word}` in\n{problem}");
    }
    assert!(err.ends_with("11 errors. Nothing was loaded.\n"), "{err}");
    let json = program.tell(&["check", "policy.yaml", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&json.out).expect("json");
    assert_eq!(json.code, Some(2));
    assert_eq!(answer["problems"].as_array().map(Vec::len), Some(11));
    let run = program.tell(&["run", "policy.yaml"]);
    assert_eq!((run.code, run.err), (Some(2), err), "`run` says the same");
}

#[test]
fn a_huge_file_is_refused_unread_and_a_playbook_is_checked_by_itself() {
    let program = Program::new("");
    let huge = std::fs::File::create(program.path("huge.yaml")).expect("a file");
    huge.set_len(100_000_000).expect("a sparse file");
    let refused = program.tell(&["check", "huge.yaml"]);
    assert!(refused.code == Some(2) && refused.err.contains("the limit is 16777216"), "{refused:?}");
    program.write("good.yaml", "name: again\ntrigger: web.unhealthy\nsteps: [restart]\n");
    let good = program.tell(&["check", "--playbook", "good.yaml"]);
    assert!(good.code == Some(0) && good.out.contains("again"), "{good:?}");
    program.write("bad.yaml", "name: again\ntrigger: web.unhealthy\nsteps: [restrat]\n");
    let bad = program.tell(&["check", "--playbook", "bad.yaml"]);
    assert!(bad.code == Some(2) && bad.err.contains("did you mean `restart`?"), "{bad:?}");
    let missing = program.tell(&["check", "nowhere.yaml"]);
    assert!(missing.code == Some(2) && missing.err.contains("homeostat init"), "{missing:?}");
}

#[test]
fn files_are_included_relative_to_the_policy() {
    let program = Program::new("");
    std::fs::create_dir_all(program.path("sub/plans")).expect("directories");
    let policy = "components: { web: { run: [x] } }\nplaybooks: [{ include: plans/one.yaml }]\n";
    program.write("sub/p.yaml", policy);
    program.write("sub/plans/one.yaml", "- { name: first, trigger: web.unhealthy, steps: [restart] }\n");
    let checked = program.tell(&["check", "sub/p.yaml"]);
    assert!(checked.code == Some(0) && checked.out.contains("then first, then a person"), "{checked:?}");
}

#[test]
fn without_a_host_or_a_database_every_command_says_what_to_do() {
    let program = Program::new("");
    for arguments in [&["status"][..], &["approve", "abcd"], &["ack", "1"], &["kill"], &["resume"], &["beat", "web"]] {
        let said = program.tell(arguments);
        assert!(said.code == Some(1) && said.err.contains("no host is running on `h.db`"), "{arguments:?}: {said:?}");
    }
    for arguments in [&["incidents"][..], &["explain", "1"], &["down"]] {
        let said = program.tell(arguments);
        assert!(said.code == Some(1) && said.err.contains("there is no store `h.db`"), "{arguments:?}: {said:?}");
    }
}

#[test]
fn what_is_wrong_with_the_command_line_is_said_in_json_too() {
    let program = Program::new("");
    for (arguments, word) in [
        (&["approve"][..], "<PLAN>"),
        (&["kill", "a", "b"], "'b'"),
        (&["nonsense"], "'nonsense'"),
        (&["mode"], "<MODE>"),
        (&["run", "--for", "soon"], "`soon` does not begin with a number"),
        (&["actions", "restrat"], "`restrat`"),
        (&["send", "nowhere.json"], "`nowhere.json` cannot be read: there is no such file"),
    ] {
        let said = program.tell(&[&["--json"], arguments].concat());
        let answer: serde_json::Value = serde_json::from_str(&said.out).expect("json");
        let error = answer["error"].as_str().expect("an error");
        assert!(said.code == Some(2) && error.contains(word) && !error.contains('\n'), "{arguments:?}: {said:?}");
        assert!(!error.starts_with("error") && said.err.starts_with("error: "), "{arguments:?}: {said:?}");
        let plain = program.tell(arguments);
        assert_eq!((plain.code, plain.out.as_str()), (Some(2), ""), "{arguments:?}");
    }
    let help = program.tell(&["--json", "approve", "--help"]);
    assert!(help.code == Some(0) && help.out.contains("Example: homeostat approve"), "{help:?}");
}

#[test]
fn what_is_wrong_with_the_store_names_its_file_and_no_number_of_the_system() {
    let program = Program::new("mode: auto\n");
    std::fs::create_dir(program.path("folder")).expect("a directory");
    for (arguments, why) in [
        (
            &["run", "policy.yaml", "--db", "gone/h.db"][..],
            "store `gone/h.db`: cannot be read or written: its directory is missing",
        ),
        (&["run", "policy.yaml", "--db", "folder"], "store `folder`: cannot be read or written: it is a directory"),
        (&["run", "policy.yaml", "--db", "policy.yaml"], "store `policy.yaml`: not a store of Homeostat"),
        (&["incidents", "--db", "folder"], "store `folder`: cannot be read or written: it is a directory"),
        (&["explain", "--db", "policy.yaml"], "store `policy.yaml`: not a store of Homeostat"),
        (&["down", "--db", "policy.yaml"], "store `policy.yaml`: not a store of Homeostat"),
        (&["init", "gone/p.yaml"], "`gone/p.yaml` cannot be written: its directory does not exist"),
    ] {
        let said = program.tell_exactly(&[arguments, &["--json"]].concat());
        assert!(
            said.code == Some(1) && said.err.contains(why) && !said.err.contains("os error"),
            "{arguments:?}: {said:?}"
        );
        let answer: serde_json::Value = serde_json::from_str(&said.out).expect("json");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(why)), "{arguments:?}: {said:?}");
    }
}
