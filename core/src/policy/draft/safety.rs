//! The section `safety`: what is not said keeps its careful default.

use super::names::{count, key, mins, name, secs, span};
use super::{caution, sev0, windows};
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::problem::shown;
use crate::policy::safety::{
    Approval, Attempts, Breaker, Budget, Cooldown, Ineffectiveness, Rates, SafeMode, Safety, Share, Storm, Trust,
};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

/// The most that counts of runs and attempts can be set to: far above any sense, far below trouble.
pub(super) const MOST: u32 = 10_000;
pub(super) const DAY: Span = Span::from_secs(86_400);
const MONTH: Span = Span::from_secs(30 * 86_400);

/// What the section came to, with what is checked against the components later.
pub(super) struct Drafted {
    /// The limits.
    pub safety: Safety,
    /// Each budget's group or service, and where it stands.
    pub budgets: Vec<(Name, Origin)>,
    /// Each action that is done alone at SEV0, and where it stands, if the policy says.
    pub sev0_allow: Option<Vec<(Name, Origin)>>,
    /// Each role that may approve, and where it stands.
    pub approvers: Vec<(Name, Origin)>,
}

/// Reads the section.
pub(super) fn safety(item: &Item<'_>) -> Option<Drafted> {
    let known = [
        "budgets",
        "default_budget",
        "rates",
        "attempts",
        "breaker",
        "cooldown",
        "ineffectiveness",
        "hold_down",
        "hold_down_seconds",
        "only_in_window",
        "safe_mode",
        "sev0_allow",
        "trust",
        "approval",
        "kill",
        "never",
        "storm",
    ];
    let fields = item.fields("`safety`", &known)?;
    let usual = Safety::default();
    let default_budget =
        fields.or("default_budget", usual.default_budget.clone(), |item| budget(item, &usual.default_budget));
    let mut places = Vec::new();
    let mut approvers = Vec::new();
    let budgets = fields.map("budgets", |item| {
        places.push((key(item)?, item.key_origin()));
        budget(item, &default_budget)
    });
    report_never(&fields);
    let safety = Safety {
        budgets: budgets.into_iter().map(|(name, budget)| (Name::new(&name), budget)).collect(),
        rates: fields.or("rates", usual.rates.clone(), |item| rates(item, &usual.rates)),
        attempts: fields.or("attempts", usual.attempts.clone(), |item| attempts(item, &usual.attempts)),
        breaker: fields.or("breaker", usual.breaker.clone(), |item| breaker(item, &usual.breaker)),
        cooldown: fields.or("cooldown", usual.cooldown.clone(), |item| cooldown(item, &usual.cooldown)),
        ineffectiveness: fields.or("ineffectiveness", usual.ineffectiveness.clone(), caution::ineffectiveness),
        hold_down: span(&fields, "hold_down", Span::ZERO..=DAY).unwrap_or(usual.hold_down),
        only_in_window: fields.or("only_in_window", usual.only_in_window.clone(), windows::only_in_window),
        safe_mode: fields.or("safe_mode", usual.safe_mode.clone(), caution::safe_mode),
        sev0_allow: usual.sev0_allow.clone(),
        trust: fields.or("trust", usual.trust.clone(), super::trust::trust),
        approval: fields.or("approval", usual.approval.clone(), |item| approval(item, &usual.approval, &mut approvers)),
        kill_allows_rollback: fields.or("kill", usual.kill_allows_rollback, |item| {
            item.fields("`kill`", &["allow_rollback"]).map(|fields| fields.or("allow_rollback", false, Item::boolean))
        }),
        storm: fields.or("storm", usual.storm.clone(), super::storm::storm),
        default_budget,
    };
    let sev0_allow = fields.get("sev0_allow", sev0::allowed);
    Some(Drafted { safety, budgets: places, sev0_allow, approvers })
}

impl Default for Safety {
    /// The shipped limits (SPEC B3, G1, G2, G3, G6).
    fn default() -> Safety {
        Safety {
            budgets: BTreeMap::new(),
            default_budget: Budget {
                max_unhealthy: Share::Percent(40),
                max_in_flight: Share::Count(1),
                keep_healthy_at_least: Share::Count(1),
            },
            rates: Rates {
                per_component: 10,
                total: 100,
                window: mins(60),
                rollback_reserve_percent: 20,
                by_risk: caution::usual_by_risk(),
            },
            attempts: Attempts { per_incident: 3, per_component: 5, window: mins(240) },
            breaker: Breaker {
                consecutive: 3,
                failure_percent: 50,
                sample: 10,
                cooldown: mins(60),
                manual_reset: true,
            },
            cooldown: Cooldown { initial: secs(5), cap: mins(10) },
            ineffectiveness: Ineffectiveness::default(),
            trust: Trust::default(),
            sev0_allow: sev0::usual(),
            safe_mode: SafeMode::default(),
            hold_down: mins(30),
            only_in_window: windows::usual_only_in_window(),
            approval: Approval {
                expires: mins(30),
                any_of: BTreeSet::from([Name::new("operator"), Name::new("sre_lead")]),
            },
            kill_allows_rollback: false,
            storm: Storm::default(),
        }
    }
}

fn budget(item: &Item<'_>, usual: &Budget) -> Option<Budget> {
    let fields = item.fields("a budget", &["max_unhealthy", "max_in_flight", "keep_healthy_at_least"])?;
    Some(Budget {
        max_unhealthy: fields.or("max_unhealthy", usual.max_unhealthy, |item| share(item, 0)),
        max_in_flight: fields.or("max_in_flight", usual.max_in_flight, |item| share(item, 1)),
        keep_healthy_at_least: fields.or("keep_healthy_at_least", usual.keep_healthy_at_least, |item| share(item, 0)),
    })
}

/// A count from `least`, or a whole percentage.
pub(super) fn share(item: &Item<'_>, least: u32) -> Option<Share> {
    let is_percentage = item.is_scalar() && item.text().is_some_and(|text| text.ends_with('%'));
    if is_percentage { percent(item).map(Share::Percent) } else { count(item, least..=1_000_000).map(Share::Count) }
}

/// A whole percentage from 0 % to 100 %.
pub(super) fn percent(item: &Item<'_>) -> Option<u32> {
    let percent = item.percent()?.percent().value();
    let whole = (0..=100_u32).find(|whole| f64::from(*whole) == percent);
    if whole.is_none() {
        let text = item.text().unwrap_or_default();
        item.report(item.error(format!("`{}` must be a whole percentage, found `{}`", item.key(), shown(text))));
    }
    whole
}

fn rates(item: &Item<'_>, usual: &Rates) -> Option<Rates> {
    let known = ["per_component", "total", "window", "window_seconds", "rollback_reserve", "by_risk"];
    let fields = item.fields("`rates`", &known)?;
    Some(Rates {
        per_component: fields.or("per_component", usual.per_component, |item| count(item, 0..=MOST)),
        total: fields.or("total", usual.total, |item| count(item, 0..=MOST)),
        window: span(&fields, "window", mins(1)..=DAY).unwrap_or(usual.window),
        rollback_reserve_percent: fields.or("rollback_reserve", usual.rollback_reserve_percent, percent),
        by_risk: fields.or("by_risk", usual.by_risk.clone(), caution::by_risk),
    })
}

fn attempts(item: &Item<'_>, usual: &Attempts) -> Option<Attempts> {
    let fields = item.fields("`attempts`", &["per_incident", "per_component", "window", "window_seconds"])?;
    Some(Attempts {
        per_incident: fields.or("per_incident", usual.per_incident, |item| count(item, 0..=100)),
        per_component: fields.or("per_component", usual.per_component, |item| count(item, 0..=MOST)),
        window: span(&fields, "window", mins(1)..=MONTH).unwrap_or(usual.window),
    })
}

fn breaker(item: &Item<'_>, usual: &Breaker) -> Option<Breaker> {
    const RESETS: [(&str, bool); 2] = [("manual", true), ("automatic", false)];
    let known = ["consecutive", "failure_rate", "sample", "cooldown", "cooldown_seconds", "reset"];
    let fields = item.fields("`breaker`", &known)?;
    Some(Breaker {
        consecutive: fields.or("consecutive", usual.consecutive, |item| count(item, 1..=100)),
        failure_percent: fields.or("failure_rate", usual.failure_percent, percent),
        sample: fields.or("sample", usual.sample, |item| count(item, 1..=1_000)),
        cooldown: span(&fields, "cooldown", secs(1)..=MONTH).unwrap_or(usual.cooldown),
        manual_reset: fields.or("reset", usual.manual_reset, |item| item.one_of(&RESETS)),
    })
}

fn cooldown(item: &Item<'_>, usual: &Cooldown) -> Option<Cooldown> {
    let fields = item.fields("`cooldown`", &["initial", "initial_seconds", "cap", "cap_seconds"])?;
    let initial = span(&fields, "initial", Span::ZERO..=DAY).unwrap_or(usual.initial);
    let cap = span(&fields, "cap", Span::ZERO..=DAY);
    if cap.is_some_and(|cap| cap < initial) {
        let problem = item.key_error("the longest cooldown is shorter than the first");
        item.report(problem.help("raise `cap` to at least `initial`"));
    }
    Some(Cooldown { initial, cap: cap.unwrap_or_else(|| usual.cap.max(initial)) })
}

fn approval(item: &Item<'_>, usual: &Approval, approvers: &mut Vec<(Name, Origin)>) -> Option<Approval> {
    let fields = item.fields("`approval`", &["expires", "expires_seconds", "any_of"])?;
    let any_of = fields.get("any_of", |item| {
        let role = |item: &Item<'_>| {
            let role = name(item)?;
            approvers.push((role.clone(), item.origin()));
            Some(role)
        };
        let roles: BTreeSet<Name> = item.one_or_many(role)?.into_iter().collect();
        if roles.is_empty() {
            item.report(item.error("`any_of` names nobody").help("name at least one role, such as `operator`"));
        }
        Some(roles)
    });
    Some(Approval {
        expires: span(&fields, "expires", mins(1)..=DAY).unwrap_or(usual.expires),
        any_of: any_of.unwrap_or_else(|| usual.any_of.clone()),
    })
}

/// Statements under `never` are kept with the document. Nothing enforces them, and that is not passed over in silence.
fn report_never(fields: &Fields<'_>) {
    fields.get("never", |item| {
        let rules = item.list(Item::name)?;
        if !rules.is_empty() {
            let warning = item.warning("`never` is kept with the policy, but nothing enforces it at run time");
            let way = "hold the components back with `budgets`, for example `max_in_flight: 1` on a common group";
            item.report(warning.help(way));
        }
        Some(())
    });
}
