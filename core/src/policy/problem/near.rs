//! Near matches among many words, as long as that stays cheap.

use super::suggest::{LONGEST, slip, suggest};
use core::cell::Cell;

/// Finds near matches among many words, as long as that stays cheap: a document full of unknown names would otherwise
/// cost the product of its names and its mistakes.
pub struct Near {
    left: Cell<usize>,
}

impl Near {
    /// How many short words are compared in all; about 1 µs each.
    const MOST: usize = 300_000;
    /// Letters of a short word. One of twice as many costs four times as much.
    const SHORT: usize = 16;

    /// Nothing compared yet.
    pub fn new() -> Near {
        Near { left: Cell::new(Near::MOST) }
    }

    /// The nearest of `candidates`, `many` of them; none any more when too many have been compared.
    pub fn of<'c>(&self, word: &str, many: usize, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        self.spend(word, many)?;
        suggest(word, candidates)
    }

    /// As [`Near::of`], for words that may well be meant as they are.
    pub fn slip<'c>(&self, word: &str, many: usize, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        self.spend(word, many)?;
        slip(word, candidates)
    }

    fn spend(&self, word: &str, many: usize) -> Option<()> {
        let length = word.len().min(LONGEST).div_ceil(Near::SHORT).max(1);
        let cost = many.saturating_mul(length * length);
        self.left.set(self.left.get().checked_sub(cost)?);
        Some(())
    }
}

impl Default for Near {
    fn default() -> Near {
        Near::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparing_ends_when_it_has_cost_enough() {
        let near = Near::new();
        for _ in 0..Near::MOST / 1_000 {
            assert_eq!(near.slip("restart_servce", 1_000, ["restart_service"]), Some("restart_service"));
        }
        assert_eq!(near.slip("restart_servce", 1_000, ["restart_service"]), None);
        assert_eq!(near.of("restart", 1, ["restrat"]), None, "one budget for both");
        let (near, long) = (Near::new(), "x".repeat(60));
        assert_eq!(near.slip(&long, Near::MOST / 15, [&*long]), None, "long words cost more");
    }
}
