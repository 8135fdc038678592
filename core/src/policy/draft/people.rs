//! People and the channels they are reached by.

use super::names::{key, name};
use super::probes::url;
use crate::policy::authority::ROLES;
use crate::policy::document::{Item, Origin};
use crate::policy::escalation::{Channel, ChannelKind};
use crate::policy::problem::{Problem, listed, shown, suggest};
use crate::primitives::name::Name;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Roles by person, with the words that are checked against the rest of the policy later.
#[derive(Default)]
pub(super) struct Drafted {
    /// Roles by person.
    pub people: BTreeMap<Name, BTreeSet<Name>>,
    /// Every role that is not one of [`ROLES`], with where.
    own_roles: Vec<(Name, Origin)>,
}

impl Drafted {
    /// Reads `people`: each principal with one role, a list of roles, or `{ roles: [...] }`.
    pub fn read(item: &Item<'_>) -> Option<Drafted> {
        if item.is_list() {
            let problem = item.error("`people` says of each person what he may, as a map");
            item.report(problem.help("write `NAME: ROLE`").help(format!("roles: {}", listed(ROLES.into_iter()))));
            return None;
        }
        let mut own_roles = Vec::new();
        let people = item.map(|person| {
            let who = key(person)?;
            if person.is_null() {
                let problem = person.key_error(format!("`{}` has no role", shown(who.as_str())));
                person.report(problem.help(format!("roles: {}", listed(ROLES.into_iter()))));
                return None;
            }
            let mut read = |item: &Item<'_>| role(item, &mut own_roles);
            let roles = if person.is_map() {
                person.fields("a person", &["roles"])?.need("roles", |item| item.one_or_many(&mut read))?
            } else {
                person.one_or_many(&mut read)?
            };
            Some((who, roles.into_iter().collect()))
        })?;
        Some(Drafted { people: people.into_iter().map(|(_, person)| person).collect(), own_roles })
    }

    /// Reports every role of the policy's own that nothing in it names: holding it would allow nothing. `named` are
    /// those that may approve and those who are told.
    pub fn report_idle_roles(&self, named: &BTreeSet<&Name>, report: &dyn Fn(Problem)) {
        for (role, origin) in self.own_roles.iter().filter(|(role, _)| !named.contains(role)) {
            let problem = origin.error(format!("unknown role `{}`", shown(role.as_str())));
            let own = "a role of your own needs to be named under `safety.approval.any_of` or in an escalation";
            report(problem.help(format!("roles: {}", listed(ROLES.into_iter()))).help(own));
        }
    }

    /// Reports roles that may approve, but that nobody can hold.
    pub fn report_approvers(&self, approvers: &[(Name, Origin)], report: &dyn Fn(Problem)) {
        let held = |role: &Name| self.people.values().any(|roles| roles.contains(role));
        let strange = |role: &Name| !ROLES.contains(&role.as_str()) && !held(role);
        for (role, origin) in approvers.iter().filter(|(role, _)| strange(role)) {
            let message = format!("unknown role `{}`", shown(role.as_str()));
            let problem = match suggest(role.as_str(), ROLES) {
                Some(near) => origin.error(message).did_you_mean(Some(near)),
                None => origin.warning(format!("{message}, which nobody under `people` holds")),
            };
            report(problem.help(format!("roles: {}", listed(ROLES.into_iter()))));
        }
    }
}

/// A role. One that is nearly a known one is more likely a slip than a role of its own.
fn role(item: &Item<'_>, own: &mut Vec<(Name, Origin)>) -> Option<Name> {
    let role = name(item)?;
    if !ROLES.contains(&role.as_str()) {
        if let Some(near) = suggest(role.as_str(), ROLES) {
            let problem = item.error(format!("unknown role `{}`", shown(role.as_str())));
            item.report(problem.did_you_mean(Some(near)).help(format!("roles: {}", listed(ROLES.into_iter()))));
            return None;
        }
        own.push((role.clone(), item.origin()));
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
        let text = item.text()?;
        if text == "log" {
            return Some(ChannelKind::Log);
        }
        let meant = text.contains("://").then(|| format!("{{ webhook: \"{}\" }}", shown(text)));
        let message = format!("`{}` is no kind of channel", shown(text));
        item.report(item.error(message).did_you_mean(meant.as_deref()).help("write `log`, or `{ webhook: URL }`"));
        return None;
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
