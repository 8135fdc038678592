//! What each target does with its bytes. A target passes by returning.
#![forbid(unsafe_code)]

mod journal;

use arbitrary::{Arbitrary, Unstructured};
use homeostat_core::engine::wire::Session;
use journal::{Host, Move};
use std::sync::OnceLock;

const POLICY: &str = include_str!("../policy.yaml");
/// A restore reads the whole policy again: more of them would make journals slow, and find nothing more.
const MOST_RESTORES: u32 = 2;

/// Any text is a policy, or is refused with at least one reason.
pub fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(problems) = Session::new("fuzz", text) {
        assert!(!problems.is_empty(), "a refusal without a reason");
    }
}

/// Any journal is taken, can be explained, and a snapshot in its middle changes nothing after it.
pub fn steps(data: &[u8]) {
    let mut bytes = Unstructured::new(data);
    let mut host = Host::new(engine());
    let mut twin = None;
    let mut restores = 0;
    while let Ok(next) = Move::arbitrary(&mut bytes) {
        if let Move::Snapshot = next {
            restores += 1;
            if restores > MOST_RESTORES {
                continue;
            }
            twin = Some(restored(&host.engine.snapshot()));
        } else if let Some((input, output)) = host.play(&next)
            && let Some(twin) = &mut twin
        {
            assert_eq!(twin.step(&input), output, "a restored engine went another way");
        }
        if bytes.is_empty() {
            break;
        }
    }
    host.look();
    if let Some(twin) = twin {
        assert_eq!(twin.snapshot(), host.engine.snapshot(), "a restored engine ended otherwise");
    }
}

/// Any bytes are a snapshot that can be used, or are refused.
pub fn restore(data: &[u8]) {
    let altered = match data.split_first() {
        Some((kind, changes)) if kind % 2 == 1 => alter(used().snapshot(), changes),
        _ => data.to_vec(),
    };
    if let Ok(engine) = Session::restore(&altered) {
        let mut host = Host::new(engine);
        host.play(&Move::Start);
        host.play(&Move::Wait { seconds: 600 });
        let _ = restored(&host.engine.snapshot());
    }
}

/// An engine that has seen nothing; its policy is read once.
fn engine() -> Session {
    static FRESH: OnceLock<Session> = OnceLock::new();
    let fresh = FRESH.get_or_init(|| {
        let read = Session::new("policy.yaml", POLICY);
        read.unwrap_or_else(|problems| panic!("the policy of this crate is refused: {problems:?}"))
    });
    fresh.clone()
}

fn restored(snapshot: &[u8]) -> Session {
    Session::restore(snapshot).unwrap_or_else(|error| panic!("a genuine snapshot is refused: {error}"))
}

/// An engine in the middle of its work.
fn used() -> Session {
    let mut host = Host::new(engine());
    host.play(&Move::Start);
    for _ in 0..8 {
        host.play(&Move::Wait { seconds: 30 });
        for _ in 0..4 {
            host.play(&Move::Answer { which: 0, result: 1 });
        }
    }
    host.engine
}

/// Changes bytes: two for the place, one for the new value.
fn alter(mut snapshot: Vec<u8>, changes: &[u8]) -> Vec<u8> {
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % snapshot.len().max(1);
        if let Some(byte) = snapshot.get_mut(at) {
            *byte = change[2];
        }
    }
    snapshot
}
