//! Ten thousand blocks, each freed before the next is asked for.

use std::hint::black_box;

fn main() {
    let mut bytes = 0;
    for number in 0..10_000_u32 {
        let block = vec![number; 4]; // #alloc
        bytes += size_of_val(black_box(block.as_slice()));
    } // #free
    println!("{bytes} bytes"); // #print: 160000
} // #end
