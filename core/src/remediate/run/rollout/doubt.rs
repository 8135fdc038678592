//! A rollout of which nobody can tell how far it got: it goes no further, and what can be seen decides only that it did harm.

use super::Rolling;
use crate::policy::playbook::AbortOn;
use crate::remediate::run::step::Work;
use crate::remediate::run::{Run, Status};
use alloc::format;
use alloc::string::String;

impl Rolling {
    /// Why it has to go back by the metric that must not rise.
    pub(super) fn risen(&self, abort: &AbortOn) -> Option<String> {
        self.before.iter().find_map(|(name, before)| {
            let (_, now) = self.since.get(name)?;
            let rose = now.value() - before.value() > abort.rise.value();
            rose.then(|| format!("`{}` of `{name}` rose from {before} to {now}", abort.metric))
        })
    }
}

impl Run {
    /// How far its rollout got before nobody could tell any more, in words.
    pub fn how_far_in_doubt(&self) -> String {
        let passed = self.rolling.as_ref().map_or(0, |rolling| rolling.passed);
        format!("{passed} of {} stages are known to have done what they were to do", self.plan.rollout.len())
    }
}

impl Work<'_, '_> {
    /// Why a rollout whose stages are not looked at any more has to go back all the same: the metric rose.
    pub(in crate::remediate) fn rose_unwatched(&self, run: &mut Run) -> Option<String> {
        if !run.is_in_doubt() && !matches!(run.status, Status::Verifying(_)) {
            return None;
        }
        let mut rolling = run.rolling.take()?;
        self.measure(run, &mut rolling);
        let risen = run.abort_on().and_then(|abort| rolling.risen(abort));
        rolling.worse |= risen.is_some();
        run.rolling = Some(rolling);
        risen
    }
}
