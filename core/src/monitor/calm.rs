//! What the monitor says of flapping, of changes on purpose, and of the warm-up.

use crate::knowledge::Knowledge;
use crate::model::event::Event;
use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::value::Value;
use crate::monitor::record::Desk;
use crate::monitor::rollup;
use crate::monitor::roster::Roster;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::format;
use alloc::vec::Vec;

/// How many components are named that were not heard of.
const NAMED: usize = 8;

impl Desk<'_> {
    /// Says that a component flaps, and tells people once.
    pub(super) fn say_flapping(&mut self, name: &Name, held: State, changes: u32) {
        let rule = *self.context.policy.health().flapping_of(name);
        let because = [self.context.event_id()];
        let said = Conclusion::FlappingBegan(crate::model::calm::Flapped { held, changes, calm: rule.calm });
        let fact = Fact::new(self.now(), "monitor.flapping", said).because(because.clone());
        let number = |value: u32| Value::Number(value.into());
        let fact = fact.value("changes", number(changes)).value("limit", number(rule.changes));
        self.say(fact.value("window", Value::Duration(rule.window)), name);
        let text = format!(
            "{name} flaps: {changes} changes of state within {}; it counts as {held} and nothing is started on it \
             until nothing has changed for {}",
            rule.window, rule.calm
        );
        let wanted = Conclusion::MessageWanted { channel: None, recipient: None, text };
        let message = Fact::new(self.now(), "monitor.flapping_told", wanted).because(because);
        self.say(message.value("severity", Value::text("SEV2")).value("issue", Value::text("flapping")), name);
    }

    /// Ends the flapping of what has been calm: from here on what the checks say is believed.
    pub(super) fn end_flapping(&mut self, roster: &mut Roster) {
        while let Some(name) = self.flaps.calmed(self.now()) {
            let Some(slot) = self.knowledge.topology.slot(&name).filter(|slot| roster.has(*slot, &name)) else {
                continue;
            };
            let because = [self.context.event_id()];
            let ended = Fact::new(self.now(), "monitor.calm", Conclusion::FlappingEnded {}).because(because.clone());
            self.say(ended, &name);
            let to = rollup::worst(roster, slot);
            let Some(member) = roster.member_mut(slot).filter(|member| member.state != to) else { continue };
            let from = core::mem::replace(&mut member.state, to);
            let said = Conclusion::HealthChanged { from, to, detail: "calm again".into() };
            self.say(Fact::new(self.now(), "monitor.calm", said).because(because), &name);
        }
    }

    /// A change on purpose: its component is only observed for a while.
    pub(super) fn change(&mut self, event: &Event) {
        let Event::ChangeReported { component, change, .. } = event else { return };
        let rule = self.context.policy.health().grace;
        let (grace, most, now) = (rule.after(change.as_str()), rule.at_most, self.now());
        if grace.ms() == 0 {
            return;
        }
        let until = self.series.until(component, grace, most, now);
        self.series.keep_within(self.context.policy.limits().unsettled);
        let said = Conclusion::GraceOpened(crate::model::calm::Changed { change: change.clone(), until });
        let cut = until < now.after(grace);
        let id = match (cut, until <= now) {
            (_, true) => "monitor.grace_used_up",
            (true, false) => "monitor.grace_cut_short",
            (false, false) => "monitor.grace",
        };
        let fact = Fact::new(now, id, said).because([self.context.event_id()]);
        let fact = fact.value("grace", Value::Duration(grace));
        self.say(if cut { fact.value("at_most", Value::Duration(most)) } else { fact }, component);
    }

    /// Says that nothing is done for a while.
    pub(super) fn say_warming(&mut self, until: Time, awaited: u32) {
        let said = Conclusion::WarmUpBegan(crate::model::calm::Warming { until, awaited });
        self.out.facts.push(Fact::new(self.now(), "monitor.warm_up", said).because([self.context.event_id()]));
    }

    /// Says that something may be done.
    pub(super) fn say_warm(&mut self, roster: &Roster) {
        let mut silent = roster.awaited_names();
        silent.sort_unstable();
        let missing = u32::try_from(silent.len()).unwrap_or(u32::MAX);
        silent.truncate(NAMED);
        let rule = if missing == 0 { "monitor.all_heard_of" } else { "monitor.warm_up_time_over" };
        let said = Conclusion::WarmUpEnded(crate::model::calm::Warm { missing, silent });
        self.out.facts.push(Fact::new(self.now(), rule, said).because([self.context.event_id()]));
    }
}

/// Whether a warm-up begins: the host has started, or another policy is in force.
pub(super) fn begins(said: &[Fact]) -> bool {
    said.iter().any(|fact| match &fact.said {
        Conclusion::ControlChanged { what, .. } => what == "epoch",
        Conclusion::PolicyReplaced { .. } => true,
        _ => false,
    })
}

/// The states that are held, as they are known.
pub(super) fn held<'k>(names: impl Iterator<Item = &'k Name>, knowledge: &'k Knowledge) -> Vec<(&'k Name, State)> {
    names.map(|name| (name, knowledge.health.of(name, &knowledge.topology).state)).collect()
}
