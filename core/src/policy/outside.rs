//! What data from outside may never become: a program or its code, the name of a variable or a header, an address
//! (SPEC R3). Judged by where values come from, not by what they are.

use crate::model::value::Value;
use crate::policy::actions::{Action, Adapter, Argument, Piece};
use crate::policy::code::takes_a_value_for_code;
use crate::policy::url::{has_origin, is_from_outside};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

type Given = BTreeMap<Arc<str>, Argument>;

/// What is wrong with `given` as the parameters of `action`, once they stand where its adapter puts them.
pub fn fault(action: &Action, given: &Given) -> Option<String> {
    let own = |name: &str| if action.name.as_str() == name { Some(given) } else { None };
    match &action.adapter {
        Adapter::Engine | Adapter::Host => None,
        Adapter::Exec { argv, shell, .. } => {
            let env = || own("exec").and_then(|given| unnamed(given, "env", '='));
            let directory = || own("exec").and_then(directory);
            let program = if *shell { None } else { program(action, argv, given) };
            program.or_else(env).or_else(directory)
        }
        Adapter::Http { .. } => {
            address(action, given).or_else(|| own("http").and_then(|given| unnamed(given, "headers", ':')))
        }
    }
}

/// The parameter that is the whole address of a request.
pub fn whole_address(action: &Action) -> Option<&str> {
    match &action.adapter {
        Adapter::Http { url: Argument::Reference(name), .. } => Some(parameter(name.as_str())),
        _ => None,
    }
}

fn parameter(name: &str) -> &str {
    name.strip_prefix("parameters.").unwrap_or(name)
}

/// The program is a literal, no value is read as code, and a script is one literal.
fn program(action: &Action, argv: &[Argument], given: &Given) -> Option<String> {
    let whole = match argv {
        [Argument::Reference(name)] => Some(parameter(name.as_str())),
        _ => None,
    };
    // It has a mistake that is reported already.
    if whole.and_then(|name| given.get(name)).is_some_and(|given| *given == Argument::List(Vec::new())) {
        return None;
    }
    let words: Vec<Argument> = argv.iter().flat_map(|argument| filled(argument, action, given)).collect();
    let literal = |word: &Argument| matches!(word, Argument::Value(Value::Text(_)));
    let name = whole.unwrap_or("exec");
    let is_script = action.name.as_str() == "exec" && given.get("shell") == Some(&Argument::Value(Value::Bool(true)));
    if is_script {
        let script = matches!(words.as_slice(), [script] if literal(script));
        (!script).then(|| format!("with `shell: true`, `{name}` is one literal script; values reach it through `env`"))
    } else if !words.first().is_some_and(literal) {
        Some(format!("`{name}` begins with a program, which is a literal"))
    } else if whole.is_some() && words.iter().any(|word| matches!(word, Argument::Text(_))) {
        Some(format!(
            "each element of `{name}` is a literal or one whole `${{…}}`; write `--name` and `${{name}}` as two"
        ))
    } else {
        let advice = "write `shell: true` with a literal script and the value under `env`";
        takes_a_value_for_code(&words).then(|| format!("a value would be read as code here; {advice}"))
    }
}

/// `argument` of an adapter with what `given` has for it, a list as its elements.
fn filled(argument: &Argument, action: &Action, given: &Given) -> Vec<Argument> {
    let Argument::Reference(name) = argument else { return Vec::from([argument.clone()]) };
    let name = parameter(name.as_str());
    let default = || action.parameters.get(name)?.default.clone().map(Argument::Value);
    match given.get(name).cloned().or_else(default) {
        Some(Argument::List(all)) => all,
        Some(Argument::Value(Value::List(all))) => all.into_iter().map(Argument::Value).collect(),
        Some(one) => Vec::from([one]),
        None => Vec::from([argument.clone()]),
    }
}

/// A list of texts such as `NAME=value`: up to `between` they are literals.
fn unnamed(given: &Given, name: &str, between: char) -> Option<String> {
    fn is_named(argument: &Argument, between: char) -> bool {
        match argument {
            Argument::List(all) => all.iter().all(|one| is_named(one, between)),
            Argument::Reference(_) => false,
            Argument::Text(pieces) => matches!(pieces.first(), Some(Piece::Literal(text)) if text.contains(between)),
            Argument::Value(_) => true,
        }
    }
    let named = given.get(name).is_none_or(|argument| is_named(argument, between));
    let example = if between == '=' { "NAME=${value}" } else { "Name: ${value}" };
    (!named).then(|| format!("each element of `{name}` names itself in a literal; write it as `{example}`"))
}

/// A program given by a relative path is looked for there.
fn directory(given: &Given) -> Option<String> {
    let outside = match given.get("directory")? {
        Argument::Reference(name) => is_from_outside(name.as_str()),
        Argument::Text(pieces) => {
            pieces.iter().any(|piece| matches!(piece, Piece::Reference(name) if is_from_outside(name.as_str())))
        }
        Argument::List(_) | Argument::Value(_) => false,
    };
    outside.then(|| "`directory` cannot come from outside".into())
}

/// No value names the host of a request.
fn address(action: &Action, given: &Given) -> Option<String> {
    let name = whole_address(action)?;
    match given.get(name)? {
        Argument::Reference(from) if is_from_outside(from.as_str()) => {
            Some(format!("`{name}`: `${{{from}}}` comes from outside and cannot be the whole address"))
        }
        Argument::Text(pieces) if !matches!(pieces.first(), Some(Piece::Literal(start)) if has_origin(start)) => {
            Some(format!("`{name}`: values may stand only behind `scheme://host/`"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Source};

    #[test]
    fn r3_data_becomes_neither_program_nor_name_nor_address() {
        let text = r#"{ "components": { "a": { "checks": [{ "tcp": "x:1" }] } } }"#.into();
        let policy = Policy::load(&[Source { name: "p.json".into(), text }]).unwrap().policy;
        let outside = || Argument::Reference("steps.ask.x".into());
        let text = |text: &str| Argument::Value(Value::text(text));
        let of = |action: &str, given: &[(&str, Argument)]| {
            let given = given.iter().map(|(name, argument)| (Arc::from(*name), argument.clone())).collect();
            fault(policy.action(&action.into()).unwrap(), &given)
        };
        let argv = |words: &[Argument]| ("argv", Argument::List(words.to_vec()));
        assert_eq!(of("exec", &[argv(&[text("prog"), outside()])]), None);
        for words in [&[outside()][..], &[text("sh"), text("-c"), outside()]] {
            assert!(of("exec", &[argv(words)]).is_some(), "{words:?}");
        }
        let named = Argument::Text([Piece::Literal("A=".into()), Piece::Reference("steps.ask.x".into())].into());
        assert_eq!(of("exec", &[argv(&[text("prog")]), ("env", Argument::List([named].into()))]), None);
        assert!(of("exec", &[argv(&[text("prog")]), ("env", outside())]).is_some());
        assert_eq!(of("http", &[("url", text("http://a/"))]), None);
        assert!(of("http", &[("url", outside())]).is_some());
        assert!(of("http", &[("url", text("http://a/")), ("headers", outside())]).is_some());
    }
}
