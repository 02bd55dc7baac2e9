//! Collections of a million elements, for what printing a hundred of them costs.

use std::collections::HashMap;
use std::hint::black_box;

const COUNT: u64 = 1_000_000;

fn main() {
    let numbers: Vec<u64> = (0..COUNT).map(|n| n * n).collect();
    let texts: Vec<String> = (0..COUNT).map(|n| n.to_string()).collect();
    let map: HashMap<u64, String> = (0..COUNT).map(|n| (n, n.to_string())).collect();
    black_box((&numbers, &texts, &map)); // #stop
}
