//! Ladders that are longer than what may be spent on them, and components whose incidents nobody hears of.

use super::Lint;
use crate::model::severity::Severity;
use crate::policy::actions::{Adapter, Touches};
use crate::policy::components::Component;
use crate::policy::draft::playbook::all_steps;
use crate::policy::mode::Mode;
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;

impl Lint<'_> {
    /// Rungs that come after more attempts than one incident has.
    pub(super) fn long_ladders(&self) {
        let attempts = &self.policy.safety.attempts;
        let (most, limit) = match attempts.per_incident.min(attempts.per_component) {
            most if most == attempts.per_incident => (most, "attempts: per_incident"),
            most => (most, "attempts: per_component"),
        };
        if most == 0 {
            return; // No run begins at all, and that is said.
        }
        let components = &self.policy.components;
        let beyond = |at: usize| components.get(at).and_then(|component| self.beyond(component, most));
        let found = self.those(|at| beyond(at).is_some());
        if let Some((needed, rung)) = found.first().and_then(|at| beyond(*at)) {
            let what = format!("a ladder that is longer than its attempts: `{rung}` is never reached");
            let help = format!(
                "{needed} attempts come before it, `{limit}` is {most}: raise that, or lower `attempts` of those before"
            );
            self.warn(&found, &what, &help);
        }
    }

    /// The first rung that an incident of the component has no attempt left for, and how many come before it.
    fn beyond(&self, component: &Component, most: u32) -> Option<(u32, Name)> {
        self.issues(component).iter().find_map(|issue| {
            let mut before = 0_u32;
            self.rungs(component, issue.as_ref()).find_map(|rung| {
                let needed = before;
                before = before.saturating_add(rung.safety.max_attempts);
                // What ships is put together by others, and what the host cannot do is no attempt.
                (needed >= most && !rung.id.as_str().starts_with("library/")).then(|| (needed, rung.id.clone()))
            })
        })
    }

    /// The kinds of issue that playbooks name for the component, and the plain failure.
    fn issues(&self, component: &Component) -> BTreeSet<Option<Name>> {
        let named = self.policy.ladder(component).flat_map(|rung| &rung.trigger.issues);
        named.cloned().map(Some).chain([None]).collect()
    }

    /// The rungs that do something about `issue`; where it is none, about plain bad health.
    fn rungs<'l>(
        &'l self,
        component: &'l Component,
        issue: Option<&'l Name>,
    ) -> impl Iterator<Item = &'l Arc<Playbook>> + 'l {
        let fits = move |rung: &&Arc<Playbook>| match issue {
            Some(issue) => rung.trigger.issues.contains(issue),
            None => rung.trigger.answers_health(),
        };
        let own = |rung: &&Arc<Playbook>| !rung.standby.contains(&component.name);
        self.policy.ladder(component).filter(fits).filter(own).filter(|rung| self.does_something(rung))
    }

    /// Telling people is no attempt.
    fn does_something(&self, playbook: &Playbook) -> bool {
        let mut actions = all_steps(&playbook.steps).filter_map(|step| self.policy.actions.get(&step.action));
        actions.any(|action| action.adapter != Adapter::Engine || action.touches != Touches::Nothing)
    }

    /// Components of which an incident, however mild, goes to no chain.
    pub(super) fn without_escalation(&self) {
        if self.policy.mode == Mode::Off {
            return;
        }
        let told = |component: &Component| {
            let names: Vec<&Name> =
                [&component.name, component.service()].into_iter().chain(&component.groups).collect();
            self.policy.chains.iter().any(|chain| {
                let applies = chain.applies_to.is_empty() || names.iter().any(|name| chain.applies_to.contains(*name));
                applies && chain.at_least == Severity::Sev3 && !chain.levels.is_empty()
            })
        };
        let found = self.those(|at| self.policy.components.get(at).is_some_and(|component| !told(component)));
        self.warn(
            &found,
            "no escalation of its own",
            "everybody is told, over every channel: add a chain under `escalation`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::lint::{Places, lint};
    use crate::policy::problem::Problem;
    use crate::policy::{Policy, Source};
    use core::cell::RefCell;
    use std::string::String;

    /// What is doubted of a policy whose chains are only those that `keep` says, which the loader never lets happen.
    fn doubted(mode: Mode, keep: impl Fn(&Name) -> bool) -> Vec<String> {
        let text = "components: { web: { service: shop, run: [web] } }\n\
                    escalation: [{ name: own, when: { services: shop }, chain: [{ notify: a }] }]";
        let loaded = Policy::load(&[Source { name: "p".into(), text: text.into() }]).unwrap();
        let mut policy = loaded.policy;
        policy.chains.retain(|chain| keep(&chain.name));
        policy.mode = mode;
        let whole = loaded.origins.components.first().unwrap();
        let parts = &loaded.origins;
        let places = Places { whole, parts, types: &[], chains: &[], safety: None, told: &[] };
        let said: RefCell<Vec<String>> = RefCell::default();
        lint(&policy, &places, &|problem: Problem| said.borrow_mut().push(problem.message));
        said.into_inner()
    }

    #[test]
    fn h8_a_component_whose_incidents_go_to_no_chain_is_doubted() {
        let alone = "component `web` has no escalation of its own";
        assert_eq!(doubted(Mode::Auto, |_| false), [alone]);
        assert_eq!(
            doubted(Mode::Auto, |name| name.as_str() == "default-sev1"),
            [alone],
            "only what is grave goes there"
        );
        for kept in ["own", "default"] {
            assert_eq!(doubted(Mode::Auto, |name| name.as_str() == kept), [""; 0], "{kept}");
        }
        assert_eq!(doubted(Mode::Off, |_| false), [""; 0], "nothing is wanted of it");
    }
}
