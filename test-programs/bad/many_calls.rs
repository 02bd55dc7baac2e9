//! A loop that calls one function ten thousand times: a picture of each would bury the rest.

#[inline(never)]
fn step(sum: u64, number: u64) -> u64 {
    sum + number // #in-step
} // #step-end

fn main() {
    let mut sum = 0;
    for number in 1..=10_000 {
        sum = step(sum, number); // #call
    }
    println!("sum {sum}"); // #print: 50005000
} // #end
