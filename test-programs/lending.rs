//! Values that are lent: by a struct that holds a reference, to functions, by parts, by an iterator,
//! a closure, a guard, and to another thread.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Barrier;

struct Named<'a> {
    name: &'a str,
    n: u32,
}

struct Pair {
    left: String,
    right: String,
}

#[inline(never)]
fn look(text: &str) -> usize {
    black_box(text.len()) // #in-look
}

#[inline(never)]
fn change(text: &mut String) {
    text.push('!'); // #in-change
    deeper(text);
}

#[inline(never)]
fn deeper(text: &mut String) {
    text.push('?'); // #in-deeper
}

#[inline(never)]
fn show(named: &Named<'_>) {
    black_box((named.name, named.n));
}

fn locals() {
    let mut text = String::from("text");
    let held = Named { name: &text, n: 1 };
    show(&held); // #held
    black_box(1); // #held-no-more
    let plain = &text;
    black_box(2); // #plain
    look(plain);
    black_box(3); // #plain-no-more
    change(&mut text);
}

fn parts() {
    let mut pair = Pair { left: "left".into(), right: "right".into() };
    let left = &pair.left;
    let right = &mut pair.right;
    black_box(4); // #parts
    right.push('.');
    look(left);
    change(&mut pair.right);
}

fn iterates() {
    let words = vec!["one".to_owned(), "two".to_owned()];
    for word in words.iter() {
        look(word); // #iterates
    }
}

fn closes() {
    let mut list = vec![1, 2, 3];
    let mut grow = || list.push(4);
    black_box(5); // #closes
    grow();
    black_box(&list); // #closed
}

fn guards() {
    let cell = RefCell::new("guarded".to_owned());
    {
        let guard = cell.borrow_mut();
        black_box(&guard); // #guards
    }
    black_box(&cell); // #unguarded
}

fn shares() {
    let text = "shared".to_owned();
    let barrier = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| wait(&text, &barrier));
        barrier.wait();
    });
}

#[inline(never)]
fn wait(text: &String, barrier: &Barrier) {
    black_box(text); // #waits
    barrier.wait();
}

fn main() {
    locals();
    parts();
    iterates();
    closes();
    guards();
    shares();
}
