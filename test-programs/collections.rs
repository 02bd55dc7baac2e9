//! The collections of std that keep their elements in tables, trees and chains.
//!
//! A table with deleted and empty buckets between the full ones, a tree whose first leaf lost
//! entries, an emptied tree that keeps its node, a map that owns what its values own, a chain of
//! three nodes, a heap, and all of them empty, without a block.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList};
use std::hash::BuildHasherDefault;
use std::hint::black_box;

/// Without the random seed the order of the elements is the same in every run.
type Hasher = BuildHasherDefault<DefaultHasher>;

/// Buckets of 32 bytes, aligned to more than a group of control bytes.
#[derive(PartialEq, Eq, Hash)]
#[repr(align(32))]
struct Wide(u8);

#[inline(never)]
fn tables() -> usize {
    let mut numbers: HashSet<u32, Hasher> = HashSet::default();
    numbers.extend(0..20);
    for n in 0..18 {
        numbers.remove(&n);
    }
    let mut wide: HashSet<Wide, Hasher> = HashSet::default();
    wide.insert(Wide(7));
    let mut lists: HashMap<u8, Vec<String>, Hasher> = HashMap::default();
    lists.insert(1, vec![String::from("one"), String::from("uno")]);
    let empty: HashMap<u64, String> = HashMap::new();
    black_box((&numbers, &wide, &lists, &empty));
    numbers.len() + wide.len() + lists.len() + empty.len() // #tables
}

#[inline(never)]
fn trees() -> usize {
    let mut many: BTreeMap<u32, u32> = BTreeMap::new();
    for n in 1..=100 {
        many.insert(n, n * n);
    }
    many.remove(&1);
    let names = BTreeSet::from(["b", "a"].map(String::from));
    let mut emptied: BTreeMap<u8, u8> = BTreeMap::from([(1, 2)]);
    emptied.remove(&1);
    let empty: BTreeSet<u8> = BTreeSet::new();
    black_box((&many, &names, &emptied, &empty));
    many.len() + names.len() + emptied.len() + empty.len() // #trees
}

#[inline(never)]
fn chains() -> usize {
    let list = LinkedList::from(["one", "two", "three"].map(String::from));
    let heap = BinaryHeap::from([3, 1, 4, 1, 5]);
    let empty: LinkedList<u8> = LinkedList::new();
    black_box((&list, &heap, &empty));
    list.len() + heap.len() + empty.len() // #chains
}

fn main() {
    let elements = [tables(), trees(), chains()];
    println!("elements {elements:?}"); // #print
} // #end
