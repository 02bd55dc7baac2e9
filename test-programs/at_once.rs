//! Functions that are over at their first instruction, in a debug build too: there they begin and
//! end at the same address.

#[inline(never)]
fn nothing() {} // #nothing

#[inline(never)]
fn calls() -> u32 {
    nothing(); // #first
    nothing(); // #second
    7 // #seven
}

fn main() {
    let n = calls(); // #calls
    nothing(); // #third
    println!("{n}"); // #end
}
