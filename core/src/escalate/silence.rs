//! What is not told for a time. A silence is asked whenever a level would fire: the level waits for its end, and is told
//! then if the incident is still open. SEV0 is kept back only by one that names it.

use crate::escalate::Desk;
use crate::knowledge::people::MOST_SILENCES;
use crate::model::event::Principal;
use crate::model::fact::{Conclusion, Fact};
use crate::model::ids::SilenceId;
use crate::model::incident::Incident;
use crate::model::silence::{LONGEST, Silence, Silenced};
use crate::policy::authority::Verb;
use crate::primitives::text::one_line;
use crate::primitives::time::Time;
use alloc::format;
use alloc::string::String;

impl Desk<'_> {
    /// The silence that keeps the incident back, and its end: the one that ends last.
    pub(super) fn silenced(&self, incident: &Incident) -> Option<(SilenceId, Time)> {
        let ended = |id: SilenceId| {
            let ends = |fact: &Fact| matches!(&fact.said, Conclusion::SilenceChanged(change) if change.id == id);
            self.out.facts.iter().any(ends)
        };
        let ordered = self.knowledge.people.silences(self.now()).filter(|(id, _)| !ended(*id));
        let declared = self.context.policy.notifications().silences.iter().filter(|it| it.holds(self.now()));
        let all = ordered.chain(declared.map(|it| (it.id(), &it.silence)));
        let fitting = all.filter(|(_, silence)| fits(silence, incident, self));
        fitting.map(|(id, silence)| (id, silence.until)).max_by_key(|(id, until)| (*until, *id))
    }
}

fn fits(silence: &Silence, incident: &Incident, desk: &Desk<'_>) -> bool {
    let known = desk.knowledge.topology.component(&incident.component);
    let named = |name: &crate::primitives::name::Name| silence.of.contains(name);
    let others = known.iter().flat_map(|component| component.groups.iter().chain([component.service()]));
    silence.at_most.at_least(incident.severity)
        && silence.incident.is_none_or(|id| id == incident.id)
        && (silence.issues.is_empty() || silence.issues.contains(&incident.issue))
        && (silence.of.is_empty() || named(&incident.component) || others.into_iter().any(named))
}

pub(super) fn begin(silence: &Silence, by: &Principal, desk: &mut Desk<'_>) -> Result<(), String> {
    Verb::Silence.check(by)?;
    let now = desk.now();
    if !silence.is_particular() {
        return Err(String::from(
            "a silence says of what: expected a component, a service, a group, an issue or an incident",
        ));
    }
    let unknown = silence.of.iter().find(|name| desk.knowledge.topology.members(name).is_empty());
    if let Some(name) = unknown {
        return Err(format!("no component, service or group is called `{name}`"));
    }
    if silence.until <= now || silence.until > now.after(LONGEST) {
        return Err(String::from("a silence ends later than now, and within 30 days"));
    }
    if silence.reason.trim().is_empty() {
        return Err(String::from("a silence says why: expected a reason"));
    }
    if desk.knowledge.people.silences(now).count() >= MOST_SILENCES {
        return Err(format!("there are {MOST_SILENCES} silences already: expected fewer"));
    }
    let silence = Silence { reason: one_line(&silence.reason, 200), ..silence.clone() };
    say(SilenceId::derive(&silence, &by.id), Some(silence), by, "escalate.silenced", desk);
    Ok(())
}

pub(super) fn end(id: SilenceId, by: &Principal, desk: &mut Desk<'_>) -> Result<(), String> {
    Verb::Silence.check(by)?;
    if !desk.knowledge.people.silences(desk.now()).any(|(known, _)| known == id) {
        return Err(format!("there is no silence `{id}`"));
    }
    say(id, None, by, "escalate.silence_ended", desk);
    Ok(())
}

fn say(id: SilenceId, silence: Option<Silence>, by: &Principal, rule: &'static str, desk: &mut Desk<'_>) {
    let said = Conclusion::SilenceChanged(Silenced { id, silence, by: by.id.clone() });
    let fact = Fact::new(desk.now(), rule, said).because([desk.context.event_id()]);
    desk.say(fact);
}
