//! Mistakes of `unsafe` code, by argument: a block that is freed twice (`twice`), a pointer that is
//! freed and was never allocated (`stack`), and reallocations of the same (`grow`, `grow-stack`). The
//! allocator may end the program at each.

use std::alloc::{Layout, alloc, dealloc, realloc};
use std::hint::black_box;

#[inline(never)]
fn free(pointer: *mut u8, layout: Layout) {
    // SAFETY: it is not sound, which is what this program is for.
    unsafe { dealloc(black_box(pointer), layout) } // #free
}

#[inline(never)]
fn twice(layout: Layout) {
    // SAFETY: the layout has a size, and the pointer is checked before it is written to.
    let block = unsafe {
        let block = alloc(layout); // #alloc
        assert!(!block.is_null());
        block.write(7);
        block
    };
    println!("one {}", black_box(block as usize) != 0); // #one
    free(block, layout); // #first
    free(block, layout); // #second
}

#[inline(never)]
fn stack(layout: Layout) {
    let mut words = [1u64; 8];
    free(black_box(words.as_mut_ptr()).cast(), layout); // #stack
    println!("words {}", words.len());
}

#[inline(never)]
fn resize(pointer: *mut u8, layout: Layout) -> *mut u8 {
    // SAFETY: it is not sound, which is what this program is for.
    unsafe { realloc(black_box(pointer), layout, 2 * layout.size()) } // #resize
}

#[inline(never)]
fn grow(layout: Layout) {
    // SAFETY: the layout has a size.
    let block = unsafe { alloc(layout) }; // #grow-alloc
    let larger = resize(block, layout);
    free(larger, layout);
    let again = resize(larger, layout); // #grow-again
    println!("again {}", black_box(again as usize) != 0);
}

fn main() {
    let layout = Layout::array::<u64>(6).expect("it is small");
    match std::env::args().nth(1).as_deref() {
        Some("stack") => stack(layout),
        Some("grow") => grow(layout),
        Some("grow-stack") => {
            let mut words = [1u64; 8];
            let larger = resize(black_box(words.as_mut_ptr()).cast(), layout);
            println!("larger {}", black_box(larger as usize) != 0);
        }
        _ => twice(layout),
    }
}
