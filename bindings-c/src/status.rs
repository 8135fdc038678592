//! How a call ended.

/// How a call ended. Numbers are never used again for something else.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(non_camel_case_types, reason = "they are the names C knows")]
pub enum homeostat_status {
    /// It did what it should; outputs are written.
    HOMEOSTAT_OK = 0,
    /// A pointer is null that must not be; nothing happened.
    HOMEOSTAT_NULL_POINTER = 1,
    /// A length is more than an address space can hold; nothing happened.
    HOMEOSTAT_TOO_LONG = 2,
    /// A text is not UTF-8; nothing happened.
    HOMEOSTAT_NOT_UTF8 = 3,
    /// What was given cannot be taken; the reason is written, nothing else happened.
    HOMEOSTAT_REFUSED = 4,
    /// The call met a bug and was stopped. Its engine can only be freed; restore a snapshot.
    HOMEOSTAT_PANICKED = 5,
    /// An earlier call on this engine met a bug. It can only be freed; restore a snapshot.
    HOMEOSTAT_POISONED = 6,
}
