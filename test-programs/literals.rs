//! The same literal twice is one text in `.rodata` with two pointers to it; `String::from` makes
//! a copy of it on the heap.

fn main() {
    let first: &str = "one text";
    let second: &str = "one text";
    let owned: String = String::from("one text"); // #alloc
    let same = std::ptr::eq(first, second);
    println!("{first}, {second}, {owned}: same literal {same}"); // #print
} // #end
