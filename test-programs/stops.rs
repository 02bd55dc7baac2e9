//! Something to stop at for every kind of breakpoint: a loop of calls, generics, closures, a trait,
//! functions that are always inlined, one with several returns, and values that change.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

static COUNTER: AtomicU32 = AtomicU32::new(7);

#[inline(never)]
fn visit(n: u64, name: &str, seen: &[u64]) -> u64 {
    black_box(name);
    n + seen.len() as u64 // #in-visit
}

#[inline(never)]
fn largest<T: PartialOrd + Copy>(a: T, b: T) -> T {
    if a > b { a } else { b } // #in-largest
}

trait Speak {
    fn speak(&self) -> u32;
}

struct Dog;
struct Cat;

impl Speak for Dog {
    #[inline(never)]
    fn speak(&self) -> u32 {
        black_box(1) // #dog
    }
}

impl Speak for Cat {
    #[inline(never)]
    fn speak(&self) -> u32 {
        black_box(2) // #cat
    }
}

#[inline(always)]
fn twice(x: u64) -> u64 {
    let doubled = black_box(x) * 2; // #in-twice
    black_box(doubled)
}

#[inline(never)]
fn early(n: i32) -> i32 {
    if n < 0 {
        return -1; // #negative
    }
    if n == 0 {
        return 0; // #zero
    }
    black_box(n) * 10 // #positive
}

struct Pair {
    left: u32,
    right: u32,
}

#[inline(never)]
fn changes() -> u32 {
    let mut total = 0_u32;
    let mut pair = Pair { left: 1, right: 2 };
    let mut list = vec![10_u64, 20, 30];
    let wide = black_box([1_u64; 8]);
    black_box((&mut total, &mut pair, &mut list, &wide)); // #changes
    total += 5; // #total-5
    pair.right = 9; // #right-9
    list[1] = 21; // #list-21
    total += 1; // #total-6
    black_box(&total);
    let read = black_box(&pair).left; // #left-read
    COUNTER.store(8, Ordering::Relaxed); // #counter-8
    total + pair.left + list.len() as u32 + read // #changes-end
}

#[inline(never)]
fn take(text: String) -> usize {
    black_box(text).len()
}

#[inline(never)]
fn owned() -> usize {
    let text = String::from("abc");
    let taken = take(text); // #taken
    black_box(taken) // #after-move
}

fn main() {
    let mut seen = Vec::new();
    let mut sum = 0;
    for n in 0..10 {
        let name = if n % 2 == 0 { "even" } else { "odd" };
        sum += visit(n, name, &seen); // #call-visit
        seen.push(n);
    }
    sum += u64::from(largest(1_u8, 2)) + largest(30_u64, 4); // #call-largest
    let add = |x: u64| black_box(x) + 1; // #add-closure
    let subtract = |x: u64| black_box(x) - 1; // #subtract-closure
    sum += add(5) + subtract(5); // #call-closures
    sum += u64::from(Dog.speak() + Cat.speak());
    sum += twice(3); // #first-twice
    sum += twice(4); // #second-twice
    for n in [-5, 0, 5] {
        black_box(early(n)); // #call-early
    }
    sum += u64::from(changes()); // #call-changes
    sum += owned() as u64;
    println!("{sum}"); // #end
}
