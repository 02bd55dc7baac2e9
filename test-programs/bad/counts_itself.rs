//! Counts its own allocations in a `#[global_allocator]`, and says at its very end what it counted:
//! whoever watches must come to the same numbers.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static FREED: AtomicUsize = AtomicUsize::new(0);
static RESIZED: AtomicUsize = AtomicUsize::new(0);
/// Bytes asked for, growth by reallocation included.
static BYTES: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);

fn begin(bytes: usize) {
    ALLOCATED.fetch_add(1, Relaxed);
    BYTES.fetch_add(bytes, Relaxed);
    LIVE.fetch_add(bytes, Relaxed);
}

// SAFETY: all memory comes from `System` and goes back to it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        begin(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        begin(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        RESIZED.fetch_add(1, Relaxed);
        BYTES.fetch_add(size.saturating_sub(layout.size()), Relaxed);
        LIVE.fetch_add(size.wrapping_sub(layout.size()), Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        FREED.fetch_add(1, Relaxed);
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

unsafe extern "C" {
    fn atexit(function: extern "C" fn()) -> i32;
    fn write(file: i32, bytes: *const u8, len: usize) -> isize;
}

/// Runs behind everything that Rust's runtime frees, and allocates nothing itself.
extern "C" fn say() {
    let words = [&b"allocated"[..], b"freed", b"reallocated", b"bytes", b"leaked_bytes"];
    for (word, count) in words.into_iter().zip([&ALLOCATED, &FREED, &RESIZED, &BYTES, &LIVE]) {
        let mut line = [b' '; 40];
        line[..word.len()].copy_from_slice(word);
        line[39] = b'\n';
        let mut rest = count.load(Relaxed);
        for digit in line[..39].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        // SAFETY: the bytes are those of `line`.
        unsafe { write(1, line.as_ptr(), line.len()) };
    }
}

#[inline(never)]
fn work(rounds: usize) -> usize {
    let mut names = HashMap::new(); // #in-work
    let mut grown = Vec::new();
    for round in 0..rounds {
        names.insert(round, format!("name {round}")); // #insert
        grown.push(round); // #grow
    }
    let zeroed = black_box(vec![0_u64; rounds]);
    let boxes: Vec<Box<[u8]>> = (0..rounds).map(|size| vec![1; size].into_boxed_slice()).collect();
    std::mem::forget(black_box(Box::new([7_u64; 5]))); // #leak
    names.values().map(String::len).sum::<usize>() + zeroed.len() + boxes.len() + grown.len()
} // #work-end

fn main() {
    // SAFETY: the function is there until the end.
    unsafe { atexit(say) };
    let here = work(20);
    let there = thread::spawn(|| work(10)).join().unwrap_or(0);
    println!("worked {here} {there}"); // #print
} // #end
