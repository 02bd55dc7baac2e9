//! A `Vec<String>` that a loop consumes: the vector passes to the iterator, and each string from
//! the iterator to the variable of the loop, which drops it at the end of its round.

#[inline(never)]
fn length(word: &str) -> usize {
    word.len()
}

fn main() {
    let words = vec![String::from("one"), String::from("two"), String::from("three")];
    let mut sum = 0;
    for word in words {
        sum += length(&word); // #call
    } // #round-end
    println!("{sum} letters"); // #print
} // #end
