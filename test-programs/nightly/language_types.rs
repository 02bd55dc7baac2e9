//! Types that only the nightly compiler has: `f16`, `f128`, the portable vectors, and `!` as an
//! argument.
#![feature(f16, f128, portable_simd, never_type)]

use std::hint::black_box;
use std::simd::{f32x4, i16x8, mask32x4};

#[inline(never)]
fn floats() {
    let (tenth, large, minus) = (0.1_f16, 60000.0_f16, -2.5_f16);
    let (third, small, whole) = (0.1_f128, 1.5e-4000_f128, 7.0_f128);
    let nothing = f16::NAN;
    black_box((&tenth, &large, &minus, &third, &small, &whole, &nothing)); // #floats
}

#[inline(never)]
fn vectors() {
    let floats = f32x4::from_array([1.0, 2.5, -3.0, 0.0]);
    let ints = i16x8::splat(-7);
    let mask = mask32x4::from_array([true, false, true, true]);
    black_box((&floats, &ints, &mask)); // #vectors
}

#[inline(never)]
fn never() {
    let done: Result<u32, !> = Ok(5);
    let failed: Result<!, u8> = Err(6);
    black_box((&done, &failed)); // #never
}

fn main() {
    floats();
    vectors();
    never();
    println!("nightly types"); // #print
} // #end
