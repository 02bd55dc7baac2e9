//! Panics that unwind through what their functions own, are caught, and come from a `Drop` impl.
//!
//! Each `Drop` impl prints its type, the place of the value, and whether its thread panics.

use std::panic::{self, AssertUnwindSafe};
use std::thread;

/// Says when it drops, what its place is then, and whether that is during a panic.
struct Guard(&'static str);

impl Drop for Guard {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Guard {}{}", self.0, unwinding()); // #guard-drop
    }
}

/// Panics when it drops.
struct Bomb(&'static str);

impl Drop for Bomb {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Bomb {}{}", self.0, unwinding());
        let _within = Guard("<Bomb as Drop>::drop::_within");
        panic!("in a drop"); // #panic-in-drop
    }
}

fn unwinding() -> &'static str {
    if thread::panicking() { " unwinding" } else { "" }
}

#[inline(never)]
fn inner(fail: bool) -> usize {
    let _inner = Guard("inner::_inner");
    let text = String::from("freed while unwinding");
    if fail {
        panic!("on purpose"); // #panic
    }
    text.len()
} // #inner-end

#[inline(never)]
fn outer(fail: bool) -> usize {
    let _outer = Guard("outer::_outer");
    let list = vec![Guard("#[0]"), Guard("#[1]")];
    inner(fail) + list.len() // #call-inner
} // #outer-end

#[inline(never)]
fn explodes() {
    let _before = Guard("explodes::_before");
    let _bomb = Bomb("explodes::_bomb");
    println!("armed");
} // #explodes-end

/// While the thread unwinds, this catches a panic of its own.
struct Catches(&'static str);

impl Drop for Catches {
    #[inline(never)]
    fn drop(&mut self) {
        println!("drop Catches {}{}", self.0, unwinding());
        let caught = panic::catch_unwind(|| inner(true)).is_err();
        println!("caught within: {caught}");
    }
}

#[inline(never)]
fn nested() {
    let _last = Guard("nested::_last");
    let _catches = Catches("nested::_catches");
    panic!("with a panic in it"); // #nested-panic
}

fn main() {
    panic::set_hook(Box::new(|_| {}));
    println!("caught: {}", panic::catch_unwind(|| outer(true)).is_err()); // #catch
    println!("returned: {}", outer(false));
    println!("caught: {}", panic::catch_unwind(explodes).is_err());
    println!("caught: {}", panic::catch_unwind(AssertUnwindSafe(nested)).is_err());
    let thread = thread::spawn(|| outer(true)); // #spawn
    println!("the thread panicked: {}", thread.join().is_err());
} // #end
