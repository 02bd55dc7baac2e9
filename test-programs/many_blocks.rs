//! A hundred thousand blocks: half of them are freed at once, the other half at the end.

use std::hint::black_box;

#[inline(never)]
fn fill(count: u64) -> Vec<Box<u64>> {
    let mut kept = Vec::with_capacity(50_000);
    for n in 0..count {
        let block = black_box(Box::new(n)); // #alloc
        if n % 2 == 0 {
            kept.push(block);
        }
    }
    kept // #filled
}

fn main() {
    let kept = fill(100_000);
    println!("kept {}", kept.len()); // #kept
    drop(kept);
    println!("all are freed"); // #freed
}
