//! Many threads that all come to one function: 64 of them, 10,000 calls in all.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};

const THREADS: u64 = 64;
const CALLS: u64 = 10_000;

static DONE: AtomicU64 = AtomicU64::new(0);

#[inline(never)]
fn meet(n: u64) -> u64 {
    black_box(n) + 1 // #meet
}

fn main() {
    let barrier = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let mine = (0..CALLS).filter(|call| call % THREADS == thread);
                for call in mine {
                    black_box(meet(call));
                    DONE.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    println!("{}", DONE.load(Ordering::Relaxed));
}
