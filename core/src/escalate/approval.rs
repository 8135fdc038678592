//! Plans are put to those who may approve them.

use crate::escalate::mail::Origin;
use crate::escalate::{Desk, Escalate, route, text};
use crate::model::fact::{Conclusion, Fact};
use crate::policy::Policy;
use crate::primitives::digest::Digest;
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The most steps that are told.
const STEPS: usize = 8;

impl Escalate {
    /// Tells the approvers of every plan that was put to them in this pass.
    pub(super) fn ask_approvers(&mut self, desk: &mut Desk<'_>, said: &[Fact]) {
        for fact in said {
            let Conclusion::ApprovalRequested { plan, expires, any_of, all_of, people } = &fact.said else { continue };
            let incident = fact.incident.and_then(|id| desk.knowledge.incidents.get(id));
            let Some(incident) = incident else { continue };
            let policy = desk.context.policy;
            let chain = route::choose(policy, Some((incident, desk)));
            let all = route::channels(policy);
            let routes = route::routes(chain.levels.first().map_or(&[][..], |level| &level.by), &all);
            let mut lines = described(fact, plan, desk);
            lines.push(asked(any_of, all_of, people.unwrap_or(1)));
            for recipient in approvers(policy, any_of, all_of) {
                for (first, others) in &routes {
                    let letter = text::approval(incident, (plan, *expires), lines.clone(), &recipient, first, desk);
                    // One channel that fails while another hears must not look like nobody heard: it goes over the rest.
                    let rest = all.iter().filter(|channel| *channel != first && others.is_empty());
                    let others = others.iter().chain(rest).cloned().collect();
                    self.mail.counted(&recipient, first, desk.now());
                    self.mail.send(letter, others, [Origin::Approval { incident: incident.id }].to_vec(), desk);
                }
            }
        }
    }
}

/// Everybody who holds one of the roles; the roles themselves where nobody does.
fn approvers(policy: &Policy, any_of: &[Name], all_of: &[Name]) -> BTreeSet<Name> {
    let roles: BTreeSet<&Name> = any_of.iter().chain(all_of).collect();
    let holds = |held: &BTreeSet<Name>| held.iter().any(|role| roles.contains(role));
    let people: BTreeSet<Name> =
        policy.people().iter().filter(|(_, held)| holds(held)).map(|(person, _)| person.clone()).collect();
    if people.is_empty() { roles.into_iter().cloned().collect() } else { people }
}

fn asked(any_of: &[Name], all_of: &[Name], people: u32) -> String {
    let joined = |roles: &[Name], word: &str| {
        roles.iter().map(|role| one_line(role.as_str(), 60)).collect::<Vec<_>>().join(word)
    };
    let whose = match (any_of.is_empty(), all_of.is_empty()) {
        (true, _) => format!("needs {}", joined(all_of, " and ")),
        (false, true) => format!("needs {}", joined(any_of, " or ")),
        (false, false) => format!("needs {} and one of {}", joined(all_of, " and "), joined(any_of, " or ")),
    };
    if people > 1 { format!("{whose}; {people} people have to approve it") } else { whose }
}

/// What the plan would do, from the fact that made it.
fn described(request: &Fact, plan: &Digest, desk: &Desk<'_>) -> Vec<String> {
    let timeline = request.incident.map_or(&[][..], |id| desk.knowledge.timeline.of(id));
    let made = timeline.iter().rev().find_map(|fact| match &fact.said {
        Conclusion::RunPlanned { playbook, targets, steps, plan: made, .. } if made == plan => {
            Some((playbook, targets, steps))
        }
        _ => None,
    });
    let mut lines = Vec::new();
    if let Some((playbook, targets, steps)) = made {
        lines.push(format!("what: {playbook} on {}", text::listed(targets.iter())));
        lines.extend(steps.iter().take(STEPS).map(|step| format!("  {step}")));
        if steps.len() > STEPS {
            lines.push(format!("  and {} more steps", steps.len().saturating_sub(STEPS)));
        }
    }
    for (name, value) in request.values.iter().filter(|(name, _)| matches!(name.as_ref(), "level" | "risk" | "blast")) {
        lines.push(format!("{name}: {value}"));
    }
    lines
}
