//! What a healthy fleet costs: one check asked and answered, and a policy loaded.

mod fleet;

use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

/// The deadline that asks one check, and its passing answer.
#[divan::bench(args = [1_000, 10_000, 100_000], min_time = 1)]
fn cycle(bencher: Bencher<'_, '_>, components: u32) {
    let mut fleet = fleet::Fleet::settled(components);
    bencher.counter(ItemsCount::new(1_000u32)).bench_local(|| {
        for _ in 0..1_000 {
            fleet.cycle();
        }
    });
}

/// A policy read, checked whole, and its components entered.
#[divan::bench(args = [1_000, 10_000], sample_count = 10)]
fn load(bencher: Bencher<'_, '_>, components: u32) {
    let text = fleet::policy_text(components);
    bencher.bench(|| fleet::load(&text));
}
