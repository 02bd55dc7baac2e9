//! A thousand frames of one function.

use std::hint::black_box;

#[inline(never)]
fn descend(levels: u32) -> u32 {
    if levels == 0 {
        return 0; // #deepest
    }
    black_box(descend(levels - 1)) + 1 // #call
} // #descend-end

fn main() {
    let depth = descend(999);
    println!("depth {depth}"); // #print
} // #end
