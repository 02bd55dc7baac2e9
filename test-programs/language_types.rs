//! Every type of the language, group by group: each function has the values of one group alive at
//! its marker. What must be shown of them is written in `tests/language_types.rs`, from this source.
#![allow(dead_code, reason = "only the debugger reads some of it")]

use std::arch::x86_64::{__m128, __m128i, _mm_set_epi32, _mm_set_ps};
use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, Waker};

static GREETING: &str = "hello";
static mut COUNTER: u32 = 41;
const LIMIT: u16 = 500;
thread_local! { static LOCAL: Cell<u64> = const { Cell::new(7) }; }

#[inline(never)]
fn integers() {
    let (i_8, i_16, i_32, i_64) = (i8::MIN, -300_i16, -70_000_i32, i64::MIN);
    let (u_8, u_16, u_32, u_64) = (u8::MAX, u16::MAX, u32::MAX, u64::MAX);
    let (i_128, u_128) = (i128::MIN, u128::MAX);
    let (i_size, u_size) = (-1_isize, LIMIT as usize);
    black_box((&i_8, &i_16, &i_32, &i_64, &u_8, &u_16, &u_32, &u_64));
    black_box((&i_128, &u_128, &i_size, &u_size)); // #integers
}

#[inline(never)]
fn scalars() {
    let (single, double) = (0.1_f32, -1.5e300_f64);
    let (infinite, nothing, minus_zero) = (f64::NEG_INFINITY, f32::NAN, -0.0_f64);
    let (yes, no) = (true, false);
    let (letter, quote, wide, control) = ('x', '\'', '🦀', '\n');
    let unit = ();
    black_box((&single, &double, &infinite, &nothing, &minus_zero, &yes, &no));
    black_box((&letter, &quote, &wide, &control, &unit)); // #scalars
}

struct Marker;

struct Point {
    x: i32,
    y: i32,
}

struct Metres(f64);

struct Nested {
    name: &'static str,
    inner: (Point, [u8; 3]),
}

#[repr(C, packed)]
struct Packed {
    tag: u8,
    wide: u64,
    half: u16,
}

#[repr(C, align(64))]
struct Aligned {
    byte: u8,
}

struct Generic<T, const N: usize> {
    items: [T; N],
}

union Bits {
    int: u32,
    float: f32,
    bytes: [u8; 4],
}

#[inline(never)]
fn aggregates() {
    let marker = Marker;
    let point = Point { x: -3, y: 4 };
    let metres = Metres(2.5);
    let nested = Nested { name: "n", inner: (Point { x: 1, y: 2 }, [7, 8, 9]) };
    let packed = Packed { tag: 1, wide: 0x0102_0304_0506_0708, half: 515 };
    let aligned = Aligned { byte: 5 };
    let generic = Generic::<u16, 3> { items: [1, 2, 3] };
    let bits = Bits { int: 0x3f80_0000 };
    let (pair, one) = ((1_u8, "two"), (3_i64,));
    let array = [10_u16, 20, 30];
    let matrix = [[1_u8, 2], [3, 4]];
    let none: [u64; 0] = [];
    let units = [(); 3];
    black_box((&marker, &point, &metres, &nested, &packed, &aligned, &generic, &bits));
    black_box((&pair, &one, &array, &matrix, &none, &units)); // #aggregates
}

#[derive(Clone, Copy)]
enum Suit {
    Hearts,
    Spades = 200,
}

#[derive(Clone, Copy)]
#[repr(i8)]
enum Sign {
    Minus = -1,
    Plus = 1,
}

enum Shape {
    Dot,
    Circle(f32),
    Named { sides: u32, name: &'static str },
}

#[derive(Clone, Copy)]
#[repr(u8)]
enum Coded {
    Empty = 3,
    Full(u16, u8) = 77,
}

#[repr(i128)]
enum Vast {
    Low(u8) = i128::MIN,
    High(u8) = i128::MAX,
}

#[repr(u128)]
#[derive(Clone, Copy)]
enum VastPlain {
    Small = 1,
    Large = 1 << 100,
}

enum Only {
    One(u32, u8),
}

enum Never {}

enum Multi {
    Text(&'static str, bool),
    Missing,
    Unknown(u8),
}

#[inline(never)]
fn enums() {
    let (hearts, spades, minus, plus) = (Suit::Hearts, Suit::Spades, Sign::Minus, Sign::Plus);
    let (dot, circle) = (Shape::Dot, Shape::Circle(1.5));
    let named = Shape::Named { sides: 4, name: "square" };
    let (empty, full) = (Coded::Empty, Coded::Full(900, 9));
    let (low, high) = (Vast::Low(1), Vast::High(2));
    let (small, large) = (VastPlain::Small, VastPlain::Large);
    let only = Only::One(5, 6);
    let (text, missing, unknown) = (Multi::Text("t", true), Multi::Missing, Multi::Unknown(8));
    black_box((&hearts, &spades, &minus, &plus, &dot, &circle, &named, &empty, &full));
    black_box((&low, &high, &small, &large, &only, &text, &missing, &unknown)); // #enums
}

#[inline(never)]
fn options() {
    let (some, none) = (Some(7_u32), None::<u32>);
    let (non_zero, no_zero) = (NonZeroU32::new(9), NonZeroU32::new(0));
    let number = 11_u8;
    let (reference, no_reference) = (Some(&number), None::<&u8>);
    let (twice, half, neither) = (Some(Some(true)), Some(None::<bool>), None::<Option<bool>>);
    let (good, bad) = (Ok::<u32, u8>(1), Err::<u32, u8>(2));
    let infallible: Result<u64, Never> = Ok(12);
    let no_never: Option<Never> = None;
    let order = 1.cmp(&2);
    black_box((&some, &none, &non_zero, &no_zero, &reference, &no_reference));
    black_box((&twice, &half, &neither, &good, &bad, &infallible, &no_never, &order)); // #options
}

/// The same bytes as a value of each of these types; a union may hold what is none of them.
#[repr(C)]
union Damaged {
    bytes: [u8; 8],
    letter: char,
    flag: bool,
    suit: Suit,
    sign: Sign,
    coded: Coded,
    reference: &'static u8,
    function: fn(),
}

#[inline(never)]
fn invalid() {
    let damaged = Damaged { bytes: [2, 0xd8, 0, 0, 0, 0, 0, 0] };
    let zero = Damaged { bytes: [0; 8] };
    let filled: MaybeUninit<u32> = MaybeUninit::new(5);
    black_box((&damaged, &zero, &filled)); // #invalid
}

#[inline(never)]
fn pointers() {
    let mut numbers = [1_u16, 2, 3, 4];
    let value = 21_u64;
    let mut other = 22_i32;
    let (shared, again) = (&value, &&value);
    let raw: *const u64 = &value;
    let null: *const u64 = ptr::null();
    let null_mut: *mut i32 = ptr::null_mut();
    let dangling: *const u64 = ptr::without_provenance(8);
    let raw_slice: *const [u16] = &numbers;
    let slice = &[5_u8, 6, 7][1..];
    let empty: &[u32] = &[];
    let text = "té\"xt";
    let no_text = "";
    let of_units: &[()] = &[(), ()];
    let exclusive = &mut other;
    let mutable = &mut numbers[1..3];
    black_box((&shared, &again, &raw, &null, &null_mut, &dangling, &raw_slice));
    black_box((&slice, &empty, &text, &no_text, &of_units, &exclusive, &mutable)); // #pointers
}

trait Area {
    fn area(&self) -> u32;
}

struct Square {
    side: u32,
}

struct Wrap<T> {
    value: T,
}

impl Area for Square {
    fn area(&self) -> u32 {
        self.side * self.side
    }
}

impl Area for Marker {
    fn area(&self) -> u32 {
        0
    }
}

impl<T: Copy + Into<u32>> Area for Wrap<T> {
    fn area(&self) -> u32 {
        self.value.into()
    }
}

#[inline(never)]
fn objects() {
    let square = Square { side: 3 };
    let added = 5_u32;
    let object: &dyn Area = &square;
    let raw_object: *const dyn Area = &square;
    let empty: &dyn Area = &Marker;
    let generic: &dyn Area = &Wrap { value: 8_u8 };
    let boxed: Box<dyn Area> = Box::new(Wrap { value: 9_u16 });
    let number: &dyn std::fmt::Debug = &added;
    let function: &dyn Fn(u32) -> u32 = &|n| n + added;
    let once: Box<dyn FnOnce() -> u32> = Box::new(move || added);
    black_box((&object, &raw_object, &empty, &generic, &boxed, &number, &function, &once)); // #objects
    black_box((object.area() + empty.area() + generic.area() + boxed.area(), function(1)));
    black_box(&once);
}

fn double(n: i32) -> i32 {
    n * 2
}

mod deep {
    pub fn generic<T: Into<i64>>(value: T) -> i64 {
        value.into() + 1
    }

    pub extern "C" fn foreign(n: u8) -> u8 {
        n + 3
    }
}

impl Point {
    fn sum(&self) -> i32 {
        self.x + self.y
    }
}

#[inline(never)]
fn functions() {
    let pointer: fn(i32) -> i32 = double;
    let generic: fn(i32) -> i64 = deep::generic::<i32>;
    let foreign: extern "C" fn(u8) -> u8 = deep::foreign;
    let method: fn(&Point) -> i32 = Point::sum;
    let closure_pointer: fn(u8) -> u8 = |n| n + 4;
    let maybe: Option<fn(i32) -> i32> = Some(double);
    let no_function: Option<fn(i32) -> i32> = None;
    let item = double;
    let table = [double as fn(i32) -> i32, double];
    black_box((&pointer, &generic, &foreign, &method, &closure_pointer, &maybe, &no_function));
    black_box((&item, &table)); // #functions
    apply(double, black_box(pointer));
}

/// The first argument has no bytes: its type is the function.
#[inline(never)]
fn apply<F: Fn(i32) -> i32>(item: F, pointer: fn(i32) -> i32) {
    black_box((item(1), pointer(2))); // #apply
}

#[inline(never)]
fn closures() {
    let (by_value, text) = (4_u16, String::from("owned"));
    let mut count = 10_u32;
    let borrowed = Point { x: 5, y: 6 };
    let nothing = |n: u32| n + 1;
    let copies = move |n: u16| n + by_value;
    let owns = move || text.len();
    let borrows = || borrowed.sum();
    let mut changes = || count += 1;
    black_box((&nothing, &copies, &owns, &borrows, &mut changes)); // #closures
}

/// Is pending the first time, and ready with a number the second.
struct Later {
    polled: bool,
    number: u32,
}

impl Future for Later {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        if self.polled {
            return Poll::Ready(self.number);
        }
        self.polled = true;
        Poll::Pending
    }
}

async fn inner(number: u32) -> u32 {
    let kept = number + 1;
    let first = Later { polled: false, number: 30 }.await; // #inner-await
    kept + first
}

async fn outer(name: &'static str) -> usize {
    let before = [1_u8, 2];
    let got = inner(6).await; // #outer-await
    let after = got + 1;
    let second = Later { polled: false, number: 40 }.await; // #second-await
    name.len() + before.len() + (after + second) as usize
}

async fn panics() {
    let gone = String::from("gone");
    Later { polled: false, number: 1 }.await;
    black_box(&gone);
    std::panic::resume_unwind(Box::new(())); // #running
}

#[inline(never)]
fn futures() {
    let mut context = Context::from_waker(Waker::noop());
    let unresumed = outer("new");
    let mut waiting = Box::pin(outer("first"));
    let mut further = Box::pin(outer("next"));
    let mut finished = Box::pin(inner(1));
    let mut panicked = Box::pin(panics());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    assert!(further.as_mut().poll(&mut context).is_pending());
    assert!(further.as_mut().poll(&mut context).is_pending());
    assert!(finished.as_mut().poll(&mut context).is_pending());
    assert!(finished.as_mut().poll(&mut context).is_ready());
    assert!(panicked.as_mut().poll(&mut context).is_pending());
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        panicked.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }));
    assert!(caught.is_err());
    let (lent, given) = (String::from("lent"), [7_u8, 8]);
    let mut block = Box::pin(async {
        let inside = 3_u8;
        Later { polled: false, number: 1 }.await; // #block-await
        lent.len() + usize::from(inside)
    });
    assert!(block.as_mut().poll(&mut context).is_pending());
    let mut owning = Box::pin(async move {
        Later { polled: false, number: 2 }.await; // #owning-await
        black_box(&given);
    });
    assert!(owning.as_mut().poll(&mut context).is_pending());
    let closure = async |argument: String| {
        Later { polled: false, number: 3 }.await; // #closure-await
        argument.len() + lent.len()
    };
    let mut called = Box::pin(closure(String::from("passed")));
    assert!(called.as_mut().poll(&mut context).is_pending());
    show(&waiting, &further, &finished, &panicked);
    show_blocks(&unresumed, &block, &owning, &called); // #futures
}

#[inline(never)]
fn show<A, B, C, D>(waiting: &A, further: &B, finished: &C, panicked: &D) {
    black_box((waiting, further, finished, panicked)); // #show
}

#[inline(never)]
fn show_blocks<A, B, C, D>(unresumed: &A, block: &B, owning: &C, called: &D) {
    black_box((unresumed, block, owning, called)); // #show-blocks
}

/// Arguments that optimised code keeps in registers: an enum and a pair in two of them, pointers
/// with a length and with a vtable, 128 bits in two, floats in vector registers.
#[inline(never)]
fn registers(option: Option<u32>, text: &str, object: &dyn Area) -> u32 {
    black_box((option, text, object)); // #registers
    object.area()
}

#[inline(never)]
fn halves(wide: u128, signed: i64, ratio: f64, flag: bool, suit: Suit) -> u128 {
    black_box((wide, ratio, signed, flag, suit)); // #halves
    wide
}

/// A struct of which optimised code keeps one half only.
#[inline(never)]
fn pieces(seed: i32) -> i32 {
    let pair = Point { x: seed + 1, y: seed + 2 };
    let constant = (7_u8, 1_000_000_u32);
    black_box(seed); // #pieces
    black_box(constant.1) as i32 + black_box(pair.x)
}

#[inline(never)]
fn vectors() {
    let floats: __m128 = unsafe { _mm_set_ps(4.0, 3.0, 2.0, 1.5) };
    let ints: __m128i = unsafe { _mm_set_epi32(4, -3, 2, 1) };
    black_box((&floats, &ints)); // #vectors
}

#[inline(never)]
fn statics() {
    unsafe { COUNTER += 1 };
    let counter: *const u32 = &raw const COUNTER;
    let greeting: &'static &'static str = &GREETING;
    let local = LOCAL.get();
    black_box((&counter, &greeting, &local)); // #statics
}

fn main() {
    integers();
    scalars();
    aggregates();
    enums();
    options();
    invalid();
    pointers();
    objects();
    functions();
    closures();
    futures();
    registers(black_box(Some(6)), black_box("in two"), black_box(&Square { side: 5 }));
    halves(black_box(1 << 100 | 3), black_box(-4), black_box(0.25), true, Suit::Spades);
    pieces(black_box(20));
    vectors();
    statics();
    println!("all types"); // #print
} // #end
