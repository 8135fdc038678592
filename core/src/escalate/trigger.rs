//! When people are called.
//!
//! | fact | rule | one level up if they have been called |
//! |---|---|---|
//! | an incident opens, reopens or rises to SEV0 or SEV1 | `escalate.severe` | |
//! | a row of the severity table asks for one level more | `escalate.one_level_up` | yes |
//! | no playbook is left | `escalate.exhausted` | yes |
//! | verification cannot tell | `escalate.uncertain` | |
//! | undoing failed | `escalate.rollback_failed` | yes |
//! | an approval was denied or expired | `escalate.approval_lost` | |
//! | many fail together | `escalate.storm` | |
//! | the incident was handed over | `escalate.handed_over` | |
//! | the kill switch stops what was to be done | `escalate.killed` | |
//! | the incident is two hours old, or nothing happens with it | `escalate.overdue`, `escalate.idle` | |

use crate::escalate::call::Call;
use crate::escalate::watch::Watched;
use crate::escalate::{Desk, Escalate, call, route, text};
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::IncidentId;
use crate::model::incident::Phase;
use crate::model::run::RunEnd;
use crate::model::severity::Severity;
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Escalate {
    /// Takes in what was said about incidents.
    pub(super) fn listen(&mut self, desk: &mut Desk<'_>, said: &[Fact]) {
        for fact in said {
            match &fact.said {
                Conclusion::ControlChanged { what, to, .. } if what == "kill" => self.killed(fact, to),
                Conclusion::FaultLatched { what } => self.fault(desk, what),
                _ => {}
            }
            let Some(id) = fact.incident else { continue };
            self.follow(id, fact, desk);
            if let Some((rule, reason, up)) = reason(fact, desk) {
                let because =
                    if fact.because.is_empty() { [desk.context.event_id()].to_vec() } else { fact.because.clone() };
                let call = Call { rule: rule.into(), reason: call::reason(&reason), because, up };
                self.calls.entry(id).and_modify(|first| first.up |= up).or_insert(call);
            }
        }
    }

    /// Keeps the chain and the bound of an incident in step with it.
    fn follow(&mut self, id: IncidentId, fact: &Fact, desk: &mut Desk<'_>) {
        match &fact.said {
            Conclusion::IncidentMoved { from, to, detail } => {
                self.watched.entry(id).and_modify(|watched| watched.moved(*to, fact.at));
                if *to == Phase::Closed {
                    self.watched.remove(&id);
                    self.calls.remove(&id);
                }
                match (self.ladders.get_mut(&id), from, to) {
                    (Some(ladder), _, Phase::Resolved | Phase::Closed) => ladder.rest(id, desk, &mut self.mail),
                    (Some(ladder), Phase::Resolved, _) => ladder.come_back(detail, desk.now()),
                    _ => {}
                }
            }
            Conclusion::IncidentOpened { .. } => drop(self.watched.insert(id, Watched::since(fact.at))),
            Conclusion::IncidentReopened {} => {
                self.watched.insert(id, Watched::since(fact.at));
                self.ladders.entry(id).and_modify(|ladder| ladder.come_back("", desk.now()));
            }
            said if is_progress(said) => {
                self.watched.entry(id).and_modify(|watched| watched.progressed(fact.at));
            }
            _ => {}
        }
    }

    fn killed(&mut self, fact: &Fact, why: &str) {
        let waiting = self.watched.iter().filter(|(id, watched)| !watched.is_resolved() && !self.is_called(**id));
        let waiting: Vec<IncidentId> = waiting.map(|(id, _)| *id).collect();
        for id in waiting {
            let reason = format!("the kill switch is engaged ({}): nothing is done automatically", one_line(why, 80));
            let because = fact.because.clone();
            let call = Call { rule: "escalate.killed".into(), reason, because, up: false };
            self.calls.entry(id).or_insert(call);
        }
    }

    /// One page about the engine itself, over every channel.
    fn fault(&mut self, desk: &mut Desk<'_>, what: &str) {
        let chain = route::choose(desk.context.policy, None);
        let Some(level) = chain.levels.first() else { return };
        let channels = route::channels(desk.context.policy);
        for recipient in desk.recipients(level) {
            for channel in &channels {
                let page = text::fault(what, &recipient, channel, desk);
                self.mail.counted(&recipient, channel, desk.now());
                self.mail.send(page, Vec::new(), Vec::new(), desk);
            }
        }
    }
}

/// Why people are called because of a fact, by which rule, and whether that is one level up.
fn reason(fact: &Fact, desk: &Desk<'_>) -> Option<(&'static str, String, bool)> {
    let incident = desk.knowledge.incidents.get(fact.incident?)?;
    let severe = |severity: Severity| severity.at_least(Severity::Sev1);
    Some(match &fact.said {
        // What is void is planned and asked anew, or needed no more.
        Conclusion::ApprovalLost { how, .. } if how != "void" => {
            ("escalate.approval_lost", format!("the approval was {how}"), false)
        }
        Conclusion::EscalationWanted { by } => ("escalate.one_level_up", asked(by, fact), true),
        Conclusion::IncidentMoved { to: Phase::Escalated, detail, .. } => {
            ("escalate.handed_over", String::from(detail), false)
        }
        Conclusion::IncidentOpened { severity, .. } if severe(*severity) => {
            ("escalate.severe", format!("it is {severity}"), false)
        }
        Conclusion::IncidentReopened {} if severe(incident.severity) => {
            ("escalate.severe", format!("it is back, and {}", incident.severity), false)
        }
        Conclusion::PlaybooksExhausted { detail, .. } => ("escalate.exhausted", String::from(detail), true),
        Conclusion::RollbackMoved { how } if how == "failed" => {
            ("escalate.rollback_failed", String::from("undoing a failed run failed too"), true)
        }
        Conclusion::RunEnded { playbook, end: RunEnd::Uncertain, .. } => {
            ("escalate.uncertain", format!("nobody can tell whether `{playbook}` helped"), false)
        }
        Conclusion::StormChanged { active: true, detail, .. } => ("escalate.storm", String::from(detail), false),
        Conclusion::SeverityChanged { from, to, .. } if severe(*to) && !from.at_least(*to) => {
            ("escalate.severe", format!("it rose from {from} to {to}"), false)
        }
        _ => return None,
    })
}

/// The row of the severity table in words, with what it compared.
fn asked(by: &Name, fact: &Fact) -> String {
    let compared: Vec<String> = fact.values.iter().map(|(_, value)| value.to_string()).collect();
    format!("{}: {}", by.as_str().replace('-', " "), compared.join(", "))
}

/// Whether the fact shows that something is being done.
fn is_progress(said: &Conclusion) -> bool {
    matches!(
        said,
        Conclusion::ApprovalRequested { .. }
            | Conclusion::RunPlanned { .. }
            | Conclusion::RunStarted { .. }
            | Conclusion::StepStarted { .. }
            | Conclusion::StepEnded { .. }
            | Conclusion::VerificationStarted { .. }
    )
}
