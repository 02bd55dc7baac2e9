//! A program that calls one function as often as its argument says.

#[inline(never)]
fn hit(n: u64) -> u64 {
    std::hint::black_box(n) + 1
}

fn main() {
    let calls = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let mut sum = 0;
    for n in 0..calls {
        sum += hit(n);
    }
    println!("{sum}");
}
