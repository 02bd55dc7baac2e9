//! A `String` that says it is 2^60 bytes long, at an address where nothing is mapped.
//!
//! The program never touches its text and never drops it: only a debugger would follow it.

use std::hint::black_box;
use std::mem;

#[inline(never)]
fn look_away(text: &String) -> usize {
    black_box(text);
    1 // #in-look-away
} // #look-away-end

fn main() {
    // A true one shows which of the three words is which.
    let mut model = String::with_capacity(8);
    model.push_str("abc");
    // SAFETY: a `String` is three words that may all be read as integers.
    let words: [usize; 3] = unsafe { mem::transmute_copy(&model) };
    let garbled = words.map(|word| if word == 3 || word == 8 { 1_usize << 60 } else { 0x66_6000 });
    // SAFETY: none that holds. The value is not read, and not dropped.
    let garbage: String = unsafe { mem::transmute(garbled) };
    let answer = look_away(&garbage); // #call
    mem::forget(garbage);
    println!("answer {answer}"); // #print
} // #end
