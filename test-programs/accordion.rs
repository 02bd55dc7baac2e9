//! The stack opens and closes like an accordion: `main` calls `compute(5)`, which calls
//! `multiply(5, 10)`; both return 50, and each frame leaves as it came.

#[inline(never)]
fn multiply(x: i32, y: i32) -> i32 {
    let product = x * y;
    product // #deepest
} // #multiply-end

#[inline(never)]
fn compute(n: i32) -> i32 {
    let factor = 10;
    let result = multiply(n, factor); // #call-multiply
    result // #back-in-compute
} // #compute-end

fn main() {
    let answer = compute(5); // #call-compute
    println!("compute(5) = {answer}"); // #print
} // #end
