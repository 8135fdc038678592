//! Preconditions that are never true when the trigger of their playbook is.

use super::Lint;
use crate::model::health::State;
use crate::policy::condition::{Comparator, Expr, Kind, Path};
use crate::policy::playbook::{Playbook, Trigger};
use alloc::format;

impl Lint<'_> {
    /// Playbooks of the policy's own that are for what is not well, and only if it is.
    pub(super) fn contradictions(&self) {
        let own = self.policy.playbooks.iter().zip(&self.places.parts.playbooks);
        for (playbook, origin) in own {
            let Some(least) = playbook.trigger.state.filter(|state| *state >= State::Degraded) else { continue };
            if let Some(precondition) = impossible(playbook, least) {
                let message = format!("`{}` never begins: it asks for `{precondition}`", playbook.id);
                let help = format!("its trigger is for what is `{}` or worse", least.as_str());
                (self.report)(origin.warning(message).help(help));
            }
        }
    }
}

/// The first precondition that nothing in state `least` or worse fulfils, as a person reads it.
fn impossible(playbook: &Playbook, least: State) -> Option<&str> {
    let never = |expr: &Expr| never(expr, least, &playbook.trigger);
    playbook.preconditions.iter().find(|one| never(one.condition.expr())).map(|one| one.name.as_str())
}

/// Whether the condition is false of every component that the trigger is for. Where that is not plain, it is not said.
fn never(expr: &Expr, least: State, trigger: &Trigger) -> bool {
    let about = |path: &Path, name: &str| {
        let its =
            |whose: &str| trigger.components.len() == 1 && trigger.components.iter().all(|one| one.as_str() == whose);
        path.name == name && path.component.as_deref().is_none_or(its)
    };
    match &expr.kind {
        Kind::And(all) => all.iter().any(|one| never(one, least, trigger)),
        Kind::Or(all) => all.iter().all(|one| never(one, least, trigger)),
        Kind::Name(path, _) => about(path, "healthy") || about(path, "degraded") && least >= State::Unhealthy,
        Kind::Not(inner) => match &inner.kind {
            Kind::Name(path, _) => about(path, "unhealthy") && least >= State::Unhealthy,
            _ => false,
        },
        Kind::Compare(Comparator::Equal, sides) => {
            let [left, right] = &**sides;
            let word = match (&left.kind, &right.kind) {
                (Kind::Name(path, _), Kind::Text(word)) | (Kind::Text(word), Kind::Name(path, _)) => {
                    about(path, "state").then_some(word)
                }
                _ => None,
            };
            let milder = [State::Unknown, State::Healthy, State::Degraded, State::Unhealthy];
            milder.iter().any(|state| *state < least && word.is_some_and(|word| state.as_str() == word))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{Policy, Source};
    use alloc::format;
    use std::string::String;
    use std::vec::Vec;

    /// What is doubted of a playbook for `web` with this trigger and precondition.
    fn doubted(trigger: &str, precondition: &str) -> Vec<String> {
        let text = format!(
            "components: {{ web: {{ run: [web], checks: [process] }}, db: {{ run: [db], checks: [process] }} }}\n\
             playbooks: [{{ name: p, trigger: {trigger}, pre_conditions: ['{precondition}'], steps: [restart] }}]"
        );
        let loaded = Policy::load(&[Source { name: "p".into(), text }]).expect("a policy");
        let never = loaded.warnings.iter().map(|problem| problem.message.clone());
        never.filter(|message| message.contains("never begins")).collect()
    }

    #[test]
    fn h8_a_precondition_that_the_trigger_contradicts_is_doubted() {
        let (down, worn) = ("web.unhealthy", "{ component: web, state: degraded }");
        for (trigger, precondition) in [
            (down, "web.healthy"),
            (down, "healthy"),
            (down, "degraded"),
            (down, "NOT unhealthy"),
            (down, "state == degraded"),
            (down, "users > 3 AND web.healthy"),
            (down, "web.healthy OR degraded"),
            (worn, "web.healthy"),
            (worn, "state == healthy"),
        ] {
            let said = doubted(trigger, precondition);
            assert_eq!(said, [format!("`p` never begins: it asks for `{precondition}`")], "{trigger} {precondition}");
        }
        for (trigger, precondition) in [
            (down, "db.healthy"),
            (down, "web.unhealthy"),
            (down, "NOT db.unhealthy"),
            (down, "state == critical"),
            (down, "users > 3 OR web.healthy"),
            (worn, "degraded"),
            (worn, "NOT unhealthy"),
            (worn, "state == degraded"),
            ("{ component: [web, db], state: unhealthy }", "web.healthy"),
            ("{ component: web, issue: slow }", "web.healthy"),
        ] {
            assert_eq!(doubted(trigger, precondition), [""; 0], "{trigger} {precondition}");
        }
    }
}
