//! The same bytes mean another value in each round: a variable of a loop that is moved away and made
//! again at the same address, a call that was unwound and is made again in the same frame, and a
//! struct of which one field was moved.

use std::panic::catch_unwind;

struct Pair {
    first: String,
    second: String,
}

#[inline(never)]
fn look(text: &String) -> usize {
    text.len()
}

#[inline(never)]
fn take(text: String) -> usize {
    text.len()
}

#[inline(never)]
fn fail() {
    if std::hint::black_box(true) {
        panic!("on purpose");
    }
}

#[inline(never)]
fn rounds() -> usize {
    let mut sum = 0;
    for _ in 0..3 {
        let text = String::from("hello");
        sum += look(&text);
        sum += take(text); // #take-text
    }
    sum
}

#[inline(never)]
fn parts() -> usize {
    let pair = Pair { first: String::from("the first"), second: String::from("the second") };
    let sum = take(pair.first); // #take-first
    sum + look(&pair.second)
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let caught = (0..3).filter(|_| catch_unwind(fail).is_err()).count();
    println!("{} {} {caught}", rounds(), parts());
}
