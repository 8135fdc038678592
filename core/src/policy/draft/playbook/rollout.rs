//! How a loop goes over its targets in stages, and when it stops (SPEC R9).

use super::Context;
use crate::policy::actions::Touches;
use crate::policy::condition::{NameType, Unit, by_convention};
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::playbook::{AbortOn, Node, Rollout, Step};
use crate::policy::problem::shown;
use crate::primitives::finite::Finite;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::format;
use alloc::vec::Vec;

/// A canary, then more, then all.
const STAGES: [u32; 4] = [1, 10, 50, 100];
/// What is waited after each stage but the last; the last of these after any further one.
const WAITS: [Span; 3] = [Span::from_mins(5), Span::from_mins(10), Span::from_mins(15)];
/// By how many points the error rate may rise.
const POINTS: u32 = 5;
const METRIC: &str = "error_rate";
/// The most stages.
const MOST: usize = 10;

/// `true` or `progressive` for the defaults, `false`, or `{ stages, waits, abort_on }`.
pub(super) fn read(item: &Item<'_>, context: &Context<'_>) -> Option<Option<Rollout>> {
    if item.is_scalar() {
        if item.text() == Some("progressive") {
            return Some(usual());
        }
        return Some(if item.boolean()? { usual() } else { None });
    }
    let fields = item.fields("`rollout`", &["abort_on", "stages", "waits"])?;
    let stages = fields.get("stages", stages);
    let given = stages.unwrap_or_else(|| STAGES.to_vec());
    let waits = waits(&fields, given.len())?;
    let abort_on = fields.get("abort_on", |item| abort_on(item, context));
    if fields.has("abort_on") && abort_on.is_none() {
        return None;
    }
    Some(Some(Rollout { stages: given, waits, abort_on: abort_on.or_else(usual_abort)? }))
}

fn usual() -> Option<Rollout> {
    Some(Rollout { stages: STAGES.to_vec(), waits: WAITS.to_vec(), abort_on: usual_abort()? })
}

fn usual_abort() -> Option<AbortOn> {
    Some(AbortOn { metric: Name::new(METRIC), rise: points(METRIC, POINTS)?, of: None })
}

/// Percentages that rise to 100.
fn stages(item: &Item<'_>) -> Option<Vec<u32>> {
    let stages = item.list(|item| {
        let percent = item.percent()?.percent().value();
        let whole = (1..=100_u32).find(|whole| f64::from(*whole) == percent);
        if whole.is_none() {
            item.report(item.error("a stage is a whole percentage from `1%` to `100%`"));
        }
        whole
    })?;
    let rising = stages.iter().zip(stages.iter().skip(1)).all(|(before, after)| before < after);
    if !rising || stages.last() != Some(&100) || stages.len() > MOST {
        let problem = item.error(format!("the stages of a rollout rise, and end with `100%`; at most {MOST} of them"));
        item.report(problem.help("for example `[1%, 10%, 50%, 100%]`"));
        return None;
    }
    Some(stages)
}

fn waits(fields: &Fields<'_>, stages: usize) -> Option<Vec<Span>> {
    let between = stages.saturating_sub(1);
    let last = WAITS.last().copied().unwrap_or(Span::ZERO);
    if !fields.has("waits") {
        return Some(WAITS.into_iter().chain(core::iter::repeat(last)).take(between).collect());
    }
    fields.get("waits", |item| {
        let waits = item.one_or_many(Item::duration)?;
        if waits.len() != between {
            let problem = item.error(format!("{stages} stages need {between} waits, one after each but the last"));
            item.report(problem.help("give each stage but the last its wait"));
            return None;
        }
        Some(waits)
    })
}

/// `error_rate +5 points`, the seeds' `error_rate_increase > 5%`, or `{ metric, points, of }`.
fn abort_on(item: &Item<'_>, context: &Context<'_>) -> Option<AbortOn> {
    if item.is_scalar() {
        let text = item.text()?;
        let read = words(text)
            .and_then(|(metric, by)| Some(AbortOn { metric: Name::new(metric), rise: points(metric, by)?, of: None }));
        if read.is_none() {
            let problem = item.error(format!("`{}` is no rise of a share", shown(text)));
            item.report(problem.help(
                "write for example `error_rate +5 points`; a share is a metric such as `error_rate` or `cpu_usage`",
            ));
        }
        return read;
    }
    let fields = item.fields("`abort_on`", &["metric", "of", "points"])?;
    let metric = fields.or("metric", METRIC.into(), Item::name);
    let by = fields.or("points", POINTS, |item| item.integer(1..=100).and_then(|n| u32::try_from(n).ok()));
    let of = fields.get("of", |item| {
        let name = item.name()?;
        super::trigger::component_exists(item, &name, context)?;
        Some(Name::new(&name))
    });
    if fields.has("of") && of.is_none() {
        return None;
    }
    let Some(rise) = points(&metric, by) else {
        item.report(item.error(format!("`{}` is no share, so it cannot rise by points", shown(&metric))));
        return None;
    };
    Some(AbortOn { metric: Name::new(&metric), rise, of })
}

fn words(text: &str) -> Option<(&str, u32)> {
    let (metric, by) = match text.split_once(" +") {
        Some((metric, by)) => (metric, by.strip_suffix("points").or_else(|| by.strip_suffix('%'))?),
        None => {
            let (metric, by) = text.split_once('>')?;
            (metric.trim().strip_suffix("_increase")?, by.strip_suffix('%')?)
        }
    };
    let by = by.trim().parse().ok().filter(|by| (1..=100_u32).contains(by))?;
    Some((metric.trim(), by))
}

/// So many points in the metric's own unit; nothing where it is no share.
fn points(metric: &str, points: u32) -> Option<Finite> {
    match by_convention(metric) {
        NameType::Number(Unit::Percent) => Some(Finite::from(points)),
        NameType::Number(Unit::Ratio) => Finite::new(f64::from(points) / 100.0),
        _ => None,
    }
}

/// Gives the rollout of the whole playbook to its one loop; what cannot go in stages is reported.
pub(super) fn settle(nodes: &mut [Node], whole: Option<(Rollout, Origin)>, context: &Context<'_>, item: &Item<'_>) {
    if let Some((rollout, at)) = whole {
        let mut loops = nodes.iter_mut().filter_map(|node| match node {
            Node::ForEach { rollout, .. } => Some(rollout),
            Node::Parallel { .. } | Node::Step(_) => None,
        });
        match (loops.next(), loops.next()) {
            (Some(only @ None), None) => *only = Some(rollout),
            (Some(Some(_)), None) => item.report(at.error("`rollout` is given twice").help("keep one of the two")),
            _ => {
                let problem = at.error("a rollout goes over targets: it needs exactly one loop");
                item.report(problem.help("write the steps under `for_each`, or give one loop its own `rollout`"));
            }
        }
    }
    let staged = nodes.iter().filter_map(|node| match node {
        Node::ForEach { rollout: Some(_), steps, .. } => Some(steps),
        _ => None,
    });
    let staged: Vec<&Vec<Step>> = staged.collect();
    if staged.len() > 1 {
        item.report(
            item.key_error("a playbook goes over its targets in stages once: more than one loop has a `rollout`"),
        );
    }
    let wide = super::all_of(staged.into_iter().flatten())
        .find(|step| context.actions.get(&step.action).is_some_and(|action| action.touches > Touches::Instance));
    if let Some(step) = wide {
        let problem = item.key_error(format!(
            "step `{}` reaches further than its target, so a rollout cannot hold it to a stage",
            step.id
        ));
        item.report(problem.help("take it out of the loop, or leave `rollout` out"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Source};
    use std::string::String;

    /// The rollout of the one loop under `rollout`, or what is wrong with it.
    fn loaded(whole: &str, inner: &str, action: &str) -> Result<Option<Rollout>, String> {
        let text = format!(
            "components: {{ a: {{ checks: [{{ tcp: 'x:1' }}] }} }}\nplaybooks:\n  - name: roll\n    trigger: a.unhealthy\n    {whole}\n    steps:\n      - for_each: [a]\n        {inner}\n        steps: [{action}: {{ target: a }}]\nactions:\n  wide: {{ risk: low, touches: service, reversal: not_needed, parameters: {{}} }}\n"
        );
        let policy = Policy::load(&[Source { name: "p.yaml".into(), text }]);
        let policy = policy
            .map_err(|found| found.iter().map(|problem| format!("{problem:?}")).collect::<Vec<_>>().join("\n"))?
            .policy;
        let nodes = policy
            .playbooks()
            .iter()
            .find(|playbook| playbook.id == "roll".into())
            .map(|playbook| playbook.steps.clone());
        match nodes.unwrap_or_default().as_slice() {
            [Node::ForEach { rollout, .. }] => Ok(rollout.clone()),
            other => panic!("{other:?}"),
        }
    }

    fn alone(inner: &str) -> Result<Option<Rollout>, String> {
        loaded("attempts: 1", inner, "restart")
    }

    #[test]
    fn r9_the_defaults_are_those_of_the_specification() {
        let usual = alone("rollout: true").unwrap().unwrap();
        assert_eq!(
            (usual.stages.clone(), usual.waits.clone()),
            ([1, 10, 50, 100].into(), [5, 10, 15].map(Span::from_mins).into())
        );
        assert_eq!((usual.abort_on.metric.as_str(), usual.abort_on.rise.value()), ("error_rate", 0.05));
        for same in [
            "rollout: progressive",
            "rollout: {}",
            "rollout: { abort_on: error_rate +5 points }",
            "rollout: { abort_on: error_rate_increase > 5% }",
        ] {
            assert_eq!(alone(same), Ok(Some(usual.clone())), "{same}");
        }
        assert_eq!(loaded("rollout: true", "concurrency: 1", "restart"), Ok(Some(usual)));
        assert_eq!(alone("rollout: false"), Ok(None));
    }

    #[test]
    fn r9_stages_and_waits_are_taken_as_given() {
        let read =
            alone("rollout: { stages: [20%, 100%], waits: [1m], abort_on: { metric: cpu_usage, points: 7, of: a } }");
        let read = read.unwrap().unwrap();
        assert_eq!((read.stages, read.waits), ([20, 100].into(), [Span::from_mins(1)].into()));
        assert_eq!((read.abort_on.rise.value(), read.abort_on.of), (7.0, Some("a".into())));
        let longer = alone("rollout: { stages: [1%, 2%, 3%, 4%, 5%, 100%] }").unwrap().unwrap();
        assert_eq!(longer.waits.last(), Some(&Span::from_mins(15)));
        assert_eq!(alone("rollout: { stages: [100%] }").unwrap().unwrap().waits, []);
    }

    #[test]
    fn r9_what_is_no_rollout_is_refused() {
        for (inner, words) in [
            ("rollout: { stages: [10%, 1%, 100%] }", "rise, and end with"),
            ("rollout: { stages: [10%, 10%, 100%] }", "rise, and end with"),
            ("rollout: { stages: [10%, 50%] }", "rise, and end with"),
            ("rollout: { stages: [0%, 100%] }", "whole percentage"),
            ("rollout: { stages: [1.5%, 100%] }", "whole percentage"),
            ("rollout: { stages: [1%,2%,3%,4%,5%,6%,7%,8%,9%,10%,100%] }", "at most 10"),
            ("rollout: { waits: [5m] }", "need 3 waits"),
            ("rollout: { abort_on: request_rate +5 points }", "no rise of a share"),
            ("rollout: { abort_on: error_rate +0 points }", "no rise of a share"),
            ("rollout: { abort_on: error_rate }", "no rise of a share"),
            ("rollout: { abort_on: { metric: requests } }", "no share"),
            ("rollout: { abort_on: { points: 0 } }", "points"),
            ("rollout: { abort_on: { of: nobody } }", "unknown component `nobody`"),
            ("rollout: sometimes", "`true` or `false`"),
        ] {
            let found = alone(inner).expect_err(inner);
            assert!(found.contains(words), "{inner}: {found}");
        }
        let twice = loaded("rollout: true", "rollout: true", "restart").expect_err("twice");
        assert!(twice.contains("given twice"), "{twice}");
        let wide = loaded("attempts: 1", "rollout: true", "wide").expect_err("wide");
        assert!(wide.contains("reaches further than its target"), "{wide}");
        let short =
            loaded("timeout: 30m", "rollout: true", "restart").expect_err("30 minutes are all used up by waits");
        assert!(short.contains("the waits of its steps come to"), "{short}");
        assert!(loaded("timeout: 31m", "rollout: true", "restart").is_ok());
    }

    #[test]
    fn r9_a_rollout_needs_one_loop() {
        let text = "components: { a: { checks: [{ tcp: 'x:1' }] } }\nplaybooks:\n  - { name: roll, trigger: a.unhealthy, rollout: true, steps: [restart] }\n";
        let found = Policy::load(&[Source { name: "p.yaml".into(), text: text.into() }]).expect_err("no loop");
        assert!(found.iter().any(|problem| format!("{problem:?}").contains("exactly one loop")), "{found:?}");
    }
}
