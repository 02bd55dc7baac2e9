//! A frame of fifty variables that own or share something, for what printing all of them costs.

#![allow(dead_code)] // Fields are there to be printed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Clone)]
struct Address {
    street: String,
    number: u32,
    place: Point,
}

#[derive(Clone)]
struct Person {
    name: String,
    age: u8,
    address: Address,
    friends: Vec<String>,
    manager: Option<Box<Person>>,
}

enum Shape {
    Circle { centre: Point, radius: f64 },
    Polygon(Vec<Point>),
    Named(String, Box<Point>),
    Nothing,
}

fn person(name: &str, age: u8, manager: Option<Box<Person>>) -> Person {
    let place = Point { x: f64::from(age), y: 1.5 };
    let address = Address { street: format!("{name} Street"), number: u32::from(age), place };
    let friends = vec![format!("{name}'s friend"), "Bob".to_owned(), "Eve".to_owned()];
    Person { name: name.to_owned(), age, address, friends, manager }
}

fn points(count: u32) -> Vec<Point> {
    (0..count).map(|n| Point { x: f64::from(n), y: f64::from(n) / 2.0 }).collect()
}

fn words(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("word {n}")).collect()
}

#[rustfmt::skip]
fn main() {
    let s01 = String::from("hello");
    let s02 = "a longer text, ".repeat(10);
    let s03 = String::new();
    let s04 = String::from("größer");
    let s05: Box<str> = "boxed".into();
    let v01: Vec<i32> = (0..20).collect();
    let v02 = words(12);
    let v03 = points(8);
    let v04: Vec<Vec<u8>> = vec![vec![1, 2, 3], vec![], vec![9; 30]];
    let v05: Vec<Option<String>> = vec![Some("x".to_owned()), None];
    let v06: VecDeque<u64> = (0..15).collect();
    let v07: Box<[u16]> = vec![1, 2, 3].into();
    let v08: Vec<(String, u32)> = vec![("one".to_owned(), 1), ("two".to_owned(), 2)];
    let m01: HashMap<String, u32> = words(10).into_iter().zip(0..).collect();
    let m02: HashMap<u32, Vec<String>> = (0..5).map(|n| (n, words(3))).collect();
    let m03: BTreeMap<u64, String> = (0..30).map(|n| (n, n.to_string())).collect();
    let m04: BTreeMap<String, Point> = words(3).into_iter().zip(points(3)).collect();
    let m05: HashSet<String> = words(6).into_iter().collect();
    let m06: HashMap<u8, HashMap<u8, u8>> = (0..3).map(|n| (n, HashMap::from([(n, n)]))).collect();
    let b01 = Box::new(7_u64);
    let b02 = Box::new(person("Ann", 40, None));
    let b03: Box<dyn Fn(u32) -> u32> = Box::new(|n| n + 1);
    let b04 = Box::new(Box::new(String::from("twice")));
    let r01 = Rc::new(String::from("shared"));
    let r02 = r01.clone();
    let r03 = Rc::new(RefCell::new(words(4)));
    let r04 = Rc::downgrade(&r01);
    let r05: Rc<str> = "counted".into();
    let a01 = Arc::new(Mutex::new(person("Cid", 30, None)));
    let a02 = a01.clone();
    let a03: Arc<[u32]> = vec![1, 2, 3].into();
    let o01 = Some(String::from("some"));
    let o02: Option<String> = None;
    let o03 = Some(Box::new(person("Dan", 50, None)));
    let o04: Result<Vec<u8>, String> = Ok(vec![1, 2]);
    let o05: Result<Vec<u8>, String> = Err("failed".to_owned());
    let p01 = person("Eli", 20, Some(Box::new(person("Fay", 60, None))));
    let p02 = person("Gus", 33, Some(Box::new(p01.clone())));
    let p03 = vec![person("Hal", 1, None), person("Ida", 2, None)];
    let e01 = Shape::Circle { centre: Point { x: 0.0, y: 1.0 }, radius: 2.0 };
    let e02 = Shape::Polygon(points(4));
    let e03 = Shape::Named("named".to_owned(), Box::new(Point { x: 4.0, y: 5.0 }));
    let e04 = vec![Shape::Nothing, Shape::Polygon(points(2))];
    let c01 = Cell::new(5_i16);
    let c02 = RefCell::new(Some(String::from("in a cell")));
    let t01 = (String::from("tuple"), 3_u8, 'x', 2.5_f32);
    let t02 = [String::from("a"), String::from("b"), String::from("c")];
    let t03 = ((1_u8, words(2)), Duration::from_millis(1500));
    let d01: &str = &s02[2..8];
    let d02: &[i32] = &v01[3..9];
    black_box((&s01, &s02, &s03, &s04, &s05, &v01, &v02, &v03, &v04, &v05, &v06)); // #stop
    black_box((&v07, &v08, &m01, &m02, &m03, &m04, &m05, &m06, &b01, &b02, &b03, &b04));
    black_box((&r01, &r02, &r03, &r04, &r05, &a01, &a02, &a03, &o01, &o02, &o03, &o04));
    black_box((&o05, &p01, &p02, &p03, &e01, &e02, &e03, &e04, &c01, &c02, &t01, &t02));
    black_box((&t03, &d01, &d02));
}
