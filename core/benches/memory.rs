//! How much memory one quiet component takes, its policy included, and what a cycle allocates.

mod counting;
mod fleet;

use counting::{allocations, live};

const CYCLES: u64 = 1_000_000;

fn main() {
    println!("components  bytes each  allocations a cycle  bytes grown in {CYCLES} cycles");
    for components in [1_000u32, 10_000, 100_000] {
        let empty = live();
        let mut fleet = fleet::Fleet::settled(components);
        let (before, asked) = (live(), allocations());
        (0..CYCLES).for_each(|_| fleet.cycle());
        let each = (before - empty) / u64::from(components);
        let allocated = (allocations() - asked) as f64 / CYCLES as f64;
        let grown = live().cast_signed() - before.cast_signed();
        println!("{components:>10}  {each:>10}  {allocated:>19.3}  {grown:>10}");
        assert!(each <= 2_048, "a quiet component takes more than 2 KiB");
    }
}
