//! The types of widely used crates: each variable is printed as a debugger must show it at the end
//! of its function.
//!
//! `debug!` prints what `{:?}` gives, `shown!` the form that is expected where that says more or
//! less than the bytes do.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::BuildHasherDefault;
use std::hint::black_box;

use arrayvec::{ArrayString, ArrayVec};
use bytes::{Buf, Bytes, BytesMut};
use hashbrown::{HashMap, HashSet, HashTable};
use indexmap::{IndexMap, IndexSet};
use parking_lot::{Condvar, MappedMutexGuard, Mutex, MutexGuard, Once, ReentrantMutex, RwLock};
use parking_lot::{RwLockReadGuard, RwLockUpgradableReadGuard};
use smallvec::SmallVec;

/// Without the random seed the order of the entries is the same in every run.
type Hasher = BuildHasherDefault<DefaultHasher>;

/// Prints `name=` and what `{:?}` gives.
macro_rules! debug {
    ($($name:ident),* $(,)?) => { $(println!("{}={:?}", stringify!($name), $name);)* };
}

/// Prints `name=` and a form of another kind.
macro_rules! shown {
    ($name:ident, $($form:tt)*) => {
        println!("{}={}", stringify!($name), format_args!($($form)*));
        black_box(&$name);
    };
}

#[inline(never)]
fn tables() {
    let map: HashMap<u8, Vec<u8>, Hasher> = [(1, vec![2]), (3, vec![])].into_iter().collect();
    let mut tombstones: HashMap<u32, u32, Hasher> = (0..50).map(|n| (n, n * n)).collect();
    tombstones.retain(|n, _| n % 10 == 7);
    let empty_map: HashMap<String, String> = HashMap::new();
    let set: HashSet<&str, Hasher> = ["x", "y"].into_iter().collect();
    let mut table: HashTable<u64> = HashTable::new();
    table.insert_unique(7, 70, |n| *n);
    let map_iter = tombstones.iter();
    let first: Vec<String> = tombstones.iter().map(|(k, v)| format!("{k}: {v}")).collect();
    let set_iter = set.iter();
    debug!(map, tombstones, empty_map, set);
    shown!(table, "{{70}}");
    shown!(map_iter, "{{{}}}", first.join(", "));
    shown!(set_iter, "[{}]", set.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(", "));
} // #tables

#[inline(never)]
fn vecs() {
    let inline: SmallVec<[u32; 4]> = SmallVec::from_slice(&[1, 2, 3]);
    let full: SmallVec<[u32; 4]> = SmallVec::from_slice(&[1, 2, 3, 4]);
    let spilled: SmallVec<[u32; 4]> = (0..6).collect();
    let small_strings: SmallVec<[String; 2]> = [String::from("a")].into_iter().collect();
    let spilled_strings: SmallVec<[String; 1]> = ["b", "c"].map(String::from).into_iter().collect();
    let empty_small: SmallVec<[u8; 8]> = SmallVec::new();
    let mut popped: SmallVec<[u8; 2]> = SmallVec::from_slice(&[1, 2, 3]);
    popped.pop();
    popped.pop();
    let array_vec: ArrayVec<String, 4> = ["x", "y"].map(String::from).into_iter().collect();
    let empty_array: ArrayVec<u64, 3> = ArrayVec::new();
    let full_array: ArrayVec<u16, 2> = ArrayVec::from([8, 9]);
    let array_string: ArrayString<16> = ArrayString::from("in place").unwrap_or_default();
    let empty_string: ArrayString<8> = ArrayString::new();
    debug!(inline, full, spilled, small_strings, spilled_strings, empty_small, popped, array_vec);
    debug!(empty_array, full_array, array_string, empty_string);
} // #vecs

/// The text of bytes, without the `b` that their `{:?}` begins with.
fn text(bytes: &dyn Debug) -> String {
    format!("{bytes:?}").trim_start_matches('b').to_owned()
}

#[inline(never)]
fn buffers() {
    let fixed = Bytes::from_static(b"static");
    let none = Bytes::new();
    let promotable = Bytes::from(b"promotable".to_vec().into_boxed_slice());
    let mut advanced = Bytes::from(b"advanced".to_vec().into_boxed_slice());
    advanced.advance(2);
    let with_room = Bytes::from({
        let mut vec = Vec::with_capacity(64);
        vec.extend_from_slice(b"vec with room");
        vec
    });
    let promoted = Bytes::from(b"promoted".to_vec().into_boxed_slice());
    let part = promoted.slice(3..6);
    let frozen = BytesMut::from(&b"frozen"[..]).freeze();
    let owner = Bytes::from_owner(vec![b'o', b'w', 0xff]);
    let mut growing = BytesMut::with_capacity(32);
    growing.extend_from_slice(b"growing");
    let mut taken = BytesMut::from(&b"taken from"[..]);
    taken.advance(6);
    let mut half = BytesMut::from(&b"first second"[..]);
    let head = half.split_to(5);
    shown!(fixed, "{}", text(&fixed));
    shown!(none, "{}", text(&none));
    shown!(promotable, "{}", text(&promotable));
    shown!(advanced, "{}", text(&advanced));
    shown!(with_room, "{}", text(&with_room));
    shown!(promoted, "{}", text(&promoted));
    shown!(part, "{}", text(&part));
    shown!(frozen, "{}", text(&frozen));
    shown!(owner, "\"ow\\xFF\"");
    shown!(growing, "{}", text(&growing));
    shown!(taken, "{}", text(&taken));
    shown!(half, "{}", text(&half));
    shown!(head, "{}", text(&head));
} // #buffers

#[inline(never)]
fn index_maps() {
    let mut index_map: IndexMap<&str, u32> = IndexMap::from([("b", 1), ("a", 2), ("c", 3)]);
    index_map.swap_remove("b");
    let index_set: IndexSet<u8> = IndexSet::from([9, 1, 5]);
    let empty_index: IndexMap<String, u8> = IndexMap::new();
    debug!(index_map, index_set, empty_index);
} // #index-maps

#[inline(never)]
fn locks() {
    let free = Mutex::new(1);
    let held = Mutex::new(String::from("held"));
    let holder = held.lock();
    let mapped_lock = Mutex::new((2, 3_u8));
    let mapped = MutexGuard::map(mapped_lock.lock(), |pair| &mut pair.1);
    let (unread, read, written) = (RwLock::new(7_u64), RwLock::new(9_u64), RwLock::new(8_u64));
    let upgradable = RwLock::new(6);
    let (reader, other_reader) = (read.read(), read.read());
    let writer = written.write();
    let may_upgrade = upgradable.upgradable_read();
    let never_run = Once::new();
    let run = Once::new();
    run.call_once(|| {});
    let condition = Condvar::new();
    let reentrant = ReentrantMutex::new(4_u8);
    let twice = (reentrant.lock(), reentrant.lock());
    guards(&holder, &mapped, &reader, &may_upgrade);
    debug!(other_reader, writer, never_run, run);
    shown!(free, "Mutex {{ data: 1, locked: false }}");
    shown!(held, "Mutex {{ data: {:?}, locked: true }}", *holder);
    shown!(mapped_lock, "Mutex {{ data: (2, 3), locked: true }}");
    shown!(unread, "RwLock {{ data: 7, readers: 0, writer: false }}");
    shown!(read, "RwLock {{ data: 9, readers: 2, writer: false }}");
    shown!(written, "RwLock {{ data: 8, readers: 0, writer: true }}");
    shown!(upgradable, "RwLock {{ data: 6, readers: 1, writer: false }}");
    shown!(twice, "(4, 4)");
    black_box((&condition, &reentrant));
} // #locks

#[inline(never)]
fn guards(
    holder: &MutexGuard<'_, String>,
    mapped: &MappedMutexGuard<'_, u8>,
    reader: &RwLockReadGuard<'_, u64>,
    may_upgrade: &RwLockUpgradableReadGuard<'_, i32>,
) {
    debug!(holder, mapped, reader, may_upgrade);
} // #guards

fn main() {
    tables();
    vecs();
    buffers();
    index_maps();
    locks();
} // #end
