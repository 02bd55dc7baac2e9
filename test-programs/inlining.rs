//! Twins: one is always inlined and has no stack of its own, the other never is and has a frame.

use std::hint::black_box;

#[inline(never)]
fn deepest(x: i32) -> i32 {
    black_box(x) // #deepest
}

#[inline(always)]
fn always(x: i32) -> i32 {
    let tripled = x * 3;
    deepest(tripled) + 1 // #in-always
}

#[inline(never)]
fn never(x: i32) -> i32 {
    let tripled = x * 3;
    deepest(tripled) + 1 // #in-never
} // #never-end

#[inline(never)]
fn both(x: i32) -> i32 {
    let inlined = always(x); // #call-always
    let called = never(x); // #call-never
    inlined + called // #both-done
} // #both-end

fn main() {
    let result = both(black_box(5)); // #call
    println!("twice 16 is {result}"); // #print
} // #end
