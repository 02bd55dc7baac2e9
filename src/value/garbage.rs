//! Random types over random memory: reading ends, and stays within its limits.

use super::testing::World;
use super::{Limits, Value};
use crate::base::{Register, VirtAddr};
use crate::dwarf::{Encoding, Location, Piece, PieceAt, PointerFlavour, TypeRef};
use crate::value::returned::{Convention, passing};

/// Marsaglia's xorshift64: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Small, huge, or an address that is mapped.
    fn word(&mut self) -> u64 {
        match self.below(5) {
            0 => self.below(20),
            1 => u64::MAX - self.below(20),
            2 => self.next(),
            _ => BASE + self.below(SIZE),
        }
    }
}

const BASE: u64 = 0x1000;
const SIZE: u64 = 4096;
const TYPES: u64 = 24;

/// Adds one type that refers to any other of the table, itself included.
fn add_type(world: &mut World, random: &mut Random) {
    // Types made of several are added as several: ids up to this bound are all taken in the end.
    let any = |random: &mut Random| TypeRef(random.below(TYPES) as usize);
    let (size, offset) = (random.word(), random.word());
    match random.below(19) {
        0 => drop(world.base("x", Encoding::Char, size % 20)),
        1 => drop(world.base("x", Encoding::Float, size)),
        2 => drop(world.uint(1 + size % 16)),
        3 => drop(world.pointer("&x", Some(any(random)), PointerFlavour::Shared)),
        4 => drop(world.pointer("alloc::boxed::Box<x>", Some(any(random)), PointerFlavour::Box)),
        5 => {
            let (a, b) = (any(random), any(random));
            world.record("krate::R", size, 8, &[("cap", a, offset), ("len", b, 0), ("ptr", a, 8)]);
        }
        6 => {
            let (a, b) = (any(random), any(random));
            let variants: [(&str, &[u128], _); 2] = [("A", &[0], Some(a)), ("B", &[], Some(b))];
            let tag = (random.below(2) == 0).then_some((a, offset));
            world.enumeration("krate::E", size, 8, tag, &variants);
        }
        7 => {
            let element = any(random);
            world.vec_of(element, true);
        }
        8 => {
            let element = any(random);
            world.vec_deque_of(element);
        }
        9 => drop(world.string()),
        11 => {
            let (key, value) = (any(random), any(random));
            world.hash_map_of(key, value);
        }
        12 => {
            let element = any(random);
            world.hash_set_of(element);
        }
        13 => drop(world.btree_map()),
        14 => {
            let element = any(random);
            world.linked_list_of(element);
        }
        15 => drop(world.index_map()),
        16 | 17 => add_std_type(world, random),
        10 => {
            let names = ["alloc::rc::Rc<x>", "core::cell::RefCell<x>", "core::num::NonZero<x>"];
            let name = names[random.below(3) as usize];
            let (a, b) = (any(random), any(random));
            world.record(name, size, 8, &[("ptr", a, 0), ("value", b, offset), ("borrow", a, 8)]);
        }
        _ => {
            let fields = [any(random), any(random)];
            world.union("krate::U", size, 8, &fields);
        }
    }
}

/// Adds a struct with the name of a std type and some of the members that their readers look for,
/// of any types and anywhere.
fn add_std_type(world: &mut World, random: &mut Random) {
    const NAMES: [&str; 24] = [
        "std::sync::mpsc::Sender<x>",
        "std::thread::Thread",
        "std::thread::JoinHandle<x>",
        "std::sync::barrier::Barrier",
        "std::fs::File",
        "std::process::Child",
        "std::io::error::Error",
        "core::any::TypeId",
        "core::fmt::Arguments",
        "arrayvec::arrayvec::ArrayVec<x>",
        "arrayvec::array_string::ArrayString<x>",
        "smallvec::SmallVec<x>",
        "bytes::bytes::Bytes",
        "bytes::bytes_mut::BytesMut",
        "std::collections::hash::map::Iter<x>",
        "hashbrown::map::IntoIter<x>",
        "alloc::collections::btree::map::Iter<x>",
        "alloc::collections::btree::set::IntoIter<x>",
        "alloc::collections::linked_list::Iter<x>",
        "core::array::iter::IntoIter<x>",
        "core::slice::iter::Iter<x>",
        "lock_api::mutex::MutexGuard<x>",
        "std::sync::once_lock::OnceLock<x>",
        "alloc::sync::Arc<x>",
    ];
    const MEMBERS: [&str; 36] = [
        "ptr",
        "len",
        "cap",
        "data",
        "vtable",
        "xs",
        "capacity",
        "flavor",
        "counter",
        "chan",
        "head",
        "tail",
        "index",
        "block",
        "slots",
        "inner",
        "id",
        "name",
        "fd",
        "repr",
        "template",
        "args",
        "items",
        "current_group",
        "next_ctrl",
        "length",
        "front",
        "node",
        "height",
        "idx",
        "alive",
        "start",
        "end",
        "value",
        "mutex",
        "buf",
    ];
    let any = |random: &mut Random| TypeRef(random.below(TYPES) as usize);
    let name = NAMES[random.below(NAMES.len() as u64) as usize];
    let fields: Vec<_> = (0..2 + random.below(6))
        .map(|_| {
            let member = MEMBERS[random.below(MEMBERS.len() as u64) as usize];
            (member, any(random), random.below(64))
        })
        .collect();
    let ty = world.record(name, random.below(80), 8, &fields);
    let argument = ["T", "A", "K"][random.below(3) as usize];
    let of = any(random);
    world.with_params(ty, &[(argument, of)]);
}

fn parts(value: &Value) -> usize {
    use super::ValueKind::{Map, Pointer, Sequence, Set};
    1 + match &value.kind {
        Sequence(sequence) | Set(sequence) => sequence.items.iter().map(parts).sum(),
        Map(map) => map.entries.iter().map(|(key, value)| parts(key) + parts(value)).sum(),
        Pointer(pointer) => pointer.pointee.as_deref().map_or(0, parts),
        _ => value.fields().map_or(0, |f| f.list.iter().map(|(_, part)| parts(part)).sum()),
    }
}

#[test]
fn random_types_over_random_memory_neither_panic_nor_run_away() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..300 {
        let mut world = World::new();
        for _ in 0..TYPES {
            add_type(&mut world, &mut random);
        }
        let words: Vec<u64> = (0..SIZE / 8).map(|_| random.word()).collect();
        world.put_words(BASE, &words);
        world.limits = Limits { total_parts: 300, depth: 20, ..Limits::default() };
        let at = VirtAddr(random.word());
        let pieces = [PieceAt::Memory(at), PieceAt::Register(Register::RAX), PieceAt::Missing];
        let pieces = pieces.into_iter().map(|at| Piece { size: random.word(), at }).collect();
        for location in [Location::Memory(VirtAddr(BASE + 64)), Location::Pieces(pieces)] {
            let value = world.read(TypeRef(random.below(TYPES) as usize), &location);
            // Each part that is read may end in one more that says it was cut, and a broken row
            // tells its three words.
            assert!(parts(&value) <= 300 * 5, "{}", parts(&value));
            assert!(world.text_within(&value, 120).chars().count() <= 120);
            // A tree or a list tells up to 64 nodes.
            assert!(value.heap_parts().len() <= parts(&value) * 65);
            let _ = world.data(&value);
        }
        for convention in [Convention::Rust, Convention::C, Convention::Unknown] {
            let _ = passing(&world, TypeRef(random.below(TYPES) as usize), convention);
        }
    }
}

#[test]
fn a_list_that_never_ends_is_cut() {
    let mut world = World::new();
    let (node, _) = world.self_boxing_node();
    let words: Vec<u64> = (1..=500).map(|i| BASE + i * 8).collect();
    world.put_words(BASE, &words);
    world.limits.depth = usize::MAX;
    let value = world.read(node, &Location::Memory(VirtAddr(BASE)));
    assert!(parts(&value) <= 70);
    assert!(world.text(&value).ends_with("… }") || world.text(&value).contains('…'));
}
