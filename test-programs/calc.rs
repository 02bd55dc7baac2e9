//! One slot on the stack for every `let`: 3, 7 and 21; the function returns 31.

#[inline(never)]
fn calc() -> i32 {
    let a = 3;
    let b = 7; // #a-is-set
    let c = a * b; // #b-is-set
    c + 10 // #c-is-set
} // #calc-end

fn main() {
    let result = calc(); // #call
    println!("3 * 7 + 10 = {result}"); // #print
} // #end
