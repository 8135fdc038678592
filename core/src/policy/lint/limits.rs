//! Limits that can never trip: whoever wrote them relies on something that is not there. Defaults are not doubted.

use super::Lint;
use crate::policy::components::{Ask, Component};
use crate::policy::document::Origin;
use crate::policy::draft::group_sizes;
use crate::policy::health::HealthRules;
use crate::policy::safety::{Safety, Share, Storm};
use crate::primitives::time::Span;
use alloc::format;
use alloc::string::String;

impl Lint<'_> {
    /// Limits of the section `safety` that another one, or the size of the fleet, never lets trip.
    pub(super) fn idle_limits(&self) {
        let Some(origin) = &self.places.safety else { return };
        let (safety, usual) = (&self.policy.safety, Safety::default());
        let (rates, attempts) = (&safety.rates, &safety.attempts);
        let say = |what: String, why: String| (self.report)(origin.warning(format!("{what} can never trip")).help(why));
        let spent = [
            ("rates: total", rates.total),
            ("rates: per_component", rates.per_component),
            ("attempts: per_incident", attempts.per_incident),
            ("attempts: per_component", attempts.per_component),
        ];
        for (field, _) in spent.into_iter().filter(|(_, limit)| *limit == 0) {
            let warning = origin.warning(format!("`{field}` of 0 lets no run begin"));
            (self.report)(warning.help("a playbook is never carried out then: `mode: suggest` says so plainly"));
        }
        if *rates != usual.rates && rates.total > 0 && rates.per_component > rates.total {
            say(
                format!("`rates: per_component` of {}", rates.per_component),
                format!("`rates: total` of {} is reached before", rates.total),
            );
        }
        for (risk, limit) in rates.by_risk.iter().filter(|(_, limit)| **limit > rates.total) {
            if *rates != usual.rates && rates.total > 0 {
                let why = format!("`rates: total` of {} is reached before", rates.total);
                say(format!("`rates: by_risk: {}` of {limit}", risk.as_str()), why);
            }
        }
        let windows = u32::try_from(attempts.window.ms() / rates.window.ms().max(1)).unwrap_or(u32::MAX);
        let begun = rates.per_component.saturating_mul(windows.saturating_add(1));
        if *attempts != usual.attempts && attempts.per_component > begun {
            let why = format!("`rates: per_component` lets {begun} runs begin in {} at most", attempts.window);
            say(format!("`attempts: per_component` of {}", attempts.per_component), why);
        }
        if safety.breaker.failure_percent >= 100 {
            let why = String::from("it opens above it, and there is no more than all: lower it");
            say(format!("`breaker: failure_rate` of {} %", safety.breaker.failure_percent), why);
        }
        let components = u32::try_from(self.policy.components.len()).unwrap_or(u32::MAX);
        if safety.storm != Storm::default() && components > 0 && safety.storm.members > components {
            let why = format!("there are {components} components: lower it, unless more are registered");
            say(format!("`storm: members` of {}", safety.storm.members), why);
        }
        if safety.default_budget.max_unhealthy == Share::Percent(100) {
            let why = String::from("nothing is more than all: lower it");
            say(String::from("`default_budget: max_unhealthy` of 100 %"), why);
        }
        self.shut_budgets(origin);
        self.idle_budgets(origin);
    }

    /// Budgets that nothing gets through: whatever is to be healed is unhealthy itself.
    fn shut_budgets(&self, origin: &Origin) {
        let safety = &self.policy.safety;
        let named = safety.budgets.iter().map(|(group, budget)| (format!("of the budget of `{group}`"), budget));
        let all = [(String::from("of `default_budget`"), &safety.default_budget)].into_iter().chain(named);
        for (whose, _) in all.filter(|(_, budget)| budget.max_unhealthy == Share::Count(0)) {
            let warning =
                origin.warning(format!("`max_unhealthy` {whose} is 0: nothing unhealthy is ever healed there"));
            (self.report)(warning.help("what is to be healed counts itself: 1 lets it be healed alone"));
        }
    }

    /// Budgets of single groups that hold nothing back.
    fn idle_budgets(&self, origin: &Origin) {
        let sizes = group_sizes(&self.policy.components, false);
        for (group, budget) in &self.policy.safety.budgets {
            let Some(size) = sizes.get(group).copied().filter(|size| *size > 0) else { continue };
            for (field, share) in [("max_unhealthy", budget.max_unhealthy), ("max_in_flight", budget.max_in_flight)] {
                let all = if size > 1 { share.of(size) >= size } else { matches!(share, Share::Count(2..)) };
                if all {
                    let warning = origin.warning(format!("`{field}` of the budget of `{group}` can never trip"));
                    (self.report)(warning.help(format!("it comes to {} of {size} members: lower it", share.of(size))));
                }
            }
        }
    }

    /// Components that are asked too seldom to be seen flapping.
    pub(super) fn idle_flapping(&self) {
        let usual = HealthRules::default();
        let idle = |component: &Component| {
            let rule = self.policy.health.flapping_of(&component.name);
            *rule != usual.flapping
                && turn(component).is_some_and(|turn| turn.times(i64::from(rule.changes) / 2) > rule.window)
        };
        let found = self.those(|at| self.policy.components.get(at).is_some_and(|component| idle(component)));
        let help = "its checks cannot change their minds so often: lower `changes`, or raise `window`";
        self.warn(&found, "a rule for `flapping` that can never trip", help);
    }
}

/// The shortest time in which the component can fail and be well again, if only its own checks tell.
fn turn(component: &Component) -> Option<Span> {
    let of = |check: &crate::policy::components::Check| match &check.ask {
        Ask::Heartbeat { .. } => Span::ZERO,
        Ask::Metric(_) | Ask::Probe(_) => {
            let answers = check.degraded_threshold.min(check.failure_threshold).saturating_add(check.success_threshold);
            check.recheck_interval.min(check.interval).times(i64::from(answers.saturating_sub(1)))
        }
    };
    component.checks.iter().map(|check| of(check)).min()
}
