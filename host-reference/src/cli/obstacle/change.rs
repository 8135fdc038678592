//! What would change a refusal, with what a person types for it.

use super::Typing;
use crate::local_time::time_of_day;
use homeostat_core::model::gate::{Link, LinkResult};
use homeostat_core::model::value::Value;
use homeostat_core::policy::authority::Verb;
use homeostat_core::primitives::time::Time;

/// What would change a refusal: what the link itself says, with what a person types for it.
pub(in crate::cli) fn change(link: &LinkResult, typing: &Typing) -> Vec<String> {
    let db = &typing.db;
    let value = |wanted: &str| link.values.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let text = |wanted: &str| value(wanted).map(ToString::to_string).unwrap_or_default();
    let mut lines = vec![link.remedy.clone()];
    match link.link {
        Link::Mode => {
            let held = |place: &str| matches!(value("by"), Some(Value::List(by)) if by.contains(&Value::text(place)));
            let commands = [
                ("policy", "in the policy: `mode: approve`, then `homeostat run` with it".to_owned()),
                ("run_time", format!("at run time: homeostat mode approve{db}  ({})", may(Verb::RaiseMode))),
                ("playbook", "in the playbook: `mode: approve`".to_owned()),
            ];
            lines.extend(commands.into_iter().filter(|(place, _)| held(place)).map(|(_, how)| how));
        }
        Link::KillSwitch if link.rule == "kill_switch.engaged" => lines = vec![release(&text("reason"), typing)],
        Link::Budgets if link.rule == "budgets.target_frozen" => {
            lines.push(format!("homeostat status{db} names it, with why and with what frees it"));
        }
        Link::Budgets if link.rule == "budgets.target_half_done" => {
            lines.push(format!("homeostat status{db} names it, with how to undo it or leave it so"));
        }
        Link::Breaker if link.rule == "breaker.open" => {
            let (playbook, component) = (text("playbook"), text("component"));
            lines = vec![reset(&playbook, &component, typing)];
            let also = match value("also") {
                Some(Value::List(also)) => also.iter().map(ToString::to_string).collect(),
                _ => Vec::new(),
            };
            let scopes = also.iter().filter_map(|scope| scope.rsplit_once(" on "));
            lines.extend(scopes.map(|(playbook, component)| format!("and {}", reset(playbook, component, typing))));
            lines.extend(by_itself(link).map(|at| format!("or waiting until {at}: one run is let through then")));
        }
        Link::SafeMode => lines.extend(asked_again(link)),
        Link::Maintenance if link.rule == "maintenance.grace" => lines.extend(asked_again(link)),
        Link::Maintenance | Link::ChangeWindow => lines.extend(windows(link, &text("window"), typing)),
        Link::Cooldown | Link::RateLimits | Link::WarmUp => {
            if let Some(at) = by_itself(link) {
                lines = vec![format!("waiting: it is asked again by itself at {at}")];
            }
        }
        Link::Ineffectiveness => lines.push(format!("then {}", reset("all", &text("target"), typing))),
        Link::Storm => lines.push(storm_end(&text("area"), typing)),
        Link::Approval | Link::Severity => lines.push("`homeostat status` shows what waits for an approval".to_owned()),
        // A refusal for having grown ends by itself with the next plan.
        Link::Blast if link.rule.ends_with("_wide") || link.rule.ends_with("_region") => {
            lines.push(format!("the order:  homeostat run-playbook PLAYBOOK COMPONENT{db}  ({})", may(Verb::StartRun)));
        }
        Link::Role
        | Link::Blast
        | Link::Breaker
        | Link::Budgets
        | Link::Flapping
        | Link::KillSwitch
        | Link::Preconditions
        | Link::Reversibility => {}
    }
    lines
}

/// What people can do about a window, and when that does it by itself.
fn windows(link: &LinkResult, window: &str, typing: &Typing) -> Vec<String> {
    let itself = by_itself(link).map(|at| format!("or waiting: it is asked again by itself at {at}"));
    let db = &typing.db;
    let by_hand = match link.rule.as_ref() {
        "maintenance.window" => {
            let window = quoted(window);
            Some(format!("homeostat maintenance close {window}{db}  ({})", may(Verb::Maintain)))
        }
        "change_window.none" | "change_window.outside" | "change_window.too_short" => {
            let target = link.values.iter().find(|(name, _)| name == "target").map(|(_, value)| value.to_string());
            let target = quoted(&target.unwrap_or_default());
            let open = format!("homeostat change-window open {target} --for 2h{db}");
            Some(format!("{open}  ({})", may(Verb::OpenChangeWindow)))
        }
        _ => None,
    };
    by_hand.into_iter().chain(itself).collect()
}

/// That it is asked again by itself.
fn asked_again(link: &LinkResult) -> Option<String> {
    by_itself(link).map(|at| format!("waiting: it is asked again by itself at {at}"))
}

/// When a refusal ends by itself.
fn by_itself(link: &LinkResult) -> Option<String> {
    let instant = link.values.iter().find(|(name, _)| matches!(name.as_ref(), "until" | "free_at"))?;
    let at = Time::from_ms(instant.1.to_string().parse().ok()?);
    (at < Time::NEVER).then(|| time_of_day(at))
}

pub(super) fn release(reason: &str, typing: &Typing) -> String {
    if let Some(file) = &typing.kill_file {
        let file = quoted(&file.display().to_string());
        return format!("release of the kill switch, once the file {file} is removed: nothing can be released before");
    }
    let reason = quoted(reason);
    format!("release of the kill switch:  homeostat resume {reason}{}  ({})", typing.db, may(Verb::Resume))
}

fn storm_end(area: &str, typing: &Typing) -> String {
    format!("it is over:  homeostat storm end {}{}  ({})", quoted(area), typing.db, may(Verb::EndStorm))
}

fn reset(playbook: &str, component: &str, typing: &Typing) -> String {
    let component = match component {
        "any" | "" => String::new(),
        name => format!(" {}", quoted(name)),
    };
    let (playbook, db) = (quoted(playbook), &typing.db);
    format!("a reset:  homeostat reset-breaker {playbook}{component}{db}  ({})", may(Verb::UndoOrReset))
}

/// As one word for a shell, whatever it contains.
pub(in crate::cli) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Who may do it, the least of them.
pub(super) fn may(verb: Verb) -> String {
    format!("takes the role {}", verb.roles().first().copied().unwrap_or("of an admin"))
}
