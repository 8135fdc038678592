//! The engine behind a C interface.
//!
//! Every call checks its pointers, lengths and text, and returns a status. Outputs are written only when the status
//! says so. No panic crosses the border: a call that panics poisons its engine, and the process goes on.

mod bytes;
mod guard;
mod status;

pub use bytes::{homeostat_bytes, homeostat_bytes_free};
pub use status::homeostat_status;

use bytes::{Slice, write};
use guard::Guarded;
use homeostat_core::engine::wire::Session;
use homeostat_core::primitives::json;

/// An engine. Calls from several threads at once are made one after the other.
#[allow(non_camel_case_types, reason = "it is the name C knows")]
pub struct homeostat_engine(Guarded);

/// Makes an engine from a policy, given as YAML or JSON text.
///
/// With `HOMEOSTAT_OK` the engine is in `engine`, to be freed with `homeostat_engine_free`. With `HOMEOSTAT_REFUSED`
/// all mistakes of the policy are in `problem`, as a JSON list, to be freed with `homeostat_bytes_free`.
///
/// # Safety
/// `policy` points to `policy_len` readable bytes; `engine` and `problem` are writable, or `problem` is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_engine_new(
    policy: *const u8,
    policy_len: usize,
    engine: *mut *mut homeostat_engine,
    problem: *mut homeostat_bytes,
) -> homeostat_status {
    // SAFETY: the caller promises what `make` needs.
    unsafe {
        make((policy, policy_len), engine, problem, |policy| {
            Session::new("policy", policy.text()?)
                .map_err(|problems| Failure::Refused(json::canonical(&problems).unwrap_or_default()))
        })
    }
}

/// Makes an engine from a snapshot: the engine that gave it, at that instant.
///
/// Outputs are those of `homeostat_engine_new`, but that `problem` is one sentence.
///
/// # Safety
/// `snapshot` points to `snapshot_len` readable bytes; `engine` and `problem` are writable, or `problem` is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_engine_restore(
    snapshot: *const u8,
    snapshot_len: usize,
    engine: *mut *mut homeostat_engine,
    problem: *mut homeostat_bytes,
) -> homeostat_status {
    // SAFETY: the caller promises what `make` needs.
    unsafe {
        make((snapshot, snapshot_len), engine, problem, |snapshot| {
            Session::restore(snapshot.0).map_err(|error| Failure::Refused(error.to_string().into_bytes()))
        })
    }
}

/// Takes one input in and gives what the engine concluded and asks for.
///
/// The answer is in `output`, as canonical JSON, to be freed with `homeostat_bytes_free`. Bytes that are no input are
/// refused by a fact in the answer, and recorded.
///
/// # Safety
/// `engine` came from `homeostat_engine_new` or `homeostat_engine_restore` and is not freed; `input` points to
/// `input_len` readable bytes; `output` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_engine_step(
    engine: *const homeostat_engine,
    input: *const u8,
    input_len: usize,
    output: *mut homeostat_bytes,
) -> homeostat_status {
    // SAFETY: the caller promises what `ask` needs.
    unsafe { ask(engine, (input, input_len), output, |engine, input| Ok(engine.step(input.0))) }
}

/// Gives the commands that wait for an answer, as canonical JSON, to be freed with `homeostat_bytes_free`.
///
/// # Safety
/// `engine` as for `homeostat_engine_step`; `output` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_engine_outstanding(
    engine: *const homeostat_engine,
    output: *mut homeostat_bytes,
) -> homeostat_status {
    // SAFETY: the caller promises what `ask` needs; the empty slice is readable.
    unsafe { ask(engine, EMPTY, output, |engine, _| Ok(engine.outstanding())) }
}

/// Gives all that the engine knows, for `homeostat_engine_restore`, to be freed with `homeostat_bytes_free`.
///
/// # Safety
/// `engine` as for `homeostat_engine_step`; `output` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_engine_snapshot(
    engine: *const homeostat_engine,
    output: *mut homeostat_bytes,
) -> homeostat_status {
    // SAFETY: the caller promises what `ask` needs; the empty slice is readable.
    unsafe { ask(engine, EMPTY, output, |engine, _| Ok(engine.snapshot())) }
}

/// Gives what `query` asks for, such as `{"view":"status"}`, and changes nothing.
///
/// With `HOMEOSTAT_OK` the answer is in `output`, as canonical JSON. With `HOMEOSTAT_REFUSED` it is no query, and the
/// reason is in `output`. Both are to be freed with `homeostat_bytes_free`.
///
/// # Safety
/// `engine` as for `homeostat_engine_step`; `query` points to `query_len` readable bytes; `output` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_engine_view(
    engine: *const homeostat_engine,
    query: *const u8,
    query_len: usize,
    output: *mut homeostat_bytes,
) -> homeostat_status {
    // SAFETY: the caller promises what `ask` needs.
    unsafe {
        ask(engine, (query, query_len), output, |engine, query| {
            engine.view(query.0).map_err(|reason| Failure::Refused(reason.into_bytes()))
        })
    }
}

/// Frees an engine; null is fine.
///
/// # Safety
/// `engine` came from `homeostat_engine_new` or `homeostat_engine_restore`, is not freed, and is not in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn homeostat_engine_free(engine: *mut homeostat_engine) {
    if !engine.is_null() {
        // SAFETY: it came from `Box::into_raw` and is freed once, as the caller promises.
        let engine = unsafe { Box::from_raw(engine) };
        let freed = guard::catch(|| {
            drop(engine);
            Ok(())
        });
        // There is nobody to tell that an engine could not be freed.
        freed.unwrap_or_default();
    }
}

const EMPTY: (*const u8, usize) = (std::ptr::NonNull::dangling().as_ptr(), 0);

/// What a call can end in besides success.
enum Failure {
    /// The core refuses, and says why.
    Refused(Vec<u8>),
    /// The border refuses.
    Status(homeostat_status),
}

/// Makes an engine and puts it into `engine`, or the reason why not into `problem`.
///
/// # Safety
/// `from` is a pointer to as many readable bytes; `engine` and `problem` are null or writable.
unsafe fn make(
    from: (*const u8, usize),
    engine: *mut *mut homeostat_engine,
    problem: *mut homeostat_bytes,
    with: impl FnOnce(Slice<'_>) -> Result<Session, Failure>,
) -> homeostat_status {
    if engine.is_null() {
        return homeostat_status::HOMEOSTAT_NULL_POINTER;
    }
    // SAFETY: the caller promises that the bytes are readable; they are not used after this call.
    let made = unsafe { Slice::new(from) }.map_err(Failure::Status).and_then(|from| guard::catch(|| with(from)));
    match made {
        Ok(session) => {
            let made = Box::into_raw(Box::new(homeostat_engine(Guarded::new(session))));
            // SAFETY: it is not null, and the caller promises that it is writable.
            unsafe { engine.write(made) };
            homeostat_status::HOMEOSTAT_OK
        }
        // SAFETY: the caller promises that `problem` is null or writable.
        Err(failure) => unsafe { tell(failure, problem) },
    }
}

/// Asks an engine something and puts its answer, or the reason why there is none, into `output`.
///
/// # Safety
/// `engine` is null or an engine that is not freed; `from` is a pointer to as many readable bytes; `output` is null or
/// writable.
unsafe fn ask(
    engine: *const homeostat_engine,
    from: (*const u8, usize),
    output: *mut homeostat_bytes,
    what: impl FnOnce(&mut Session, Slice<'_>) -> Result<Vec<u8>, Failure>,
) -> homeostat_status {
    // SAFETY: the caller promises that it is null or an engine that is not freed.
    let Some(engine) = (unsafe { engine.as_ref() }).filter(|_| !output.is_null()) else {
        return homeostat_status::HOMEOSTAT_NULL_POINTER;
    };
    // SAFETY: the caller promises that the bytes are readable; they are not used after this call.
    let from = unsafe { Slice::new(from) }.map_err(Failure::Status);
    match from.and_then(|from| engine.0.with(|session| what(session, from))) {
        Ok(answer) => {
            // SAFETY: it is not null, and the caller promises that it is writable.
            unsafe { write(answer, output) };
            homeostat_status::HOMEOSTAT_OK
        }
        // SAFETY: as above.
        Err(failure) => unsafe { tell(failure, output) },
    }
}

/// # Safety
/// `output` is null or writable.
unsafe fn tell(failure: Failure, output: *mut homeostat_bytes) -> homeostat_status {
    match failure {
        Failure::Status(status) => status,
        Failure::Refused(reason) => {
            if !output.is_null() {
                // SAFETY: it is not null, and the caller promises that it is writable.
                unsafe { write(reason, output) };
            }
            homeostat_status::HOMEOSTAT_REFUSED
        }
    }
}
