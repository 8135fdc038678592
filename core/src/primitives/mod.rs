//! Floor 1: time, finite numbers, digests and the few containers everything above stands on.

pub mod finite;
pub mod time;
