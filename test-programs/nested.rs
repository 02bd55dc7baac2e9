//! A tree of owners: a `Vec` of two `String`s.
//!
//! On the stack 24 bytes; on the heap 58 in three blocks: 48 for the two `String`s that the `Vec`
//! owns, and 5 for each text that these own.

fn main() {
    let words: Vec<String> = vec![String::from("hello"), String::from("world")]; // #alloc
    println!("{words:?}"); // #built
} // #end
