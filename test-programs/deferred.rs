//! A variable that is declared before it has a value: until then its bytes are what another call
//! left on the stack, and no value.

use std::hint::black_box;

#[inline(never)]
fn look() -> usize {
    black_box(1) // #look
}

#[inline(never)]
fn late(name: &str) -> usize {
    let text: String;
    let before = look(); // #before
    text = name.to_owned();
    before + look() + text.len() // #after
} // #late-end

fn main() {
    let sum = late("first") + late("again"); // #calls
    println!("sum {sum}"); // #print
} // #end
