//! No panic crosses the border, and an engine that panicked is not asked again.

use crate::Failure;
use crate::status::homeostat_status;
use homeostat_core::engine::wire::Session;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// An engine that one call at a time uses; the lock is poisoned by a panic.
pub struct Guarded(Mutex<Session>);

impl Guarded {
    /// An engine nobody has asked yet.
    pub fn new(session: Session) -> Guarded {
        Guarded(Mutex::new(session))
    }

    /// Asks the engine, unless an earlier question made it panic.
    pub fn with<T>(&self, ask: impl FnOnce(&mut Session) -> Result<T, Failure>) -> Result<T, Failure> {
        catch(|| match self.0.lock() {
            Ok(mut session) => ask(&mut session),
            Err(_) => Err(Failure::Status(homeostat_status::HOMEOSTAT_POISONED)),
        })
    }
}

/// Makes a panic a status.
pub fn catch<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // What a panic leaves half done is an engine, whose lock is then poisoned.
    let ended = catch_unwind(AssertUnwindSafe(call));
    ended.unwrap_or(Err(Failure::Status(homeostat_status::HOMEOSTAT_PANICKED)))
}

#[cfg(test)]
mod tests {
    use super::Guarded;
    use crate::Failure;
    use crate::status::homeostat_status;
    use homeostat_core::engine::wire::Session;

    fn status(guarded: &Guarded, ask: impl FnOnce() -> Vec<u8>) -> homeostat_status {
        match guarded.with(|_| Ok(ask())) {
            Ok(_) => homeostat_status::HOMEOSTAT_OK,
            Err(Failure::Status(status)) => status,
            Err(Failure::Refused(_)) => homeostat_status::HOMEOSTAT_REFUSED,
        }
    }

    #[test]
    fn a_panic_poisons_one_engine_and_no_other() {
        let policy = include_str!("../tests/policy.yaml");
        let [broken, sound] =
            [(); 2].map(|()| Guarded::new(Session::new("policy", policy).expect("the policy is sound")));
        assert_eq!(status(&broken, Vec::new), homeostat_status::HOMEOSTAT_OK);
        assert_eq!(status(&broken, || panic!("planted")), homeostat_status::HOMEOSTAT_PANICKED);
        assert_eq!(status(&broken, Vec::new), homeostat_status::HOMEOSTAT_POISONED);
        assert_eq!(status(&sound, Vec::new), homeostat_status::HOMEOSTAT_OK);
    }
}
