//! Two allocators of the program's own, of which the global one hands small requests to an arena and
//! counts the others: the same events come of it as without. `Drop` impls print type and place.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicUsize, Ordering};

const ARENA: usize = 4096;

/// Counts what it passes on to the system's allocator, and serves one size from an arena.
struct Counting {
    arena: UnsafeCell<[u8; ARENA]>,
    used: AtomicUsize,
    live: AtomicUsize,
}

/// The size that comes from the arena, and is never given back to it.
const FROM_ARENA: usize = 48;

// SAFETY: bytes of the arena are given out once, by an atomic counter.
unsafe impl Sync for Counting {}

// SAFETY: blocks of the arena do not overlap and are aligned to 16; all others are the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.live.fetch_add(1, Ordering::Relaxed);
        if layout.size() == FROM_ARENA && layout.align() <= 16 {
            let at = self.used.fetch_add(FROM_ARENA, Ordering::Relaxed);
            if at + FROM_ARENA <= ARENA {
                // SAFETY: it is inside of the arena.
                return unsafe { self.arena.get().cast::<u8>().add(at) };
            }
        }
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.live.fetch_sub(1, Ordering::Relaxed);
        let offset = pointer.addr().wrapping_sub(self.arena.get().addr());
        if offset >= ARENA {
            // SAFETY: it is not of the arena, so that the system has allocated it.
            unsafe { System.dealloc(pointer, layout) }
        }
    }
}

#[repr(align(16))]
struct Aligned(Counting);

// SAFETY: it does what the allocator within it does.
unsafe impl GlobalAlloc for Aligned {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { self.0.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Aligned = Aligned(Counting {
    arena: UnsafeCell::new([0; ARENA]),
    used: AtomicUsize::new(0),
    live: AtomicUsize::new(0),
});

/// Says when it drops, and where it is then.
struct Guard(&'static str, Box<[u64; 6]>);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {
        assert_eq!(self.1.len(), 6);
        println!("drop Guard {}", self.0); // #guard-drop
    }
}

#[inline(never)]
fn counted() -> usize {
    let before = ALLOCATOR.0.live.load(Ordering::Relaxed);
    let guard = Guard("counted::guard", Box::new([7; FROM_ARENA / 8])); // #alloc
    let text = String::from("the system's"); // #system
    let live = ALLOCATOR.0.live.load(Ordering::Relaxed) - before;
    println!("{live} blocks, {} {}", text.len(), guard.1.len());
    live
} // #counted-end

fn main() {
    println!("start"); // The buffer of the standard output is there from now on.
    println!("counted {}", counted());
} // #end
