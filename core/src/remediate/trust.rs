//! What is found out about whether anything should be done alone still (SPEC G7, SAFE-12), and what is said when it should
//! not. What is remembered for it is in `safety/trust.rs`.

use crate::knowledge::context::Context;
use crate::knowledge::control::ITSELF;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::ids::RunId;
use crate::model::run::RunEnd;
use crate::model::value::Value;
use crate::policy::mode::Mode;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use crate::remediate::Remediate;
use crate::remediate::blast::Grip;
use crate::remediate::desk::Desk;
use crate::remediate::run::Run;
use crate::remediate::run::step::Work;
use crate::remediate::safety::Memory;
use crate::remediate::safety::trust::Loss;
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

impl Remediate {
    /// Whether anything in this pass bears on how far what is done alone is trusted.
    pub(super) fn bears_on_trust(&self, context: &Context<'_>, said: &[Fact]) -> bool {
        let acting = self.memory.trust.acting().next().is_some();
        matches!(context.event(), Some(Event::Started { .. } | Event::HostReported { .. }))
            || said.iter().any(|fact| given_back(fact).is_some() || (acting && failed(fact).is_some()))
    }

    /// Takes in what bears on trust; `last` is when the engine was called before.
    pub(super) fn weigh_trust(&mut self, last: Time, desk: &mut Desk<'_>) {
        let runs = &self.runs;
        self.memory.trust.keep_only(|run| runs.contains_key(&run));
        desk.said.iter().filter_map(given_back).for_each(|mode| self.memory.trust.given_back(mode));
        let settings = &desk.context.policy.safety().trust;
        let (trust, now) = (&mut self.memory.trust, desk.now());
        let in_hand = !self.runs.is_empty() || !desk.knowledge.incidents.all_closed();
        let away = match desk.context.event() {
            Some(Event::Started { .. }) if in_hand => trust.was_away(last, settings, now),
            Some(Event::HostReported { well: true, .. }) => trust.well(last, settings, now),
            Some(Event::HostReported { well: false, .. }) => {
                trust.unwell(now);
                None
            }
            _ => None,
        };
        if let Some(loss) = away {
            lose(&mut self.memory, loss, desk);
            self.void_plans("the host was away or unwell for too long", desk);
        }
        for gone in desk.said.iter().filter_map(failed) {
            for run in self.took_down(gone, desk) {
                if let Some(loss) = self.memory.trust.cascaded(run, settings, now) {
                    lose(&mut self.memory, loss, desk);
                }
            }
        }
    }

    /// The runs that act on something which served when they began, and which `gone` is of the service of or depends on.
    fn took_down(&self, gone: &Name, desk: &Desk<'_>) -> Vec<RunId> {
        let topology = &desk.knowledge.topology;
        let Some(component) = topology.component(gone) else { return Vec::new() };
        let felt = |acted: &Name| {
            let known = topology.component(acted);
            known.is_some_and(|acted| component.service() == acted.service() || component.needs(acted))
        };
        let touches = |run: RunId| self.runs.get(&run).is_some_and(|run| run.component == *gone || run.holds(gone));
        let acting = self.memory.trust.acting();
        acting.filter(|(run, serving)| serving.iter().any(felt) && !touches(*run)).map(|(run, _)| run).collect()
    }

    /// A run begins: what of its targets serves, so that what fails meanwhile may be its doing.
    pub(super) fn note_serving(&mut self, run: &Run, desk: &Desk<'_>) {
        let state = |name: &Name| desk.knowledge.health.of(name, &desk.knowledge.topology).state;
        let touched = run.plan.targets.iter().filter(|(_, grip)| **grip > Grip::None).map(|(name, _)| name);
        let serving: BTreeSet<Name> = touched.filter(|name| state(name) < State::Unhealthy).cloned().collect();
        self.memory.trust.began(run.id, serving);
    }
}

impl Work<'_, '_> {
    /// A run that nobody ordered, and that did something, has ended.
    pub(super) fn weigh_end(&mut self, run: &Run, end: RunEnd) {
        if run.by.is_some() {
            return;
        }
        let (settings, now) = (&self.desk.context.policy.safety().trust, self.desk.now());
        let helped = end == RunEnd::Succeeded;
        self.memory.trust.rung(run.incident, helped, now);
        if let Some(loss) = self.memory.trust.ended(helped, settings, now) {
            lose(self.memory, loss, self.desk);
        }
    }
}

/// The mode that a person set.
fn given_back(fact: &Fact) -> Option<Mode> {
    match &fact.said {
        Conclusion::ControlChanged { what, to, .. } if what == "mode" => {
            Mode::ALL.into_iter().find(|mode| mode.as_str() == to)
        }
        _ => None,
    }
}

/// What was known to serve and has failed.
fn failed(fact: &Fact) -> Option<&Name> {
    match fact.said {
        Conclusion::HealthChanged { from: State::Healthy | State::Degraded, to, .. } if to >= State::Unhealthy => {
            fact.component.as_ref()
        }
        _ => None,
    }
}

/// Trust is lost: nothing exceeds a lower mode from now on, and people are told; or they are warned only.
fn lose(memory: &mut Memory, loss: Loss, desk: &mut Desk<'_>) {
    let found = in_words(loss, desk);
    let Some(to) = loss.to else {
        let text = format!("few runs help: {found}; look at what they do");
        return tell(loss, "remediate.trust_warned", "SEV2", text, desk);
    };
    if !memory.trust.fall(to) {
        return;
    }
    if let Some(ceiling) = desk.knowledge.control.ceiling.filter(|ceiling| *ceiling <= to) {
        let detail = format!("{ITSELF}{found}; the mode is `{ceiling}` already");
        let said = Conclusion::ControlChanged { what: Cow::Borrowed("trust"), to: to.as_str().into(), detail };
        return desk.say(with_values(desk.fact("remediate.trust_lost_already", said), loss));
    }
    let detail = format!("{ITSELF}{found}");
    let (what, mode) = (Cow::Borrowed("mode"), String::from(to.as_str()));
    let said = Conclusion::ControlChanged { what, to: mode, detail };
    desk.say(with_values(desk.fact("remediate.trust_lost", said), loss));
    let text = format!("the mode is `{to}` now: {found}; it is raised again by an sre_lead, with `homeostat mode`");
    tell(loss, "remediate.trust_lost_told", "SEV1", text, desk);
}

fn tell(loss: Loss, rule: &'static str, severity: &'static str, text: String, desk: &mut Desk<'_>) {
    let wanted = Conclusion::MessageWanted { channel: None, recipient: None, text };
    let message = with_values(desk.fact(rule, wanted), loss);
    desk.say(message.value("severity", Value::text(severity)).value("issue", Value::text("trust")));
}

fn with_values(fact: Fact, loss: Loss) -> Fact {
    let number = |value: u32| Value::Number(Finite::from(value));
    let fact = fact.value("why", Value::text(loss.why)).value("found", number(loss.found));
    fact.value("limit", number(loss.limit)).value("of", number(loss.of))
}

fn in_words(loss: Loss, desk: &Desk<'_>) -> String {
    let Loss { found, limit, of, .. } = loss;
    let settings = &desk.context.policy.safety().trust;
    match loss.why {
        "efficacy" => {
            format!("{found} % of {of} runs within {} have helped, less than {limit} %", settings.window)
        }
        "last_runs" => format!("{found} % of the last {of} runs have helped, less than {limit} %"),
        "cascade" => "something else failed while a run acted on what served".into(),
        _ => format!("the host was there for less than {limit} % of the last {}", settings.availability_over),
    }
}
