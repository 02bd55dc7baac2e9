//! Values of std that are more, or less, than their fields: trait objects, locks and their guards,
//! cells that are filled once, times, addresses, ranges, wrappers.

use std::cell::OnceCell;
use std::ffi::CString;
use std::hint::black_box;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::{LazyLock, Mutex, OnceLock, RwLock};
use std::time::Duration;

trait Shape {
    fn area(&self) -> u32;
}

struct Square {
    side: u32,
}

#[repr(align(64))]
struct Wide {
    side: u32,
}

impl Shape for Square {
    fn area(&self) -> u32 {
        self.side * self.side
    }
}

impl Shape for Wide {
    fn area(&self) -> u32 {
        self.side * 2
    }
}

#[inline(never)]
fn shapes() -> u32 {
    let boxed: Box<dyn Shape> = Box::new(Square { side: 3 });
    let borrowed: &dyn Shape = &*boxed;
    let counted: Rc<dyn Shape> = Rc::new(Wide { side: 4 });
    let row: Vec<Box<dyn Shape>> = vec![Box::new(Square { side: 1 }), Box::new(Wide { side: 2 })];
    black_box((&boxed, &borrowed, &counted, &row)); // #shapes
    boxed.area() + borrowed.area() + counted.area() + row[1].area()
}

#[inline(never)]
fn locks() {
    let held = Mutex::new(String::from("held"));
    let (read, written) = (RwLock::new(9_u64), RwLock::new(8_u64));
    let Ok(holder) = held.lock() else { return };
    let (Ok(reader), Ok(second)) = (read.read(), read.read()) else { return };
    let Ok(writer) = written.write() else { return };
    black_box((&holder, &reader, &second, &writer)); // #locks
}

#[inline(never)]
fn once() {
    let empty: OnceLock<String> = OnceLock::new();
    let full: OnceLock<String> = OnceLock::from(String::from("once"));
    let cell: OnceCell<u32> = OnceCell::from(3);
    let waiting: LazyLock<u32> = LazyLock::new(|| 4);
    let forced: LazyLock<u32> = LazyLock::new(|| 4);
    black_box(*forced);
    black_box((&empty, &full, &cell, &waiting, &forced)); // #once
}

#[inline(never)]
fn small() {
    let duration = Duration::from_millis(1500);
    let address = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 8));
    let socket = SocketAddr::from(([10, 0, 0, 1], 80));
    let range = 1..5_u32;
    let pinned = Box::pin(5_u32);
    let by_hand = ManuallyDrop::new(String::from("kept"));
    let unset: MaybeUninit<u32> = MaybeUninit::uninit();
    let c_text = CString::from(c"c text");
    let path = Path::new("/etc");
    let mut rest = vec![1, 2, 3].into_iter();
    rest.next();
    let flag = AtomicBool::new(true);
    black_box((&duration, &address, &socket, &range, &pinned, &by_hand));
    black_box((&unset, &c_text, &path, &rest, &flag)); // #small
}

fn main() {
    let area = shapes();
    locks();
    once();
    small();
    println!("area {area}"); // #print
} // #end
