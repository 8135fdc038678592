//! Bytes that come in, borrowed, and bytes that go out, owned by the caller.

use crate::Failure;
use crate::status::homeostat_status;

/// Bytes given to the caller, to be freed with `homeostat_bytes_free`. Not terminated by a zero.
#[repr(C)]
#[allow(non_camel_case_types, reason = "it is the name C knows")]
pub struct homeostat_bytes {
    /// The first byte.
    pub data: *mut u8,
    /// How many there are.
    pub len: usize,
}

/// Frees bytes and empties `bytes`, so that a second call does no harm; null is fine.
///
/// # Safety
/// `bytes` is null, or what a call of this library wrote, unchanged, or all zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_bytes_free(bytes: *mut homeostat_bytes) {
    // SAFETY: the caller promises that it is null, or points to bytes.
    let Some(bytes) = (unsafe { bytes.as_mut() }) else { return };
    if !bytes.data.is_null() {
        // SAFETY: the caller promises that `write` made them: a boxed slice of this length.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes.data, bytes.len)) });
    }
    *bytes = homeostat_bytes { data: std::ptr::null_mut(), len: 0 };
}

/// Gives `bytes` to the caller.
///
/// # Safety
/// `output` is writable.
pub unsafe fn write(bytes: Vec<u8>, output: *mut homeostat_bytes) {
    let len = bytes.len();
    let data = Box::into_raw(bytes.into_boxed_slice()).cast::<u8>();
    // SAFETY: the caller promises that it is writable; what it held before is not read.
    unsafe { output.write(homeostat_bytes { data, len }) };
}

/// Bytes of the caller, for one call.
#[derive(Clone, Copy)]
pub struct Slice<'a>(pub &'a [u8]);

impl Slice<'_> {
    /// Checks a pointer and its length.
    ///
    /// # Safety
    /// Unless it is null, the pointer is to as many readable bytes, unchanged while the slice lives.
    pub unsafe fn new((data, len): (*const u8, usize)) -> Result<Self, homeostat_status> {
        if data.is_null() {
            return Err(homeostat_status::HOMEOSTAT_NULL_POINTER);
        }
        if isize::try_from(len).is_err() {
            return Err(homeostat_status::HOMEOSTAT_TOO_LONG);
        }
        // SAFETY: it is not null, the length is possible, and the caller promises the rest.
        Ok(Slice(unsafe { std::slice::from_raw_parts(data, len) }))
    }

    /// The bytes as text.
    pub fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(self.0).map_err(|_| Failure::Status(homeostat_status::HOMEOSTAT_NOT_UTF8))
    }
}
