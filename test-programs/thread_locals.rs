//! Variables that each thread has for itself, of every kind of storage that `thread_local!` has:
//! constants and values that are made when they are first used, with and without a destructor.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::thread;

thread_local! {
    static COUNTER: Cell<u32> = const { Cell::new(1) };
    static LATE: Cell<u32> = Cell::new(black_box(2));
    static WORDS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static GUARD: Guard = Guard(String::from("guarded"));
}

struct Guard(String);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {
        black_box(&self.0); // #ending
    }
}

#[inline(never)]
fn fresh() {
    black_box("not used yet");
}

#[inline(never)]
fn used() {
    black_box("used");
}

fn use_all(n: u32) {
    COUNTER.set(COUNTER.get() + n);
    LATE.set(LATE.get() + n);
    WORDS.with_borrow_mut(|words| words.push(format!("word {n}")));
    GUARD.with(|guard| black_box(guard.0.len()));
}

fn main() {
    use_all(10);
    used();
    let other = thread::spawn(|| {
        fresh();
        use_all(20);
        used();
    });
    let _ = other.join();
    used();
}
