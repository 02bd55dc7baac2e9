//! A `#[global_allocator]` that asks nobody: it gives out the bytes of a static, one after another.
//! Where the optimiser inlines it, an allocation is an addition, and nothing is called.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const ROOM: usize = 1 << 16;

struct Arena {
    used: AtomicUsize,
    bytes: UnsafeCell<[u8; ROOM]>,
}

// SAFETY: no byte is given out twice.
unsafe impl Sync for Arena {}

// SAFETY: what is given out lies in `bytes`, is aligned, and is never taken back.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = self.used.load(Relaxed).next_multiple_of(layout.align());
        if used + layout.size() > ROOM {
            return std::ptr::null_mut();
        }
        self.used.store(used + layout.size(), Relaxed);
        // SAFETY: the bound was checked.
        unsafe { self.bytes.get().cast::<u8>().add(used) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ARENA: Arena = Arena { used: AtomicUsize::new(0), bytes: UnsafeCell::new([0; ROOM]) };

#[inline(never)]
fn total(numbers: Vec<u32>) -> u32 {
    black_box(&numbers).iter().sum() // #in-total
} // #total-end

fn main() {
    let sum = total((0..10).collect()); // #call
    println!("sum {sum}"); // #print
} // #end
