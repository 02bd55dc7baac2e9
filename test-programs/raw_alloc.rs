//! Memory without a typed owner: `alloc` and `dealloc`, a pointer that dangles behind it, pointers to
//! the stack and to nowhere; and a type that frees such memory when it drops.

use std::alloc::{Layout, alloc, dealloc};
use std::ptr;

/// Owns three numbers in memory that it asked the allocator for.
struct Three {
    start: *mut i32,
}

impl Three {
    fn layout() -> Layout {
        Layout::array::<i32>(3).expect("it is small")
    }

    fn new(first: i32) -> Three {
        // SAFETY: the layout has a size, and each of its three numbers is written before it is read.
        let start = unsafe {
            let start = alloc(Three::layout()).cast::<i32>(); // #typed-alloc
            assert!(!start.is_null());
            for (index, value) in (0..3).zip(first..) {
                start.add(index).write(value);
            }
            start
        };
        Three { start }
    }

    fn sum(&self) -> i32 {
        // SAFETY: three numbers lie there, until it drops.
        unsafe { (0..3).map(|index| self.start.add(index).read()).sum() }
    }
}

impl Drop for Three {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Three owned::three");
        // SAFETY: it was allocated with this layout.
        unsafe { dealloc(self.start.cast(), Three::layout()) } // #typed-dealloc
    }
}

#[inline(never)]
fn bare() -> i32 {
    let layout = Layout::array::<i32>(3).expect("it is small");
    // SAFETY: all three are written before they are read, and the dangling pointer is not followed.
    unsafe {
        let numbers = alloc(layout).cast::<i32>(); // #alloc
        assert!(!numbers.is_null());
        for index in 0..3 {
            numbers.add(index).write(index as i32 + 1);
        }
        let sum: i32 = (0..3).map(|index| numbers.add(index).read()).sum();
        dealloc(numbers.cast(), layout); // #dealloc
        let on_stack = &raw const sum;
        let nowhere = ptr::without_provenance::<i32>(16);
        let there = !numbers.is_null();
        println!("dangling {there} {} {}", on_stack.read(), nowhere.addr()); // #dangling
        sum
    }
}

#[inline(never)]
fn owned() -> i32 {
    let three = Three::new(4);
    println!("three {}", three.sum());
    three.sum()
} // #owned-end

fn main() {
    println!("sums {} {}", bare(), owned());
} // #end
