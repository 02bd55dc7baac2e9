//! Signals that the program sends to itself: SIGUSR1 has a handler, which counts, and SIGCHLD is
//! ignored by default. The exit code is the count.

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, Ordering};

unsafe extern "C" {
    fn signal(signal: c_int, handler: usize) -> usize;
    fn raise(signal: c_int) -> c_int;
}

const SIGUSR1: c_int = 10;
const SIGCHLD: c_int = 17;

static SEEN: AtomicI32 = AtomicI32::new(0);

#[inline(never)]
fn count(signal: c_int) {
    SEEN.fetch_add(signal, Ordering::Relaxed); // #in-handler
}

extern "C" fn handler(signal: c_int) {
    count(signal);
}

fn main() {
    // SAFETY: the handler adds to an atomic number, and nothing else.
    unsafe {
        signal(SIGUSR1, handler as *const () as usize);
        raise(SIGCHLD);
        raise(SIGUSR1); // #raise
    }
    let seen = SEEN.load(Ordering::Relaxed);
    println!("seen {seen}"); // #seen
    std::process::exit(seen);
}
