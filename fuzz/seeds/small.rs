//! A program without std: small enough to be mutated, with most of what DWARF says of Rust.
#![no_std]
#![no_main]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

// The precompiled core asks for it; nothing here unwinds.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

pub struct Pair<T> {
    pub first: T,
    pub second: [u16; 3],
}

pub enum Shape<'a> {
    Dot,
    Line(&'a str),
    Box { wide: u32, high: i64 },
}

#[repr(i8)]
#[derive(Clone, Copy)]
pub enum Sign {
    Minus = -1,
    Plus = 1,
}

pub union Bits {
    pub int: u32,
    pub float: f32,
}

pub trait Area {
    fn area(&self) -> i64;
}

impl Area for Pair<i8> {
    #[inline(never)]
    fn area(&self) -> i64 {
        let wide = i64::from(self.first);
        wide * i64::from(self.second[0])
    }
}

pub static mut COUNT: u128 = 7;

#[inline(always)]
fn twice(n: i64) -> i64 {
    let doubled = n + n;
    doubled ^ 1
}

#[inline(never)]
fn measure(shape: &Shape<'_>, area: &dyn Area, option: Option<&Pair<i8>>) -> i64 {
    let base = match shape {
        Shape::Dot => 0,
        Shape::Line(text) => text.len() as i64,
        Shape::Box { wide, high } => twice(i64::from(*wide)) + *high,
    };
    let second = option.map_or(1, |pair| pair.area());
    base.wrapping_mul(second).wrapping_add(area.area())
}

#[unsafe(no_mangle)]
pub extern "C" fn _start() -> ! {
    let pair = Pair { first: 3_i8, second: [1, 2, 3] };
    let shapes = [Shape::Dot, Shape::Line("line"), Shape::Box { wide: 4, high: -2 }];
    let mut sum = 0;
    for shape in &shapes {
        let sign = if sum > 3 { Sign::Minus } else { Sign::Plus };
        sum += measure(shape, &pair, Some(&pair)) * (sign as i64);
    }
    let bits = Bits { float: sum as f32 };
    // SAFETY: every bit pattern is an integer, and there is one thread.
    unsafe { COUNT += u128::from(bits.int) };
    loop {}
}
