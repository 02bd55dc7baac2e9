//! A write through a null pointer: the kernel kills the program with signal 11.

use std::hint::black_box;

#[inline(never)]
fn write_to(place: *mut u32) {
    // A volatile write through a pointer of unknown origin, in assembler, so that neither the
    // checks of a debug build nor the optimiser step in.
    // SAFETY: none; it is the fault that is wanted.
    unsafe { std::arch::asm!("mov dword ptr [{0}], 1", in(reg) place) } // #fault
}

fn main() {
    let text = String::from("alive at the fault");
    black_box(&text);
    write_to(std::ptr::null_mut()); // #call
    println!("never printed");
}
