//! What is remembered of an open incident between two looks: when to look again, and whether people have it.

use crate::model::fact::{Conclusion, Fact};
use crate::model::health::State;
use crate::model::incident::Incident;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::borrow::Cow;
use serde::{Deserialize, Serialize};

/// How often what happens to others is a reason to look: where a thousand fail together, each says so.
const OTHERS: Span = Span::from_secs(1);

/// What is remembered of an open incident between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When to look again.
    pub(super) next: Option<Time>,
    /// The last decision, so that the same one is not written down again and again.
    pub(super) last: Option<(Name, Cow<'static, str>)>,
    /// People have it; nothing automatic is tried any more.
    hands_off: Option<HandsOff>,
    /// It is well without a run; it closes then.
    pub(super) stable_at: Option<Time>,
    /// When it was looked at last.
    #[serde(default)]
    looked: Option<Time>,
}

/// For how long an incident is left to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct HandsOff {
    /// In this epoch of the incident; not yet known before it is looked at.
    epoch: Option<u32>,
    /// As long as it is about this component: nothing could be tried on it, and should its root be found in another one,
    /// that is another matter. Unset where a person, or what was seen, ended it as a whole.
    about: Option<Name>,
    /// As long as that component is no worse than DEGRADED: nothing was left for that, and other playbooks may fit then.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    degraded: bool,
}

impl Look {
    /// When to look again.
    pub fn deadline(&self) -> Option<(Time, &'static str)> {
        let look = self.next.map(|at| (at, "look_again"));
        let stable = self.stable_at.map(|at| (at, "stable"));
        look.into_iter().chain(stable).min()
    }

    /// Whether the time to look has come.
    pub fn is_due(&self, now: Time) -> bool {
        self.deadline().is_some_and(|(at, _)| at <= now)
    }

    /// It is looked at now.
    pub const fn begin(&mut self, now: Time) {
        self.next = None;
        self.looked = Some(now);
    }

    /// Whether `news` is a reason to look at `incident` now. What happens to others is, once in a second: what is left of
    /// that second it waits for.
    pub fn is_stirred(&mut self, incident: &Incident, news: &[&Fact], now: Time) -> bool {
        if news.is_empty() || news.iter().any(|fact| is_close(fact, incident)) {
            return !news.is_empty();
        }
        let again = self.looked.map(|looked| looked.after(OTHERS));
        match again.filter(|again| now < *again) {
            Some(again) => self.next = Some(self.next.map_or(again, |next| next.min(again))),
            None => return true,
        }
        false
    }

    /// Looks no more until it is woken: a run is under way.
    pub fn rest(&mut self) {
        self.next = None;
        self.stable_at = None;
    }

    /// Looks at the next opportunity.
    pub fn wake(&mut self) {
        self.next = Some(Time::ZERO);
    }

    /// Nothing automatic is tried any more until the incident reopens, or, where it is given as `stuck`, until it is about
    /// another component.
    pub fn leave_to_people(&mut self, stuck: Option<&Incident>) {
        let (epoch, about) = (stuck.map(|incident| incident.epoch), stuck.map(|incident| incident.component.clone()));
        self.hands_off = Some(HandsOff { epoch, about, degraded: false });
    }

    /// Begins anew, too, once the component is worse than DEGRADED.
    pub fn until_it_is_worse(&mut self) {
        self.hands_off.iter_mut().for_each(|hands_off| hands_off.degraded = true);
    }

    /// Whether nothing automatic is tried any more.
    pub const fn is_hands_off(&self) -> bool {
        self.hands_off.is_some()
    }

    /// Begins anew with an incident that was left to people, once it has reopened, is about another component, or that
    /// one, in `state` now, is worse.
    pub fn take_up_again(&mut self, incident: &Incident, state: State) {
        let Some(hands_off) = &mut self.hands_off else { return };
        let epoch = *hands_off.epoch.get_or_insert(incident.epoch);
        let elsewhere = hands_off.about.as_ref().is_some_and(|about| *about != incident.component);
        let worse = hands_off.degraded && state >= State::Unhealthy;
        if epoch != incident.epoch || elsewhere || worse {
            *self = Look::default();
        }
    }
}

/// Whether the fact is about the incident or its component, or about everything.
fn is_close(fact: &Fact, incident: &Incident) -> bool {
    match &fact.said {
        Conclusion::HealthChanged { .. } | Conclusion::SignalChanged { .. } | Conclusion::IncidentJoined { .. } => {
            fact.component.as_ref() == Some(&incident.component)
        }
        _ => fact.incident.is_none_or(|id| id == incident.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::{health, incident, second};

    #[test]
    fn what_happens_to_others_is_a_reason_to_look_once_in_a_second() {
        let about = incident("web", "down");
        let (own, other) = (health(second(1), "web", State::Unhealthy), health(second(1), "db", State::Unhealthy));
        let mut look = Look::default();
        assert!(look.is_stirred(&about, &[&other], second(1)), "it was never looked at");
        look.begin(second(1));
        let soon = second(2).before(Span::from_ms(1));
        assert!(!look.is_stirred(&about, &[], soon) && look.deadline().is_none());
        assert!(look.is_stirred(&about, &[&other, &own], soon), "its own component");
        assert!(!look.is_stirred(&about, &[&other], soon));
        assert_eq!(look.deadline(), Some((second(2), "look_again")), "nothing is lost");
        assert!(look.is_due(second(2)) && !look.is_due(soon));
        assert!(look.is_stirred(&about, &[&other], second(2)), "a second has passed");
    }

    #[test]
    fn it_is_looked_at_no_later_than_it_would_be_anyway() {
        let (about, other) = (incident("web", "down"), health(second(1), "db", State::Unhealthy));
        let mut look = Look::default();
        look.begin(second(1));
        look.next = Some(second(1).after(Span::from_ms(500)));
        look.is_stirred(&about, &[&other], second(1));
        assert_eq!(look.next, Some(second(1).after(Span::from_ms(500))));
    }

    #[test]
    fn what_concerns_all_is_close_and_what_concerns_another_incident_is_not() {
        let (about, another) = (incident("web", "down"), incident("db", "down"));
        let moved = |id| {
            let said = Conclusion::RollbackMoved { how: "begun".into() };
            Fact::new(second(1), "test.look", said).incident(id)
        };
        assert!(is_close(&moved(about.id), &about) && !is_close(&moved(another.id), &about));
        assert!(is_close(&Fact::new(second(1), "test.look", Conclusion::FlappingEnded {}), &about));
    }

    #[test]
    fn what_nothing_was_left_for_while_degraded_is_taken_up_once_it_is_worse() {
        let about = incident("web", "degraded");
        for (until_worse, state, taken_up) in [
            (true, State::Degraded, false),
            (true, State::Unhealthy, true),
            (true, State::Critical, true),
            (false, State::Critical, false),
        ] {
            let mut look = Look::default();
            look.leave_to_people(Some(&about));
            if until_worse {
                look.until_it_is_worse();
            }
            look.take_up_again(&about, state);
            assert_eq!(look.is_hands_off(), !taken_up, "{until_worse} {state}");
        }
    }
}
