//! `${instance}` and `${index}`: what makes one component of several that are written once.

use crate::model::probe::Probe;
use crate::model::value::Value;
use crate::policy::components::{Ask, Check, Supervise};
use crate::policy::document::Item;
use crate::policy::problem::{shown, suggest};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Which of several components written once is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instance {
    /// Its name: `${instance}`.
    pub name: String,
    /// Its place in the list, from 1: `${index}`.
    pub index: u32,
}

impl Instance {
    /// `text` with this instance put in, in one pass. Other `${…}` stay as they are: the text is data, not a template.
    pub fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            rest = match after.split_once('}') {
                Some(("instance", after)) => {
                    out.push_str(&self.name);
                    after
                }
                Some(("index", after)) => {
                    out.push_str(&self.index.to_string());
                    after
                }
                _ => {
                    out.push_str("${");
                    after
                }
            };
        }
        out.push_str(rest);
        out
    }

    /// `check` as this instance has it; the same one where it does not speak of instances.
    pub fn check(&self, check: &Arc<Check>) -> Arc<Check> {
        match &check.ask {
            Ask::Probe(probe) => match self.probe(probe) {
                filled if filled == **probe => check.clone(),
                filled => Arc::new(Check { ask: Ask::Probe(Arc::new(filled)), ..Check::clone(check) }),
            },
            Ask::Heartbeat { .. } | Ask::Metric(_) => check.clone(),
        }
    }

    /// `run` as this instance has it.
    pub fn run(&self, run: &Supervise) -> Supervise {
        Supervise {
            argv: self.fill_all(&run.argv),
            env: self.fill_values(&run.env),
            directory: run.directory.as_deref().map(|text| self.fill(text)),
            instances: run.instances,
        }
    }

    fn probe(&self, probe: &Probe) -> Probe {
        let some = |text: &Option<String>| text.as_deref().map(|text| self.fill(text));
        match probe {
            Probe::Custom { kind, parameters } => Probe::Custom {
                kind: kind.clone(),
                parameters: parameters.iter().map(|(key, value)| (key.clone(), self.value(value))).collect(),
            },
            Probe::Exec { argv, env } => Probe::Exec { argv: self.fill_all(argv), env: self.fill_values(env) },
            Probe::Http { url, method, status, contains, latency } => Probe::Http {
                url: self.fill(url),
                method: method.clone(),
                status: status.clone(),
                contains: some(contains),
                latency: *latency,
            },
            Probe::Process { pid_file, program } => Probe::Process { pid_file: some(pid_file), program: some(program) },
            Probe::Tcp { host, port } => Probe::Tcp { host: self.fill(host), port: *port },
        }
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::List(values) => Value::List(values.iter().map(|value| self.value(value)).collect()),
            Value::Text(text) => Value::text(&self.fill(text)),
            Value::Bool(_) | Value::Duration(_) | Value::Number(_) => value.clone(),
        }
    }

    fn fill_all(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.fill(text)).collect()
    }

    fn fill_values(&self, texts: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        texts.iter().map(|(key, text)| (key.clone(), self.fill(text))).collect()
    }
}

/// The first `${…}` in `text` that is nearly one of ours, and the one that was probably meant.
pub(super) fn misspelled(text: &str) -> Option<(&str, &'static str)> {
    text.split("${").skip(1).find_map(|after| {
        let (name, _) = after.split_once('}')?;
        let meant = suggest(name, ["instance", "index"])?;
        (name != meant).then_some((name, meant))
    })
}

/// A text in which `${instance}` may stand.
pub(super) fn text(item: &Item<'_>) -> Option<String> {
    let text = item.name()?;
    if let Some((wrong, meant)) = misspelled(&text) {
        let problem = item.error(format!("unknown reference `${{{}}}`", shown(wrong)));
        item.report(problem.label(format!("did you mean `${{{meant}}}`?")));
        return None;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_put_in_once_and_other_references_stay() {
        let second = Instance { name: "web-${index}".into(), index: 2 };
        assert_eq!(
            second.fill("a ${instance} b ${index} ${HOME} ${ ${instance"),
            "a web-${index} b 2 ${HOME} ${ ${instance"
        );
    }

    #[test]
    fn a_near_miss_is_found_and_a_stranger_is_not() {
        assert_eq!(misspelled("http://${instnace}/"), Some(("instnace", "instance")));
        assert_eq!(misspelled("${HOME}/${instance}"), None);
    }
}
