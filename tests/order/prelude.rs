//! What every generated program begins with: types that print what they drop.

/// The types whose `Drop` impls print. `ORACLE_PLACES` makes them print which function, line and
/// thread it was, too, as std's own backtrace has it.
pub const PRELUDE: &str = r#"#![allow(unused, dead_code)]
use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::mem::{ManuallyDrop, forget, replace, swap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
pub type Hash<T> = HashMap<u32, T, BuildHasherDefault<DefaultHasher>>;
pub trait Says: Send { fn id(&self) -> u32; }
impl<T: Says + ?Sized> Says for Box<T> { fn id(&self) -> u32 { (**self).id() } }
#[inline(never)] fn said<T>(id: u32) {
    let place = if std::env::var_os("ORACLE_PLACES").is_some() { place() } else { String::new() };
    println!("d {} {id}{place}", type_name::<T>());
}
fn place() -> String {
    let all = std::backtrace::Backtrace::force_capture().to_string();
    let thread = format!("{:?}", std::thread::current().id());
    let thread = thread.trim_start_matches("ThreadId(").trim_end_matches(')');
    let mut name = "";
    for line in all.lines() {
        let line = line.trim();
        if let Some(at) = line.strip_prefix("at ") {
            let mut parts = at.rsplitn(3, ':');
            let (_, no, file) = (parts.next(), parts.next(), parts.next());
            let mine = file.is_some_and(|f| f.ends_with(concat!("/", file!())) || f.ends_with(file!()));
            let ours = ["Drop>::drop", "::said", "::place"].iter().any(|part| name.contains(part));
            if mine && !ours { return format!(" {} {} {thread}", name.replace(' ', ""), no.unwrap_or("0")); }
        } else if let Some((_, rest)) = line.split_once(": ") {
            name = rest;
        }
    }
    format!(" ? 0 {thread}")
}
pub struct A(u32);
impl A { fn new(id: u32) -> A { A(id) } }
impl Says for A { fn id(&self) -> u32 { self.0 } }
impl Drop for A { fn drop(&mut self) { said::<Self>(self.0); } }
pub struct B(Box<u32>);
impl B { fn new(id: u32) -> B { B(Box::new(id)) } }
impl Says for B { fn id(&self) -> u32 { *self.0 } }
impl Drop for B { fn drop(&mut self) { said::<Self>(*self.0); } }
pub struct C { id: u32, text: String }
impl C { fn new(id: u32) -> C { C { id, text: format!("text {id}") } } }
impl Says for C { fn id(&self) -> u32 { self.id } }
impl Drop for C { fn drop(&mut self) { said::<Self>(self.id); } }
pub struct G<T>(u32, T);
impl<T> G<T> { fn of(id: u32, inner: T) -> G<T> { G(id, inner) } }
impl<T: Send> Says for G<T> { fn id(&self) -> u32 { self.0 } }
impl<T> Drop for G<T> { fn drop(&mut self) { said::<Self>(self.0); } }
pub enum E { One(u32), Two(u32, String), With(u32, A) }
impl Says for E { fn id(&self) -> u32 { match self { E::One(n) | E::Two(n, _) | E::With(n, _) => *n } } }
impl Drop for E { fn drop(&mut self) { said::<Self>(self.id()); } }
pub struct Z;
impl Says for Z { fn id(&self) -> u32 { 0 } }
impl Drop for Z { fn drop(&mut self) { said::<Self>(0); } }
pub struct Both { a: A, n: u32, c: C }
pub enum Shape { Nothing, Left(A), Right { b: B, z: Z }, Wrapped(Box<C>) }
#[inline(never)] fn take<T>(value: T) { black_box(&value); }
#[inline(never)] fn take_two<T, U>(one: T, two: U) { black_box((&one, &two)); }
#[inline(never)] fn touch<T: ?Sized>(value: &T) { black_box(value); }
#[inline(never)] fn pass<T>(value: T) -> T { black_box(&value); value }
#[inline(never)] fn wrap<T>(value: T) -> Option<T> { black_box(&value); Some(value) }
#[inline(never)] fn once<F: FnOnce()>(f: F) { f() }
#[inline(never)] fn boom(now: bool) { if now { panic!("x") } }
#[inline(never)] fn fallible(fails: bool, id: u32) -> Result<C, A> { if fails { Err(A::new(id)) } else { Ok(C::new(id)) } }
#[inline(never)] fn holding<T>(value: T, now: bool) -> T { let c = C::new(1); boom(now); value }
"#;
