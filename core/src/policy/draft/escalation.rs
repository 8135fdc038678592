//! Escalation chains, in both forms: `when`/`chain`, and the older one with levels, delays and methods.

use super::names::{name, secs, span};
use super::severity::SEVERITIES;
use crate::model::severity::Severity;
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::escalation::{Chain, ChainLevel, Channel, LevelCondition};
use crate::policy::library;
use crate::policy::problem::{Problems, shown};
use crate::policy::rotation::Rotation;
use crate::primitives::name::Name;
use crate::primitives::time::Span;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::vec::Vec;

/// The longest delay of a level.
const LONGEST: Span = Span::from_secs(30 * 86_400);
/// The most levels of a chain.
const MOST_LEVELS: usize = 20;
/// The most chains of a policy.
const MOST_CHAINS: usize = 1_000;
/// The most that one level tells.
const MOST_TOLD: usize = 100;

/// Chains, with the words that are checked against channels, groups and services later.
#[derive(Default)]
pub(super) struct Drafted {
    /// The chains in order.
    pub chains: Vec<Chain>,
    /// Where each of them stands, in the same order; the chain of last resort stands nowhere.
    pub origins: Vec<Origin>,
    /// Everybody who is told, with where.
    pub told: Vec<(Name, Origin)>,
    /// Every channel named, with where.
    pub channels: Vec<(Name, Origin)>,
    /// Every group, service or component named, with where, and whether an unknown one is a mistake.
    pub subjects: Vec<(Name, Origin, bool)>,
    names: BTreeSet<Name>,
}

/// What the shipped chains are fitted to.
pub(super) struct Known<'k> {
    /// The channels that the policy declares.
    pub channels: &'k [Channel],
    /// Its rotations.
    pub rotations: &'k BTreeMap<Name, Rotation>,
}

/// Whom the shipped chains call first.
const ON_CALL: &str = "on-call";

/// The shipped chains, as this policy can use them: over the channels it declares, and to `operator` where nobody takes
/// turns. Mistakes in them are problems like any other.
fn shipped(known: &Known<'_>, problems: &Problems) -> Vec<Chain> {
    let (file, text) = library::ESCALATION;
    let mut drafted = Drafted::default();
    library::read(file, text, problems, |item| drafted.chains(item));
    let rotates = known.rotations.contains_key(ON_CALL);
    for level in drafted.chains.iter_mut().flat_map(|chain| &mut chain.levels) {
        level.by.retain(|channel| known.channels.iter().any(|declared| declared.name == *channel));
        let first = level.notify.iter_mut().filter(|name| name.as_str() == ON_CALL && !rotates);
        first.for_each(|name| *name = Name::new("operator"));
    }
    drafted.chains
}

impl Drafted {
    /// Reads `escalation`.
    pub fn chains(&mut self, item: &Item<'_>) -> Option<()> {
        let mut place = 0_u32;
        item.list(|item| {
            place = place.saturating_add(1);
            let chain = self.chain(item, place)?;
            self.add(item, chain);
            Some(())
        })
        .map(drop)
    }

    /// Reads `escalation_policies`, the older form: chains by id.
    pub fn older_chains(&mut self, item: &Item<'_>) -> Option<()> {
        item.map(|item| {
            let chain = self.older_chain(item)?;
            self.add(item, chain);
            Some(())
        })
        .map(drop)
    }

    /// Makes sure that no incident is without a chain: behind those of the policy come the shipped ones.
    pub fn complete(mut self, known: &Known<'_>, problems: &Problems) -> Drafted {
        let covers_all = |chain: &Chain| chain.applies_to.is_empty() && chain.at_least == Severity::Sev3;
        if !self.chains.iter().any(covers_all) {
            let taken: BTreeSet<Name> = self.chains.iter().map(|chain| chain.name.clone()).collect();
            let mut shipped = shipped(known, problems);
            for chain in shipped.iter_mut().filter(|chain| taken.contains(&chain.name)) {
                chain.name = Name::new(&format!("library/{}", chain.name));
            }
            self.chains.extend(shipped);
        }
        self
    }

    fn add(&mut self, item: &Item<'_>, chain: Chain) {
        if !self.names.insert(chain.name.clone()) {
            let message = format!("escalation chain `{}` is there twice", shown(chain.name.as_str()));
            item.report(item.key_error(message).help("give each chain a name of its own"));
        }
        self.chains.push(chain);
        self.origins.push(item.key_origin());
        if self.chains.len() == MOST_CHAINS + 1 {
            let problem = item.key_error(format!("this is one escalation chain too many, the limit is {MOST_CHAINS}"));
            item.report(
                problem.help("one chain can be for many: list them under `groups`, `services` or `components`"),
            );
        }
    }

    fn chain(&mut self, item: &Item<'_>, place: u32) -> Option<Chain> {
        let fields = item.fields("an escalation chain", &["name", "when", "chain"])?;
        let name = fields.get("name", name).unwrap_or_else(|| Name::new(&format!("chain-{place}")));
        let (at_least, applies_to) =
            fields.get("when", |item| self.when(item)).unwrap_or((Severity::Sev3, BTreeSet::new()));
        let levels = fields.need("chain", |item| levels(item, |item| self.level(item)))?;
        Some(Chain { name, applies_to, at_least, levels })
    }

    /// `{ severity: { at_least: SEV1 }, groups: [...], services: [...], components: [...] }`
    fn when(&mut self, item: &Item<'_>) -> Option<(Severity, BTreeSet<Name>)> {
        let fields = item.fields("`when`", &["severity", "groups", "services", "components"])?;
        let at_least = fields.get("severity", |item| {
            if item.is_scalar() {
                let text = item.text().unwrap_or_default();
                let problem = item.error(format!("`severity: {}` does not say on which side", shown(text)));
                item.report(problem.help("write `severity: { at_least: SEV1 }` for SEV1 and SEV0"));
                return None;
            }
            item.fields("`severity`", &["at_least"])?.need("at_least", |item| item.one_of(&SEVERITIES))
        });
        let mut applies_to = BTreeSet::new();
        for field in ["groups", "services", "components"] {
            applies_to.extend(self.subjects(&fields, field, true));
        }
        Some((at_least.unwrap_or(Severity::Sev3), applies_to))
    }

    fn subjects(&mut self, fields: &Fields<'_>, field: &str, known: bool) -> Vec<Name> {
        fields.one_or_many(field, |item| {
            let name = name(item)?;
            self.subjects.push((name.clone(), item.origin(), known));
            Some(name)
        })
    }

    fn level(&mut self, item: &Item<'_>) -> Option<ChainLevel> {
        const UNLESS: [(&str, LevelCondition); 2] =
            [("acknowledged", LevelCondition::NotAcknowledged), ("resolved", LevelCondition::NotResolved)];
        let known = ["after", "after_seconds", "after_minutes", "unless", "notify", "by", "repeat", "repeat_seconds"];
        let fields = item.fields("a level", &known)?;
        Some(ChainLevel {
            after: span(&fields, "after", Span::ZERO..=LONGEST).unwrap_or(Span::ZERO),
            condition: fields.or("unless", LevelCondition::NotResolved, |item| item.one_of(&UNLESS)),
            by: fields.one_or_many("by", |item| self.channel(item)),
            repeat: span(&fields, "repeat", secs(10)..=LONGEST),
            notify: self.whom(&fields)?,
        })
    }

    fn channel(&mut self, item: &Item<'_>) -> Option<Name> {
        let channel = name(item)?;
        self.channels.push((channel.clone(), item.origin()));
        Some(channel)
    }

    fn older_chain(&mut self, item: &Item<'_>) -> Option<Chain> {
        let fields = item.fields("an escalation policy", &["name", "applies_to", "escalation_chain"])?;
        let applies_to = self.subjects(&fields, "applies_to", false).into_iter().collect();
        let levels = fields.need("escalation_chain", |item| levels(item, |item| self.older_level(item)))?;
        fields.get("name", Item::name);
        Some(Chain { name: super::names::key(item)?, applies_to, at_least: Severity::Sev3, levels })
    }

    fn older_level(&mut self, item: &Item<'_>) -> Option<ChainLevel> {
        const CONDITIONS: [(&str, LevelCondition); 3] = [
            ("always", LevelCondition::Always),
            ("not_acknowledged", LevelCondition::NotAcknowledged),
            ("not_resolved", LevelCondition::NotResolved),
        ];
        let known = ["level", "delay", "delay_seconds", "condition", "notify", "method", "repeat"];
        let fields = item.fields("a level", &known)?;
        fields.get("level", |item| item.integer(1..=100));
        Some(ChainLevel {
            after: span(&fields, "delay", Span::ZERO..=LONGEST).unwrap_or(Span::ZERO),
            condition: fields.or("condition", LevelCondition::NotResolved, |item| item.one_of(&CONDITIONS)),
            by: fields.get("method", |item| self.methods(item)).unwrap_or_default(),
            repeat: span(&fields, "repeat", secs(10)..=LONGEST),
            notify: self.whom(&fields)?,
        })
    }

    /// `phone_call + sms`: channels in the order they are tried.
    fn methods(&mut self, item: &Item<'_>) -> Option<Vec<Name>> {
        let text = item.text()?;
        let methods = text.split('+').map(str::trim).filter(|method| !method.is_empty());
        let methods: Vec<Name> =
            methods.map(|method| Name::new(if method == "phone_call" { "phone" } else { method })).collect();
        self.channels.extend(methods.iter().map(|method| (method.clone(), item.origin())));
        Some(methods)
    }

    fn whom(&mut self, fields: &Fields<'_>) -> Option<Vec<Name>> {
        let read = |item: &Item<'_>| {
            let whom = name(item)?;
            self.told.push((whom.clone(), item.origin()));
            Some(whom)
        };
        let whom = fields.need("notify", |item| item.one_or_many(read))?;
        if whom.len() > MOST_TOLD {
            let message = format!("this level tells {}, the limit is {MOST_TOLD}", whom.len());
            fields.item().report(fields.item().error(message).help("name a team, and let its channel reach all of it"));
        }
        if whom.is_empty() {
            fields.item().report(fields.item().error("this level tells nobody").help("name somebody under `notify`"));
        }
        Some(whom)
    }
}

/// Levels, their delays never falling.
fn levels(item: &Item<'_>, mut read: impl FnMut(&Item<'_>) -> Option<ChainLevel>) -> Option<Vec<ChainLevel>> {
    let mut last = Span::ZERO;
    let levels = item.list(|item| {
        let level = read(item)?;
        if level.after < last {
            let message = format!("this level comes after {}, before the one above it at {last}", level.after);
            item.report(item.error(message).help("delays count from the start of the chain, not from the level above"));
        }
        last = last.max(level.after);
        Some(level)
    })?;
    if levels.is_empty() {
        item.report(item.key_error("this chain has no level").help("write at least `- { notify: operator }`"));
    }
    if levels.len() > MOST_LEVELS {
        item.report(item.key_error(format!("this chain has {} levels, the limit is {MOST_LEVELS}", levels.len())));
    }
    Some(levels)
}
