//! How an action is carried out, all values in place. A value becomes one argument, one variable or one body; never code.

use crate::model::command::Means;
use crate::model::value::{Parameters, Value};
use crate::policy::actions::{Action, Adapter, Argument};
use crate::policy::resolve::expand;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// The means of `action` with `parameters`.
///
/// # Errors
/// In words, when a value that the means need is missing.
pub fn of(action: &Action, parameters: &Parameters) -> Result<Means, String> {
    let lookup = |name: &str| {
        let name = name.strip_prefix("parameters.").unwrap_or(name);
        parameters.get(name).cloned()
    };
    let fill = |argument: &Argument| expand(argument, &lookup).map_err(|error| format!("{}: {error}", action.name));
    let text = |argument: &Argument| fill(argument).map(|value| value.to_string());
    let texts = |map: &BTreeMap<String, Argument>| -> Result<BTreeMap<String, String>, String> {
        map.iter().map(|(name, argument)| Ok((name.clone(), text(argument)?))).collect()
    };
    match &action.adapter {
        Adapter::Engine | Adapter::Host => Ok(Means::Host),
        Adapter::Exec { argv, shell, env } => {
            let mut words: Vec<String> = Vec::new();
            for argument in argv {
                match fill(argument)? {
                    Value::List(items) => words.extend(items.iter().map(ToString::to_string)),
                    single => words.push(single.to_string()),
                }
            }
            Ok(Means::Exec { argv: words, shell: *shell, env: texts(env)? })
        }
        Adapter::Http { method, url, headers, body, status } => Ok(Means::Http {
            method: method.clone(),
            url: text(url)?,
            headers: texts(headers)?,
            body: body.as_ref().map(text).transpose()?,
            status: status.clone(),
        }),
    }
}
