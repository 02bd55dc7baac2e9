//! A process to attach to and to write core files of: threads that count, values to look at, and
//! an end when its standard input ends.
//!
//! It prints `ready` when all its threads run, and at the end whether anything has disturbed it.

use std::cell::Cell;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

thread_local! {
    static MARK: Cell<u64> = const { Cell::new(7) };
}

static DONE: AtomicBool = AtomicBool::new(false);
static TICKS: AtomicU64 = AtomicU64::new(0);

/// Sixteen pages of zeros in the heap, and one that is not.
struct Ground {
    name: String,
    pages: Vec<u8>,
}

#[inline(never)]
fn tick(worker: u64, total: &mut u64) {
    *total += worker; // #tick
    TICKS.fetch_add(1, Ordering::Relaxed);
}

fn work(worker: u64, ready: &Barrier) -> u64 {
    MARK.set(worker * 11);
    let mut total = 0;
    ready.wait();
    while !DONE.load(Ordering::Relaxed) {
        tick(worker, &mut total);
        std::thread::sleep(Duration::from_millis(1));
    }
    total
}

#[inline(never)]
fn wait_for_end(ground: &Ground, labels: &[String]) -> usize {
    let label_count = labels.len();
    let mut line = String::new();
    let _ = std::io::stdin().lock().read_line(&mut line); // #waits
    line.len() + ground.pages.len() + label_count
}

#[inline(never)]
fn crash(ground: &Ground) {
    let nowhere = ground.name.len() * 0;
    // SAFETY: there is none: the program is to die here.
    unsafe { std::ptr::write_volatile(nowhere as *mut u8, 1) } // #crash
}

fn main() {
    let threads: u64 = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(2);
    let ends_badly = std::env::args().nth(2).is_some_and(|word| word == "crash");
    let mut ground = Ground { name: "Grund".to_owned(), pages: vec![0; 1 << 16] };
    ground.pages[5 << 12] = 42;
    let labels = vec!["eins".to_owned(), "zwei".to_owned()];
    let ready = Arc::new(Barrier::new(usize::try_from(threads).unwrap_or(0) + 1));
    let (send, totals) = mpsc::channel();
    for worker in 1..=threads {
        let (ready, send) = (ready.clone(), send.clone());
        let named = std::thread::Builder::new().name(format!("worker-{worker}"));
        let spawned = named.spawn(move || send.send((worker, work(worker, &ready))));
        assert!(spawned.is_ok());
    }
    drop(send);
    ready.wait();
    println!("ready");
    let _ = std::io::stdout().flush();
    if ends_badly {
        crash(&ground);
    }
    let read = wait_for_end(&ground, &labels);
    DONE.store(true, Ordering::Relaxed);
    // Each worker adds its number at each tick: nothing was lost and nothing done twice.
    let whole = totals.iter().all(|(worker, total)| total % worker == 0);
    println!("ends {read} {whole} {}", ground.name);
}
