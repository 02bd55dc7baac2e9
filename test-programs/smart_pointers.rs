//! The pointers and containers of std, one function for each family.
//!
//! `Box`, both ways of `Option<Box<_>>` (8 bytes each: the niche is the null pointer), `RefCell`
//! with its borrow state, `Rc` and `Arc` with `Weak` and their counts, a megabyte behind 8 bytes
//! of stack, the concrete type behind a `dyn`, the maps, the ring buffer, `Cow` and `PathBuf`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::BuildHasherDefault;
use std::hint::black_box;
use std::path::PathBuf;
use std::rc::{self, Rc};
use std::sync::{self, Arc};

/// Without the random seed the order of the entries is the same in every run.
type Ages = HashMap<String, u32, BuildHasherDefault<DefaultHasher>>;

trait Shape {
    fn area(&self) -> u32;
}

struct Square {
    side: u32,
}

struct Rectangle {
    width: u32,
    height: u32,
}

impl Shape for Square {
    fn area(&self) -> u32 {
        self.side * self.side
    }
}

impl Shape for Rectangle {
    fn area(&self) -> u32 {
        self.width * self.height
    }
}

#[inline(never)]
fn boxes() {
    let boxed: Box<i32> = Box::new(42);
    let some: Option<Box<i32>> = Some(Box::new(7));
    let none: Option<Box<i32>> = None;
    black_box((&boxed, &some, &none)); // #boxes
}

#[inline(never)]
fn cells() {
    let cell: RefCell<Vec<i32>> = RefCell::new(vec![1, 2, 3]);
    {
        let mut writer = cell.borrow_mut();
        writer[0] = 10;
        black_box((&cell, &writer)); // #borrowed-mut
    }
    let first = cell.borrow();
    let second = cell.borrow();
    black_box((&cell, &first, &second)); // #borrowed-twice
}

#[inline(never)]
fn counted() {
    let rc: Rc<String> = Rc::new(String::from("counted"));
    let rc_clone: Rc<String> = Rc::clone(&rc);
    let rc_weak: rc::Weak<String> = Rc::downgrade(&rc);
    black_box((&rc, &rc_clone, &rc_weak)); // #rc
    drop(rc_clone); // #drop-clone
    let arc: Arc<Vec<u8>> = Arc::new(vec![1, 2, 3, 4]);
    let arc_weak: sync::Weak<Vec<u8>> = Arc::downgrade(&arc);
    let never: sync::Weak<Vec<u8>> = sync::Weak::new();
    black_box((&rc, &arc, &arc_weak, &never)); // #arc
    drop(arc); // #drop-arc
    black_box(&arc_weak); // #only-weak
}

#[inline(never)]
fn megabyte() {
    // `Box::new([0; 1_000_000])` would build the array on the stack first, in a debug build.
    let zeroes = vec![0_u8; 1_000_000].into_boxed_slice();
    let Ok(megabyte): Result<Box<[u8; 1_000_000]>, _> = zeroes.try_into() else { return };
    black_box(&megabyte); // #megabyte
}

#[inline(never)]
fn shapes() -> u32 {
    let square: Box<dyn Shape> = Box::new(Square { side: 3 });
    let rectangle: Box<dyn Shape> = Box::new(Rectangle { width: 2, height: 5 });
    let (square, rectangle) = black_box((square, rectangle));
    square.area() + rectangle.area() // #dyn
}

#[inline(never)]
fn maps() {
    let mut ages = Ages::default();
    for (name, age) in [("Ada", 36), ("Grace", 85), ("Edsger", 72)] {
        ages.insert(name.to_owned(), age);
    }
    let squares: BTreeMap<u32, u32> = (1..=20).map(|n| (n, n * n)).collect();
    let mut ring: VecDeque<i32> = VecDeque::with_capacity(4);
    ring.extend([1, 2, 3, 4]);
    ring.pop_front();
    ring.pop_front();
    // The ring now begins in the middle of its buffer and wraps around its end.
    ring.push_back(5);
    black_box((&ages, &squares, &ring)); // #maps
}

#[inline(never)]
fn texts() {
    let borrowed: Cow<'_, str> = Cow::Borrowed("as it was");
    let owned: Cow<'_, str> = Cow::Owned(String::from("a changed copy"));
    let path: PathBuf = PathBuf::from("/etc/hostname");
    black_box((&borrowed, &owned, &path)); // #texts
}

fn main() {
    boxes();
    cells();
    counted();
    megabyte();
    let area = shapes();
    maps();
    texts();
    println!("area {area}"); // #print
} // #end
