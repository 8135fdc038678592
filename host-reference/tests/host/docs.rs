//! What `docs/operating.md` and the webhooks of `docs/policy.md` say is true of this program.

use crate::program::{BIN, Program};
use homeostat::store::StoreError;
use homeostat_core::model::event::Event;
use serde_json::json;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

const OPERATING: &str = include_str!("../../../docs/operating.md");
const POLICY: &str = include_str!("../../../docs/policy.md");

/// What the events of the document are about.
const WATCHED: &str = "
components:
  web: { checks: [{ http: 'http://127.0.0.1:9/', interval: 1h }] }
  job: { checks: [{ heartbeat: 1h }] }
";

/// The rows of the table that begins with this head, by cell.
fn rows(head: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = OPERATING.split_once(&format!("\n{head}\n")).expect("the table");
    let lines = rest.lines().skip(1).take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_command_is_in_the_table_and_none_besides() {
    let listed = rows("| command | what it does |");
    let listed: BTreeSet<&str> = listed.iter().filter_map(|row| quoted(row[0]).next()?.split(' ').nth(1)).collect();
    let help = Command::new(BIN).arg("--help").output().expect("it runs").stdout;
    let help = String::from_utf8_lossy(&help).into_owned();
    let (_, commands) = help.split_once("Commands:\n").expect("a list of commands");
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let known = commands.filter_map(|line| line.split_whitespace().next());
    assert_eq!(listed, known.filter(|command| *command != "help").collect());
}

#[test]
fn every_event_is_in_the_tables_with_its_fields() {
    let observed = rows("| event | fields | what comes of it |");
    let (_, orders) = OPERATING.split_once("the others are sent as they stand:\n").expect("the second table");
    let orders = orders.lines().filter(|line| line.starts_with("| `"));
    let orders: Vec<Vec<&str>> = orders.map(|line| line.trim_matches('|').split(" | ").collect()).collect();
    let own = OPERATING.lines().skip_while(|line| !line.starts_with("Everything else (")).take(2);
    let own: String = own.collect::<Vec<_>>().join(" ");
    let mut named: BTreeSet<&str> = quoted(&own).collect();
    for row in observed.iter().chain(&orders) {
        for event in quoted(row[0]) {
            let fields: BTreeSet<&str> = quoted(row[1]).collect();
            let missing = expected(&json!({ "type": event, "stray": 1 }));
            let missing: Vec<&String> =
                missing.iter().filter(|field| *field != "by" && !fields.contains(field.as_str())).collect();
            assert!(missing.is_empty(), "{event} lacks {missing:?}");
            named.insert(event);
        }
    }
    let known = expected(&json!({ "type": "no such event" }));
    assert_eq!(named, known.iter().map(String::as_str).collect());
}

/// What would have been right, as the reader of events says it.
fn expected(event: &serde_json::Value) -> BTreeSet<String> {
    let error = serde_json::from_value::<Event>(event.clone()).expect_err("no event").to_string();
    let (_, words) = error.split_once("expected").unwrap_or_else(|| panic!("{error}"));
    quoted(words).map(str::to_owned).collect()
}

#[test]
fn the_events_can_be_sent_as_they_stand() {
    let mut program = Program::new(WATCHED);
    program.start();
    program.until("it is ready", |program| program.is_ready());
    let mut sent = 0;
    for block in OPERATING.split("```json\n").skip(1).filter_map(|rest| Some(rest.split_once("```")?.0)) {
        let incident = program.incidents().first().map(|it| it["id"].as_str().unwrap_or_default().to_owned());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis().to_string();
        let block = block.replace("INCIDENT", &incident.unwrap_or_default()).replace("1767225600000", &now);
        program.write("event.json", &block);
        let said = program.tell(&["send", "event.json"]);
        assert_eq!(said.code, Some(0), "{block}{said:?}");
        sent += 1;
    }
    assert!(sent > 10, "{sent}");
    program.stop();
}

#[test]
fn what_is_said_in_trouble_is_in_the_document() {
    let unnamed = [StoreError::Io("…".into()), StoreError::Corrupt { what: "…".into() }];
    for error in [StoreError::Full, StoreError::Locked].into_iter().chain(unnamed) {
        assert!(OPERATING.contains(&format!("`{error}`")), "{error}");
    }
}

/// Signing has tests of its own, against values that another implementation computed.
#[test]
fn the_signature_in_the_document_is_one_that_signing_is_held_to() {
    let (_, rest) = POLICY.split_once("With the secret `key`, the timestamp `7` and the body `body`").expect("it");
    let signature = quoted(rest).next().expect("a signature");
    let signing = include_str!("../../src/notify/webhook.rs");
    assert!(signature.starts_with("v1=") && signing.contains(&format!("= \"{signature}\"")), "{signature}");
}
