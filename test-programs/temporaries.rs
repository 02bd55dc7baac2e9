//! Values that nothing borrows but temporaries, closures that run in calls of std, and what those hold
//! themselves. Each line on which a frame stands while `mark` runs says what that frame has lent:
//! `// lends NAME (KIND), …`. A line that says nothing lends nothing;
//! what a `match` has bound is not followed, and only perhaps borrows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Mutex;

#[inline(never)]
fn mark(n: u32) -> u32 {
    black_box(n) // #mark
}

#[inline(never)]
fn text(n: u32) -> String {
    let mark = mark(n);
    format!("made {mark}")
}

#[inline(never)]
fn both(text: &str, n: u32) -> u32 {
    black_box(text).len() as u32 + n
}

#[inline(never)]
fn take(lengths: &mut dyn Iterator<Item = usize>) -> usize {
    let first = lengths.next().unwrap_or(0);
    mark(1);
    first
}

#[inline(never)]
fn take_words<'a>(words: &mut impl Iterator<Item = &'a String>) -> usize {
    let first = words.next().map_or(0, String::len);
    mark(2);
    first
}

fn by_iterator() {
    let words = vec![String::from("one"), String::from("three")];
    take(&mut words.iter().map(|word| word.len())); // lends words (shared)
    mark(3);
    take_words(&mut words.iter().rev()); // lends words (shared)
    mark(4);
    drop(words);
}

struct Held<'a> {
    text: &'a str,
    n: u32,
}

#[inline(never)]
fn show(held: &Held<'_>) -> u32 {
    mark(5);
    both(held.text, held.n)
}

fn by_struct() {
    let owner = String::from("owner");
    let other = String::from("other");
    show(&Held { text: &owner, n: 1 }); // lends owner (shared)
    mark(6);
    both(&other, 1);
    drop((owner, other));
}

fn by_guard() {
    let lock = Mutex::new(vec![String::from("first")]);
    lock.lock().unwrap().push(text(7)); // lends lock (unique)
    mark(8);
    let cell = RefCell::new(String::from("cell"));
    cell.borrow_mut().push_str(&text(9)); // lends cell (unique)
    mark(10);
    drop((lock, cell));
}

fn by_scrutinee() {
    let map = BTreeMap::from([(1, String::from("one"))]);
    let lock = Mutex::new(Some(String::from("locked")));
    match lock.lock().unwrap().as_ref() {
        Some(_) => mark(11), // lends lock (unique)
        None => 0,
    };
    mark(12);
    match map.get(&1) {
        Some(_) => mark(13),
        None => 0,
    };
    match map.get(&1) {
        Some(found) => mark(14) + found.len() as u32, // lends map (perhaps shared)
        None => 0,
    };
    mark(15);
    drop((map, lock));
}

fn by_argument() {
    let owner = String::from("owner");
    both(owner.as_str(), mark(16)); // lends owner (shared)
    both(owner.trim(), mark(17)); // lends owner (shared)
    mark(18);
    for n in 19..21 {
        both(black_box(owner.as_str()), mark(n)); // lends owner (shared)
        mark(n);
    }
    let length = owner.as_str().len() as u32;
    mark(length);
    drop(owner);
}

fn by_for() {
    let mut list = vec![String::from("a"), String::from("b")];
    for text in list.iter_mut() {
        text.push('!');
        if text == "a!" {
            mark(22); // lends list (unique)
        }
    }
    mark(23);
    drop(list);
}

#[rustfmt::skip]
fn by_closure() {
    let mut names = vec![String::from("b"), String::from("a")];
    let suffix = String::from("!");
    let other = String::from("other");
    names.iter().for_each(|name| { // lends names (shared), suffix (shared)
        both(&suffix, mark(24));
        both(name, 0);
    });
    mark(25);
    names.sort_by(|a, b| { // lends names (shared), names (unique), suffix (shared)
        both(&suffix, mark(26));
        a.cmp(b)
    });
    mark(27);
    names.retain(|name| { // lends names (shared), names (unique)
        both(name, mark(28)) < 100
    });
    mark(29);
    std::thread::scope(|_| { // lends suffix (shared)
        both(&suffix, mark(30));
    });
    mark(31);
    drop((names, suffix, other));
}

fn main() {
    by_iterator();
    by_struct();
    by_guard();
    by_scrutinee();
    by_argument();
    by_for();
    by_closure();
}
