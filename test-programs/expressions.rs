//! Values of many types at one stop, for expressions to be evaluated on.
#![allow(dead_code, reason = "a debugger reads what the program does not")]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hint::black_box;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A number of the program's.
static ANSWER: u32 = 42;

mod inner {
    /// One of a module's.
    pub static DEPTH: i64 = -3;

    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    pub enum Colour {
        Red,
        Green = 7,
        Blue,
    }
}

use inner::Colour;

#[derive(Debug)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug)]
enum Shape {
    Circle(f64),
    Rectangle { width: u32, height: u32 },
    Nothing,
}

#[derive(Debug)]
struct User {
    name: String,
    age: u8,
    colour: Colour,
    friends: Vec<String>,
    home: Option<Point>,
}

fn user() -> User {
    User {
        name: String::from("Ada"),
        age: 36,
        colour: Colour::Green,
        friends: vec![String::from("Bob"), String::from("Eve")],
        home: Some(Point { x: 3, y: -4 }),
    }
}

/// Takes the address of what it is given, so that it lies in memory when this is called.
#[inline(never)]
fn look<T>(at: T) {
    black_box(at);
}

fn main() {
    let (small, byte, long) = (-5_i8, 250_u8, 1_i64 << 40);
    let (wide, half, letter, yes) = (u128::MAX, 0.5_f64, 'é', true);
    let unit = ();
    look((&small, &byte, &long, &wide, &half, &letter, &yes, &unit));
    let pair = (7_u16, "seven");
    let bytes = *b"bytes";
    let grid = [[1_i32, 2, 3], [4, 5, 6]];
    let point = Point { x: 10, y: -20 };
    let user = user();
    let shapes = [Shape::Circle(1.5), Shape::Rectangle { width: 2, height: 3 }, Shape::Nothing];
    let colour = Colour::Blue;
    let (some, none) = (Some(5_i32), None::<i32>);
    let (fine, wrong) = (Ok::<u8, String>(1), Err::<u8, String>(String::from("no")));
    look((&pair, &bytes, &grid, &point, &user, &shapes, &colour, &some, &none, &fine, &wrong));
    let words = vec!["zero", "one", "two", "three"];
    let text = String::from("héllo, wörld");
    let slice = black_box(&words[1..3]);
    let mut queue: VecDeque<i32> = (1..=4).collect();
    queue.rotate_left(1);
    let ages = HashMap::from([(String::from("Ada"), 36), (String::from("Bob"), 25)]);
    let by_id = BTreeMap::from([(3_u8, "c"), (1, "a"), (2, "b")]);
    let odd = HashSet::from([1_i32, 3, 5]);
    let even = BTreeSet::from([2_i32, 4, 6]);
    look((&words, &text, &slice, &queue, &ages, &by_id, &odd, &even));
    let boxed = Box::new(Point { x: 1, y: 2 });
    let rc = Rc::new(String::from("counted"));
    let weak = Rc::downgrade(&rc);
    let arc = Arc::new(vec![1_u64, 2, 3]);
    let cell = Cell::new(9_i32);
    let refcell = RefCell::new(vec![String::from("kept")]);
    let reference = &user;
    let pointer: *const Point = &raw const point;
    let non_zero = NonZeroU32::new(8).expect("it is not zero");
    let atomic = AtomicU32::new(77);
    look((&boxed, &rc, &weak, &arc, &cell, &refcell, &reference, &pointer, &non_zero, &atomic));
    black_box((&ANSWER, &inner::DEPTH, atomic.load(Ordering::Relaxed))); // #here
    println!("{} {} {}", user.name, user.age, user.friends.len() + ages.len()); // #print
    println!("{:?} {:?} {:?} {:?}", user.colour, user.home, shapes, Colour::Red);
}
