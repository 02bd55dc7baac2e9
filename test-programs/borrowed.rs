//! A `String` of 16 bytes is lent to a function: no owner changes, and `main` frees it at its end.

#[inline(never)]
fn g(value: &String) {
    println!("g may look at {value:?}"); // #in-g
} // #g-end

fn main() {
    let value = String::from("hello, borrowing"); // #alloc
    g(&value); // #borrow
    println!("main still owns {value:?}"); // #after
} // #end
