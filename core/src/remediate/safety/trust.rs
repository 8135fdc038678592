//! How far what is done alone is trusted still (SPEC G7, SAFE-12). Trust is lost by what is seen; a person gives it back.
//!
//! | seen | becomes |
//! |---|---|
//! | of the runs within the window fewer than `warn` helped | people are told |
//! | fewer than `approve`; or fewer than `suggest` of the last so many, however long that took | every plan needs a person |
//! | fewer than `suggest` within the window | people carry it out themselves |
//! | what served was acted on, and another of its service, or what depends on it, failed meanwhile | every plan needs a person |
//! | the host was away, or unwell, for too much of the time | every plan needs a person, and those that wait are void |

use crate::model::ids::{IncidentId, RunId};
use crate::policy::mode::Mode;
use crate::policy::safety::Trust as Settings;
use crate::primitives::name::Name;
use crate::primitives::time::{Span, Time};
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Ends of runs remembered, the oldest dropped first; 40 bytes each.
const ENDS: usize = 1_000;
/// Times that the host was away, the oldest dropped first; 20 bytes each.
const OUTAGES: usize = 256;
/// Times that something failed while a run went on, the oldest dropped first; 10 bytes each.
const CASCADES: usize = 100;

/// What trust is lost by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// When runs ended, and whether they helped; oldest first.
    ended: VecDeque<(Time, bool)>,
    /// When the runs of an incident that no run has helped in yet did not help: of those that count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    rungs: BTreeMap<IncidentId, Vec<Time>>,
    /// What nothing exceeds until a person raises it again.
    ceiling: Option<Mode>,
    /// Whether people were told that few runs help, and that still holds.
    warned: bool,
    /// Of each run that goes on, what served when it began and is acted on.
    serving: BTreeMap<RunId, BTreeSet<Name>>,
    /// When runs took something else down, one time for each run.
    cascades: VecDeque<Time>,
    /// The runs that have, of those that go on.
    harmful: BTreeSet<RunId>,
    /// When the host was away or unwell while there was something to do; oldest first.
    outages: VecDeque<(Time, Time)>,
    /// Since when the host has said that it is unwell.
    unwell: Option<Time>,
    /// When the engine was last called.
    called: Option<Time>,
}

/// How much trust a finding costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The mode that nothing exceeds from now on; unset: people are warned only.
    pub to: Option<Mode>,
    /// Stable word: `efficacy`, `last_runs`, `cascade`, `availability`.
    pub why: &'static str,
    /// What was found, in whole per cent; how many failures for a cascade.
    pub found: u32,
    /// What it should have been at least; for a cascade how many are too many.
    pub limit: u32,
    /// Over how many.
    pub of: u32,
}

impl Trust {
    /// What nothing exceeds.
    pub fn ceiling(&self) -> Option<Mode> {
        self.ceiling
    }

    /// Nothing exceeds `to` any more. Whether that is less than before.
    pub fn fall(&mut self, to: Mode) -> bool {
        let falls = self.ceiling.is_none_or(|known| to < known);
        if falls {
            self.ceiling = Some(to);
        }
        falls
    }

    /// A person set the mode. Where that gives back what was lost, what it was lost by counts no more.
    pub fn given_back(&mut self, to: Mode) {
        if self.ceiling.is_some_and(|ceiling| to > ceiling) {
            let (serving, harmful) = (core::mem::take(&mut self.serving), core::mem::take(&mut self.harmful));
            *self = Trust { serving, harmful, called: self.called, unwell: self.unwell, ..Trust::default() };
        }
    }

    /// A run for `incident` ended. Where it helped, the rungs before it that did not are no sign of anything any more: that
    /// one rung fails and the next one heals is what a ladder is for. Each counts until then.
    pub fn rung(&mut self, incident: IncidentId, helped: bool, now: Time) {
        if helped {
            for at in self.rungs.remove(&incident).unwrap_or_default() {
                if let Some(place) = self.ended.iter().position(|end| *end == (at, false)) {
                    self.ended.remove(place);
                }
            }
            return;
        }
        if let Some((oldest, _)) = self.ended.front().filter(|_| self.ended.len() >= ENDS).copied() {
            self.rungs.values_mut().for_each(|rungs| rungs.retain(|at| *at > oldest));
            self.rungs.retain(|_, rungs| !rungs.is_empty());
        }
        self.rungs.entry(incident).or_default().push(now);
    }

    /// A run ended that says something about its playbook.
    pub fn ended(&mut self, helped: bool, settings: &Settings, now: Time) -> Option<Loss> {
        if self.ended.len() >= ENDS {
            self.ended.pop_front();
        }
        self.ended.push_back((now, helped));
        let window = self.ended.iter().filter(|(at, _)| now.since(*at) < settings.window);
        let found = share(window.map(|(_, helped)| *helped));
        let loss = found.filter(|(_, of)| *of >= settings.sample).and_then(|found| lost(found, settings));
        let last = self.ended.iter().rev().take(settings.last as usize).map(|(_, helped)| *helped);
        let last = share(last).filter(|(found, of)| *of >= settings.last && *found < settings.suggest);
        let last = last.map(|(found, of)| {
            let (to, limit) = (Some(Mode::Approve), settings.suggest);
            Loss { to, why: "last_runs", found, limit, of }
        });
        let suggest = |loss: &Loss| loss.to == Some(Mode::Suggest);
        let worst = loss.filter(suggest).or(last).or(loss);
        let known = self.warned;
        self.warned = loss.is_some();
        worst.filter(|worst| worst.to.is_some() || !known)
    }

    /// A run begins to act on `serving`, which served until now.
    pub fn began(&mut self, run: RunId, serving: BTreeSet<Name>) {
        if !serving.is_empty() {
            self.serving.insert(run, serving);
        }
    }

    /// Forgets the runs that are gone.
    pub fn keep_only(&mut self, goes_on: impl Fn(RunId) -> bool) {
        self.serving.retain(|run, _| goes_on(*run));
        self.harmful.retain(|run| goes_on(*run));
    }

    /// A run is over.
    pub fn over(&mut self, run: RunId) {
        self.serving.remove(&run);
        self.harmful.remove(&run);
    }

    /// The runs that go on and act on what served.
    pub fn acting(&self) -> impl Iterator<Item = (RunId, &BTreeSet<Name>)> {
        self.serving.iter().map(|(run, serving)| (*run, serving))
    }

    /// While `run` went on something else failed.
    pub fn cascaded(&mut self, run: RunId, settings: &Settings, now: Time) -> Option<Loss> {
        if !self.harmful.insert(run) {
            return None;
        }
        self.cascades.retain(|at| now.since(*at) < settings.window);
        if self.cascades.len() >= CASCADES {
            self.cascades.pop_front();
        }
        self.cascades.push_back(now);
        let found = u32::try_from(self.cascades.len()).unwrap_or(u32::MAX);
        let (to, limit, of) = (Some(Mode::Approve), settings.cascades, found);
        (found >= settings.cascades).then_some(Loss { to, why: "cascade", found, limit, of })
    }

    /// Whether something else failed while `run`, which goes on, acted on what served.
    pub fn has_taken_down(&self, run: RunId) -> bool {
        self.harmful.contains(&run)
    }

    /// The engine is called: when it was last.
    pub fn call(&mut self, now: Time) -> Time {
        self.called.replace(now).unwrap_or(now)
    }

    /// The host says that it is unwell.
    pub fn unwell(&mut self, now: Time) {
        self.unwell.get_or_insert(now);
    }

    /// The host is well again, since which time it was not; `last` is when it was heard of before.
    pub fn well(&mut self, last: Time, settings: &Settings, now: Time) -> Option<Loss> {
        let since = self.unwell.take().unwrap_or(last);
        self.was_away(since, settings, now)
    }

    /// The host was away since `since`, and there was something to do.
    pub fn was_away(&mut self, since: Time, settings: &Settings, now: Time) -> Option<Loss> {
        let begins = now.before(settings.availability_over);
        self.outages.retain(|(_, end)| *end > begins);
        if self.outages.len() >= OUTAGES {
            self.outages.pop_front();
        }
        let since = self.outages.back().map_or(since, |(_, end)| since.max(*end));
        if since < now {
            self.outages.push_back((since, now));
        }
        let away = self.outages.iter().fold(Span::ZERO, |all, (from, to)| all.plus(to.since((*from).max(begins))));
        let (away, whole) = (away.ms(), settings.availability_over.ms().max(1));
        let missing = 100_u32.saturating_sub(settings.availability);
        // More than the share that may be missing, in whole numbers.
        let too_much = away.saturating_mul(100) > whole.saturating_mul(i64::from(missing));
        let found = u32::try_from(whole.saturating_sub(away).max(0).saturating_mul(100) / whole).unwrap_or(0);
        let of = u32::try_from(self.outages.len()).unwrap_or(u32::MAX);
        let (to, limit) = (Some(Mode::Approve), settings.availability);
        too_much.then_some(Loss { to, why: "availability", found, limit, of })
    }
}

/// The share of those that helped, in whole per cent, and of how many; nothing is the share of none.
fn share(helped: impl Iterator<Item = bool>) -> Option<(u32, u32)> {
    let (mut hits, mut all) = (0_u32, 0_u32);
    for helped in helped {
        (hits, all) = (hits.saturating_add(u32::from(helped)), all.saturating_add(1));
    }
    hits.saturating_mul(100).checked_div(all).map(|percent| (percent, all))
}

/// What so small a share costs.
fn lost((found, of): (u32, u32), settings: &Settings) -> Option<Loss> {
    let costs =
        [(settings.suggest, Some(Mode::Suggest)), (settings.approve, Some(Mode::Approve)), (settings.warn, None)];
    let cost = costs.into_iter().find(|(limit, _)| found < *limit);
    cost.map(|(limit, to)| Loss { to, why: "efficacy", found, limit, of })
}

#[cfg(test)]
mod tests;
