//! A `String` of 16 bytes is moved into a function, which then owns it and frees it.
//!
//! The bytes of `main::value` stay where they were after the move: only the ownership is gone.

#[inline(never)]
fn f(value: String) {
    println!("f owns {value:?}"); // #in-f
} // #f-end

fn main() {
    let value = String::from("hello, ownership"); // #alloc
    f(value); // #move
    println!("main owns nothing any more"); // #after
} // #end
