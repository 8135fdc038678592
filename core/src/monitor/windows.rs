//! Opens and closes windows when it is time. It comes first in every pass, so that every stage sees the windows as they
//! are at that instant, also after a jump of the clock.

use crate::knowledge::Knowledge;
use crate::knowledge::context::{Context, Deadline, Draft};
use crate::model::fact::{Conclusion, Fact};
use crate::model::window::Opening;
use crate::model::window::WindowChange;
use crate::primitives::name::Name;
use crate::primitives::time::Time;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use serde::{Deserialize, Serialize};

/// When a window opens or closes next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    /// Whether it has looked at all.
    looked: bool,
    next: Option<Time>,
}

impl Clock {
    /// When a window opens or closes next.
    pub fn deadline(&self) -> Option<Deadline> {
        self.next.map(|at| Deadline { at, reason: "window" })
    }

    /// Opens and closes what it is time for.
    pub fn follow(&mut self, context: &Context<'_>, knowledge: &Knowledge, said: &[Fact], out: &mut Draft) {
        let changed =
            |fact: &Fact| matches!(fact.said, Conclusion::PolicyReplaced { .. } | Conclusion::WindowChanged(_));
        let due = !self.looked || self.next.is_some_and(|at| at <= context.now);
        if !due && !said.iter().any(changed) {
            return;
        }
        self.looked = true;
        let (wanted, next) = wanted(context, knowledge);
        self.next = next;
        for (window, known) in knowledge.windows.iter() {
            if known.by.as_ref().map_or(!wanted.contains_key(window), |_| known.until <= context.now) {
                say(context, window, "closed", known, out);
            }
        }
        for (window, opening) in &wanted {
            match knowledge.windows.get(window) {
                None => say(context, window, "opened", opening, out),
                Some(known) if known.by.is_none() && known != opening => say(context, window, "changed", opening, out),
                Some(_) => {}
            }
        }
    }
}

/// The windows of the policy that are to be open now, and when something changes next.
fn wanted(context: &Context<'_>, knowledge: &Knowledge) -> (BTreeMap<Name, Opening>, Option<Time>) {
    let now = context.now;
    let mut wanted = BTreeMap::new();
    let by_hand = knowledge.windows.iter().filter(|(_, opening)| opening.by.is_some() && opening.until > now);
    let mut next = by_hand.map(|(_, opening)| opening.until).min();
    for window in context.policy.windows() {
        let shut = knowledge.windows.shut_until(&window.name, now);
        let change = match (window.stretch(now), shut) {
            (_, Some(until)) => until,
            (Some((start, end)), None) if start <= now => {
                wanted.insert(window.name.clone(), window.opening(end));
                end
            }
            (Some((start, _)), None) => start,
            (None, None) => continue,
        };
        next = Some(next.map_or(change, |next| next.min(change)));
    }
    (wanted, next)
}

fn say(context: &Context<'_>, window: &Name, change: &'static str, opening: &Opening, out: &mut Draft) {
    let (window, change, opening) = (window.clone(), Cow::Borrowed(change), opening.clone());
    let said = Conclusion::WindowChanged(WindowChange { window, change, opening, detail: String::new() });
    out.facts.push(Fact::new(context.now, "monitor.window", said).because([context.event_id()]));
}
