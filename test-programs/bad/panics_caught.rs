//! A panic that leaves two frames without their `ret`, drops what they own, and is caught.

use std::panic;

#[inline(never)]
fn inner(fail: bool) -> usize {
    let owned = String::from("dropped while unwinding");
    if fail {
        panic!("on purpose"); // #panic
    }
    owned.len()
} // #inner-end

#[inline(never)]
fn outer(fail: bool) -> usize {
    let numbers = vec![1_u8, 2, 3];
    inner(fail) + numbers.len() // #call-inner
} // #outer-end

fn main() {
    let caught = panic::catch_unwind(|| outer(true)).is_err(); // #catch
    let returned = outer(false);
    println!("caught {caught}, returned {returned}"); // #print
} // #end
