//! A fixed number of cycles over a settled fleet, to be counted by callgrind: see docs/benchmarks.md.

mod fleet;

use std::hint::black_box;

const CYCLES: u32 = 50_000;

fn main() {
    let components = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    let mut fleet = fleet::Fleet::settled(components);
    let before = fleet.deadlines;
    measured(&mut fleet);
    let deadlines = fleet.deadlines - before;
    println!("{components} components: {CYCLES} checks asked by {deadlines} steps, and answered by {CYCLES} steps");
}

/// What callgrind counts, by its name.
#[inline(never)]
fn measured(fleet: &mut fleet::Fleet) {
    (0..CYCLES).for_each(|_| black_box(&mut *fleet).cycle());
}
