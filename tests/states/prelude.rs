//! What all generated programs have: types that say when they are dropped, functions that take, pass
//! and look at values; and how a new value is written.

use super::kinds::Kind;
use super::tree::New;

/// The beginning of a program.
pub const PRELUDE: &str = r#"#![allow(unused, dead_code)]
use std::arch::x86_64::*;
use std::fmt::{Debug, Write as _};
use std::hint::black_box;
use std::rc::Rc;
#[derive(Debug, PartialEq)] pub struct Owner { id: u32, n: u32, name: String }
impl Owner { #[inline(never)] fn new(id: u32) -> Owner { Owner { id, n: 0, name: format!("n{id}") } } }
impl Drop for Owner { fn drop(&mut self) { println!("d {}", self.id); } }
#[derive(Debug, PartialEq)] pub struct Tag { id: u32, n: u32 }
impl Drop for Tag { fn drop(&mut self) { println!("d {}", self.id); } }
#[derive(Debug)] pub struct Pair { a: Owner, n: u32, b: Owner }
#[derive(Debug)] pub enum Shape { Nothing, One(Owner), Two { n: u32, a: Owner } }
#[derive(Debug)] pub struct Three { a: Box<Owner>, n: u32, m: u32 }
#[derive(Debug)] pub enum Mixed { Boxed(Box<Owner>), Short(u16) }
#[derive(Debug)] pub struct Weight(f64);
impl Drop for Weight { fn drop(&mut self) { println!("d {}", self.0); } }
#[derive(Debug)] pub struct Heavy(Box<Owner>, f64);
#[derive(Debug)] pub struct Lanes(__m128);
impl Lanes { fn new(id: u32) -> Lanes { Lanes(unsafe { _mm_set1_ps(id as f32) }) } }
impl Drop for Lanes { fn drop(&mut self) { println!("d {}", unsafe { _mm_cvtss_f32(self.0) }); } }
#[derive(Debug)] pub struct Zero;
impl Drop for Zero { fn drop(&mut self) { println!("d 0"); } }
#[inline(never)] fn take<T>(value: T) { black_box(&value); }
#[inline(never)] fn take_among<T>(a: u64, n: u128, value: T, w: f64, s: &str) { black_box((a, n, &value, w, s)); }
#[inline(never)] fn take_late<T>(a: u64, b: u64, n: u128, c: u64, m: u128, value: T) { black_box((a, b, n, c, m, &value)); }
#[inline(never)] fn take_far<T>(n: u128, m: u128, o: u128, a: u64, value: T) { black_box((n, m, o, a, &value)); }
#[inline(never)] fn take_both<T, U>(w: f32, one: T, n: u128, other: U) -> u64 { black_box((w, &one, n, &other)); 1 }
#[inline(never)] fn touch<T>(value: &T) { black_box(value); }
#[inline(never)] fn touch_mut<T>(value: &mut T) { black_box(value); }
#[inline(never)] fn pass<T>(value: T) -> T { black_box(&value); value }
#[inline(never)] fn among<T>(n: u128, w: f64, value: T, s: &str, m: i128) -> T { black_box((n, w, &value, s, m)); value }
#[inline(never)] fn give<T>(value: T, fails: bool) -> Result<T, String> { if fails { Err(String::from("x")) } else { Ok(value) } }
#[inline(never)] fn maybe(id: u32) -> Option<Owner> { Some(Owner::new(id)) }
#[inline(never)] fn text(id: u32) -> String { format!("n{id}") }
#[inline(never)] fn pair(id: u32) -> Pair { Pair { a: Owner::new(id), n: 1, b: Owner::new(id + 1) } }
#[inline(never)] fn three(id: u32) -> Three { Three { a: Box::new(Owner::new(id)), n: 1, m: 2 } }
#[inline(never)] fn mixed(id: u32) -> Mixed { Mixed::Boxed(Box::new(Owner::new(id))) }
#[inline(never)] fn outcome(id: u32) -> Result<u8, Box<Owner>> { Err(Box::new(Owner::new(id))) }
#[inline(never)] fn twins(id: u32) -> [Box<Owner>; 2] { [Box::new(Owner::new(id)), Box::new(Owner::new(id + 1))] }
#[inline(never)] fn heavy(id: u32) -> Heavy { Heavy(Box::new(Owner::new(id)), 1.5) }
#[inline(never)] fn fallible(fails: bool) -> Result<u32, String> { if fails { Err(String::from("x")) } else { Ok(1) } }
#[inline(never)] fn once<F: FnOnce()>(f: F) { f() }
#[inline(never)] fn mark(no: usize) { black_box(no); }
"#;

/// How a new value is written.
pub fn new(new: &New) -> String {
    let New { kind, id, way } = new;
    let owner = format!("Owner::new({id})");
    let boxed = format!("Box::new({owner})");
    match (kind, way) {
        (Kind::Owner, 0) => format!("Owner {{ id: {id}, n: 3, name: text({id}) }}"),
        (Kind::Owner, _) => owner,
        (Kind::Tag, _) => format!("Tag {{ id: {id}, n: 3 }}"),
        (Kind::Text, _) => format!("text({id})"),
        (Kind::Maybe, 0) => "None::<Owner>".to_owned(),
        (Kind::Maybe, 1) => format!("maybe({id})"),
        (Kind::Maybe, _) => format!("Some({owner})"),
        (Kind::Boxed, _) => boxed,
        (Kind::Pair, 0) => format!("pair({id})"),
        (Kind::Pair, _) => format!("Pair {{ a: {owner}, n: 2, b: Owner::new({}) }}", id + 1),
        (Kind::Tuple, _) => format!("({owner}, text({id}))"),
        (Kind::Many, 0) => "Vec::<Owner>::new()".to_owned(),
        (Kind::Many, _) => format!("vec![{owner}]"),
        (Kind::Shared, _) => format!("Rc::new({owner})"),
        (Kind::Shape, 0) => "Shape::Nothing".to_owned(),
        (Kind::Shape, 1) => format!("Shape::One({owner})"),
        (Kind::Shape, _) => format!("Shape::Two {{ n: 4, a: {owner} }}"),
        (Kind::Three, 0) => format!("three({id})"),
        (Kind::Three, _) => format!("Three {{ a: {boxed}, n: 2, m: 3 }}"),
        (Kind::Mixed, 0) => "Mixed::Short(7)".to_owned(),
        (Kind::Mixed, 1) => format!("mixed({id})"),
        (Kind::Mixed, _) => format!("Mixed::Boxed({boxed})"),
        (Kind::Outcome, 0) => "Ok::<u8, Box<Owner>>(3)".to_owned(),
        (Kind::Outcome, 1) => format!("outcome({id})"),
        (Kind::Outcome, _) => format!("Err::<u8, Box<Owner>>({boxed})"),
        (Kind::Twins, 0) => format!("twins({id})"),
        (Kind::Twins, _) => format!("[{boxed}, Box::new(Owner::new({}))]", id + 1),
        (Kind::Weight, _) => format!("Weight({id}.0)"),
        (Kind::Heavy, 0) => format!("heavy({id})"),
        (Kind::Heavy, _) => format!("Heavy({boxed}, 2.5)"),
        (Kind::Lanes, _) => format!("Lanes::new({id})"),
        (Kind::Dynamic, _) => format!("Box::new({owner}) as Box<dyn Debug>"),
        (Kind::Zero, _) => "Zero".to_owned(),
        (Kind::Closure, _) => unreachable!("a closure captures a variable"),
    }
}
