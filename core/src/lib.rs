//! The deterministic core of Homeostat: timestamped events in, commands out.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod analyze;
pub mod detect;
pub mod engine;
pub mod escalate;
pub mod knowledge;
pub mod learn;
pub mod model;
pub mod monitor;
pub mod policy;
pub mod primitives;
pub mod remediate;
