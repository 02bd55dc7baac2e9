//! References and pointers that outlive what they lead to, and are not followed then: into a block
//! that was freed, into one that lies in its place, and into a frame that was left.

use std::alloc::{Layout, alloc, dealloc};
use std::hint::black_box;
use std::ptr::NonNull;
use std::slice;

#[inline(never)]
fn call() {
    black_box(());
}

#[inline(never)]
fn into_block() -> usize {
    let layout = Layout::array::<u64>(4).expect("it is small");
    // SAFETY: each number is written before it is read, and nothing is read behind the `dealloc`.
    unsafe {
        let block = alloc(layout).cast::<u64>(); // #alloc
        assert!(!block.is_null());
        for index in 0..4 {
            block.add(index).write(index as u64 + 10);
        }
        let second: &u64 = &*block.add(1);
        let all: &[u64] = slice::from_raw_parts(block, 4);
        let third = NonNull::new_unchecked(block.add(2));
        let raw = block.add(3).cast_const();
        println!("alive {second} {}", all.len()); // #alive
        dealloc(block.cast(), layout); // #free
        call();
        println!("gone {}", raw.addr() - third.addr().get()); // #gone
        let again = alloc(layout).cast::<u64>();
        assert!(!again.is_null());
        again.write_bytes(0, 4);
        println!("again {}", again.is_null()); // #again
        dealloc(again.cast(), layout);
    }
    layout.size()
}

#[inline(never)]
fn local() -> *const u32 {
    let numbers = [7; 100];
    black_box(&raw const numbers[0])
}

#[inline(never)]
fn into_frame() -> bool {
    let pointer = local();
    println!("left {}", pointer.is_null()); // #left
    pointer.is_null()
}

fn main() {
    println!("ends {} {}", into_block(), into_frame());
} // #end
