//! Borrows of which single lines tell little: several statements on one, a reference that is taken
//! anew, a closure with a parameter of the same name, a loop, a macro; iterators and guards that
//! write; a call of std that runs a closure; references that only macros of std use; and small values
//! that are passed by their address.

use std::hint::black_box;
use std::sync::Mutex;

#[inline(never)]
fn touch(text: &str) {
    black_box(text);
}

#[inline(never)]
fn between() {
    black_box(1); // #between
}

#[rustfmt::skip]
fn one_line() {
    let text = String::from("text");
    let plain = &text;
    touch(plain); between(); touch(&text);
}

fn again() {
    let text = String::from("text");
    let mut plain = &text;
    touch(plain);
    black_box(2); // #again
    plain = &text;
    touch(plain);
}

fn same_name() {
    let words = vec![String::from("text")];
    let word = &words;
    touch(&word[0]);
    black_box(3); // #same-name
    words.iter().for_each(|word| touch(word));
}

fn rounds() {
    let words = vec![String::from("text")];
    for _ in 0..2 {
        let word = &words;
        touch(&word[0]);
        black_box(4); // #rounds
        touch(&words[0]);
    }
}

macro_rules! pass {
    ($to:ident, $what:expr) => {
        $to($what)
    };
}

fn by_macro() {
    let text = String::from("text");
    let plain = &text;
    black_box(8); // #macro
    pass!(touch, plain);
}

fn writes() {
    let mut list = vec![String::from("one"), String::from("two")];
    let mut all = list.iter_mut();
    black_box(all.next());
    black_box(5); // #iter-mut
    black_box(all.next());
    let mut gone = list.drain(..);
    black_box(gone.next());
    black_box(6); // #drain
    drop(gone);
    let lock = Mutex::new(String::from("locked"));
    let mut held = lock.lock().unwrap();
    black_box(7); // #mutex
    held.push('!');
}

#[inline(never)]
fn keep(word: &str) -> bool {
    black_box(word.len() > 1) // #keep
}

#[inline(never)]
fn longer(word: &str) -> bool {
    black_box(word.len() > 2) // #longer
}

fn filters() {
    let mut list = vec![String::from("one"), String::from("two")];
    list.retain(|word| keep(word));
    black_box(&list);
    let mut words = vec![String::from("no"), String::from("three")];
    words.retain(|word| longer(word));
    black_box(&words);
}

fn formats() {
    let text = String::from("text");
    let plain = &text;
    let whole: &dyn std::fmt::Debug = &text;
    black_box(9); // #formats
    let lines = format!("{plain} {:?}", whole);
    black_box(10); // #formatted
    drop(lines);
    drop(text);
}

struct Three(Box<u32>, u32, u32);

enum Either {
    Boxed(Box<u32>),
    Short(u16),
}

#[inline(never)]
fn sum(three: Three, either: Either) -> u32 {
    let either = match either {
        Either::Boxed(boxed) => *boxed,
        Either::Short(short) => short.into(),
    };
    *three.0 + three.1 + three.2 + either
}

#[inline(never)]
fn either(short: bool) -> Either {
    if short { Either::Short(1) } else { Either::Boxed(Box::new(2)) }
}

#[inline(never)]
fn first(text: &&String) -> Either {
    Either::Short(black_box(text.len() as u16))
}

fn returned_by_address() {
    let text = String::from("text");
    let plain = &text;
    black_box(13); // #not-called
    black_box(first(&plain));
    black_box(14); // #called
    drop(text);
}

fn by_address() {
    let three = Three(Box::new(1), 2, 3);
    let one = either(black_box(false));
    let other = either(black_box(true));
    black_box(11); // #unsent
    black_box(sum(three, one));
    black_box(12); // #sent
    drop(other);
}

#[inline(never)]
fn in_a_call() {
    black_box(15); // #in-a-call
}

#[inline(never)]
fn calls_first(three: Three, one: Either) -> Either {
    in_a_call();
    drop(three);
    one
}

fn main() {
    formats();
    by_address();
    black_box(calls_first(Three(Box::new(7), 8, 9), either(black_box(false))));
    returned_by_address();
    one_line();
    again();
    same_name();
    rounds();
    by_macro();
    writes();
    filters();
}
