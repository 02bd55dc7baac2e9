//! Where the data of a program lives: `.rodata`, `.data`, `.bss`, the stack and the heap.
//!
//! `String` and `Vec` take 24 bytes of stack each and own one block each (13 and 20 bytes); an
//! array of five takes its 20 bytes on the stack. `ZEROES` takes 10,000 bytes of memory and none
//! of the file. `combine` gets 42 by value and 42 by reference and returns 84.

use std::hint::black_box;

/// The text is in `.rodata`; the pointer and the length of it are in `.data.rel.ro`.
static GREETING: &str = "Hello, static!";

/// A value that is not zero and may change: `.data`.
static mut COUNTER: u32 = 7;

/// Zeroes that may change: `.bss`, which the file only names the size of.
static mut ZEROES: [u8; 10_000] = [0; 10_000];

#[inline(never)]
fn combine(by_value: i32, by_reference: &i32) -> i32 {
    // Without this the optimiser would pass the value in place of the reference.
    let sum = by_value + *black_box(by_reference);
    sum // #in-combine
} // #combine-end

fn main() {
    let small: u8 = 8;
    let number: i32 = black_box(42);
    let large: i64 = -9_000_000_000;
    let text = String::from("Hello, owner!"); // #text
    let list = vec![1, 2, 3, 4, 5]; // #list
    let array = [10, 20, 30, 40, 50];
    let total = combine(number, &number); // #call
    // SAFETY: there is only this thread, and no reference to either static exists.
    let (counter, last_zero) = unsafe {
        COUNTER += 1;
        let zeroes = black_box(&raw mut ZEROES).cast::<u8>();
        ((&raw const COUNTER).read(), zeroes.add(9_999).read())
    };
    // Optimised builds would keep these in no place at all.
    black_box((&small, &large, &text, &list, &array));
    println!("{GREETING} {text} total {total}"); // #all-set
    println!("{} in the list, {} in the array", list.len(), array.len());
    println!("small {small}, large {large}, counter {counter}, last zero {last_zero}"); // #print
} // #end
