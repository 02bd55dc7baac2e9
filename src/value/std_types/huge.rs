//! A million elements cost no more reads than the hundred that are shown.

use std::cell::Cell;

use crate::base::{Memory, MemoryError, VirtAddr};
use crate::dwarf::{Location, TypeRef};
use crate::value::testing::World;
use crate::value::{Limits, Value};

/// Memory that is made up where it is read, and counts how often that happens.
struct Made<F> {
    byte: F,
    reads: Cell<usize>,
}

impl<F: Fn(u64) -> u8> Memory for Made<F> {
    fn read(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryError> {
        self.reads.set(self.reads.get() + 1);
        (at.0..).zip(into).for_each(|(at, byte)| *byte = (self.byte)(at));
        Ok(())
    }
}

const MILLION: u64 = 1_000_000;

fn world() -> World {
    let mut world = World::new();
    world.limits = Limits { elements: 100, ..Limits::default() };
    world
}

/// The value with these words, in memory that gives these bytes, and the number of reads.
fn read(world: &World, ty: TypeRef, words: &[u64], byte: impl Fn(u64) -> u8) -> (Value, usize) {
    let memory = Made { byte, reads: Cell::new(0) };
    let bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let value = world.read_from(&memory, ty, &Location::Value(bytes));
    (value, memory.reads.get())
}

/// Checks that a hundred elements were read, with no more than `most` reads.
#[track_caller]
fn shows_a_hundred(value: &Value, reads: usize, most: usize) {
    let more = value.heap_parts().first().map(|part| part.more);
    assert_eq!(more, Some(MILLION - 100), "{value:?}");
    assert!((100..=most).contains(&reads), "{reads} reads");
}

#[test]
fn a_vec_and_a_ring_are_read_element_by_element() {
    let mut world = world();
    let u64_ = world.uint(8);
    let (vec, ring) = (world.vec_of(u64_, true), world.vec_deque_of(u64_));
    let (value, reads) = read(&world, vec, &[MILLION, 0x5000, MILLION], |_| 7);
    shows_a_hundred(&value, reads, 100);
    // It begins fifty elements before the end of its buffer.
    let words = [MILLION, 0x5000, MILLION - 50, MILLION];
    let (value, reads) = read(&world, ring, &words, |_| 7);
    shows_a_hundred(&value, reads, 100);
}

#[test]
fn a_table_is_searched_no_further_than_its_first_hundred_entries() {
    let mut world = world();
    let u64_ = world.uint(8);
    let map = world.hash_map_of(u64_, u64_);
    let (ctrl, buckets) = (0x1000_0000_0000, 1 << 21);
    let words = [ctrl, buckets - 1, 0, MILLION];
    // Every second bucket is full: a key and a value each, and one read of control bytes.
    let control = |at: u64| if at >= ctrl && at % 2 == 1 { 0xff } else { 0 };
    let (value, reads) = read(&world, map, &words, control);
    shows_a_hundred(&value, reads, 201);
}

#[test]
fn a_table_whose_entries_are_far_apart_is_searched_for_a_bounded_time() {
    let mut world = world();
    let u64_ = world.uint(8);
    let map = world.hash_map_of(u64_, u64_);
    let ctrl = 0x1000_0000_0000;
    let control = |at: u64| if at >= ctrl { 0xff } else { 0 };
    let (value, reads) = read(&world, map, &[ctrl, (1 << 21) - 1, 0, MILLION], control);
    assert_eq!(world.text(&value), "{… 1000000 more}");
    assert!(reads <= 256, "{reads} reads");
}

#[test]
fn a_tree_is_walked_no_further_than_the_nodes_that_are_shown() {
    let mut world = world();
    let map = world.btree_map();
    // Node n lies on a page of its own, and its twelve edges lead to the nodes behind 12n.
    let page = |node: u64| (node + 1) << 12;
    let bytes = |at: u64| {
        let (node, offset) = ((at >> 12) - 1, at & 0xfff);
        match offset.checked_sub(World::EDGES) {
            Some(edge) => page(node * 12 + 1 + edge / 8).to_le_bytes()[(edge % 8) as usize],
            None if offset == 186 => 11,
            None => 0,
        }
    };
    let (value, reads) = read(&world, map, &[page(0), 5, MILLION], bytes);
    // Two for each entry, and one or two for each of the nodes that are looked at.
    shows_a_hundred(&value, reads, 200 + 2 * 138);
}
