//! Says that it is ready and waits for a line: a test kills it from outside, or feeds it.

#[inline(never)]
fn wait() -> usize {
    let mut line = String::new();
    println!("ready");
    std::io::stdin().read_line(&mut line).unwrap_or(0) // #wait
} // #wait-end

fn main() {
    let bytes = wait(); // #call
    println!("read {bytes} bytes"); // #print
} // #end
