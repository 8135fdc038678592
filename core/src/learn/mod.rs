//! Learn: what came of what was done.

mod outcome;

pub use outcome::{Learn, Record};
