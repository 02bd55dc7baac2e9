//! Ownership that crosses threads: scoped threads that borrow, a `String` that is moved into a
//! thread and freed there, a shared `Arc<Mutex<_>>`, and a channel.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;

#[inline(never)]
fn sum_of(part: &[u32]) -> u32 {
    part.iter().sum() // #in-sum
}

#[inline(never)]
fn scoped() -> u32 {
    let numbers = vec![1, 2, 3, 4, 5, 6];
    let (left, right) = numbers.split_at(3);
    thread::scope(|scope| {
        let left = scope.spawn(|| sum_of(left));
        let right = scope.spawn(|| sum_of(right));
        left.join().unwrap_or(0) + right.join().unwrap_or(0)
    }) // #scope-end
}

#[inline(never)]
fn consume(value: String) -> usize {
    value.len() // #in-consume
} // #consume-end

#[inline(never)]
fn moved_in() -> usize {
    let value = String::from("goes to a thread"); // #alloc
    let thread = thread::spawn(move || consume(value)); // #spawn
    thread.join().unwrap_or(0)
}

#[inline(never)]
fn add_one(counter: &Mutex<u32>) {
    if let Ok(mut count) = counter.lock() {
        *count += 1; // #locked
    }
}

#[inline(never)]
fn shared() -> u32 {
    let counter = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || add_one(&counter))
        })
        .collect();
    for thread in threads {
        let _ = thread.join();
    }
    counter.lock().map_or(0, |count| *count) // #counted
}

#[inline(never)]
fn channel() -> usize {
    let (sender, receiver) = mpsc::channel::<String>();
    let thread = thread::spawn(move || {
        for word in ["made", "over", "there"] {
            let _ = sender.send(word.to_owned()); // #send
        }
    });
    let mut bytes = 0;
    for word in receiver {
        bytes += consume(word); // #receive
    }
    let _ = thread.join();
    bytes
}

fn main() {
    println!("scoped threads: {}", scoped()); // 21
    println!("moved into a thread: {} bytes", moved_in()); // 16
    println!("shared counter: {}", shared()); // 4
    println!("through a channel: {} bytes", channel()); // 13
} // #end
