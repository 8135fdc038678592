//! Whether, when and how a run is undone (SPEC R8).

use super::Context;
use crate::policy::actions::{Argument, ParameterKind};
use crate::policy::condition::{Condition, Schema};
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::draft::condition::condition;
use crate::policy::playbook::{Node, Step, Strategy};
use crate::policy::problem::shown;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// How much of a change is left after each stage.
const STAGES: [u32; 3] = [50, 25, 0];
const WAIT: Span = Span::from_mins(5);
/// The most stages.
const MOST: usize = 10;
/// What puts a component back to a checkpoint.
const RESTORE: &str = "restore_checkpoint";

/// Whether, when and how a run is undone.
pub(super) struct Undoing {
    /// Whether started steps are undone on failure.
    pub available: bool,
    /// Why not, for people.
    pub reason: Option<String>,
    /// What undoes it as soon as it becomes true.
    pub when: Option<Condition>,
    /// In which way.
    pub strategy: Strategy,
    /// Where that is said.
    pub origin: Origin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Checkpoint,
    Gradual,
    Immediate,
}

const WORDS: [(&str, Word); 6] = [
    ("immediate", Word::Immediate),
    ("gradual", Word::Gradual),
    ("checkpoint", Word::Checkpoint),
    ("immediate_rollback", Word::Immediate),
    ("gradual_rollback", Word::Gradual),
    ("checkpoint_rollback", Word::Checkpoint),
];

/// `true`, `false`, the seeds' `{ available, reason }`, or `{ when, strategy, stages, wait, restore }`.
pub(super) fn rollback(item: &Item<'_>, schema: &dyn Schema) -> Option<Undoing> {
    let origin = item.origin();
    if item.is_scalar() {
        let available = item.boolean()?;
        return Some(Undoing { available, reason: None, when: None, strategy: Strategy::Immediate, origin });
    }
    let known = ["available", "reason", "restore", "stages", "strategy", "wait", "wait_seconds", "when"];
    let fields = item.fields("`rollback`", &known)?;
    let available = match fields.has("when") || fields.has("strategy") {
        true => fields.or("available", true, |item| item.boolean()),
        false => fields.need("available", |item| item.boolean())?,
    };
    let when = fields.get("when", |item| condition(item, schema));
    if fields.has("when") && when.is_none() {
        return None;
    }
    let strategy = strategy(&fields)?;
    Some(Undoing { available, reason: fields.get("reason", |item| item.string()), when, strategy, origin })
}

fn strategy(fields: &Fields<'_>) -> Option<Strategy> {
    let word = match fields.has("strategy") {
        true => fields.get("strategy", |item| item.one_of(&WORDS))?,
        false => Word::Immediate,
    };
    let belongs = |name: &str, to: &str| {
        fields.get::<()>(name, |item| {
            let problem = item.key_error(format!("`{name}` belongs to `strategy: {to}`"));
            item.report(problem.help("leave it out, or say the strategy"));
            None
        });
    };
    if word != Word::Gradual {
        ["stages", "wait", "wait_seconds"].into_iter().for_each(|name| belongs(name, "gradual"));
    }
    if word != Word::Checkpoint {
        belongs("restore", "checkpoint");
    }
    Some(match word {
        Word::Immediate => Strategy::Immediate,
        Word::Gradual => {
            let given = fields.get("stages", stages);
            if fields.has("stages") && given.is_none() {
                return None;
            }
            let stages = given.unwrap_or_else(|| STAGES.to_vec());
            Strategy::Gradual { stages, wait: fields.duration("wait").unwrap_or(WAIT) }
        }
        Word::Checkpoint => {
            Strategy::Checkpoint { restore: Name::new(&fields.or("restore", RESTORE.into(), Item::name)) }
        }
    })
}

/// Percentages that fall to 0.
fn stages(item: &Item<'_>) -> Option<Vec<u32>> {
    let stages = item.list(|item| {
        let percent = item.percent()?.percent().value();
        let whole = (0..100_u32).find(|whole| f64::from(*whole) == percent);
        if whole.is_none() {
            item.report(item.error("a stage is a whole percentage from `0%` to `99%`"));
        }
        whole
    })?;
    let falling = stages.iter().zip(stages.iter().skip(1)).all(|(before, after)| before > after);
    if !falling || stages.last() != Some(&0) || stages.len() > MOST {
        let problem = item.error(format!("the stages of a rollback fall, and end with `0%`; at most {MOST} of them"));
        item.report(problem.help("for example `[50%, 25%, 0%]`"));
        return None;
    }
    Some(stages)
}

/// Reports a way back that the steps `nodes` do not have.
pub(super) fn settle(undoing: &Undoing, nodes: &[Node], context: &Context<'_>, item: &Item<'_>) {
    match &undoing.strategy {
        Strategy::Immediate => {}
        Strategy::Gradual { .. } => {
            if !super::all_steps(nodes).any(|step| is_graded(step, context)) {
                let problem = undoing.origin.error("nothing that this playbook does can be undone by degrees");
                item.report(problem.help(
                    "by degrees goes a step that sets a percentage, such as `shift_traffic`, and is undone by setting \
                     the percentage that was there before",
                ));
            }
        }
        Strategy::Checkpoint { restore } => {
            let Some(action) = context.actions.get(restore) else {
                let text = format!("no action is called `{}`", shown(restore.as_str()));
                return item.report(undoing.origin.error(text));
            };
            let takes = |(name, parameter): (&alloc::sync::Arc<str>, &crate::policy::actions::Parameter)| {
                &**name == "checkpoint" || !parameter.required
            };
            if !action.parameters.contains_key("checkpoint") || !action.parameters.iter().all(takes) {
                let text = format!("`{}` does not put back a checkpoint by its name alone", shown(restore.as_str()));
                item.report(undoing.origin.error(text).help("it takes a parameter `checkpoint`, and needs no other"));
            }
            let elsewhere = |node: &Node| !matches!(node, Node::Step(step) if step.target.is_none());
            if nodes.iter().any(elsewhere) {
                let problem = undoing.origin.error("back to a checkpoint goes one component alone");
                item.report(problem.help("give no step a `target` of its own, and leave out loops and groups"));
            }
        }
    }
}

/// Whether undoing `step` sets a percentage that the step set, to what was there before.
fn is_graded(step: &Step, context: &Context<'_>) -> bool {
    let Some(action) = context.actions.get(&step.action) else { return false };
    let Some(undo) = step.undo.as_ref().or_else(|| action.reversal.undo()) else { return false };
    let Some(undoing) = context.actions.get(&undo.action) else { return false };
    undo.parameters.iter().any(|(name, argument)| {
        let percentage = undoing.parameters.get(name).map(|parameter| &parameter.kind);
        matches!(percentage, Some(ParameterKind::Percentage { .. }))
            && matches!(argument, Argument::Reference(of) if of.as_str().starts_with("before."))
            && matches!(step.parameters.get(name), Some(Argument::Value(value)) if value.as_number().is_some())
    })
}

#[cfg(test)]
mod tests {
    use crate::policy::playbook::Strategy;
    use crate::policy::{Policy, Source};
    use crate::primitives::time::Span;
    use alloc::string::{String, ToString};
    use std::vec;

    const SHIFT: &str = r#"{ "shift_traffic": { "to": "b", "percent": "100%" } }"#;

    /// The strategy that `rollback` means for a playbook of `steps`; else what is wrong with it.
    fn read(rollback: &str, steps: &str) -> Result<Strategy, String> {
        let text = alloc::format!(
            r#"{{ "components": {{ "web": {{ "checks": [{{ "tcp": "x:1" }}] }}, "db": {{ "checks": [{{ "tcp": "x:1" }}] }} }},
                "playbooks": [{{ "name": "p", "trigger": "web.unhealthy", "steps": [{steps}], "rollback": {rollback} }}] }}"#
        );
        match Policy::load(&[Source { name: "p.json".into(), text }]) {
            Ok(loaded) => Ok(loaded.policy.playbooks()[0].strategy.clone()),
            Err(problems) => Err(problems[0].message.to_string()),
        }
    }

    #[test]
    fn r8_the_three_ways_have_the_defaults_of_the_seeds() {
        assert_eq!(read("true", SHIFT), Ok(Strategy::Immediate));
        assert_eq!(read(r#"{ "available": true }"#, SHIFT), Ok(Strategy::Immediate));
        assert_eq!(read(r#"{ "strategy": "immediate_rollback" }"#, SHIFT), Ok(Strategy::Immediate));
        let usual = Strategy::Gradual { stages: vec![50, 25, 0], wait: Span::from_mins(5) };
        for word in ["gradual", "gradual_rollback"] {
            assert_eq!(read(&alloc::format!(r#"{{ "strategy": "{word}" }}"#), SHIFT), Ok(usual.clone()));
        }
        let own = r#"{ "strategy": "gradual", "stages": ["99%", "0%"], "wait": "1m" }"#;
        assert_eq!(read(own, SHIFT), Ok(Strategy::Gradual { stages: vec![99, 0], wait: Span::from_mins(1) }));
        let restore = Strategy::Checkpoint { restore: "restore_checkpoint".into() };
        for word in ["checkpoint", "checkpoint_rollback"] {
            assert_eq!(read(&alloc::format!(r#"{{ "strategy": "{word}" }}"#), r#""restart""#), Ok(restore.clone()));
        }
    }

    #[test]
    fn r8_a_way_back_that_makes_no_sense_is_refused() {
        for (rollback, steps, message) in [
            (
                r#"{ "strategy": "gradual" }"#,
                r#""restart""#,
                "nothing that this playbook does can be undone by degrees",
            ),
            (r#"{ "strategy": "slow" }"#, SHIFT, "slow"),
            (r#"{ "strategy": "gradual", "stages": ["50%", "50%", "0%"] }"#, SHIFT, "the stages of a rollback fall"),
            (r#"{ "strategy": "gradual", "stages": ["50%", "25%"] }"#, SHIFT, "the stages of a rollback fall"),
            (r#"{ "strategy": "gradual", "stages": ["100%", "0%"] }"#, SHIFT, "a stage is a whole percentage"),
            (r#"{ "strategy": "gradual", "stages": ["0.5%", "0%"] }"#, SHIFT, "a stage is a whole percentage"),
            (
                r#"{ "strategy": "gradual", "restore": "restart" }"#,
                SHIFT,
                "`restore` belongs to `strategy: checkpoint`",
            ),
            (r#"{ "available": true, "wait": "5m" }"#, SHIFT, "`wait` belongs to `strategy: gradual`"),
            (r#"{ "strategy": "checkpoint", "restore": "nothing" }"#, SHIFT, "no action is called `nothing`"),
            (r#"{ "strategy": "checkpoint", "restore": "restart" }"#, SHIFT, "does not put back a checkpoint"),
            (
                r#"{ "strategy": "checkpoint" }"#,
                r#"{ "restart": {}, "target": "db" }"#,
                "back to a checkpoint goes one component alone",
            ),
            (
                r#"{ "strategy": "checkpoint" }"#,
                r#"{ "for_each": ["web"], "steps": ["restart"] }"#,
                "back to a checkpoint goes one component alone",
            ),
        ] {
            let problem = read(rollback, steps).expect_err(rollback);
            assert!(problem.contains(message), "{rollback}: {problem}");
        }
    }
}
