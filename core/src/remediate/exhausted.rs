//! Nothing is left to do automatically, or the gate does not let it be done: what is true of it is said, and people get
//! the incident.

use crate::model::fact::Conclusion;
use crate::model::gate::LinkResult;
use crate::model::health::State;
use crate::model::incident::{Incident, Phase};
use crate::policy::playbook::Playbook;
use crate::primitives::name::Name;
use crate::remediate::Remediate;
use crate::remediate::desk::Desk;
use crate::remediate::fit::is_for_people;
use crate::remediate::look::Look;
use crate::remediate::plan::PlannedStep;
use crate::remediate::run::Run;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A playbook of which no plan can be made, and why.
pub type Unplanned = (Name, String);

impl Remediate {
    /// Nothing fits, nothing that fits can be planned, or all of it has been tried.
    pub fn exhausted(
        &mut self,
        incident: &Incident,
        fitting: &[Arc<Playbook>],
        unplanned: &[Unplanned],
        desk: &mut Desk<'_>,
    ) {
        let runs = &desk.knowledge.runs;
        let begun = fitting.iter().map(|playbook| (playbook.id.clone(), runs.tried(incident.id, &playbook.id)));
        let tried: Vec<(Name, u32)> = begun.filter(|(_, times)| *times > 0).collect();
        let (rule, detail) = match tried.is_empty() && unplanned.is_empty() && desk.is_unproven(incident.id) {
            true => {
                ("select.left_open", "it is better, not as it has to be, and no playbook fits it as it is now".into())
            }
            false => nothing_left(incident, is_for_people(incident, desk), &tried, unplanned),
        };
        let tried = tried.into_iter().map(|(playbook, _)| playbook).collect();
        self.leave_to_people(incident, rule, tried, detail, desk);
        let health = desk.knowledge.health.of(&incident.component, &desk.knowledge.topology);
        if health.state == State::Degraded {
            self.looks.entry(incident.id).and_modify(Look::until_it_is_worse);
        }
    }

    /// Nothing automatic is tried any more for this incident.
    pub fn leave_to_people(
        &mut self,
        incident: &Incident,
        rule: &'static str,
        tried: Vec<Name>,
        detail: String,
        desk: &mut Desk<'_>,
    ) {
        self.hands_off(incident);
        let fact = desk.fact(rule, Conclusion::PlaybooksExhausted { tried, detail: detail.clone() });
        desk.say(fact.component(&incident.component).incident(incident.id));
        desk.move_to(incident.id, Phase::Escalated, "remediate.exhausted", &detail);
    }
}

/// Why a plan that the gate refused is left to people, and, where they are to carry it out, what it is.
pub fn refused(run: &Run, refusal: &LinkResult) -> String {
    let name = &run.playbook.name;
    if refusal.rule == "mode.suggest" {
        let steps: Vec<String> = run.plan.steps.iter().map(PlannedStep::in_words).collect();
        return format!("the mode is `suggest`, so {name} is for a person to do: {}", steps.join(", then "));
    }
    format!("{name} was refused by {}; needed: {}", refusal.rule, refusal.remedy)
}

/// The rule and the words for having nothing left, by what was tried, how often, and what cannot be planned.
fn nothing_left(
    incident: &Incident,
    for_people: bool,
    tried: &[(Name, u32)],
    unplanned: &[Unplanned],
) -> (&'static str, String) {
    let (issue, component) = (&incident.issue, &incident.component);
    let why = |all: &[Unplanned]| all.iter().map(|(id, why)| format!("`{id}`: {why}")).collect::<Vec<_>>().join("; ");
    let times =
        |(id, times): &(Name, u32)| format!("`{id}` {}", if *times == 1 { "once".into() } else { counted(*times) });
    let done = tried.iter().map(times).collect::<Vec<_>>().join(", ");
    match (tried.is_empty(), unplanned.is_empty()) {
        (true, true) if issue.as_str() == "storm" => {
            ("select.storm", "too much fails at once: nothing is tried, a person has to find the shared cause".into())
        }
        (true, true) if for_people => {
            let detail = format!("no playbook fits `{issue}` on `{component}`: a comprehensive failure is for people");
            ("select.none_fits", detail)
        }
        (true, true) => ("select.none_fits", format!("no playbook fits `{issue}` on `{component}`")),
        (true, false) => ("select.none_planned", format!("no playbook that fits could be planned: {}", why(unplanned))),
        (false, true) => ("select.exhausted", format!("every playbook that fits has been tried: {done}")),
        (false, false) => ("select.exhausted", format!("tried: {done}; could not be planned: {}", why(unplanned))),
    }
}

fn counted(times: u32) -> String {
    if times == 2 { "twice".into() } else { format!("{times} times") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::fixtures::incident;

    /// An issue, what was tried, what cannot be planned; the rule and some words for it.
    type Case<'a> = (&'a str, &'a [(Name, u32)], &'a [Unplanned], &'a str, &'a str);

    #[test]
    fn r5_what_is_said_when_nothing_is_left_is_what_is_true() {
        let tried = [(Name::new("restart"), 2), (Name::new("scale"), 1)];
        let unplanned = [(Name::new("failover"), String::from("step `a`: no target"))];
        let cases: [Case<'_>; 6] = [
            ("down", &[], &[], "select.none_fits", "no playbook fits `down` on `web`"),
            ("critical", &[], &[], "select.none_fits", "comprehensive failure is for people"),
            ("storm", &[], &[], "select.storm", "too much fails at once"),
            ("down", &[], &unplanned, "select.none_planned", "could be planned: `failover`: step `a`: no target"),
            (
                "down",
                &tried,
                &[],
                "select.exhausted",
                "every playbook that fits has been tried: `restart` twice, `scale` once",
            ),
            ("down", &tried, &unplanned, "select.exhausted", "`scale` once; could not be planned: `failover`"),
        ];
        for (issue, tried, unplanned, rule, words) in cases {
            let (by, detail) = nothing_left(&incident("web", issue), issue == "critical", tried, unplanned);
            assert_eq!(by, rule, "{detail}");
            assert!(detail.contains(words), "`{words}` in `{detail}`");
            assert!(unplanned.is_empty() || !detail.contains("every playbook"), "{detail}");
        }
    }
}
