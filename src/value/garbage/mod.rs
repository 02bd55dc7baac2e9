//! Random types over random memory: reading ends, and stays within its limits.
//!
//! [`check`] makes both from a string of bytes. The property test below takes the string from a
//! seed; the fuzz target `values` takes it from the fuzzer.

mod loose;
mod shapes;
mod types;

use std::cell::Cell;

use super::layout::layout_of;
use super::returned::{Convention, passing};
use super::testing::World;
use super::{Format, Ground, Limits, Naming, Radix, Reader, Value, ValueKind};
use crate::base::garbage::Choices;
use crate::base::{Bias, Buffer, Memory, MemoryError, Region, Register, VirtAddr};
use crate::dwarf::{Location, Piece, PieceAt, TypeRef};

/// Where the memory begins.
const BASE: u64 = 0x1000;

/// How many bytes there are.
const SIZE: u64 = 4096;

/// How many types are asked for. Most bring others along.
const TYPES: usize = 16;

/// What reading took.
#[derive(Clone, Copy, Default, Debug)]
pub struct Taken {
    /// Parts that were read.
    pub parts: usize,
    /// Reads of the memory.
    pub reads: usize,
    /// Bytes that were asked of the memory.
    pub bytes: u64,
}

/// Memory that counts what is asked of it.
struct Counting {
    inner: Buffer,
    taken: Cell<Taken>,
}

impl Memory for Counting {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        let taken = self.taken.get();
        let (reads, bytes) = (taken.reads + 1, taken.bytes + into.len() as u64);
        self.taken.set(Taken { reads, bytes, ..taken });
        self.inner.read(at, into)
    }
}

/// Makes types, memory and limits from the bytes, reads a value of every type, and renders it in
/// every form. Gives what that took in all.
///
/// # Panics
/// Where the reader goes beyond its limits.
pub fn check(bytes: &[u8]) -> Taken {
    check_choices(&mut Choices::new(bytes))
}

fn check_choices(choices: &mut Choices<'_>) -> Taken {
    let mut world = World::new();
    world.limits = limits(choices);
    let mut roots = Vec::new();
    for _ in 0..TYPES {
        let root = types::add(&mut world, choices, &roots);
        roots.push(root);
        if choices.once_in(4) {
            let of = choices.pick(&roots);
            world.claim_vtable(BASE + 8 * choices.below(SIZE / 8), of);
        }
    }
    let vectors = choices.number();
    let at = location(choices);
    let words: Vec<u8> = (0..SIZE / 8).flat_map(|_| word(choices).to_le_bytes()).collect();
    let inner = Buffer { start: VirtAddr(BASE), bytes: words };
    let memory = Counting { inner, taken: Cell::default() };
    let registers = |register: Register| {
        let known = !register.0.is_multiple_of(3);
        known.then_some(u128::from(vectors) << register.0.min(64))
    };
    let (types, limits) = (&world, world.limits);
    let reader = Reader {
        types,
        bias: Bias(BASE),
        memory: &memory,
        registers: &registers,
        limits,
        running: &[],
    };
    let mut all = Taken::default();
    for root in roots {
        for convention in [Convention::Rust, Convention::C, Convention::Unknown] {
            let _ = passing(&world, root, convention);
        }
        memory.taken.set(Taken::default());
        let value = reader.read(root, &at);
        let taken = examine(&world, &value, memory.taken.get());
        beside(&world, &reader, root, &at);
        all.parts += taken.parts;
        all.reads += taken.reads;
        all.bytes += taken.bytes;
    }
    all
}

/// What else is asked of a type and of a value: its layout, what it is made of, how it splits.
fn beside(world: &World, reader: &Reader<'_>, ty: TypeRef, at: &Location) {
    let _ = layout_of(world, ty, 3);
    let _ = reader.shape_with(ty, at, 20);
    world.named_with(40, |naming| {
        // Everything that is mapped is taken for heap.
        let naming = Naming { region: &|_| Region::Anonymous, ..*naming };
        let ground = Ground { most_parts: 300, ..Ground::new(None, &naming) };
        let _ = reader.split(ty, at, &ground);
    });
}

/// Renders the value, and compares what it holds to what may have been read for it.
fn examine(world: &World, value: &Value, taken: Taken) -> Taken {
    let limits = world.limits;
    let taken = Taken { parts: parts(value), ..taken };
    // Each part that is read may end in one more that says it was cut, a lock tells three words of
    // its own, and a broken row its three words.
    let most = limits.total_parts.min(Limits::MOST_PARTS);
    assert!(taken.parts <= most.saturating_mul(5).saturating_add(5), "{taken:?} {limits:?}");
    let most = limits.total_bytes.min(Limits::MOST_BYTES);
    assert!(taken.bytes <= most && taken.reads as u64 <= most, "{taken:?} {limits:?}");
    assert!(text_bytes(value) <= taken.bytes, "{taken:?} {limits:?}");
    for width in [0, 1, 120] {
        let text = world.text_within(value, width);
        assert!(text.chars().count() <= width.max(1), "{width}: {text:?}");
    }
    // Behind a value there is one memory, and for a tree or a list one for each node, whose
    // address was read; those below the last node of a tree that was opened are eleven or so.
    let heap_parts = value.heap_parts().len();
    let most = taken.parts.saturating_add(taken.reads.saturating_mul(2));
    assert!(heap_parts <= most, "{heap_parts} {taken:?}");
    let told = world.data(value);
    assert_eq!(told.children.is_empty(), children(value) == 0, "{value:?}");
    let _ = world.detailed(value);
    let _ = world.pretty(value, &Format { width: 40, radix: Radix::Hex, ..Format::default() });
    taken
}

/// Limits as anybody may set them, the most extreme ones among them.
fn limits(choices: &mut Choices<'_>) -> Limits {
    if !choices.once_in(3) {
        return Limits { total_parts: 300, ..Limits::default() };
    }
    let most_parts = if choices.once_in(64) { usize::MAX } else { 300 };
    Limits {
        elements: choices.pick(&[10, 0, 1, 100, usize::MAX]),
        depth: choices.pick(&[8, 0, 1, 20, usize::MAX]),
        text_bytes: choices.pick(&[200, 0, 1, 4096, usize::MAX]),
        total_parts: choices.pick(&[most_parts, 0, 1, 30, 2_000]),
        total_bytes: choices.pick(&[1 << 20, 0, 40, 1 << 14, u64::MAX]),
        raw: choices.once_in(6),
        bytes_as_text: choices.once_in(6),
    }
}

/// Small, huge, or an address that is mapped.
fn word(choices: &mut Choices<'_>) -> u64 {
    match choices.below(16) {
        0 | 1 => choices.below(20),
        2 | 3 => choices.below(3),
        4 => (1 << choices.below(7)) - 1,
        5 => u64::MAX - choices.below(20),
        6 => choices.number(),
        7 => BASE + choices.below(SIZE),
        _ => BASE + 8 * choices.below(SIZE / 8),
    }
}

fn location(choices: &mut Choices<'_>) -> Location {
    match choices.below(8) {
        0 => {
            let at = VirtAddr(word(choices));
            let value = choices.take(20);
            let all = [
                PieceAt::Memory(at),
                PieceAt::Register(Register(choices.below(70) as u16)),
                PieceAt::Value(value),
                PieceAt::Missing,
            ];
            let pieces = all.into_iter().map(|at| Piece { size: word(choices), at }).collect();
            Location::Pieces(pieces)
        }
        1 => Location::Register(Register(choices.below(40) as u16)),
        2 => {
            let len = choices.index(200);
            Location::Value(choices.take(len))
        }
        3 => Location::Memory(VirtAddr(word(choices))),
        _ => Location::Memory(VirtAddr(BASE + 8 * choices.below(64))),
    }
}

/// How many values a value is made of, itself included.
fn parts(value: &Value) -> usize {
    1 + sum(value, &mut |part| parts(part) as u64) as usize
}

/// Bytes of text that a value holds.
fn text_bytes(value: &Value) -> u64 {
    let own = match &value.kind {
        ValueKind::Text(text) => text.shown.len() as u64,
        _ => 0,
    };
    own + sum(value, &mut text_bytes)
}

/// How many parts are told below a value.
fn children(value: &Value) -> usize {
    let counts = match &value.kind {
        ValueKind::Pointer(pointer) => pointer.counts.len(),
        _ => 0,
    };
    counts + sum(value, &mut |_| 1) as usize
}

fn sum(value: &Value, of: &mut dyn FnMut(&Value) -> u64) -> u64 {
    use ValueKind::{Map, Pointer, Sequence, Set};
    match &value.kind {
        Sequence(sequence) | Set(sequence) => sequence.items.iter().map(of).sum(),
        Map(map) => map.entries.iter().map(|(key, value)| of(key) + of(value)).sum(),
        Pointer(pointer) => pointer.pointee.as_deref().map_or(0, of),
        _ => value.fields().map_or(0, |fields| fields.list.iter().map(|(_, part)| of(part)).sum()),
    }
}

/// A type that was made already, one that comes soon (the one in the making among them), or one
/// that there is not.
fn any(world: &World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    match choices.below(8) {
        0 => TypeRef(world.next_id().0 + choices.index(12)),
        1 if choices.once_in(16) => TypeRef(usize::MAX),
        _ if roots.is_empty() => TypeRef(choices.index(4)),
        _ => choices.pick(roots),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn random_types_over_random_memory_neither_panic_nor_run_away() {
        let begun = Instant::now();
        let mut choices = Choices::seeded(0x9e37_79b9_7f4a_7c15);
        let parts: usize = (0..150).map(|_| check_choices(&mut choices).parts).sum();
        assert!(parts > 20_000, "the worlds are too poor: {parts} parts");
        // Seconds, on a machine that has nothing else to do.
        assert!(begun.elapsed() < Duration::from_secs(120), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_list_that_never_ends_is_cut() {
        let mut world = World::new();
        let (node, _) = world.self_boxing_node();
        let words: Vec<u64> = (1..=500).map(|i| BASE + i * 8).collect();
        world.put_words(BASE, &words);
        world.limits.depth = usize::MAX;
        let value = world.read(node, &Location::Memory(VirtAddr(BASE)));
        assert!(super::parts(&value) <= 70);
        assert!(world.text(&value).contains('…'));
    }

    #[test]
    fn an_array_of_types_without_bytes_ends_whatever_the_limits_are() {
        let mut world = World::new();
        let unit = world.unit();
        let array = world.array(unit, u64::MAX);
        world.limits.elements = usize::MAX;
        world.limits.total_parts = usize::MAX;
        let value = world.read_bytes(array, &[]);
        assert_eq!(super::parts(&value), Limits::MOST_PARTS);
    }
}
