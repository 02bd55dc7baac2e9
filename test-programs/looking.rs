//! Something of each kind to look at: a static, a struct and an enum on the stack, blocks with one
//! owner and with two, a generic function of two instances, a recursion, and std in the middle of
//! the stack.

use std::rc::Rc;

static TABLE: [u32; 4] = [0x11, 0x22, 0x33, 0x44];
static mut COUNTER: u64 = 7;

struct Point {
    x: i32,
    y: i64,
    name: &'static str,
}

enum Shape {
    Empty,
    Circle(f64),
    Named { point: Point, tag: u8 },
}

#[inline(never)]
fn twice<T: Copy>(value: T) -> (T, T) {
    let pair = (value, value);
    pair // #in-twice
}

#[inline(never)]
fn area(shape: &Shape, scale: f64) -> f64 {
    let factor = scale * 2.0;
    match shape {
        Shape::Empty => 0.0,
        Shape::Circle(radius) => radius * factor,
        Shape::Named { point, tag } => f64::from(point.x) * factor + f64::from(*tag), // #named
    }
}

#[inline(never)]
fn down(depth: u32) -> u32 {
    if depth == 0 {
        return 1; // #bottom
    }
    let below = down(depth - 1);
    below + 1
}

#[inline(never)]
fn visit(number: u32) -> u32 {
    let seen = number + 1;
    seen // #visit
}

#[inline(never)]
fn all(numbers: &[u32]) -> u32 {
    numbers.iter().map(|number| visit(*number)).sum() // #all
}

fn main() {
    let words = vec![String::from("one"), String::from("two")]; // #words
    let shared = Rc::new(5_u64);
    let also = Rc::clone(&shared); // #also
    let bytes: [u8; 16] = *b"0123456789abcde\0";
    let floats = [1.5_f32, -2.25];
    let point = Point { x: 3, y: -4, name: "corner" };
    let copy = Point { ..point }; // #points
    let shape = Shape::Named { point: copy, tag: 9 };
    let shapes = [Shape::Empty, Shape::Circle(1.0)];
    let sum = area(&shape, 1.0) + area(&shapes[0], 1.0) + area(&shapes[1], 1.0); // #area
    let pair = (twice(7_u8), twice(-1_i64));
    let depth = down(5) + all(&TABLE); // #deep
    // SAFETY: there is only this thread, and no reference to the static.
    let counter = unsafe {
        COUNTER += 1;
        (&raw const COUNTER).read()
    };
    println!("{words:?} {shared} {also} {sum} {pair:?} {depth} {counter}"); // #print
    println!("{bytes:?} {floats:?} {} {} {}", point.x, point.y, point.name);
} // #end
