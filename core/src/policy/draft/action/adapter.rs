//! Who carries an action out, as documents write it.

use crate::policy::actions::{Adapter, Argument, ParameterKind};
use crate::policy::code::takes_a_value_for_code;
use crate::policy::document::Item;
use crate::policy::draft::address::argument_fault;
use crate::policy::draft::argument::{Scope, argument};
use crate::policy::draft::argv::not_a_list;
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

const WORDS: [(&str, Adapter); 2] = [("engine", Adapter::Engine), ("host", Adapter::Host)];
const METHODS: [(&str, &str); 6] =
    [("GET", "GET"), ("HEAD", "HEAD"), ("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH"), ("DELETE", "DELETE")];

/// `host`, `engine`, `{ exec: [program, argument, "${parameter}"], env: { … } }`, `{ exec: script, shell: true }` or
/// `{ http: url, method: POST, headers: { … }, body: …, status: [200] }`.
pub(super) fn read(item: &Item<'_>, parameters: &BTreeSet<&str>) -> Option<Adapter> {
    if !item.is_map() {
        return item.one_of(&WORDS);
    }
    let known = ["body", "env", "exec", "headers", "http", "method", "shell", "status"];
    let fields = item.fields("an adapter", &known)?;
    let kind = fields.exactly_one(&["exec", "http"])?;
    let foreign: &[&str] = if kind == "exec" { &["body", "headers", "method", "status"] } else { &["env", "shell"] };
    for name in foreign {
        fields.get::<()>(name, |item| {
            item.report(item.key_error(format!("`{name}` means nothing beside `{kind}`")));
            None
        });
    }
    let names = parameters.iter().flat_map(|name| [String::from(*name), format!("parameters.{name}")]).collect();
    let scope = Scope { names, components: None, outputs: None, at: Default::default() };
    let value =
        |item: &Item<'_>| argument(item, &ParameterKind::Any, &scope).map(|argument| spelled(argument, parameters));
    let named = |pairs: Vec<(String, Argument)>| pairs.into_iter().collect::<BTreeMap<_, _>>();
    if kind == "http" {
        return Some(Adapter::Http {
            method: fields.get("method", |item| item.one_of(&METHODS)).unwrap_or("POST").into(),
            url: fields.need("http", |item| requested(item, value(item)?))?,
            headers: named(fields.map("headers", value)),
            body: fields.get("body", value),
            status: fields.list("status", |item| item.integer(100..=599).and_then(|status| u16::try_from(status).ok())),
        });
    }
    let shell = fields.or("shell", false, Item::boolean);
    let argv = fields.need("exec", |item| if shell { script(item) } else { vector(item, value) })?;
    Some(Adapter::Exec { argv, shell, env: named(fields.map("env", value)) })
}

/// The address of a request, as far as it is written out.
pub(in crate::policy::draft) fn requested(item: &Item<'_>, address: Argument) -> Option<Argument> {
    let Some(fault) = argument_fault(&address) else { return Some(address) };
    let problem = item.error(format!("`{}` expects an absolute URL, but {fault}", item.key()));
    item.report(problem.help("write for example `https://api.example.org/restart/${component}`"));
    None
}

/// A literal script. `${…}` in it are the shell's own variables: values come in through `env`.
fn script(item: &Item<'_>) -> Option<Vec<Argument>> {
    let text = item.text()?;
    Some(Vec::from([Argument::Value(crate::model::value::Value::text(text))]))
}

/// Program and arguments, each a literal or one whole value.
fn vector(item: &Item<'_>, value: impl Fn(&Item<'_>) -> Option<Argument>) -> Option<Vec<Argument>> {
    if item.is_scalar() {
        let help = "no shell is involved; with `shell: true` beside it, a text is a script";
        item.report(not_a_list(item).help(help));
        return None;
    }
    let argv = item.list(|element| {
        let argument = value(element)?;
        if matches!(argument, Argument::Text(_)) {
            let problem = element.error("an argument is a literal or one whole value");
            element.report(problem.help("write the two as two arguments, such as `--name` and `${name}`"));
            return None;
        }
        Some(argument)
    })?;
    if argv.is_empty() {
        item.report(item.error("`exec` needs a program"));
        return None;
    }
    // One value alone is a whole list, which is looked at where a step gives it.
    if !matches!(argv.as_slice(), [Argument::Reference(_)]) && takes_a_value_for_code(&argv) {
        let problem = item.error("a value would be read as code here");
        item.report(problem.help("write `shell: true` with a literal script, and give it the value under `env`"));
        return None;
    }
    Some(argv)
}

/// `${name}` of a parameter is `${parameters.name}`.
fn spelled(argument: Argument, parameters: &BTreeSet<&str>) -> Argument {
    use crate::policy::actions::Piece;
    let full = |name: Name| {
        if parameters.contains(name.as_str()) { Name::new(&format!("parameters.{name}")) } else { name }
    };
    match argument {
        Argument::Reference(name) => Argument::Reference(full(name)),
        Argument::List(all) => Argument::List(all.into_iter().map(|one| spelled(one, parameters)).collect()),
        Argument::Text(pieces) => Argument::Text(
            pieces
                .into_iter()
                .map(|piece| match piece {
                    Piece::Reference(name) => Piece::Reference(full(name)),
                    literal @ Piece::Literal(_) => literal,
                })
                .collect(),
        ),
        literal @ Argument::Value(_) => literal,
    }
}
