//! Panics in a function that owns a block, and nobody catches it: the exit code is 101.

#[inline(never)]
fn fail(owned: String) -> usize {
    assert!(owned.is_empty(), "it is {owned}"); // #panic
    owned.len()
} // #fail-end

fn main() {
    let length = fail(String::from("not empty")); // #call
    println!("never printed: {length}");
}
