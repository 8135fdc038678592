//! Intake: what an input changes before the stages see it. Switches, registrations, samples, a new policy.

use crate::engine::windows::Wanted;
use crate::engine::{Engine, Output};
use crate::knowledge::control::HOST;
use crate::model::event::{Event, Input, PolicyDocument, Principal};
use crate::model::fact::{Conclusion, Fact};
use crate::model::value::Value;
use crate::policy::authority::Verb;
use crate::policy::components::Component;
use crate::policy::mode::Mode;
use crate::policy::problem::brief;
use crate::policy::{Policy, Source};
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The longest name of anything.
const LONGEST_NAME: usize = 256;

impl Engine {
    /// Takes in what the stages do not decide. `false` when the input is refused and goes no further.
    pub(super) fn take_in(&mut self, input: &Input, output: &mut Output) -> bool {
        let said = match self.changes(input) {
            Ok(said) => said,
            Err(reason) => {
                let fact = self.fact(input, "engine.input_refused", Conclusion::InputRefused { reason });
                self.knowledge.apply(core::slice::from_ref(&fact), self.policy.limits());
                output.facts.push(fact);
                return false;
            }
        };
        if !said.is_empty() {
            self.knowledge.apply(&said, self.policy.limits());
            output.facts.extend(said);
        }
        true
    }

    fn fact(&self, input: &Input, rule: &'static str, said: Conclusion) -> Fact {
        Fact::new(self.now, rule, said).because([input.event_id()])
    }

    fn control(&self, input: &Input, rule: &'static str, what: &'static str, to: &str, detail: &str) -> Vec<Fact> {
        let said = Conclusion::ControlChanged { what: Cow::Borrowed(what), to: to.into(), detail: detail.into() };
        Vec::from([self.fact(input, rule, said)])
    }

    fn changes(&mut self, input: &Input) -> Result<Vec<Fact>, String> {
        self.within_limits(&input.event)?;
        match &input.event {
            Event::ChangeReported { component, .. } | Event::LogSeen { component, .. }
                if self.knowledge.topology.slot(component).is_none() =>
            {
                Err(format!("there is no component `{component}`: expected one that is registered"))
            }
            Event::ComponentRegistered { definition } => self.register(input, definition),
            Event::ComponentRemoved { component } => {
                if self.knowledge.topology.component(component).is_none() {
                    return Err(format!("there is no component `{component}` to remove"));
                }
                let removed = self.fact(input, "engine.component_removed", Conclusion::ComponentRemoved {});
                let removed = removed.component(component);
                self.knowledge.apply(core::slice::from_ref(&removed), self.policy.limits());
                self.knowledge.topology.remove(component);
                self.registered.remove(component);
                Ok(Vec::from([removed]))
            }
            Event::EventRefused { source, reason, .. } => {
                let reason = format!("from {source}: {reason}");
                Ok(Vec::from([self.fact(input, "engine.event_refused", Conclusion::InputRefused { reason })]))
            }
            Event::HostReported { well, detail } => {
                let (rule, what) = if *well { ("engine.host_well", "resume") } else { ("engine.host_unwell", "kill") };
                Ok(self.control(input, rule, what, HOST, detail))
            }
            Event::KillEngaged { reason, by } => {
                Verb::Kill.check(by)?;
                Ok(self.kill(input, reason, by))
            }
            Event::KillReleased { reason, by } => self.release(input, reason, by),
            Event::ModeChanged { mode, by } => self.change_mode(input, mode, by),
            Event::PolicyReplaced { sources, by } => self.replace_policy(input, sources, by),
            Event::SampleReported { component, metric, value, taken_at } => {
                let limits = self.policy.limits();
                let named = (component, metric);
                self.knowledge.observe(named, (*value, *taken_at), self.now, limits).map_err(String::from)?;
                Ok(Vec::new())
            }
            Event::Started { epoch } => {
                let known = self.knowledge.control.epoch;
                if *epoch <= known {
                    return Err(format!("epoch {epoch} is not later than {known}: another host has started since"));
                }
                Ok(self.control(input, "engine.started", "epoch", &epoch.to_string(), ""))
            }
            Event::WindowClosed { window, by } => self.close_window(input, window, by).map(|fact| Vec::from([fact])),
            Event::WindowOpened { window, kind, over, terms, lasts, reason, by } => {
                let wanted = Wanted { window, kind: *kind, over, terms, lasts: *lasts, reason, by };
                self.open_window(input, &wanted).map(|fact| Vec::from([fact]))
            }
            _ => Ok(Vec::new()),
        }
    }

    fn kill(&self, input: &Input, reason: &str, by: &Principal) -> Vec<Fact> {
        let reason = of_a_person(reason);
        let kept = self.knowledge.control.kept_as(&reason);
        let mut said = self.control(input, "engine.kill_engaged", "kill", kept, by.id.as_str());
        if kept != reason {
            said = said.into_iter().map(|fact| fact.value("reason", Value::text(&reason))).collect();
        }
        said
    }

    fn release(&mut self, input: &Input, reason: &str, by: &Principal) -> Result<Vec<Fact>, String> {
        Verb::Resume.check(by)?;
        let reason = &spelled(reason);
        let kills = &self.knowledge.control.kills;
        if !kills.contains_key(reason) {
            let known: Vec<&str> = kills.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                ": nothing is stopped".into()
            } else {
                format!("; it is for: {}", known.join(", "))
            };
            return Err(format!("the kill switch is not engaged for `{reason}`{known}"));
        }
        if reason == HOST {
            return Err("`host` is the host's own stop: it ends by itself, once the host says that it is well".into());
        }
        Ok(self.control(input, "engine.kill_released", "resume", reason, by.id.as_str()))
    }

    fn change_mode(&mut self, input: &Input, mode: &Name, by: &Principal) -> Result<Vec<Fact>, String> {
        let wanted = Mode::ALL.into_iter().find(|known| known.as_str() == mode.as_str());
        let wanted = wanted.ok_or_else(|| format!("`{mode}` is no mode: off, observe, suggest, approve or auto"))?;
        let now = self.knowledge.control.mode(self.policy.mode(), None);
        if wanted > now {
            Verb::RaiseMode.check(by)?
        } else {
            Verb::LowerMode.check(by)?
        }
        Ok(self.control(input, "engine.mode_changed", "mode", wanted.as_str(), by.id.as_str()))
    }

    fn register(&mut self, input: &Input, definition: &serde_json::Value) -> Result<Vec<Fact>, String> {
        let components = Component::from_json(definition).map_err(|problems| {
            let all: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
            format!("the component cannot be registered: {}", all.join("; "))
        })?;
        self.check_needs(&components)?;
        let new = components.iter().filter(|c| self.knowledge.topology.component(&c.name).is_none()).count();
        if self.knowledge.topology.len() + new > self.policy.limits().components as usize {
            return Err(format!("there are {} components already: that is the limit", self.knowledge.topology.len()));
        }
        Ok(components.into_iter().map(|component| self.put(input, Arc::new(component), true)).collect())
    }

    /// What a component is said to depend on has to be there, and to be something else: of what nobody knows, nobody could
    /// tell that it has failed, or that it is hit when something else is acted on.
    fn check_needs(&self, components: &[Component]) -> Result<(), String> {
        let topology = &self.knowledge.topology;
        for component in components {
            let own = |name: &&Name| component.names().any(|own| own == *name);
            if let Some(own) = component.depends_on.iter().find(own) {
                return Err(format!("component `{}` depends on itself, as `{own}`", component.name));
            }
            let beside = |name: &Name| components.iter().any(|other| other.names().any(|known| known == name));
            let known = |name: &Name| topology.counts(name).is_some() || beside(name);
            if let Some(unknown) = component.depends_on.iter().find(|name| !known(name)) {
                let expected = "expected a component, a service or a group that is registered before it";
                return Err(format!("`{}` depends on `{unknown}`, which there is not: {expected}", component.name));
            }
        }
        Ok(())
    }

    fn put(&mut self, input: &Input, component: Arc<Component>, at_run_time: bool) -> Fact {
        let fact = self.fact(input, "engine.component_registered", Conclusion::ComponentRegistered {});
        let fact = fact.component(&component.name);
        if at_run_time {
            self.registered.insert(component.name.clone());
        }
        self.knowledge.topology.register(component);
        fact
    }

    /// All or nothing: a faulty policy changes nothing.
    fn replace_policy(
        &mut self,
        input: &Input,
        documents: &[PolicyDocument],
        by: &Principal,
    ) -> Result<Vec<Fact>, String> {
        Verb::ReplacePolicy.check(by)?;
        let source = |document: &PolicyDocument| Source { name: document.name.clone(), text: document.text.clone() };
        let sources: Vec<Source> = documents.iter().map(source).collect();
        let loaded =
            Policy::load(&sources).map_err(|problems| format!("the policy was not taken: {}", brief(&problems)))?;
        let policy = Arc::new(loaded.policy);
        let wanted = |name: &Name| policy.components().binary_search_by(|c| c.name.cmp(name)).is_ok();
        let gone: Vec<Name> = self
            .knowledge
            .topology
            .by_name()
            .into_iter()
            .map(|component| component.name.clone())
            .filter(|name| !wanted(name) && !self.registered.contains(name))
            .collect();
        let mut facts = Vec::new();
        for name in gone {
            let fact = self.fact(input, "engine.component_removed", Conclusion::ComponentRemoved {}).component(&name);
            self.knowledge.apply(core::slice::from_ref(&fact), policy.limits());
            self.knowledge.topology.remove(&name);
            facts.push(fact);
        }
        for component in policy.components() {
            if self.knowledge.topology.component(&component.name).is_none_or(|known| **known != **component) {
                facts.push(self.put(input, Arc::clone(component), false));
            }
        }
        let said = Conclusion::PolicyReplaced { digest: *policy.digest() };
        facts.push(self.fact(input, "engine.policy_replaced", said));
        self.policy = policy;
        Ok(facts)
    }

    /// Refuses texts and names beyond the limits, before anything keeps them.
    fn within_limits(&self, event: &Event) -> Result<(), String> {
        let longest = self.policy.limits().text_bytes as usize;
        let (names, texts) = parts(event);
        if let Some(name) = names.iter().flatten().find(|name| name.as_str().len() > LONGEST_NAME) {
            return Err(format!("a name has {} bytes; at most {LONGEST_NAME} are taken", name.as_str().len()));
        }
        match texts.iter().find(|text| text.len() > longest) {
            Some(text) => Err(format!("a text has {} bytes; at most {longest} are taken", text.len())),
            None => Ok(()),
        }
    }
}

/// The reason of a kill as it is kept, under [`Control::kills`](crate::knowledge::control::Control), and asked for: on one
/// line with single blanks and of bounded length, whatever it was written with.
pub fn spelled(reason: &str) -> String {
    one_line(reason, LONGEST_NAME)
}

/// A person's reason to stop. What the host says of itself is released by the host; a person's word is not, however it
/// is spelled.
fn of_a_person(reason: &str) -> String {
    let reason = spelled(reason);
    if reason == HOST { "host, said by a person".into() } else { reason }
}

/// The names and texts of an event that the engine would keep.
fn parts(event: &Event) -> ([Option<&Name>; 2], [&str; 2]) {
    match event {
        Event::AlertRaised { component, issue, summary, .. } => ([Some(component), Some(issue)], [summary, ""]),
        Event::ChangeReported { component, change, summary } => ([Some(component), Some(change)], [summary, ""]),
        Event::CheckReported(report) => ([Some(&report.component), Some(&report.check)], [&report.detail, ""]),
        Event::ComponentRemoved { component }
        | Event::CustomerReported { component, .. }
        | Event::HeartbeatReceived { component } => ([Some(component), None], ["", ""]),
        Event::DeliveryReported { detail, .. } | Event::HostReported { detail, .. } => ([None, None], [detail, ""]),
        Event::EventRefused { source, reason, .. } => ([None, None], [source, reason]),
        Event::KillEngaged { reason, by } | Event::KillReleased { reason, by } => ([Some(&by.id), None], [reason, ""]),
        Event::EvidenceReported(_) => ([None, None], ["", ""]),
        Event::LogSeen { component, line } => ([Some(component), None], [line, ""]),
        Event::OutcomeReported(outcome) => ([None, None], [&outcome.detail, ""]),
        Event::RunOrdered { playbook, component, .. } => ([Some(playbook), Some(component)], ["", ""]),
        Event::SampleReported { component, metric, .. } => ([Some(component), Some(metric)], ["", ""]),
        Event::SecurityAlerted { component, summary } => ([Some(component), None], [summary, ""]),
        Event::SilenceOrdered { silence, by } => ([Some(&by.id), silence.of.first()], [&silence.reason, ""]),
        Event::OnCallOrdered { rotation, by, .. } => ([Some(rotation), Some(&by.id)], ["", ""]),
        Event::Acknowledged { by, .. }
        | Event::AcknowledgementWithdrawn { by, .. }
        | Event::ApprovalDecided { by, .. }
        | Event::BreakerReset { by, .. }
        | Event::IncidentOrdered { by, .. }
        | Event::ModeChanged { by, .. }
        | Event::PolicyReplaced { by, .. }
        | Event::RollbackOrdered { by, .. }
        | Event::SilenceEnded { by, .. }
        | Event::RunCancelled { by, .. }
        | Event::StormReleased { by, .. } => ([Some(&by.id), None], ["", ""]),
        Event::WindowClosed { window, by } => ([Some(window), Some(&by.id)], ["", ""]),
        Event::WindowOpened { window, by, reason, .. } => ([Some(window), Some(&by.id)], [reason, ""]),
        Event::ComponentRegistered { .. } | Event::Started { .. } | Event::TimeAdvanced => ([None, None], ["", ""]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_and_the_same_however_often_it_is_spelled() {
        let reason = spelled("moving\u{1b}[31m\r\nready \u{202e} all fine");
        assert_eq!(reason, "moving [31m ready all fine");
        assert_eq!(spelled(&reason), reason);
        for disguised in ["host", " host\n", "\u{1b}host", "\u{200b}host"] {
            assert_eq!(of_a_person(disguised), "host, said by a person", "{disguised:?}");
        }
        assert_eq!(spelled(&spelled(&"x".repeat(LONGEST_NAME + 1))), spelled(&"x".repeat(LONGEST_NAME + 1)));
    }
}
