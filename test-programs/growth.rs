//! How growing buffers ask for memory.
//!
//! `pushes`: no block before the first push, then room for 4, 8 and 16 values (16, 32, 64 bytes).
//! `reserved`: one block of 400 bytes and no other. `sentence`: 8, 16 and 32 bytes.

#[inline(never)]
fn pushes() -> usize {
    let mut numbers: Vec<i32> = Vec::new(); // #empty
    for number in 1..=9 {
        numbers.push(number); // #push
    }
    numbers.capacity() // #pushed
} // #pushes-end

#[inline(never)]
fn reserved() -> usize {
    let mut numbers: Vec<i32> = Vec::with_capacity(100); // #reserve
    for number in 0..100 {
        numbers.push(number); // #push-within
    }
    numbers.capacity() // #filled
} // #reserved-end

#[inline(never)]
fn sentence() -> usize {
    let mut text = String::new(); // #empty-text
    for word in ["grow ", "with ", "every ", "word"] {
        text.push_str(word); // #push-text
    }
    text.capacity() // #spoken
} // #sentence-end

fn main() {
    println!("nine pushes: room for {}", pushes());
    println!("one hundred reserved: room for {}", reserved());
    println!("a sentence: room for {}", sentence());
} // #end
