//! A host in miniature: it turns moves into inputs, and answers what the engine asked for, well or badly.

use arbitrary::Arbitrary;
use homeostat_core::engine::wire::Session;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// The names that inputs use; the last one is unknown to the policy.
const COMPONENTS: [&str; 4] = ["web", "db", "queue", "nobody"];
/// How many commands wait for an answer at most.
const REMEMBERED: usize = 64;

/// One thing that happens.
#[derive(Arbitrary, Debug)]
pub enum Move {
    /// A command that waits gets an answer.
    Answer { which: u8, result: u8 },
    /// A person decides about the plan seen last.
    Approve { approved: bool, person: u8 },
    /// The clock goes somewhere, also back.
    Jump { at_ms: i64 },
    /// A person gives an order about the incident seen last, or about everything.
    Order { kind: u8, person: u8 },
    /// Bytes that may be no input at all.
    Raw { bytes: Vec<u8> },
    /// A check reports without being asked.
    Report { component: u8, check: u8, result: u8, epoch: u8 },
    /// A metric is measured.
    Sample { component: u8, metric: u8, value: f64 },
    /// The engine is stored and a second one goes on from there.
    Snapshot,
    /// The host starts again.
    Start,
    /// Time passes.
    Wait { seconds: u16 },
}

/// An engine with what its host remembers.
pub struct Host {
    pub engine: Session,
    at_ms: i64,
    epoch: u64,
    asked: VecDeque<Value>,
    incident: Value,
    plan: Value,
}

impl Host {
    /// A host that has seen nothing.
    pub fn new(engine: Session) -> Host {
        Host { engine, at_ms: 0, epoch: 0, asked: VecDeque::new(), incident: Value::Null, plan: Value::Null }
    }

    /// Makes a move. Gives the input and the answer, if the move makes an input.
    pub fn play(&mut self, next: &Move) -> Option<(Vec<u8>, Vec<u8>)> {
        let input = match next {
            Move::Raw { bytes } => bytes.clone(),
            other => {
                let event = self.event(other)?;
                json!({ "at": self.at_ms, "event": event }).to_string().into_bytes()
            }
        };
        let output = self.engine.step(&input);
        let read: Value = serde_json::from_slice(&output).expect("an answer is JSON");
        self.remember(&read);
        Some((input, output))
    }

    /// Asks every question there is; each has an answer.
    pub fn look(&self) {
        let explain = json!({ "view": "explain", "incident": self.incident });
        for query in [json!({ "view": "status" }), json!({ "view": "incidents" }), explain] {
            let answer = self.engine.view(query.to_string().as_bytes());
            assert!(answer.is_ok() || self.incident.is_null(), "`{query}` has no answer: {answer:?}");
        }
    }

    fn event(&mut self, next: &Move) -> Option<Value> {
        Some(match next {
            Move::Answer { which, result } => {
                let command = self.asked.remove(usize::from(*which) % self.asked.len().max(1))?;
                answer(&command, *result, self.at_ms)?
            }
            Move::Approve { approved, person } => {
                json!({ "type": "approval_decided", "plan": self.plan, "approved": approved, "by": by(*person) })
            }
            Move::Jump { at_ms } => {
                self.at_ms = *at_ms;
                json!({ "type": "time_advanced" })
            }
            Move::Order { kind, person } => self.order(*kind, by(*person)),
            Move::Report { component, check, result, epoch } => json!({
                "type": "check_reported", "component": pick(*component), "check": format!("check-{}", check % 3),
                "asked_at": null, "taken_at": self.at_ms, "verdict": verdict(*result), "epoch": epoch,
            }),
            Move::Sample { component, metric, value } => json!({
                "type": "sample_reported", "component": pick(*component), "metric": format!("metric_{}", metric % 3),
                "value": value, "taken_at": null,
            }),
            Move::Start => {
                self.epoch += 1;
                json!({ "type": "started", "epoch": self.epoch })
            }
            Move::Wait { seconds } => {
                self.at_ms = self.at_ms.saturating_add(i64::from(*seconds) * 1000);
                json!({ "type": "time_advanced" })
            }
            Move::Raw { .. } | Move::Snapshot => return None,
        })
    }

    fn order(&self, kind: u8, by: Value) -> Value {
        let modes = ["off", "observe", "suggest", "approve", "auto", "nonsense"];
        match kind % 6 {
            0 => json!({ "type": "acknowledged", "incident": self.incident, "by": by }),
            1 => json!({ "type": "kill_engaged", "reason": "fuzz", "by": by }),
            2 => json!({ "type": "kill_released", "reason": "fuzz", "by": by }),
            3 => json!({ "type": "mode_changed", "mode": modes[usize::from(kind / 6) % modes.len()], "by": by }),
            4 => json!({
                "type": "incident_ordered", "incident": self.incident,
                "order": { "close": { "resolution": "fuzz" } }, "by": by,
            }),
            _ => json!({ "type": "component_removed", "component": pick(kind / 6) }),
        }
    }

    fn remember(&mut self, output: &Value) {
        for command in output["commands"].as_array().into_iter().flatten() {
            self.asked.push_back(command.clone());
            if self.asked.len() > REMEMBERED {
                self.asked.pop_front();
            }
            remember_last(command, "plan", &mut self.plan);
        }
        for fact in output["facts"].as_array().into_iter().flatten() {
            remember_last(fact, "incident", &mut self.incident);
        }
    }
}

fn remember_last(value: &Value, key: &str, into: &mut Value) {
    if let Some(found) = value.get(key).filter(|found| found.is_string()) {
        *into = found.clone();
    }
}

/// The answer to a command, by its type.
fn answer(command: &Value, result: u8, now_ms: i64) -> Option<Value> {
    let results = ["succeeded", "failed", "unknown", "not_started"];
    Some(match command["type"].as_str()? {
        "collect_evidence" => json!({
            "type": "evidence_reported", "id": command["id"], "epoch": command["epoch"],
            "items": [{ "kind": "logs", "component": command["components"][0], "text": "password=x" }],
        }),
        "execute" => json!({
            "type": "outcome_reported", "command": command["id"], "epoch": command["epoch"],
            "result": results[usize::from(result) % results.len()],
        }),
        "notify" => json!({
            "type": "delivery_reported", "notification": command["id"], "delivered": result.is_multiple_of(2), "detail": "",
        }),
        "run_check" => json!({
            "type": "check_reported", "component": command["component"], "check": command["check"],
            "asked_at": command["asked_at"], "taken_at": now_ms, "verdict": verdict(result),
            "epoch": command["epoch"],
        }),
        _ => return None,
    })
}

fn verdict(result: u8) -> &'static str {
    ["pass", "fail", "error"][usize::from(result) % 3]
}

fn pick(component: u8) -> &'static str {
    COMPONENTS[usize::from(component) % COMPONENTS.len()]
}

fn by(person: u8) -> Value {
    json!({ "id": format!("person-{}", person % 3), "roles": ["operator"] })
}
