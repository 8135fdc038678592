//! What a check asks: each kind in its short form and with fields.

use super::address;
use super::argv::argv;
use super::instance::text;
use super::names::{count, secs, span};
use crate::model::probe::Probe;
use crate::model::value::{Parameters, Value};
use crate::policy::components::Ask;
use crate::policy::document::{Item, Style, Value as Written};
use crate::policy::problem::shown;
use crate::policy::{condition::Condition, quantity};
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Kinds that only a host knows: their parameters are kept as written.
const CUSTOM: [&str; 8] = ["postgres", "redis", "certificate", "filesystem", "node", "prometheus", "queue", "workflow"];

/// Every kind of check, as policies spell it.
pub(super) const KINDS: [&str; 15] = [
    "http",
    "tcp",
    "exec",
    "process",
    "heartbeat",
    "metric",
    "postgres",
    "redis",
    "certificate",
    "filesystem",
    "node",
    "prometheus",
    "queue",
    "workflow",
    "custom",
];

/// The longest time between two heartbeats.
const LONGEST_SILENCE: Span = Span::from_secs(30 * 86_400);

/// Reads what a check of `kind` asks from the value under that key.
pub(super) fn ask(kind: &str, item: &Item<'_>, supervised: bool) -> Option<Ask> {
    match kind {
        "heartbeat" => heartbeat(item),
        "metric" => metric(item),
        kind => probe(kind, item, supervised).map(|probe| Ask::Probe(Arc::new(probe))),
    }
}

fn probe(kind: &str, item: &Item<'_>, supervised: bool) -> Option<Probe> {
    match kind {
        "exec" => exec(item),
        "http" => http(item),
        "process" => process(item, supervised),
        "tcp" => tcp(item),
        "custom" => custom(item),
        kind if CUSTOM.contains(&kind) => Some(Probe::Custom { kind: Name::new(kind), parameters: parameters(item)? }),
        _ => None,
    }
}

/// Variables of an environment.
pub(super) fn environment(item: &Item<'_>) -> Option<BTreeMap<String, String>> {
    let variables = item.map(|value| {
        let key = value.key();
        if key.is_empty() || key.contains(['=', '\0']) {
            value.report(value.key_error(format!("`{}` is no name of an environment variable", shown(&key))));
            return None;
        }
        value.string()
    })?;
    Some(variables.into_iter().collect())
}

fn exec(item: &Item<'_>) -> Option<Probe> {
    if !item.is_map() {
        return Some(Probe::Exec { argv: argv(item)?, env: BTreeMap::new() });
    }
    let fields = item.fields("an exec check", &["argv", "env"])?;
    let env = fields.get("env", environment).unwrap_or_default();
    Some(Probe::Exec { argv: fields.need("argv", argv)?, env })
}

fn heartbeat(item: &Item<'_>) -> Option<Ask> {
    let least = Span::from_ms(100);
    if item.is_map() {
        let fields = item.fields("a heartbeat check", &["within", "within_seconds"])?;
        fields.need_duration("within")?;
        return Some(Ask::Heartbeat { within: span(&fields, "within", least..=LONGEST_SILENCE)? });
    }
    let within = item.duration()?;
    if !(least..=LONGEST_SILENCE).contains(&within) {
        item.report(item.error(format!("`heartbeat` must be from 100ms to 30d, found `{within}`")));
        return None;
    }
    Some(Ask::Heartbeat { within })
}

fn http(item: &Item<'_>) -> Option<Probe> {
    let plain = |url| Probe::Http { url, method: "GET".into(), status: Vec::new(), contains: None, latency: None };
    if !item.is_map() {
        return url(item).map(plain);
    }
    let known = ["url", "method", "status", "contains", "latency", "latency_ms", "latency_seconds"];
    let fields = item.fields("an http check", &known)?;
    const METHODS: [(&str, &str); 4] = [("GET", "GET"), ("HEAD", "HEAD"), ("POST", "POST"), ("OPTIONS", "OPTIONS")];
    let method = fields.or("method", "GET", |item| item.one_of(&METHODS));
    let status = fields.one_or_many("status", |item| item.integer(100..=599).and_then(|code| u16::try_from(code).ok()));
    if method == "HEAD" && fields.has("contains") {
        fields.get::<()>("contains", |item| {
            let problem = item.key_error("the answer to HEAD has no text that could contain anything");
            item.report(problem.help("leave `contains` out, or ask by `method: GET`"));
            None
        });
    }
    Some(Probe::Http {
        method: method.to_string(),
        status,
        contains: fields.get("contains", Item::name),
        latency: span(&fields, "latency", Span::from_ms(1)..=secs(3_600)),
        url: fields.need("url", url)?,
    })
}

/// An absolute http or https URL.
pub(super) fn url(item: &Item<'_>) -> Option<String> {
    let url = text(item)?;
    let Some(fault) = address::url_fault(&url) else { return Some(url) };
    let problem = item.error(format!("`{}` expects an absolute URL, but `{}` {fault}", item.key(), shown(&url)));
    let full = format!("http://{url}");
    let bare = !url.contains("://") && address::url_fault(&full).is_none();
    item.report(problem.did_you_mean(bare.then_some(full.as_str())));
    None
}

fn metric(item: &Item<'_>) -> Option<Ask> {
    let condition = |item: &Item<'_>| super::condition::condition(item, &crate::policy::condition::Open);
    let condition: Condition = if item.is_map() {
        item.fields("a metric check", &["condition"])?.need("condition", condition)?
    } else {
        condition(item)?
    };
    Some(Ask::Metric(condition))
}

fn process(item: &Item<'_>, supervised: bool) -> Option<Probe> {
    if item.is_null() {
        return supervised_process(item, supervised);
    }
    let fields = item.fields("a process check", &["pid_file", "program"])?;
    let pid_file = fields.get("pid_file", text);
    let program = fields.get("program", program);
    if pid_file.is_none() && program.is_none() {
        return supervised_process(item, supervised);
    }
    Some(Probe::Process { pid_file, program })
}

/// A program as the system lists it: the last part of its path.
fn program(item: &Item<'_>) -> Option<String> {
    let program = text(item)?;
    if let Some((_, name)) = program.rsplit_once('/').filter(|_| program.starts_with(['/', '.', '~'])) {
        let name = name.split(' ').next().unwrap_or_default();
        let problem =
            item.error(format!("`program` expects the name of a process, found the path `{}`", shown(&program)));
        item.report(problem.did_you_mean(Some(name).filter(|name| !name.is_empty())).help("`ps -e` lists the names"));
        return None;
    }
    Some(program)
}

/// The process that the host keeps for this component.
pub(super) fn supervised_process(item: &Item<'_>, supervised: bool) -> Option<Probe> {
    if !supervised {
        let problem = item.key_error("this process check does not say which process");
        item.report(problem.help("give `pid_file` or `program`, or `run` on the component"));
        return None;
    }
    Some(Probe::Process { pid_file: None, program: None })
}

fn tcp(item: &Item<'_>) -> Option<Probe> {
    if item.is_map() {
        let fields = item.fields("a tcp check", &["host", "port"])?;
        let port = fields.need("port", |item| count(item, 1..=65_535)).and_then(|port| u16::try_from(port).ok());
        let host = fields.need("host", host);
        return Some(Probe::Tcp { host: host?, port: port? });
    }
    tcp_address(item).map(|(host, port)| Probe::Tcp { host, port })
}

/// The host of an address, without a port.
fn host(item: &Item<'_>) -> Option<String> {
    let host = text(item)?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
    let Some(fault) = address::host_fault(bare) else { return Some(bare.to_string()) };
    let problem =
        item.error(format!("`{}` expects the name or address of a host, but `{}` {fault}", item.key(), shown(&host)));
    item.report(problem.help("write for example `host: db.example.org`, and the port under `port`"));
    None
}

/// An address such as `db.example.org:5432` or `[::1]:5432`.
pub(super) fn tcp_address(item: &Item<'_>) -> Option<(String, u16)> {
    let address = text(item)?;
    let (host, port) = match address.rsplit_once(':') {
        _ if address.ends_with(']') => (address.as_str(), ""),
        split => split.unwrap_or((address.as_str(), "")),
    };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let bare = bracketed.unwrap_or(host);
    let fault = match (address::port_fault(port), address::host_fault(bare)) {
        (_, Some(_)) if address.contains("://") => "has a scheme, and a tcp address has none",
        (_, Some(fault)) => fault,
        (Some(_), _) if port.contains("${") => {
            "has a port that is not a number: write it with fields, one component each"
        }
        (Some(fault), _) => fault,
        (None, None) if bracketed.is_none() && bare.contains(':') => "has several colons: write `[address]:port`",
        (None, None) => return Some((bare.to_string(), port.parse().ok()?)),
    };
    let problem = item.error(format!("`{}` expects `host:port`, but `{}` {fault}", item.key(), shown(&address)));
    item.report(problem.help("write for example `db.example.org:5432`"));
    None
}

fn custom(item: &Item<'_>) -> Option<Probe> {
    let mut parameters = parameters(item)?;
    match parameters.remove("kind") {
        Some(Value::Text(kind)) => Some(Probe::Custom { kind: Name::new(&kind), parameters }),
        _ => {
            item.report(
                item.key_error("a custom check lacks the field `kind`").help("the kind is what the host calls it"),
            );
            None
        }
    }
}

/// Parameters as written.
fn parameters(item: &Item<'_>) -> Option<Parameters> {
    if item.is_null() {
        return Some(Parameters::new());
    }
    Some(item.map(value)?.into_iter().map(|(key, value)| (Arc::from(key), value)).collect())
}

/// A value that a host interprets: quoted text stays text, a plain one is what it looks like.
pub(super) fn value(item: &Item<'_>) -> Option<Value> {
    if item.is_list() {
        return item.list(value).map(Value::List);
    }
    match &item.node().value {
        Written::Scalar(text, Style::Plain) => Some(match &**text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => quantity::number(text).map_or_else(|_| Value::text(text), Value::Number),
        }),
        _ => self::text(item).map(|text| Value::text(&text)),
    }
}
