//! Three threads with names that wait at a barrier, and the first one, which meets them there.

use std::sync::{Arc, Barrier};
use std::thread;

#[inline(never)]
fn work(number: u32, barrier: &Barrier) -> u32 {
    let twice = number * 2;
    barrier.wait(); // #wait
    twice
}

#[inline(never)]
fn all_wait(barrier: &Barrier) {
    barrier.wait(); // #all-wait
}

fn main() {
    let here = Arc::new(Barrier::new(4));
    let there = Arc::new(Barrier::new(4));
    let spawn = |number: u32| {
        let (here, there) = (Arc::clone(&here), Arc::clone(&there));
        let body = move || {
            here.wait();
            work(number, &there)
        };
        thread::Builder::new().name(format!("worker-{number}")).spawn(body)
    };
    let threads: Vec<_> = (1..=3).filter_map(|number| spawn(number).ok()).collect();
    // Every thread has begun, and has its name.
    here.wait();
    all_wait(&there); // #call
    let sum: u32 = threads.into_iter().filter_map(|thread| thread.join().ok()).sum();
    println!("sum {sum}");
}
