//! How much memory one quiet component takes, its policy included, and what a cycle allocates.

mod fleet;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static LIVE: AtomicU64 = AtomicU64::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct Counting;

// An allocator is unsafe by its nature; this one only counts and passes on.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as u64, Relaxed);
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const CYCLES: u64 = 1_000_000;

fn main() {
    println!("components  bytes each  allocations a cycle  bytes grown in {CYCLES} cycles");
    for components in [1_000u32, 10_000, 100_000] {
        let empty = LIVE.load(Relaxed);
        let mut fleet = fleet::Fleet::settled(components);
        let (live, allocations) = (LIVE.load(Relaxed), ALLOCATIONS.load(Relaxed));
        (0..CYCLES).for_each(|_| fleet.cycle());
        let each = (live - empty) / u64::from(components);
        let allocated = (ALLOCATIONS.load(Relaxed) - allocations) as f64 / CYCLES as f64;
        let grown = LIVE.load(Relaxed).cast_signed() - live.cast_signed();
        println!("{components:>10}  {each:>10}  {allocated:>19.3}  {grown:>10}");
        assert!(each <= 2_048, "a quiet component takes more than 2 KiB");
    }
}
