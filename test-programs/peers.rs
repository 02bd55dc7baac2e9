//! What other debuggers get wrong, each in a function of its own that stops the program while its
//! variables live.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, LinkedList};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

trait Shape {
    fn area(&self) -> f64;
}

struct Square {
    side: f64,
}

impl Shape for Square {
    fn area(&self) -> f64 {
        self.side * self.side
    }
}

/// An expression that holds others of its kind.
enum Term {
    Number(i64),
    Sum(Box<Term>, Box<Term>),
}

impl Term {
    fn value(&self) -> i64 {
        match self {
            Term::Number(value) => *value,
            Term::Sum(left, right) => left.value() + right.value(),
        }
    }
}

#[derive(Clone, Copy)]
struct Point {
    x: i32,
    y: i32,
}

thread_local! {
    static CALLS: Cell<u32> = const { Cell::new(7) };
}

/// Takes the address of what it is given, so that it lies in memory when this is called.
#[inline(never)]
fn look<T>(at: T) {
    black_box(at);
}

#[inline(never)]
fn shadowed() {
    let s = 1_u8; // #outer
    let outer = s + 1;
    let s = String::from("inner"); // #inner
    look((&outer, &s)); // #shadowed
}

#[inline(never)]
fn pointers() {
    let boxed = Box::new(Point { x: 3, y: -4 });
    let rc = Rc::new(Point { x: 5, y: 6 });
    let second = Rc::clone(&rc);
    let arc = Arc::new(String::from("shared"));
    look((&boxed, &rc, &second, &arc)); // #pointers
    assert_eq!(boxed.x + rc.x + boxed.y + rc.y, 10);
}

#[inline(never)]
fn dynamic() {
    let shape: Box<dyn Shape> = Box::new(Square { side: 1.5 });
    let reference: &dyn Shape = &Square { side: 2.0 };
    look((&shape, &reference)); // #dynamic
    assert!(shape.area() < reference.area());
}

#[inline(never)]
fn containers() {
    let tree: BTreeMap<u8, &str> = BTreeMap::from([(2, "two"), (1, "one"), (3, "three")]);
    let list: LinkedList<u16> = LinkedList::from([10, 20, 30]);
    let mutex = Mutex::new(vec![1_i8, -1]);
    let duration = Duration::from_millis(1_500);
    look((&tree, &list, &mutex, &duration)); // #containers
}

#[inline(never)]
fn enums() {
    let borrowed: Cow<'_, str> = Cow::Borrowed("lent");
    let owned: Cow<'_, str> = Cow::Owned(String::from("own"));
    let two = Term::Sum(Box::new(Term::Number(1)), Box::new(Term::Number(1)));
    let term = Term::Sum(Box::new(two), Box::new(Term::Number(40)));
    look((&borrowed, &owned, &term)); // #enums
    assert_eq!(term.value(), 42);
}

#[inline(never)]
fn names() {
    let pair: (u32, &str) = (1, "x");
    let words: &[Option<Vec<u8>>] = &[None];
    let array = [[0_i16; 2]; 3];
    look((&pair, &words, &array)); // #names
}

#[inline(never)]
fn indexed() {
    let v = vec![11, 22, 33];
    let hm: HashMap<String, i32> =
        HashMap::from([(String::from("k"), 42), (String::from("other"), 7)]);
    let s = String::from("x");
    look((&v, &hm, &s)); // #indexed
}

#[inline(never)]
fn thread_local() {
    CALLS.set(CALLS.get() + 1);
    look(&CALLS); // #thread-local
}

/// A `Vec` of which not even the words are sane. It is never used as one.
#[inline(never)]
fn garbage() {
    let mut wild = MaybeUninit::<Vec<String>>::uninit();
    let mut huge = MaybeUninit::<Vec<u64>>::uninit();
    // SAFETY: three words lie within the place, and nobody takes them for a vector.
    unsafe {
        let words = wild.as_mut_ptr().cast::<[usize; 3]>();
        words.write([0x1234_5678_9abc_def0, 0xdead_beef_0000_0008, 0x7fff_ffff_ffff_ffff]);
        huge.as_mut_ptr().cast::<[usize; 3]>().write([usize::MAX / 16; 3]);
    }
    let wild = wild.as_ptr();
    let huge = huge.as_ptr();
    look((wild, huge)); // #garbage
}

#[inline(never)]
fn thousand() {
    let many: Vec<u32> = (0..1_000).collect();
    look(&many); // #thousand
}

fn main() {
    shadowed();
    pointers();
    dynamic();
    containers();
    enums();
    names();
    indexed();
    thread_local();
    garbage();
    thousand();
    println!("all rows"); // #end
}
