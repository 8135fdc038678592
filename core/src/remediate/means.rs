//! How an action is carried out, all values in place. A value becomes one argument, one variable or one body; never code.

use crate::model::command::Means;
use crate::model::value::{Parameters, Value};
use crate::policy::actions::{Action, Adapter, Argument};
use crate::policy::resolve::expand;
use crate::policy::url::address;
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
            let (mut shell, mut env) = (*shell, texts(env)?);
            if action.name.as_str() == "exec" {
                shell |= parameters.get("shell") == Some(&Value::Bool(true));
                env.extend(pairs(parameters, "env", '=')?);
            }
            if shell && words.len() != 1 {
                return Err(format!("{}: with `shell` there is one argument, the script", action.name));
            }
            Ok(Means::Exec { argv: words, shell, env })
        }
        Adapter::Http { method, url, headers, body, status } => {
            let means = Means::Http {
                method: method.clone(),
                url: address(url, &lookup).map_err(|reason| format!("{}: {reason}", action.name))?,
                headers: texts(headers)?,
                body: body.as_ref().map(text).transpose()?,
                status: status.clone(),
            };
            if action.name.as_str() == "http" { as_asked(means, parameters) } else { Ok(means) }
        }
    }
}

/// The action `http` takes everything of its request from its step.
fn as_asked(mut means: Means, parameters: &Parameters) -> Result<Means, String> {
    if let Means::Http { method, headers, body, status, .. } = &mut means {
        let text = |name: &str| parameters.get(name).map(ToString::to_string);
        *method = text("method").unwrap_or_else(|| method.clone());
        *body = text("body").or(body.take());
        headers.extend(pairs(parameters, "headers", ':')?);
        status.extend(items(parameters.get("status")).iter().filter_map(|value| value.to_string().parse::<u16>().ok()));
    }
    Ok(means)
}

/// A list of texts such as `NAME=value` or `Name: value`.
fn pairs(parameters: &Parameters, name: &str, between: char) -> Result<BTreeMap<String, String>, String> {
    let pair = |value: &Value| {
        let text = value.to_string();
        let (left, right) = text.split_once(between).ok_or_else(|| {
            format!("`{name}` expects texts such as `name{between}value`, but `{text}` has no `{between}`")
        })?;
        Ok((String::from(left.trim()), String::from(right.trim_start())))
    };
    items(parameters.get(name)).iter().map(pair).collect()
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::List(items)) => items,
        Some(single) => core::slice::from_ref(single),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Source};

    fn means(action: &str, parameters: &[(&str, Value)]) -> Result<Means, String> {
        let text = String::from(r#"{ "components": { "a": { "checks": [{ "tcp": "x:1" }] } } }"#);
        let policy = Policy::load(&[Source { name: "p.json".into(), text }]).unwrap().policy;
        let action = policy.action(&action.into()).unwrap();
        of(action, &parameters.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
    }

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| Value::text(item)).collect())
    }

    #[test]
    fn r3_a_request_is_made_as_its_step_asks() {
        let asked = means(
            "http",
            &[
                ("url", Value::text("http://x/")),
                ("method", Value::text("DELETE")),
                ("headers", list(&["X-A: 1:2"])),
                ("body", Value::text("b")),
                ("status", Value::Number(404_i32.into())),
            ],
        );
        let expected = Means::Http {
            method: "DELETE".into(),
            url: "http://x/".into(),
            headers: [("X-A".into(), "1:2".into())].into(),
            body: Some("b".into()),
            status: [404].into(),
        };
        assert_eq!(asked, Ok(expected));
        assert!(means("http", &[("url", Value::text("http://x/")), ("headers", list(&["none"]))]).is_err());
    }

    #[test]
    fn r3_a_program_is_run_as_its_step_asks() {
        let shell = ("shell", Value::Bool(true));
        let asked = means("exec", &[("argv", list(&["echo $A"])), shell.clone(), ("env", list(&["A=b=c"]))]);
        let env = [("A".into(), "b=c".into())].into();
        assert_eq!(asked, Ok(Means::Exec { argv: ["echo $A".into()].into(), shell: true, env }));
        assert!(means("exec", &[("argv", list(&["echo", "b"])), shell]).is_err(), "a script is one argument");
    }
}
