//! Floor 1: time, finite numbers, digests and the few containers everything above stands on.

pub mod calendar;
pub mod digest;
pub mod finite;
pub mod json;
pub mod mask;
mod mask_encoded;
pub mod name;
pub mod names;
pub mod prng;
pub mod table;
pub mod text;
pub mod time;
pub mod wheel;
