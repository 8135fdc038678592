//! What is only done in a change window is done in one that is open long enough (SPEC G5, SAFE-18).

use super::at;
use crate::knowledge::windows::covers;
use crate::model::gate::Occasion;
use crate::model::value::Value;
use crate::model::window::WindowKind;
use crate::policy::actions::{Action, ActionClass};
use crate::policy::components::Component;
use crate::policy::windows::Window;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use crate::remediate::safety::question::{Answer, Chain};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Chain<'_> {
    pub(in crate::remediate::safety) fn change_window(&self) -> Answer {
        let found = self.bound().into_iter().find_map(|(class, target)| self.outside(class, &target));
        found.unwrap_or_else(|| Answer::pass("change_window.not_needed_or_open"))
    }

    /// What of the plan, or of the one action, needs a window, with its targets.
    fn bound(&self) -> Vec<(ActionClass, Name)> {
        let question = self.question;
        let classes = |action: &Action| -> Vec<ActionClass> {
            action.classes.intersection(&self.safety.only_in_window).copied().collect()
        };
        let touched: BTreeSet<&Name> = question.plan.targets.keys().chain([&question.incident.component]).collect();
        let first = question.occasion.is_first();
        let actions: Vec<&Action> = match question.action {
            Some(action) if !first => [action].into(),
            _ => question.actions.values().map(Arc::as_ref).collect(),
        };
        let bound: BTreeSet<ActionClass> = actions.into_iter().flat_map(classes).collect();
        bound.into_iter().flat_map(|class| touched.iter().map(move |name| (class, (*name).clone()))).collect()
    }

    /// How long it takes at most: the whole run before it begins, the one action after that.
    fn longest(&self) -> Span {
        match (self.question.occasion, self.question.action) {
            (Occasion::FirstStep | Occasion::Manual, _) | (_, None) => self.question.playbook.timeout,
            (_, Some(action)) => action.timeout,
        }
    }

    fn outside(&self, class: ActionClass, target: &Name) -> Option<Answer> {
        let (now, knowledge) = (self.view.context.now, self.view.knowledge);
        let said = |answer: Answer| {
            answer.with("class", Value::text(class.as_str())).with("target", Value::text(target.as_str()))
        };
        let Some(component) = knowledge.topology.component(target) else {
            let remedy = format!("`{target}` registered: whether a window is open over it is not known");
            return Some(said(Answer::refuse("change_window.unknown", remedy)));
        };
        if let Some((window, opening)) = knowledge.windows.allowing(class.as_str(), component) {
            let longest = self.longest();
            if now.after(longest) <= opening.until {
                return None;
            }
            let remedy = format!("a change window that stays open for {longest}: `{window}` ends sooner");
            let answer = said(Answer::refuse("change_window.too_short", remedy)).with("until", at(opening.until));
            return Some(answer.again(self.next(class, component, opening.until).unwrap_or(opening.until)));
        }
        Some(match self.next(class, component, now) {
            Some(opens) => {
                let remedy = format!("waiting {} more, until a change window opens", opens.since(now));
                said(Answer::refuse("change_window.outside", remedy)).with("until", at(opens)).again(opens)
            }
            None => {
                let remedy = format!("a change window over `{target}` that allows {}", class.as_str());
                said(Answer::refuse("change_window.none", remedy))
            }
        })
    }

    /// When the next window of the policy opens that would do.
    fn next(&self, class: ActionClass, component: &Component, after: Time) -> Option<Time> {
        let windows = self.view.context.policy.windows().iter();
        let fits = windows.filter(|window| {
            window.kind == WindowKind::Change
                && covers(&window.over, component)
                && (window.terms.is_empty() || window.terms.contains(class.as_str()))
        });
        let next = |window: &Window| match window.stretch(after)? {
            (start, _) if start > after => Some(start),
            // Its time is now, but a person has closed it.
            (_, end) => window.stretch(end).map(|(start, _)| start),
        };
        fits.filter_map(next).min()
    }
}
