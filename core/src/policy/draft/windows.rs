//! The sections `maintenance` and `change_windows`.

use super::names::{key, name};
use crate::model::window::{SUPPRESSIBLE, WindowKind};
use crate::policy::actions::ActionClass;
use crate::policy::document::{Fields, Item, Origin};
use crate::policy::problem::shown;
use crate::policy::windows::{Days, When, Window};
use crate::primitives::calendar::{Day, Weekday, Zone};
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::vec::Vec;

/// Windows of one policy: each costs a few calendar days of reckoning whenever one of them opens or closes.
const MOST: usize = 256;

/// The windows, and where each names something that has to exist.
#[derive(Default)]
pub(super) struct Drafted {
    pub windows: Vec<Window>,
    pub subjects: Vec<(Name, Origin)>,
}

impl Drafted {
    /// Reads a section of windows of one kind.
    pub fn read(&mut self, item: &Item<'_>, kind: WindowKind) -> Option<()> {
        let windows = item.map(|item| self.window(item, kind))?;
        for (_, window) in windows {
            if self.windows.iter().any(|known| known.name == window.name) {
                let message = format!("two windows are called `{}`", shown(window.name.as_str()));
                item.report(item.error(message).help("people close a window by its name: give each one of its own"));
            }
            self.windows.push(window);
        }
        if self.windows.len() > MOST {
            item.report(item.error(format!("there are {} windows; at most {MOST} are taken", self.windows.len())));
        }
        Some(())
    }

    fn window(&mut self, item: &Item<'_>, kind: WindowKind) -> Option<Window> {
        let fields = match kind {
            WindowKind::Change => item
                .fields("a change window", &["components", "permits", "every", "from", "to", "zone", "start", "end"])?,
            WindowKind::Maintenance => item.fields(
                "a maintenance window",
                &["components", "suppress", "every", "from", "to", "zone", "start", "end"],
            )?,
        };
        let subject = |item: &Item<'_>| {
            let subject = name(item)?;
            self.subjects.push((subject.clone(), item.origin()));
            Some(subject)
        };
        let over = fields.one_or_many("components", subject).into_iter().collect();
        let terms = match kind {
            WindowKind::Change => permits(&fields),
            WindowKind::Maintenance => suppress(&fields),
        };
        Some(Window { name: key(item)?, kind, over, terms, when: when(item, &fields)? })
    }
}

/// The classes of actions that are only done in a change window.
pub(super) fn only_in_window(item: &Item<'_>) -> Option<BTreeSet<ActionClass>> {
    let known = ActionClass::ALL.map(|class| (class.as_str(), class));
    Some(item.one_or_many(|item| item.one_of(&known))?.into_iter().collect())
}

/// As shipped: what SPEC G5 names.
pub(super) fn usual_only_in_window() -> BTreeSet<ActionClass> {
    BTreeSet::from([ActionClass::NetworkReconfiguration, ActionClass::SchemaChange, ActionClass::Upgrade])
}

fn permits(fields: &Fields<'_>) -> BTreeSet<Name> {
    let classes = fields.get("permits", only_in_window).unwrap_or_default();
    classes.into_iter().map(|class| Name::new(class.as_str())).collect()
}

/// What is held back; unless said otherwise people are not told, and nothing is done, but incidents are opened.
fn suppress(fields: &Fields<'_>) -> BTreeSet<Name> {
    let usual = |what: &str| what != "open";
    let chosen = fields.get("suppress", |item| {
        let inner = item.fields("`suppress`", &SUPPRESSIBLE)?;
        Some(SUPPRESSIBLE.map(|what| inner.or(what, usual(what), on_or_off)))
    });
    let chosen = chosen.unwrap_or_else(|| SUPPRESSIBLE.map(usual));
    SUPPRESSIBLE.into_iter().zip(chosen).filter(|(_, on)| *on).map(|(what, _)| Name::new(what)).collect()
}

fn on_or_off(item: &Item<'_>) -> Option<bool> {
    item.one_of(&[("on", true), ("off", false), ("true", true), ("false", false)])
}

fn when(item: &Item<'_>, fields: &Fields<'_>) -> Option<When> {
    let zone = fields.or("zone", Zone::utc(), zone);
    match fields.exactly_one(&["every", "start"])? {
        "start" => {
            for other in ["from", "to"].into_iter().filter(|other| fields.has(other)) {
                fields.get(other, |item| {
                    item.report(item.key_error(format!("`{other}` goes with `every`, not with `start`")));
                    Some(())
                });
            }
            let start = fields.get("start", |item| instant(item, &zone, WindowEdge::Start));
            let end = fields.need("end", |item| instant(item, &zone, WindowEdge::End));
            let (start, end) = (start?, end?);
            if end <= start {
                item.report(item.error("the window ends before it begins").help("`end` has to come after `start`"));
                return None;
            }
            Some(When::Once { start, end })
        }
        _ => {
            fields.get("end", |item| {
                item.report(item.key_error("`end` goes with `start`, not with `every`"));
                Some(())
            });
            let days = fields.get("every", days);
            let (from, to) = (fields.need("from", time_of_day), fields.need("to", time_of_day));
            Some(When::Every { days: days?, from: from?, to: to?, zone })
        }
    }
}

fn zone(item: &Item<'_>) -> Option<Zone> {
    let text = item.text()?;
    let found = Zone::named(text);
    if found.is_none() {
        let problem = item.error(format!("`{}` is no time zone", shown(text)));
        item.report(problem.help("a name of the IANA database, such as `Europe/Berlin`, or `UTC`"));
    }
    found
}

/// `day`, `weekday`, `weekend`, one weekday or several, `first sunday` … `fourth sunday`, `last sunday`.
fn days(item: &Item<'_>) -> Option<Days> {
    const ORDINALS: [(&str, u32); 5] = [("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("last", 0)];
    let weekday = |text: &str| Weekday::ALL.into_iter().find(|weekday| weekday.as_str() == text);
    if item.is_list() {
        let names = Weekday::ALL.map(|weekday| (weekday.as_str(), weekday));
        let days: BTreeSet<Weekday> = item.list(|item| item.one_of(&names))?.into_iter().collect();
        if days.is_empty() {
            item.report(item.error("`every` names no day").help("name at least one, such as `saturday`"));
        }
        return (!days.is_empty()).then_some(Days::Week(days));
    }
    let text = item.text()?;
    let (working, free): (Vec<Weekday>, Vec<Weekday>) =
        Weekday::ALL.into_iter().partition(|day| *day < Weekday::Saturday);
    let ordinal = |word: &str| ORDINALS.into_iter().find(|(known, _)| *known == word).map(|(_, nth)| nth);
    let found = match text {
        "day" => Some(Days::Week(Weekday::ALL.into())),
        "weekday" => Some(Days::Week(working.into_iter().collect())),
        "weekend" => Some(Days::Week(free.into_iter().collect())),
        _ => match text.split_once(' ') {
            None => weekday(text).map(|day| Days::Week([day].into())),
            Some((nth, day)) => ordinal(nth).zip(weekday(day)).map(|(nth, day)| match nth {
                0 => Days::Last(day),
                nth => Days::Nth(nth, day),
            }),
        },
    };
    if found.is_none() {
        let problem = item.error(format!("`{}` is no day that comes again", shown(text)));
        item.report(
            problem
                .help("`day`, `weekday`, `weekend`, `saturday`, `[monday, thursday]`, `first sunday`, `last sunday`"),
        );
    }
    found
}

/// `02:00`, from `00:00` to `24:00`.
fn time_of_day(item: &Item<'_>) -> Option<Span> {
    let text = item.text()?;
    let found = clock(text).filter(|span| *span <= Span::from_mins(24 * 60));
    if found.is_none() {
        let problem = item.error(format!("`{}` is no time of day", shown(text)));
        item.report(problem.help("hours and minutes, such as `\"02:00\"`"));
    }
    found
}

fn clock(text: &str) -> Option<Span> {
    let mut parts = text.split(':');
    let (hours, minutes, seconds) =
        (digits(parts.next()?)?, digits(parts.next()?)?, parts.next().map_or(Some(0), digits)?);
    let fits = parts.next().is_none() && hours <= 24 && minutes < 60 && seconds < 60;
    fits.then(|| Span::from_secs((hours * 60 + minutes) * 60 + seconds))
}

fn digits(text: &str) -> Option<i64> {
    let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

enum WindowEdge {
    Start,
    End,
}

/// `2026-11-22 02:00` by the clock of `zone`, or with `Z` or an offset such as `+01:00` at its end.
fn instant(item: &Item<'_>, zone: &Zone, edge: WindowEdge) -> Option<Time> {
    let text = item.text()?;
    let found = moment(text, zone, &edge);
    if found.is_none() {
        let problem = item.error(format!("`{}` is no instant", shown(text)));
        item.report(problem.help("such as `2026-11-22 02:00`, by the clock of `zone`, or `2026-11-22T02:00:00Z`"));
    }
    found
}

fn moment(text: &str, zone: &Zone, edge: &WindowEdge) -> Option<Time> {
    let (date, time) = text.split_once(['T', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, digits(parts.next()?)?, digits(parts.next()?)?);
    let year: i64 =
        (year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit())).then(|| year.parse().ok())??;
    let day = Day::of(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    let at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (shown, offset) = (time.get(..at)?, time.get(at..)?);
    let shown = clock(shown)?;
    match offset {
        "" => {
            let meant = zone.instants(day, shown);
            Some(match edge {
                WindowEdge::Start => meant.earliest,
                WindowEdge::End => meant.latest,
            })
        }
        "Z" => Some(Zone::utc().instants(day, shown).earliest),
        _ => {
            let span = clock(offset.get(1..)?)?;
            let utc = Zone::utc().instants(day, shown).earliest;
            Some(if offset.starts_with('+') { utc.before(span) } else { utc.after(span) })
        }
    }
}
