//! Places of every kind: what lies in them, how much of it is on the stack and on the heap, and
//! what a debugger may write there.
#![allow(dead_code, reason = "a debugger reads what the program does not")]

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;

/// Text and numbers of the program's, in sections of its file.
static GREETING: &str = "in a section";
static PRIMES: [u32; 4] = [2, 3, 5, 7];
static mut COUNTER: u64 = 100;
static mut ZEROES: [u8; 64] = [0; 64];

thread_local! {
    static MINE: Cell<u32> = const { Cell::new(11) };
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Light {
    Red,
    Amber,
    Green,
}

#[derive(Debug)]
struct Settings {
    level: i16,
    ratio: f32,
    light: Light,
    name: String,
}

/// Takes the address of what it is given, so that it lies in memory when this is called.
#[inline(never)]
fn look<T>(at: T) {
    black_box(at);
}

#[inline(never)]
fn inner(argument: &u64) {
    let own = *argument + 1;
    look((&own, argument)); // #inner
}

#[inline(never)]
fn split() {
    let words = vec![String::from("hello"), String::from("world")];
    let shared = Rc::new([1_u64; 4]);
    let holders = [Rc::clone(&shared), Rc::clone(&shared)];
    let mut roomy: Vec<u32> = Vec::with_capacity(100);
    roomy.extend([1, 2, 3]);
    let lent: &[String] = black_box(&words);
    let empty: Vec<String> = Vec::new();
    look((&words, &shared, &holders, &roomy, &lent, &empty)); // #split
    look(lent);
}

/// Many texts, each of eight bytes in a block of its own.
#[inline(never)]
fn many() {
    let many: Vec<String> = (10_000_000..10_100_000).map(|n: u32| n.to_string()).collect();
    look(&many); // #many
}

#[inline(never)]
fn mapping() {
    // SAFETY: a new anonymous mapping, which overlaps nothing.
    let pages = unsafe { mmap(std::ptr::null_mut(), 8192, 3, 0x22, -1, 0) };
    let nowhere = std::ptr::without_provenance::<u8>(16);
    look((pages, nowhere)); // #mapping
}

unsafe extern "C" {
    fn mmap(at: *mut u8, len: usize, prot: i32, flags: i32, fd: i32, offset: i64) -> *mut u8;
}

#[inline(never)]
fn written() {
    let mut count = 1_u32;
    let mut letter = 'a';
    let mut yes = false;
    let mut ratio = 0.25_f64;
    let mut light = Light::Red;
    let mut settings =
        Settings { level: 3, ratio: 0.5, light: Light::Amber, name: String::from("old") };
    let mut row = [1_i32, 2, 3];
    let mut list = vec![10_u8, 20, 30];
    let mut pair = (1_u8, true);
    let mut boxed = Box::new(5_i64);
    let mut maybe: Option<Box<u8>> = Some(Box::new(9));
    let shared = Rc::new(6_i64);
    let borrowed = &shared;
    let cell = Cell::new(1_u16);
    look((&mut count, &mut letter, &mut yes, &mut ratio, &mut light, &mut settings)); // #before
    look((&mut row, &mut list, &mut pair, &mut boxed, &mut maybe, &shared, &cell));
    look((&mut count, &mut row)); // #write
    println!("{count} {letter} {yes} {ratio} {light:?} {row:?} {list:?} {pair:?} {boxed}");
    println!("{settings:?} {maybe:?} {shared} {borrowed} {}", cell.get());
} // #written

#[inline(never)]
fn doubled(n: u64) -> u64 {
    n * 2 // #doubled
}

fn main() {
    MINE.set(MINE.get() + 1);
    // SAFETY: there is only this thread, and no reference to either static exists.
    unsafe {
        COUNTER += 1;
        black_box(&raw mut ZEROES).cast::<u8>().write(1);
    }
    let outer = 7_u64;
    inner(black_box(&outer));
    look((&GREETING, &PRIMES, &raw const COUNTER)); // #statics
    split();
    mapping();
    written();
    // A debugger that sees each of so many blocks takes its time.
    if std::env::args().nth(1).is_some() {
        many();
    }
    println!("{}", doubled(black_box(21)));
    println!("{:?}", [Light::Red, Light::Amber, Light::Green]);
}
