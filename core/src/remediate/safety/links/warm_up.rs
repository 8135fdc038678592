//! The warm-up (SPEC P9): nothing is done before enough was heard to know what is the matter.

use super::at;
use crate::primitives::time::Span;
use crate::remediate::safety::question::{Answer, Chain};

/// When to ask again while nobody knows when the warm-up ends.
const SOON: Span = Span::from_secs(5);

impl Chain<'_> {
    pub(in crate::remediate::safety) fn warm_up(&self) -> Answer {
        let (warm_up, now) = (self.view.knowledge.warm_up, self.view.context.now);
        if warm_up.is_over() {
            return Answer::pass("warm_up.over");
        }
        match warm_up.until() {
            Some(until) => {
                let remedy = alloc::format!("a word of every component, or waiting {} more", until.since(now));
                Answer::refuse("warm_up.not_over", remedy).with("until", at(until)).again(until)
            }
            None => Answer::refuse("warm_up.not_over", "a word of every component".into()).again(now.after(SOON)),
        }
    }
}
