//! One call with two arguments, which arrive in `edi` and `esi`; the sum, 30, leaves in `eax`.

#[inline(never)]
fn add(a: i32, b: i32) -> i32 {
    a + b // #add
} // #add-end

fn main() {
    let sum = add(10, 20); // #call
    println!("10 + 20 = {sum}"); // #print
} // #end
