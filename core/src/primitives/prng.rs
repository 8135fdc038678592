//! Reproducible randomness: a small generator, with a stream of its own for every name.
//!
//! Source: M. E. O'Neill, *PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random
//! Number Generation*, Harvey Mudd College, 2014 (PCG-XSH-RR, 64 bits of state, 32 of output).

use serde::{Deserialize, Serialize};

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

/// A PCG32 generator. The same seed and stream give the same numbers on every platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pcg32 {
    #[serde(with = "halves")]
    state: u64,
    #[serde(with = "halves")]
    increment: u64,
}

impl Pcg32 {
    /// The generator of `seed` on `stream`.
    pub const fn new(seed: u64, stream: u64) -> Pcg32 {
        let increment = (stream << 1) | 1;
        let state = increment.wrapping_add(seed).wrapping_mul(MULTIPLIER).wrapping_add(increment);
        Pcg32 { state, increment }
    }

    /// The generator of `seed` for what the parts together name. Other names draw other numbers, so that adding one
    /// thing changes no draw of another.
    pub fn keyed(seed: u64, parts: &[&str]) -> Pcg32 {
        // FNV-1a, as names are hashed; 0xff is no part of UTF-8 and keeps the parts apart.
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Pcg32::new(seed, bytes.fold(0xcbf2_9ce4_8422_2325, step))
    }

    /// The next number.
    pub const fn next(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
        let shifted = (((old >> 18) ^ old) >> 27) as u32;
        shifted.rotate_right((old >> 59) as u32)
    }

    /// A number below `bound`, each as likely as any other; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        // What would make the smaller numbers likelier is drawn again; less than half of all draws are.
        let uneven = bound.wrapping_neg() % bound;
        loop {
            let drawn = (u64::from(self.next()) << 32) | u64::from(self.next());
            if drawn >= uneven {
                return drawn % bound;
            }
        }
    }
}

/// 64 bits as two numbers, so that each stays below 2⁵³.
mod halves {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        [(value >> 32) as u32, *value as u32].serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let [high, low] = <[u32; 2]>::deserialize(deserializer)?;
        Ok((u64::from(high) << 32) | u64::from(low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_numbers_are_those_of_the_reference_implementation() {
        // pcg32-demo of the reference implementation, first round: seed 42, stream 54.
        let mut generator = Pcg32::new(42, 54);
        let drawn: Vec<u32> = (0..6).map(|_| generator.next()).collect();
        assert_eq!(drawn, [0xa15c_02b7, 0x7b47_f409, 0xba1d_3330, 0x83d2_f293, 0xbfa4_784b, 0xcbed_606e]);
    }

    #[test]
    fn every_name_has_a_stream_of_its_own() {
        let draw = |seed, parts: &[&str]| Pcg32::keyed(seed, parts).below(u64::MAX);
        assert_eq!(draw(1, &["web", "http"]), draw(1, &["web", "http"]));
        let all = [draw(1, &["web", "http"]), draw(1, &["webh", "ttp"]), draw(1, &["web"]), draw(2, &["web", "http"])];
        assert!((0..4).all(|i| (0..i).all(|j| all[i] != all[j])), "{all:?}");
    }

    #[test]
    fn numbers_below_a_bound_reach_all_of_it_and_no_further() {
        let mut generator = Pcg32::new(7, 7);
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[usize::try_from(generator.below(10)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|times| (850..1_150).contains(times)), "{seen:?}");
        assert_eq!((generator.below(1), generator.below(0)), (0, 0));
    }

    #[test]
    fn it_goes_on_where_it_was_saved() {
        let mut generator = Pcg32::keyed(9, &["a"]);
        generator.next();
        let saved = serde_json::to_string(&generator).unwrap();
        let mut restored: Pcg32 = serde_json::from_str(&saved).unwrap();
        assert_eq!(restored.next(), generator.next());
    }
}
