//! People and the channels they are reached by.

use super::names::{key, name};
use super::probes::url;
use crate::policy::document::Item;
use crate::policy::escalation::{Channel, ChannelKind};
use crate::policy::problem::{shown, suggest};
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The roles that mean something to the engine or the host. A policy may use others, for notifications.
const ROLES: [&str; 13] = [
    "viewer",
    "responder",
    "operator",
    "sre_lead",
    "engineering_manager",
    "executive",
    "cto",
    "vp_engineering",
    "author",
    "admin",
    "auditor",
    "agent",
    "source",
];

/// Reads `people`: each principal with one role, a list of roles, or `{ roles: [...] }`.
pub(super) fn people(item: &Item<'_>) -> Option<BTreeMap<Name, BTreeSet<Name>>> {
    let people = item.map(|person| {
        let who = key(person)?;
        let roles = if person.is_map() {
            person.fields("a person", &["roles"])?.need("roles", |item| item.one_or_many(role))?
        } else {
            person.one_or_many(role)?
        };
        Some((who, roles.into_iter().collect()))
    })?;
    Some(people.into_iter().map(|(_, person)| person).collect())
}

/// A role. One that is nearly a known one is more likely a slip than a role of its own.
fn role(item: &Item<'_>) -> Option<Name> {
    let role = name(item)?;
    let near = suggest(role.as_str(), ROLES).filter(|near| *near != role.as_str());
    if let Some(near) = near.filter(|_| !ROLES.contains(&role.as_str())) {
        item.report(item.error(format!("unknown role `{}`", shown(role.as_str()))).did_you_mean(Some(near)));
        return None;
    }
    Some(role)
}

/// Reads `channels`: `log`, or a name with `webhook: { url, secret_from }`, or a name the host knows.
pub(super) fn channels(item: &Item<'_>) -> Option<Vec<Channel>> {
    if item.is_list() {
        return item.list(|item| {
            let name = name(item)?;
            Some(Channel { kind: usual_kind(&name), name })
        });
    }
    let channels = item.map(|item| {
        let name = key(item)?;
        let kind = if item.is_null() { usual_kind(&name) } else { kind(item, &name)? };
        Some(Channel { name, kind })
    })?;
    Some(channels.into_iter().map(|(_, channel)| channel).collect())
}

fn usual_kind(name: &Name) -> ChannelKind {
    if name.as_str() == "log" { ChannelKind::Log } else { ChannelKind::Custom(name.clone()) }
}

fn kind(item: &Item<'_>, name: &Name) -> Option<ChannelKind> {
    if item.is_scalar() {
        const KINDS: [(&str, ChannelKind); 1] = [("log", ChannelKind::Log)];
        return item.one_of(&KINDS);
    }
    if name.as_str() == "webhook" && !item.is_null() {
        return webhook(item);
    }
    let fields = item.fields("a channel", &["webhook", "log"])?;
    match fields.exactly_one(&["webhook", "log"])? {
        "webhook" => fields.get("webhook", webhook),
        _ => Some(ChannelKind::Log),
    }
}

fn webhook(item: &Item<'_>) -> Option<ChannelKind> {
    if item.is_scalar() {
        return url(item).map(|url| ChannelKind::Webhook { url, secret_from: None });
    }
    let fields = item.fields("a webhook", &["url", "secret_from"])?;
    let secret_from = fields.get("secret_from", variable);
    Some(ChannelKind::Webhook { url: fields.need("url", url)?, secret_from })
}

/// The name of an environment variable; never the secret itself.
fn variable(item: &Item<'_>) -> Option<String> {
    let text = item.name()?;
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if !text.chars().all(allowed) || text.starts_with(|c: char| c.is_ascii_digit()) {
        let problem = item.error("`secret_from` expects the name of an environment variable, such as `HOOK_SECRET`");
        item.report(problem.help("the secret itself never stands in a policy"));
        return None;
    }
    Some(text)
}
