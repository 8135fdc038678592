//! What this machine lacks for a policy, as far as it can be seen before anything is started, asked or done. The policy
//! may be meant for another machine, so that all of it is a warning.

mod people;
mod playbooks;
mod program;
mod site;

use crate::host::clock::wall_ms;
use homeostat_core::model::probe::Probe;
use homeostat_core::policy::components::{Ask, Check, Component};
use homeostat_core::policy::document::Origin;
use homeostat_core::policy::problem::{Place, Problem, Problems};
use homeostat_core::policy::{Loaded, Policy};
use homeostat_core::primitives::time::Time;
use site::{Site, Sites};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

/// What of the policy cannot work on this machine as it is, in the order of the documents.
#[must_use]
pub fn foresee(loaded: &Loaded) -> Vec<Problem> {
    let foresight = Foresight {
        policy: &loaded.policy,
        sites: Sites::of(loaded.policy.sources()),
        problems: Problems::new(),
        said: RefCell::default(),
    };
    let origins = &loaded.origins;
    for (component, origin) in loaded.policy.components().iter().zip(&origins.components) {
        foresight.component(component, origin);
    }
    for (playbook, origin) in loaded.policy.playbooks().iter().zip(&origins.playbooks) {
        foresight.playbook(playbook, origin);
    }
    foresight.unnamed(&origins.playbooks);
    foresight.channels();
    foresight.past(Time::from_ms(wall_ms()));
    if let Some(origin) = &origins.people {
        foresight.people(origin);
    }
    foresight.problems.into_sorted()
}

/// One look at a policy.
struct Foresight<'l> {
    policy: &'l Policy,
    sites: Sites,
    problems: Problems,
    /// What is said already: the instances of one entry have their mistakes in common.
    said: RefCell<BTreeSet<(Place, String)>>,
}

impl Foresight<'_> {
    fn say(&self, problem: Problem) {
        if self.said.borrow_mut().insert((problem.place.clone(), problem.message.clone())) {
            self.problems.push(problem);
        }
    }

    fn component(&self, component: &Component, origin: &Origin) {
        let entry = self.sites.find(origin);
        // What a template gives is said of the template.
        if let (Some(run), Some(site)) = (&component.run, entry.existing("run")) {
            let directory = run.directory.as_deref();
            if let Some(missing) = directory.and_then(program::directory_fault) {
                self.say(site.field("directory").warning(missing));
            } else if let Some(program) = run.argv.first().filter(|program| *program != "homeostat") {
                let path = run.env.get("PATH").map(String::as_str);
                self.program(program, directory.map(Path::new), path, &argv(&site));
            }
        }
        let Some(checks) = entry.existing("checks").or_else(|| entry.existing("check")) else { return };
        for (at, check) in component.checks.iter().enumerate() {
            self.check(component, check, &checks.element(at).unwrap_or_else(|| checks.clone()));
        }
    }

    fn check(&self, component: &Component, check: &Check, site: &Site<'_>) {
        let Ask::Probe(probe) = &check.ask else { return };
        match &**probe {
            Probe::Custom { kind, .. } => {
                let name = component.name.as_str();
                let warning = site.field(kind.as_str()).warning(format!("this host cannot ask `{kind}`"));
                let help = format!("the state of `{name}` stays unknown: use `exec`, `http` or `tcp` instead");
                self.say(warning.help(help));
            }
            Probe::Exec { argv: words, env } => {
                if let Some(program) = words.first() {
                    self.program(program, None, env.get("PATH").map(String::as_str), &argv(&site.field("exec")));
                }
            }
            Probe::Http { .. } | Probe::Process { .. } | Probe::Tcp { .. } => {}
        }
    }

    /// A program that cannot be started.
    fn program(&self, program: &str, directory: Option<&Path>, path: Option<&str>, site: &Site<'_>) {
        if let Some(fault) = program::fault(program, directory, path) {
            let warning = site.warning(fault.message).did_you_mean(fault.near.as_deref());
            self.say(fault.help.into_iter().fold(warning, Problem::help));
        }
    }
}

/// The program within a list of words, or within the field `argv`.
fn argv<'d>(site: &Site<'d>) -> Site<'d> {
    let list = site.field("argv");
    list.element(0).unwrap_or(list)
}

/// Names for a message: the first few, and how many more there are.
fn named_few(names: &[&str], word: &str) -> String {
    const MOST: usize = 5;
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST);
    shown.extend((more > 0).then(|| format!("{more} more")));
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}
