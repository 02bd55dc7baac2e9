//! Two boxes that own each other, which safe Rust cannot make: whoever follows must stop.

use std::hint::black_box;
use std::mem;

struct Node {
    value: u32,
    next: Option<Box<Node>>,
}

#[inline(never)]
fn value_of(node: &Node) -> u32 {
    black_box(node).value // #in-value-of
} // #value-of-end

fn main() {
    let last = Box::new(Node { value: 2, next: None });
    let mut first = Box::new(Node { value: 1, next: Some(last) });
    let back: *mut Node = &raw mut *first;
    if let Some(last) = &mut first.next {
        // SAFETY: none that holds: two owners of one block. Neither is dropped.
        last.next = Some(unsafe { Box::from_raw(back) });
    }
    let value = value_of(&first); // #call
    let second = first.next.as_ref().map_or(0, |node| node.value);
    mem::forget(first);
    println!("value {value}, then {second}"); // #print
} // #end
