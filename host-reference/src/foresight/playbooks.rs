//! Steps that this host would not know how to carry out. Plans that people carry out need nothing of it.

use super::{Foresight, Site, named_few, program};
use crate::host::perform::supervises;
use homeostat_core::model::value::Value;
use homeostat_core::policy::actions::{Action, Adapter, Argument};
use homeostat_core::policy::components::Component;
use homeostat_core::policy::document::Origin;
use homeostat_core::policy::draft::playbook::all_steps;
use homeostat_core::policy::mode::Mode;
use homeostat_core::policy::playbook::{Playbook, Step};
use std::path::Path;

impl Foresight<'_> {
    pub(super) fn playbook(&self, playbook: &Playbook, origin: &Origin) {
        let mode = playbook.safety.mode.map_or(self.policy.mode(), |mode| mode.min(self.policy.mode()));
        if mode < Mode::Approve {
            return;
        }
        let entry = self.sites.find(origin);
        for step in all_steps(&playbook.steps) {
            let Some(action) = self.policy.action(&step.action) else { continue };
            let names: Vec<&str> = self
                .policy
                .actions()
                .iter()
                .filter(|(_, other)| other.name == action.name)
                .map(|(name, _)| name.as_str())
                .collect();
            let site = entry.field("steps").field("remediation_steps").mention(&names).unwrap_or_else(|| entry.clone());
            self.step(playbook, step, action, &site);
        }
    }

    fn step(&self, playbook: &Playbook, step: &Step, action: &Action, site: &Site<'_>) {
        match &action.adapter {
            Adapter::Exec { shell: true, .. } | Adapter::Engine | Adapter::Http { .. } => {}
            Adapter::Exec { argv, .. } if action.name.as_str() != "exec" => {
                if let Some(Argument::Value(Value::Text(program))) = argv.first() {
                    self.program(program, None, None, site);
                }
            }
            Adapter::Exec { .. } => self.exec(step, site),
            Adapter::Host if supervises(action.name.as_str()) => self.supervised(playbook, step, action, site),
            Adapter::Host => {
                let name = &action.name;
                let warning = site.warning(format!("this host cannot carry out `{name}`"));
                let help = "give it a way under `actions`, one of";
                let exec = format!("  {name}: {{ adapter: {{ exec: [program, argument] }} }}");
                let http = format!("  {name}: {{ adapter: {{ http: \"https://host/path\" }} }}");
                self.say(warning.help(help).help(exec).help(http));
            }
        }
    }

    /// A program that the step itself names.
    fn exec(&self, step: &Step, site: &Site<'_>) {
        let text = |name: &str| match step.parameters.get(name) {
            Some(Argument::Value(Value::Text(text))) => Some(&**text),
            _ => None,
        };
        let program = match step.parameters.get("argv") {
            Some(Argument::Value(Value::List(words))) => words.first().and_then(Value::as_text),
            Some(Argument::List(words)) => words.first().and_then(|word| match word {
                Argument::Value(value) => value.as_text(),
                _ => None,
            }),
            _ => None,
        };
        let is_script = matches!(step.parameters.get("shell"), Some(Argument::Value(Value::Bool(true))));
        let directory = text("directory");
        if let Some(missing) = directory.and_then(program::directory_fault) {
            self.say(site.field("directory").warning(missing));
        } else if let Some(program) = program.filter(|_| !is_script) {
            let words = site.field("argv");
            self.program(program, directory.map(Path::new), None, &words.element(0).unwrap_or(words));
        }
    }

    /// What is done to processes under supervision, and to no others.
    fn supervised(&self, playbook: &Playbook, step: &Step, action: &Action, site: &Site<'_>) {
        let is_target = |component: &Component| match &step.target {
            None => playbook.trigger.concerns(component),
            Some(Argument::Reference(name)) => name.as_str() == "component" && playbook.trigger.concerns(component),
            Some(Argument::Value(Value::Text(name))) => component.name.as_str() == &**name,
            Some(_) => false,
        };
        let all = self.policy.components();
        let strangers: Vec<&str> =
            all.iter().filter(|it| it.run.is_none() && is_target(it)).map(|it| it.name.as_str()).collect();
        if !strangers.is_empty() {
            let (name, who) = (&action.name, named_few(&strangers, "and"));
            let warning = site.warning(format!("this host cannot carry out `{name}` on what it does not run: {who}"));
            let help = "give that a `run`, let the trigger ask for `supervised: true`, or give the action an adapter";
            self.say(warning.help(help));
        }
    }
}
