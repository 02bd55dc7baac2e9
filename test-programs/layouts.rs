//! Types of every layout, and what the compiler itself says of them: one line for each, with its
//! size, its alignment, whether an `Option` of it is as small, and the offsets of some fields.

#![allow(dead_code)]

use std::cell::Cell;
use std::mem::{align_of, offset_of, size_of};
use std::num::{NonZero, ParseIntError};

pub struct Holes {
    pub first: u8,
    pub second: u64,
    pub third: u16,
    pub fourth: (u8, u32),
} // #holes

#[repr(C)]
pub struct Ordered {
    pub first: u8,
    pub second: u64,
    pub third: u8,
    pub wide: u128,
} // #ordered

#[repr(C)]
pub struct Tight {
    pub first: u64,
    pub second: u32,
    pub third: u32,
}

#[repr(C, packed)]
pub struct Packed {
    pub first: u8,
    pub second: u32,
    pub third: u64,
}

#[repr(C, packed(2))]
pub struct PackedBy2 {
    pub first: u8,
    pub second: u32,
}

#[repr(align(64))]
pub struct Aligned {
    pub byte: u8,
}

pub struct Empty;

pub struct Pair<A, B> {
    pub first: A,
    pub second: B,
}

#[repr(C)]
pub union Overlap {
    pub int: u32,
    pub bytes: [u8; 6],
    pub wide: u64,
} // #overlap

#[derive(Clone, Copy)]
#[repr(i16)]
pub enum Sign {
    Minus = -300,
    Zero,
    Plus = 7,
} // #sign

pub enum Tagged {
    Nothing,
    Number(u64),
    Both { small: u8, large: u32 },
} // #tagged

pub enum Niche {
    Text(String),
    Missing,
    Unknown,
} // #niche

pub enum MultiNiche {
    Text(String),
    Number(u32, u8),
    Flag(bool),
    Missing,
} // #multi-niche

pub enum Single {
    Only(u32, u8),
}

pub enum Void {}

#[repr(u128)]
pub enum Wide {
    Small(u8) = 1,
    Large(u16) = 1 << 90,
} // #wide

#[repr(u8)]
pub enum Forced {
    Small(u8) = 3,
    Large(u64) = 9,
}

pub enum Either<L, R> {
    Left(L),
    Right(R),
}

/// The size and the alignment, whether `Option` finds room in it, and the fields that are asked for.
macro_rules! says {
    ($($ty:ty $(: $($field:tt),+)?;)*) => {
        $({
            let option = size_of::<Option<$ty>>() == size_of::<$ty>();
            print!("{}|{}|{}|{option}", stringify!($ty), size_of::<$ty>(), align_of::<$ty>());
            $(says!(@fields $ty; $($field),+);)?
            println!();
            // A type is only described where a variable has it.
            let variable: Option<$ty> = None;
            std::hint::black_box(&variable);
            let array: Vec<$ty> = Vec::new();
            std::hint::black_box(&array);
        })*
    };
    (@fields $ty:ty; $($field:tt),+) => {
        $(print!("|{}={}", stringify!($field), offset_of!($ty, $field));)+
    };
}

fn main() {
    says! {
        Holes: first, second, third, fourth;
        Ordered: first, second, third, wide;
        Tight: first, second, third;
        Packed: first, second, third;
        PackedBy2: first, second;
        Aligned: byte;
        Empty;
        Pair<u8, u32>: first, second;
        Pair<String, bool>: first, second;
        Overlap: int, bytes, wide;
        Sign;
        Tagged;
        Niche;
        MultiNiche;
        Single;
        Void;
        Wide;
        Forced;
        Either<u8, Void>;
        Either<&'static str, char>;
        Option<Box<u8>>;
        Option<NonZero<u32>>;
        NonZero<u64>;
        Result<String, ParseIntError>;
        Option<bool>;
        Option<Option<bool>>;
        Option<Option<Option<char>>>;
        (u8, u32, bool): 0, 1, 2;
        (u64, (u8, char)): 0, 1;
        [u16; 5];
        [bool; 3];
        [Pair<u8, u32>; 4];
        &'static [u8];
        &'static dyn std::fmt::Debug;
        Option<&'static str>;
        Cell<bool>;
        std::cell::RefCell<String>;
        std::time::Duration;
        Vec<u8>;
        Option<Vec<u8>>;
        u128;
        char;
        fn(u8) -> u8;
    } // #says
}
