//! `homeostat actions`: what a playbook can name.

use super::print;
use crate::host::perform::supervises;
use clap::Args;
use homeostat_core::policy::actions::{Action, Adapter};
use homeostat_core::policy::condition::Open;
use homeostat_core::policy::draft::action::{Registry, describe};
use homeostat_core::policy::problem::{Problems, suggest};
use serde_json::json;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

const AFTER_HELP: &str = "\
Examples:
  homeostat actions               all, by category
  homeostat actions restart       one, with its parameters

Exit codes: 0 shown · 2 there is no such action";

/// List the actions that a playbook can name, or show one
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ActionsArgs {
    /// Show this one only
    action: Option<String>,
}

pub(super) fn run(args: &ActionsArgs, json: bool) -> ExitCode {
    let problems = Problems::new();
    let actions = Registry::shipped(&Open, &problems).finish(&problems);
    let mut own: BTreeMap<(&str, &str), &Arc<Action>> =
        actions.values().map(|action| ((action.category.as_str(), action.name.as_str()), action)).collect();
    if let Some(name) = &args.action {
        let found = actions.get(name.as_str());
        own.retain(|_, action| found.is_some_and(|found| found.name == action.name));
        if own.is_empty() {
            let near = suggest(name, actions.keys().map(|known| known.as_str()));
            let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
            return print::wrong(&format!("there is no action `{name}`{near}: `homeostat actions` lists all"), json);
        }
    }
    if json {
        print::json(&json!({ "actions": own.values().collect::<Vec<_>>() }));
        return ExitCode::SUCCESS;
    }
    let mut text = String::new();
    let mut category = "";
    for ((of, _), action) in &own {
        if *of != category {
            text += &format!("{}{of}\n", if category.is_empty() { "" } else { "\n" });
            category = of;
        }
        text += &if args.action.is_some() { whole(action) } else { line(action) };
    }
    print::out(&text);
    ExitCode::SUCCESS
}

fn line(action: &Action) -> String {
    let about = action.documentation.lines().next().unwrap_or("");
    format!("  {:<28} {about}\n", action.name.as_str())
}

fn whole(action: &Action) -> String {
    let mut text = format!("  {}: {}\n", action.name, action.documentation.trim());
    let by = match action.adapter {
        Adapter::Engine => "the engine itself",
        Adapter::Exec { .. } => "a program",
        Adapter::Host if supervises(action.name.as_str()) => {
            "this host itself, for components with `run:`; for others give it `exec:` or `http:` under `actions`"
        }
        Adapter::Host => {
            "a host that has an adapter for it, and this one has none: give it `exec:` or `http:` under `actions`"
        }
        Adapter::Http { .. } => "an HTTP request",
    };
    text += &format!("  risk {}, carried out by {by}, at most {}\n", action.risk.as_str(), action.timeout);
    if !action.classes.is_empty() {
        let classes: Vec<&str> = action.classes.iter().map(|class| class.as_str()).collect();
        text += &format!("  of the class {}\n", classes.join(", "));
    }
    if !action.verify.shows.is_empty() {
        text += &format!("  it worked where it shows {}\n", action.verify.shows);
    }
    for (name, parameter) in &action.parameters {
        text += &format!("    {name:<20} {}\n", describe(parameter));
    }
    if !action.aliases.is_empty() {
        let aliases: Vec<&str> = action.aliases.iter().map(|alias| alias.as_str()).collect();
        text += &format!("  also called {}\n", aliases.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_host_does_itself_is_told_apart_from_what_it_has_no_way_for() {
        let problems = Problems::new();
        let actions = Registry::shipped(&Open, &problems).finish(&problems);
        let of = |name: &str| whole(actions.get(name).expect("it is shipped"));
        assert!(of("restart").contains("by this host itself, for components with `run:`"), "{}", of("restart"));
        let foreign = actions.values().filter(|action| matches!(action.adapter, Adapter::Host));
        let foreign: Vec<String> = foreign.filter(|it| !supervises(it.name.as_str())).map(|it| whole(it)).collect();
        assert!(!foreign.is_empty() && foreign.iter().all(|text| text.contains("this one has none")));
    }
}
