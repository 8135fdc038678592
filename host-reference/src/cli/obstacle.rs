//! Why an incident is not, or was not, acted on; and the smallest change that would let it be.

mod change;

pub(super) use change::quoted;

use crate::host::account::{self, short};
use crate::local_time::time_of_day;
use change::{change, may, release};
use homeostat_core::engine::view::{Awaiting, Explanation};
use homeostat_core::model::conclusion::Conclusion;
use homeostat_core::model::fact::Fact;
use homeostat_core::model::incident::{Evidence, Phase};
use homeostat_core::policy::authority::Verb;
use homeostat_core::primitives::digest::Digest;
use homeostat_core::primitives::name::Name;
use homeostat_core::primitives::time::Time;
use std::path::PathBuf;

/// Something that stands, or stood, in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    /// Since when, where that is known.
    pub at: Option<Time>,
    /// How often.
    pub times: u32,
    /// Whether it stands in the way still.
    pub stands: bool,
    /// What it is, with its rule and values.
    pub what: String,
    /// What would change it, the smallest change first.
    pub change: Vec<String>,
    /// What it is but for its values: the same again is counted, not repeated.
    key: String,
    /// Whether it is the loss of a plan, which nothing brings back.
    lost: bool,
}

impl Obstacle {
    fn new(at: Option<Time>, key: String, what: String, change: Vec<String>) -> Obstacle {
        Obstacle { at, times: 1, stands: true, what, change, key, lost: false }
    }
}

/// How this machine asks people to write commands.
pub(super) struct Typing {
    /// The incident as people call it.
    pub number: String,
    /// `--db FILE` with a space before it, where the database is not the usual one.
    pub db: String,
    /// Where no host is running: the time of the last that one wrote down.
    pub silent_since: Option<Time>,
    /// What contradiction was found, if one was: nothing is executed any more.
    pub fault: Option<String>,
    /// Why the kill switch is engaged now, if it is.
    pub stopped: Option<String>,
    /// The file that stops everything, where it is there: nothing is released before it is gone.
    pub kill_file: Option<PathBuf>,
}

/// All that stands or stood in the way of acting on the incident, in order.
pub(super) fn all(it: &Explanation, typing: &Typing) -> Vec<Obstacle> {
    let mut found: Vec<Obstacle> = Vec::new();
    let mut by_hand = String::new();
    for fact in &it.facts {
        if let Conclusion::RunPlanned { steps, trial: true, .. } = &fact.said {
            by_hand = steps.join(", then ");
        }
        if goes_on(&fact.said) {
            found.iter_mut().for_each(|obstacle| obstacle.stands = false);
        }
        let Some(mut obstacle) = of(fact, it, typing) else { continue };
        if matches!(fact.said, Conclusion::GateDecided { trial: true, .. }) && !by_hand.is_empty() {
            obstacle.change.push(format!("or a person does it: {by_hand}"));
        }
        match found.iter_mut().find(|known| known.key == obstacle.key && known.stands) {
            Some(known) => *known = Obstacle { times: known.times + 1, ..obstacle },
            None => found.push(obstacle),
        }
    }
    if !it.incident.is_open() {
        found.iter_mut().for_each(|obstacle| obstacle.stands = false);
        return found;
    }
    for obstacle in found.iter_mut().filter(|obstacle| obstacle.stands && obstacle.lost) {
        obstacle.change = after_loss(it, typing);
    }
    // What was refused for a stop that is released since is asked again by itself.
    let released = |obstacle: &&mut Obstacle| obstacle.stands && obstacle.key.ends_with(" kill_switch.engaged");
    if typing.stopped.is_none() {
        found.iter_mut().filter(released).for_each(|obstacle| obstacle.stands = false);
    }
    found.extend(it.awaiting.iter().map(|plan| awaiting(plan, it, typing)));
    if let Some(fault) = &typing.fault {
        let change = vec!["a person has to find out what contradicts itself".to_owned()];
        let what = format!("the engine contradicts itself · {fault}");
        found.push(Obstacle::new(None, "fault".to_owned(), what, change));
    }
    let refused = found.iter().any(|obstacle| obstacle.stands && obstacle.key.contains("kill_switch."));
    if let (Some(reason), false) = (&typing.stopped, refused || it.incident.phase == Phase::Resolved) {
        let what = format!("everything automatic is stopped · {reason}");
        found.push(Obstacle::new(None, "stopped".to_owned(), what, vec![release(reason, typing)]));
    }
    found
}

/// Whether what stood in the way before is behind it.
fn goes_on(said: &Conclusion) -> bool {
    match said {
        Conclusion::ApprovalRequested { .. } | Conclusion::RunStarted { .. } | Conclusion::IncidentReopened {} => true,
        Conclusion::IncidentMoved { to, .. } => matches!(to, Phase::Closed | Phase::Resolved),
        _ => false,
    }
}

fn of(fact: &Fact, it: &Explanation, typing: &Typing) -> Option<Obstacle> {
    let at = Some(fact.at);
    match &fact.said {
        Conclusion::GateDecided { playbook, links, step, refused: Some(_), .. } => {
            let mut refusing = links.iter().filter(|link| !link.allowed);
            let link = refusing.next()?;
            let which = step.as_ref().map_or_else(String::new, |step| format!(", step {step},"));
            let (rule, values) = (&link.rule, account::values(link));
            let what = format!("{playbook}{which} was refused by {rule} · {values}");
            let what = what.trim_end_matches(" · ").to_owned();
            let mut changes = change(link, typing);
            for also in refusing {
                changes.extend(change(also, typing).into_iter().map(|line| format!("and {line}")));
            }
            Some(Obstacle::new(at, format!("{playbook} {rule}"), what, changes))
        }
        Conclusion::Suppressed { by, detail } if fact.rule == "select.no_plan" => {
            let what = format!("no plan could be made of {by} · {detail}");
            Some(Obstacle::new(at, format!("{by} {}", fact.rule), what, vec![plannable(by, detail)]))
        }
        Conclusion::Suppressed { by, detail } if fact.rule == "select.no_adapter" => {
            let what = format!("{by} cannot be carried out here · {detail}");
            let change = format!("a host that has a way to do what {by} says, or another playbook that fits");
            Some(Obstacle::new(at, format!("{by} {}", fact.rule), what, vec![change]))
        }
        Conclusion::Suppressed { by, detail } if fact.rule.ends_with(".maintenance") => {
            let (window, db) = (quoted(by.as_str()), &typing.db);
            let close = format!("homeostat maintenance close {window}{db}  ({})", may(Verb::Maintain));
            let change = vec![format!("the end of the maintenance window `{by}`: it is looked at again then"), close];
            Some(Obstacle::new(at, format!("{by} {}", fact.rule), detail.clone(), change))
        }
        Conclusion::Suppressed { by, detail } => {
            let change = vec![format!("nothing to do about that: once `{by}` is well again, it is looked at again")];
            let whose = fact.component.as_ref().map_or_else(String::new, |name| format!("{name} waits: "));
            Some(Obstacle::new(at, format!("{by} {whose}"), format!("{whose}{detail}"), change))
        }
        Conclusion::ApprovalLost { how, by, plan } => Some(lost(fact, it, (how, by.as_ref(), plan))),
        // Each of those playbooks has said so itself.
        Conclusion::PlaybooksExhausted { .. } if fact.rule == "select.none_planned" => None,
        Conclusion::PlaybooksExhausted { detail, .. } => {
            let change = match fact.rule.as_ref() {
                "select.attempts_used" => "a person: more attempts for one incident are a matter of the policy",
                "select.storm" => "the shared cause has to be found, by a person",
                "select.none_fits" => "a playbook in the policy whose trigger fits this; until then a person",
                _ => "a person, or a further playbook in the policy that fits",
            };
            Some(Obstacle::new(at, fact.rule.to_string(), detail.clone(), vec![change.to_owned()]))
        }
        _ => None,
    }
}

/// What would let a plan be made of a playbook that none could be made of, for the reason in `detail`.
fn plannable(playbook: &Name, detail: &str) -> String {
    let reach = detail.strip_prefix("it would reach ").and_then(|rest| rest.split_once(' '));
    match reach {
        Some((level, _)) => format!(
            "its ceiling is the matter: `safety: {{ blast_radius: {level} }}` in {playbook}, or a playbook that reaches less"
        ),
        None if detail.starts_with("the plan has ") => {
            format!("fewer steps in {playbook}, or another playbook that fits")
        }
        None => format!("what {playbook} names has to be there, or another playbook that fits"),
    }
}

/// A plan that was put to people, and is not to be had any more.
fn lost(fact: &Fact, it: &Explanation, (how, by, plan): (&str, Option<&Name>, &Digest)) -> Obstacle {
    let ended = it.facts.iter().filter(|other| fact.run.is_some() && other.run == fact.run);
    let why = ended.rev().find_map(|other| match &other.said {
        Conclusion::RunEnded { detail, .. } if !detail.is_empty() => Some(format!(" · {detail}")),
        _ => None,
    });
    let (plan_name, why) = (short(plan), why.unwrap_or_default());
    let (what, change) = match (how, by) {
        ("expired", _) => {
            (format!("nobody decided about plan {plan_name} in time"), "an approval of that plan, while it waited")
        }
        ("withdrawn", Some(by)) => {
            (format!("plan {plan_name} was withdrawn by {by}"), "an approval of that plan before that")
        }
        ("denied", Some(by)) => (format!("plan {plan_name} was denied by {by}"), "an approval of that plan instead"),
        (how, _) => (format!("plan {plan_name} was {how}{why}"), "an approval of that plan before that"),
    };
    Obstacle { lost: true, ..Obstacle::new(Some(fact.at), format!("{plan} {how}"), what, vec![change.to_owned()]) }
}

/// What is possible once a plan is lost.
fn after_loss(it: &Explanation, typing: &Typing) -> Vec<String> {
    if !it.left_to_people {
        return vec!["nothing brings that plan back: another is made by itself, if one still fits".to_owned()];
    }
    let mut possible =
        vec!["nothing brings that plan back: this incident stays with people, the next one is planned anew".to_owned()];
    if it.incident.evidence == Some(Evidence::Word) {
        possible.push(closing(typing));
        return possible;
    }
    possible.extend([
        "mended by hand and seen well again, it closes by itself".to_owned(),
        format!("or {}", closing(typing)),
        "  what fails still a minute later is opened again, for people".to_owned(),
    ]);
    possible
}

/// How a person closes the incident.
pub(super) fn closing(typing: &Typing) -> String {
    let (number, may) = (&typing.number, may(Verb::CloseIncident));
    format!("a person closes it:  homeostat close {number} 'mended by hand'{}  ({may})", typing.db)
}

fn awaiting(plan: &Awaiting, it: &Explanation, typing: &Typing) -> Obstacle {
    let (short, db) = (short(plan.plan), &typing.db);
    let mut whom = "somebody who may".to_owned();
    let (mut why, mut at, mut steps) = (String::new(), None, String::new());
    let mut given: Vec<&str> = Vec::new();
    for fact in &it.facts {
        match &fact.said {
            Conclusion::ApprovalRequested { plan: asked, any_of, all_of, people, .. } if *asked == plan.plan => {
                at = Some(fact.at);
                whom = account::roles(any_of, all_of, people.unwrap_or(1));
                let because = fact.values.iter().find(|(name, _)| name == "because");
                why = because.map_or_else(String::new, |(_, value)| reasons(&value.to_string()));
            }
            Conclusion::ApprovalGranted { plan: granted, by } if *granted == plan.plan => given.push(by.as_str()),
            Conclusion::RunPlanned { plan: made, steps: planned, .. } if *made == plan.plan => {
                steps = planned.join(", then ");
            }
            _ => {}
        }
    }
    let what = format!("{} waits for a person's approval{why} · it would: {steps}", plan.playbook);
    let until = time_of_day(plan.expires);
    let mut change = vec![format!("an approval by {whom}, before {until}:  homeostat approve {short}{db}")];
    if !given.is_empty() {
        change.push(format!("  approved so far by {}", given.join(", ")));
    }
    change.push(format!("or a denial, which leaves it to people:  homeostat deny {short}{db}"));
    change.push(format!("if nobody decides by {until}, nothing is done and people are called"));
    Obstacle::new(at, format!("{} awaiting", plan.plan), what, change)
}

/// Why a person has to approve.
fn reasons(because: &str) -> String {
    let words = because.split(", ").map(|reason| match reason {
        "mode" => "the mode is `approve`",
        "playbook" => "the playbook asks for it",
        "breaker" => "its breaker lets one run through, on trial",
        "severity" => "it is SEV0",
        "safe_mode" => "there is doubt about it (safe mode)",
        "role" => "whoever ordered it may not start that alone",
        "risk" | "critical_risk" => "its risk is high",
        "irreversible" => "it cannot be undone",
        "minor" => "it reaches a whole service for what is not severe",
        "critical_service" => "it reaches a whole service, which is critical",
        "many_instances" => "it reaches more than 10 instances",
        "multiple_services" => "it reaches several services",
        "cluster_wide" => "it reaches as much as a cluster",
        "multi_region" => "it reaches more than one region",
        "production_database" => "it changes a database in production",
        "security_policy" => "it changes who may reach what",
        "deletions" => "it deletes more than 10 resources",
        other => other,
    });
    format!(", as {}", words.collect::<Vec<_>>().join(" and "))
}

#[cfg(test)]
pub(super) mod tests;
