//! Canonical JSON, in one definition: fields in the order they are declared, maps sorted by key, no spaces,
//! the shortest number that reads back as the same number.

use crate::primitives::digest::Digest;
use alloc::vec::Vec;
use serde::Serialize;

/// The canonical bytes of `value`.
///
/// # Errors
/// When a map has keys that are not strings, which no type of this crate has; the caller sets the fault latch.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(value)
}

/// The digest of the canonical bytes of `value`; of no bytes at all where there are none.
pub fn digest<T: Serialize>(value: &T) -> Digest {
    Digest::of(&canonical(value).unwrap_or_default())
}
