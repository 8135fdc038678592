//! Windows that people open and close at run time.

use crate::engine::Engine;
use crate::knowledge::windows::{MOST_BY_HAND, SHUT_BY_HAND};
use crate::model::event::{Input, Principal};
use crate::model::fact::{Conclusion, Fact};
use crate::model::window::WindowChange;
use crate::model::window::{Opening, SUPPRESSIBLE, WindowKind};
use crate::policy::actions::ActionClass;
use crate::policy::authority::Verb;
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::Span;
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

/// A person's window does not stay open longer than this without being opened again.
const LONGEST: Span = Span::from_secs(30 * 86_400);
/// What a person's window is over at most; and how long its reason is.
const MOST_NAMED: usize = 64;
const LONGEST_REASON: usize = 256;

/// What a person wants opened.
pub(super) struct Wanted<'a> {
    pub window: &'a Name,
    pub kind: WindowKind,
    pub over: &'a BTreeSet<Name>,
    pub terms: &'a BTreeSet<Name>,
    pub lasts: Span,
    pub reason: &'a str,
    pub by: &'a Principal,
}

impl Engine {
    /// Opens a window, or opens it anew with other terms.
    pub(super) fn open_window(&self, input: &Input, wanted: &Wanted<'_>) -> Result<Fact, String> {
        let Wanted { window, kind, over, terms, lasts, by, .. } = *wanted;
        let verb = match kind {
            WindowKind::Change => Verb::OpenChangeWindow,
            WindowKind::Maintenance => Verb::Maintain,
        };
        verb.check(by)?;
        if self.policy.windows().iter().any(|known| known.name == *window) {
            return Err(format!("`{window}` is a window of the policy: give this one another name"));
        }
        if lasts == Span::ZERO || lasts > LONGEST {
            return Err(format!("a window lasts more than nothing and at most {LONGEST}, not {lasts}"));
        }
        if over.is_empty() || over.len() > MOST_NAMED {
            return Err(format!(
                "a window is over 1 to {MOST_NAMED} components, services or groups, not {}",
                over.len()
            ));
        }
        let topology = &self.knowledge.topology;
        if let Some(name) = over.iter().find(|n| topology.slot(n).is_none() && topology.members(n).is_empty()) {
            return Err(format!("there is no component, service or group `{name}`"));
        }
        let expected = match kind {
            WindowKind::Change => ActionClass::ALL.map(ActionClass::as_str).to_vec(),
            WindowKind::Maintenance => SUPPRESSIBLE.to_vec(),
        };
        if let Some(term) = terms.iter().find(|term| !expected.contains(&term.as_str())) {
            return Err(format!("`{term}` means nothing to a {kind} window: expected some of {}", expected.join(", ")));
        }
        if kind == WindowKind::Maintenance && terms.is_empty() {
            return Err(format!("a maintenance window holds something back: expected some of {}", expected.join(", ")));
        }
        let known = self.knowledge.windows.get(window);
        if known.is_none() && self.knowledge.windows.by_hand() >= MOST_BY_HAND {
            return Err(format!("people hold {MOST_BY_HAND} windows open already: close one of them"));
        }
        if known.is_some_and(|known| known.kind != kind) {
            return Err(format!(
                "`{window}` is the name of an open window of another kind: give this one another name"
            ));
        }
        let change = if known.is_some() { "changed" } else { "opened" };
        let opening = Opening {
            kind,
            over: over.clone(),
            terms: terms.clone(),
            until: self.now.after(lasts),
            reason: one_line(wanted.reason, LONGEST_REASON),
            by: Some(by.id.clone()),
        };
        Ok(self.window_changed(input, window, change, opening, by))
    }

    /// Closes a window before its time, also one of the policy: that opens again when its time comes next.
    pub(super) fn close_window(&self, input: &Input, window: &Name, by: &Principal) -> Result<Fact, String> {
        Verb::Maintain.check(by)?;
        let Some(opening) = self.knowledge.windows.get(window).filter(|opening| self.now < opening.until) else {
            let open: alloc::vec::Vec<&str> = self.knowledge.windows.iter().map(|(name, _)| name.as_str()).collect();
            let known = if open.is_empty() { "none is".into() } else { format!("open: {}", open.join(", ")) };
            return Err(format!("no window `{window}` is open; {known}"));
        };
        Ok(self.window_changed(input, window, "closed", opening.clone(), by))
    }

    fn window_changed(
        &self,
        input: &Input,
        window: &Name,
        change: &'static str,
        opening: Opening,
        by: &Principal,
    ) -> Fact {
        let rule = if change == "closed" { SHUT_BY_HAND } else { "engine.window_opened" };
        let (window, change, detail) = (window.clone(), Cow::Borrowed(change), format!("by {}", by.id));
        let said = Conclusion::WindowChanged(WindowChange { window, change, opening, detail });
        Fact::new(self.now, rule, said).because([input.event_id()])
    }
}
