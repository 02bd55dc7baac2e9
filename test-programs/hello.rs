//! The smallest program: an integer and a `&str` on the stack, the text itself in `.rodata`.
//!
//! Shows the frames under `main` (`lang_start` and C's `main`), what the prologue takes and the
//! epilogue gives back, and a `&str` that is a pointer and a length, with no block on the heap.

fn main() {
    let edition: i32 = 2024;
    let message: &str = "Hello from Rust";
    println!("{message}, edition {edition}"); // #print
} // #end
