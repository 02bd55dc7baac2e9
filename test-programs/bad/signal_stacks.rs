//! Signal handlers on stacks of their own: one that lies below the stack of the thread, and one that
//! lies above it. The second signal is one that would be a fault if nobody had sent it.

use std::ffi::{c_int, c_void};

#[repr(C)]
struct StackT {
    start: *mut c_void,
    flags: c_int,
    size: usize,
}

#[repr(C)]
struct SigAction {
    handler: usize,
    mask: [u64; 16],
    flags: c_int,
    restorer: usize,
}

unsafe extern "C" {
    fn sigaltstack(new: *const StackT, old: *mut StackT) -> c_int;
    fn sigaction(signal: c_int, new: *const SigAction, old: *mut SigAction) -> c_int;
    fn raise(signal: c_int) -> c_int;
}

const SIGSEGV: c_int = 11;
const SA_ONSTACK: c_int = 0x0800_0000;
const SIZE: usize = 1 << 20;

#[inline(never)]
fn in_handler(signal: c_int) -> c_int {
    signal + 1
}

extern "C" fn handler(signal: c_int) {
    std::hint::black_box(in_handler(signal));
}

#[inline(never)]
fn work(stack: usize) -> c_int {
    let stack = StackT { start: stack as *mut c_void, flags: 0, size: SIZE };
    unsafe {
        sigaltstack(&stack, std::ptr::null_mut());
        raise(SIGSEGV) // #raise
    }
}

fn stack() -> usize {
    Box::leak(vec![0_u8; SIZE].into_boxed_slice()).as_mut_ptr() as usize
}

fn main() {
    let action = SigAction {
        handler: handler as *const () as usize,
        mask: [0; 16],
        flags: SA_ONSTACK,
        restorer: 0,
    };
    unsafe { sigaction(SIGSEGV, &action, std::ptr::null_mut()) };
    // What is mapped later lies lower.
    let (above, below) = (stack(), stack());
    std::thread::spawn(move || work(above)).join().unwrap();
    work(below);
}
