use super::*;
use serde_json::json;

#[test]
fn a_host_that_is_stopped_says_all_reasons_and_how_each_is_released_and_nothing_moves_the_cursor() {
    let data = |kills: &[&str]| {
        let why = format!("STOPPED: {}", kills.join("; "));
        json!({ "ready": false, "why": why, "kills": kills, "engine": { "mode": "auto" } })
    };
    let one = text(&data(&["a\u{1b}[2J\nready"]), "");
    assert!(
        one.starts_with("STOPPED: a\u{fffd}[2J\u{fffd}ready · mode auto\n  `homeostat resume` releases it\n"),
        "{one}"
    );
    let two = text(&data(&["a", "it's"]), " --db 'x.db'");
    let expected = "STOPPED: a; it's · mode auto\n  `homeostat resume 'a' --db 'x.db'` releases one reason\n  \
                    `homeostat resume 'it'\\''s' --db 'x.db'` releases one reason\n";
    assert!(two.starts_with(expected), "{two}");
    assert!(
        text(&json!({ "ready": true, "kills": [], "engine": { "mode": "off" } }), "").starts_with("ready · mode off\n")
    );
}

#[test]
fn what_waits_says_for_whom_and_a_breaker_that_is_not_closed_is_seen() {
    let engine = json!({
        "mode": "auto", "components": [],
        "open": [{ "id": "1f", "component": "web" }],
        "awaiting": [{ "incident": "1f", "playbook": "library/restart", "plan": "26fff1b79431" }],
        "breakers": [
            { "playbook": "library/restart", "component": "web", "until": 0 },
            { "playbook": null, "component": null, "until": null },
        ],
    });
    let shown = text(&json!({ "ready": true, "kills": [], "engine": engine }), "");
    for line in [
        "\n  library/restart for web waits for approval: `homeostat approve 26fff1b7`\n",
        "\n  breaker of library/restart on web open until ",
        "\n  breaker of every playbook lets one run through, on trial\n",
    ] {
        assert!(shown.contains(line), "`{line}` in {shown}");
    }
}

#[test]
fn windows_and_silences_are_seen_with_how_they_end() {
    let engine = json!({
        "mode": "off", "components": [], "open": [],
        "awaiting": [{ "incident": "1f", "playbook": "library/restart", "plan": "26fff1b79431" }],
        "windows": [
            { "window": "it's", "kind": "maintenance", "over": ["web"], "terms": ["notify", "remediate"], "until": 0 },
            { "window": "w", "kind": "change", "over": [], "terms": [], "until": 0 },
        ],
        "silences": [
            { "id": "26fff1b79431", "silence": { "of": ["web"], "issues": ["slow"], "until": 0, "reason": "known" } },
            { "id": "a", "declared": true, "silence": { "issues": ["disk"], "until": 0, "reason": "old" } },
        ],
    });
    let shown = text(&json!({ "ready": true, "kills": [], "engine": engine }), " --db 'x.db'");
    for line in [
        "\n  library/restart waits, and is not begun while the mode is `off`\n",
        "\n  maintenance window it's over web, until ",
        ": no notify, remediate; `homeostat maintenance close 'it'\\''s' --db 'x.db'`\n",
        "\n  change window w over everything, until ",
        ": all that waits for one; `homeostat change-window close 'w' --db 'x.db'`\n",
        "\n  silent about web: slow, until ",
        ", known: `homeostat silence end 26fff1b7 --db 'x.db'`\n",
        ", old: by the policy\n",
    ] {
        assert!(shown.contains(line), "`{line}` in {shown}");
    }
}

#[test]
fn the_health_score_is_one_line_and_nothing_where_nothing_is_known() {
    let score = |class: Option<&str>, score: Option<u32>, coverage: u32, before: Option<u32>| json!({ "class": class, "score": score, "coverage": coverage, "components": 4, "before": before, "then": 0 });
    let shown = |all: Vec<Value>| {
        let engine = json!({ "mode": "auto", "scores": all, "groups": [
            { "group": "web", "state": "degraded" }, { "group": "db", "state": "unknown" },
        ] });
        text(&json!({ "ready": true, "kills": [], "engine": engine }), "")
    };
    let known = shown(vec![
        score(None, Some(80), 75, Some(100)),
        score(Some("compute"), Some(60), 100, Some(60)),
        score(Some("storage"), None, 0, None),
    ]);
    assert!(known.contains("\nhealth score 80, 100 at "), "{known}");
    assert!(known.contains(", 75 % known · compute 60\n"), "{known}");
    assert!(known.contains("\n  web                degraded as a group\n") && !known.contains("db "), "{known}");
    assert!(!shown(vec![score(None, None, 0, None)]).contains("score"));
}

/// An incident as the engine lists it.
fn incident(digit: char, severity: &str, phase: &str, until: Option<i64>) -> Value {
    json!({
        "id": digit.to_string().repeat(32), "component": "api", "issue": "down", "phase": phase, "severity": severity,
        "onset": 1, "detected": 2, "recovered": null, "closed": null, "resolution": null, "members": ["api"], "epoch": 0,
        "recurrence_of": null, "escalated": false, "acknowledged_until": until, "opened_by": "e",
    })
}

#[test]
fn each_open_incident_is_a_line_with_who_has_it_the_worst_first() {
    let open = [
        incident('a', "SEV2", "resolved", Some(90_000)),
        incident('b', "SEV2", "escalated", Some(90_000)),
        incident('c', "SEV0", "awaiting_approval", None),
    ];
    let numbers = [('a', 1, json!("ann")), ('b', 12, json!("ann")), ('c', 3, Value::Null)];
    let numbers = numbers
        .map(|(digit, number, by)| json!({ "id": digit.to_string().repeat(32), "number": number, "taken_by": by }));
    let shown = |open: &[Value]| {
        text(
            &json!({ "ready": true, "kills": [], "incidents": numbers, "engine": { "mode": "auto", "open": open } }),
            "",
        )
    };
    let until = time_of_day(Time::from_ms(90_000));
    let expected = format!(
        "\n3 incidents open\n   3  SEV0  awaiting approval  api down · nobody has it\n  \
         12  SEV2  escalated  api down · ann has it, until {until}\n   \
         1  SEV2  resolved  api down · well again, watched whether it stays so\n"
    );
    assert!(shown(&open).contains(&expected), "{}", shown(&open));
    let many: Vec<Value> = std::iter::repeat_n(open[1].clone(), MOST + 2).collect();
    assert!(
        shown(&many).contains("\n22 incidents open\n")
            && shown(&many).contains("\n  and 2 more: `homeostat incidents --open`\n")
    );
    assert!(!shown(&many[2..]).contains("more"), "as many as are shown");
    let unnumbered = text(&json!({ "kills": [], "engine": { "mode": "auto", "open": [open[2]] } }), "");
    assert!(unnumbered.contains("\n  cccccccc  SEV0"), "{unnumbered}");
}

#[test]
fn a_mode_below_the_policys_says_by_whom_or_by_what() {
    let shown = |mode: &str, policy: &str, ceiling: Value, trusted: Value| {
        let engine = json!({ "mode": mode, "policy_mode": policy, "ceiling": ceiling, "trusted": trusted });
        let shown = text(&json!({ "kills": [], "engine": engine }), " --db x");
        shown.lines().next().map(|line| line.trim_start_matches("ready · mode ").to_owned()).unwrap_or_default()
    };
    let by = |mode: &str, by: Value| json!({ "mode": mode, "by": by });
    assert_eq!(shown("auto", "auto", Value::Null, Value::Null), "auto");
    assert_eq!(shown("approve", "approve", by("auto", json!("root")), json!("approve")), "approve", "nothing is lower");
    assert_eq!(
        shown("suggest", "approve", by("suggest", json!("root")), Value::Null),
        "suggest (policy: approve; lowered by root)"
    );
    assert_eq!(
        shown("observe", "auto", by("observe", Value::Null), json!("suggest")),
        "observe (policy: auto; lowered at run time; trusted no further than `suggest`; `homeostat mode auto --db x` gives \
         trust back)"
    );
    let lost = json!({ "mode": "approve", "by": null, "lost_by": "0 % of 5 runs have helped" });
    assert_eq!(
        shown("approve", "auto", lost, json!("approve")),
        "approve (policy: auto; trust was lost: 0 % of 5 runs have helped; `homeostat mode auto --db x` gives trust back)"
    );
}

#[test]
fn while_the_kill_file_is_there_it_is_to_be_removed_and_no_release_is_offered() {
    let kills = json!(["/srv/x/KILL exists", "drill"]);
    let stopped = |file: Value| {
        text(&json!({ "why": "STOPPED: x", "kills": kills, "kill_file": file, "engine": { "mode": "auto" } }), "")
    };
    let there = stopped(json!("/srv/x/KILL"));
    assert!(
        there.contains("\n  remove the file '/srv/x/KILL': while it is there nothing can be released\n"),
        "{there}"
    );
    assert!(!there.contains("homeostat resume"), "{there}");
    assert_eq!(stopped(Value::Null).matches("homeostat resume").count(), 2, "removed, each is released by itself");
}

#[test]
fn r8_what_is_frozen_is_shown_with_how_it_is_freed() {
    let (run, incident) = ("0".repeat(32), "1".repeat(32));
    let by =
        json!({ "since": 0, "run": run, "incident": incident, "playbook": "tune", "why": "undoing failed: exit 1" });
    let shown = |count: usize, all: bool| {
        let frozen: Vec<Value> = (0..count).map(|n| json!({ "component": format!("web-{n}"), "by": by })).collect();
        let engine = json!({ "mode": "auto", "frozen": frozen, "all_frozen": all });
        text(&json!({ "kills": [], "incidents": [{ "id": incident, "number": 4 }], "engine": engine }), "")
    };
    let two = shown(2, false);
    assert!(two.contains(": web-1 · undoing failed: exit 1 (incident 4)\n") && !two.contains("more"), "{two}");
    assert!(two.contains("\n    homeostat reset-breaker 'tune' 'web-0'  says that you have"), "{two}");
    assert!(shown(MOST + 3, false).contains("\n  and 3 more are frozen: `homeostat status --json` names them\n"));
    assert!(shown(1, true).contains("\n  more is frozen than is remembered by name"));
}

#[test]
fn a_storm_says_since_when_and_names_its_root_where_one_is_known() {
    let shown = |root: Value| {
        let storm = json!({ "area": "all", "began": 1_000, "root": root });
        text(&json!({ "kills": [], "engine": { "mode": "auto", "storms": [storm] } }), "")
    };
    let since = day_and_time(Time::from_ms(1_000));
    let expected = |root: &str| format!("\n  storm over all since {since}, {root}: `homeostat storm end 'all'`\n");
    assert!(shown(json!("db")).contains(&expected("root db")), "{}", shown(json!("db")));
    assert!(shown(Value::Null).contains(&expected("no common root is known")));
}
