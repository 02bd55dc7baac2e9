//! A program that allocates and drops as often as its argument says.

use std::hint::black_box;

/// What is allocated: a text and a box of a number.
struct Item {
    name: String,
    number: Box<u64>,
}

fn make(n: u64) -> Item {
    Item { name: format!("item {n}"), number: Box::new(n) }
}

fn sum(items: &[Item]) -> u64 {
    items.iter().map(|item| *item.number + item.name.len() as u64).sum()
}

fn main() {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let mut total = 0;
    for round in 0..count / 200 {
        let items: Vec<Item> = (0..100).map(|n| make(round * 100 + n)).collect();
        total += sum(black_box(&items));
    }
    println!("{total}");
}
