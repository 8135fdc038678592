//! The section `notifications`: what is not said keeps its careful default.

use super::names::{count, mins, name, secs, span};
use super::rotations::instant;
use super::severity::SEVERITIES;
use crate::model::severity::Severity;
use crate::model::silence::{LONGEST, Silence};
use crate::policy::document::{Item, Origin};
use crate::policy::notifications::{Declared, Notifications, RateLimit};
use crate::primitives::name::Name;
use crate::primitives::text::one_line;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The most silences; 500 bytes each, and asked one by one whenever somebody would be called.
const MOST_SILENCES: usize = 256;

/// The rules, and where each silence names something that has to exist.
#[derive(Default)]
pub(super) struct Drafted {
    pub rules: Notifications,
    pub subjects: Vec<(Name, Origin)>,
}

impl Drafted {
    /// Reads the section.
    pub fn read(&mut self, item: &Item<'_>) -> Option<()> {
        let known = [
            "group_wait",
            "group_wait_seconds",
            "group_interval",
            "group_interval_seconds",
            "repeat_interval",
            "repeat_interval_seconds",
            "rate_limit",
            "inhibit",
            "silences",
        ];
        let fields = item.fields("`notifications`", &known)?;
        let usual = Notifications::default();
        let hour = Span::from_mins(60);
        self.rules = Notifications {
            group_wait: span(&fields, "group_wait", Span::ZERO..=mins(10)).unwrap_or(usual.group_wait),
            group_interval: span(&fields, "group_interval", Span::ZERO..=hour).unwrap_or(usual.group_interval),
            repeat_interval: span(&fields, "repeat_interval", mins(1)..=secs(7 * 86_400))
                .unwrap_or(usual.repeat_interval),
            rate_limit: fields.get("rate_limit", rate_limit).unwrap_or(usual.rate_limit),
            inhibit: fields.get("inhibit", Item::boolean).unwrap_or(usual.inhibit),
            silences: fields.get("silences", |item| item.list(|item| self.silence(item))).unwrap_or_default(),
        };
        let silences = self.rules.silences.len();
        if silences > MOST_SILENCES {
            let problem = item.error(format!("there are {silences} silences, the limit is {MOST_SILENCES}"));
            item.report(problem.help("one silence can be of many: list them under `of`"));
        }
        Some(())
    }

    fn silence(&mut self, item: &Item<'_>) -> Option<Declared> {
        let fields = item.fields("a silence", &["of", "issues", "at_most", "from", "until", "reason"])?;
        let of: BTreeSet<Name> = fields
            .one_or_many("of", |item| {
                let subject = name(item)?;
                self.subjects.push((subject.clone(), item.origin()));
                Some(subject)
            })
            .into_iter()
            .collect();
        let issues = fields.one_or_many("issues", name).into_iter().collect();
        let at_most = fields.or("at_most", Severity::Sev1, |item| item.one_of(&SEVERITIES));
        let (from, until) = (fields.need("from", instant), fields.need("until", instant));
        let reason = fields.need("reason", |item| Some(String::from(item.text()?)));
        let (from, until, reason) = (from?, until?, reason?);
        let silence = Silence { of, issues, incident: None, at_most, until, reason: one_line(&reason, 200) };
        (is_sound(item, from, &silence)).then_some(Declared { from, silence })
    }
}

fn is_sound(item: &Item<'_>, from: Time, silence: &Silence) -> bool {
    if !silence.is_particular() {
        let problem = item.error("this silence does not say of what");
        item.report(problem.help("name components, services or groups under `of`, or kinds of issue under `issues`"));
    } else if silence.until <= from {
        item.report(item.error("this silence ends before it begins").help("`until` must be later than `from`"));
    } else if silence.until.since(from) > LONGEST {
        let problem = item.error(format!("this silence lasts {}, the limit is 30 days", silence.until.since(from)));
        item.report(problem.help("what nobody is to be called for has a chain of its own, over the log alone"));
    } else if silence.reason.trim().is_empty() {
        item.report(item.error("this silence does not say why").help("write a `reason` for those who wonder"));
    } else {
        return true;
    }
    false
}

fn rate_limit(item: &Item<'_>) -> Option<RateLimit> {
    let fields = item.fields("`rate_limit`", &["messages", "within", "within_seconds"])?;
    let usual = Notifications::default().rate_limit;
    Some(RateLimit {
        messages: fields.or("messages", usual.messages, |item| count(item, 1..=1_000)),
        within: span(&fields, "within", secs(10)..=mins(24 * 60)).unwrap_or(usual.within),
    })
}
