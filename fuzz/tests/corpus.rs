//! Replays the committed corpus, and some mutations of it, without a fuzzer.

use std::fs;
use std::path::PathBuf;

const MUTATIONS: u64 = 16;

#[test]
fn policies_load_or_are_refused() {
    replay("policy", homeostat_fuzz::policy);
}

#[test]
fn snapshots_restore_or_are_refused() {
    replay("restore", homeostat_fuzz::restore);
}

#[test]
fn journals_are_taken_whatever_they_hold() {
    replay("steps", homeostat_fuzz::steps);
}

fn replay(target: &str, run: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("there is a corpus").map(|entry| entry.expect("it can be read").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "the corpus of `{target}` is empty");
    for file in files {
        let data = fs::read(&file).expect("a file of the corpus can be read");
        run(&data);
        for seed in 1..=MUTATIONS {
            run(&mutate(data.clone(), seed));
        }
    }
}

/// The same few changes for the same seed: a bit, a byte, a cut, a repetition.
fn mutate(mut data: Vec<u8>, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut draw = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below.max(1)).expect("64 bits hold it")).expect("it is below a usize")
    };
    for _ in 0..=draw(4) {
        let at = draw(data.len());
        match (draw(4), data.get_mut(at)) {
            (0, Some(byte)) => *byte ^= 1 << draw(8),
            (1, Some(byte)) => *byte = u8::try_from(draw(256)).expect("it is below 256"),
            (2, Some(_)) => data.truncate(at),
            _ => data.extend_from_within(at..),
        }
    }
    data
}
