//! Splits of values written by hand.

use super::*;
use crate::base::{Hold, Region, SizesFrom, SplitMore, SplitPart};
use crate::dwarf::PointerFlavour;
use crate::value::testing::World;

/// Where the tests put the value itself: on the stack.
const STACK: u64 = 0x7ff0_0000;

/// Everything from here up to the stack is heap.
const HEAP: u64 = 0x5000;

fn region(at: VirtAddr) -> Region {
    match at.0 {
        STACK.. => Region::Stack,
        HEAP.. => Region::Anonymous,
        _ => Region::Section(".rodata".to_owned()),
    }
}

fn on_ground<T>(blocks: &[(u64, u64)], f: impl FnOnce(&Ground<'_>) -> T) -> T {
    let address = |at: VirtAddr| format!("@{:x}", at.0);
    let naming = Naming {
        address: &address,
        function: &|_| None,
        type_name: &|name| crate::dwarf::short_type_name(name),
        region: &region,
        width: 100,
    };
    let block_at = |at: VirtAddr| {
        let inside = |(start, size): &&(u64, u64)| (*start..start + size).contains(&at.0);
        let index = blocks.iter().position(|block| inside(&block))?;
        let (start, size) = blocks[index];
        Some(BlockAt { id: BlockId(index as u64 + 1), size, offset: at.0 - start })
    };
    f(&Ground::new((!blocks.is_empty()).then_some(&block_at as _), &naming))
}

fn split_on(world: &mut World, ty: TypeRef, words: &[u64], blocks: &[(u64, u64)]) -> Split {
    world.put_words(STACK, words);
    let at = Location::Memory(VirtAddr(STACK));
    on_ground(blocks, |ground| world.with_reader(|reader| reader.split(ty, &at, ground)))
}

fn split(world: &mut World, ty: TypeRef, words: &[u64]) -> Split {
    split_on(world, ty, words, &[])
}

/// Path, bytes and whether it is counted, of each part.
fn listed(parts: &[SplitPart]) -> Vec<(String, u64, bool)> {
    let own = |part: &SplitPart| {
        let own = (part.path.clone(), part.size, part.counted);
        [own].into_iter().chain(listed(&part.parts)).collect::<Vec<_>>()
    };
    parts.iter().flat_map(own).collect()
}

fn paths(parts: &[SplitPart]) -> Vec<String> {
    listed(parts).into_iter().map(|(path, ..)| path).collect()
}

/// Stack bytes, heap bytes, blocks and spare bytes.
fn totals(split: &Split) -> (u64, u64, u64, u64) {
    let totals = split.totals;
    (totals.stack_bytes, totals.heap_bytes, totals.blocks, totals.spare)
}

fn two_strings(world: &mut World) -> TypeRef {
    let string = world.string();
    world.put_words(0x5000, &[5, 0x6000, 5, 5, 0x6100, 5]);
    world.put(0x6000, b"hello");
    world.put(0x6100, b"world");
    world.vec_of(string, true)
}

#[test]
fn two_five_byte_strings_in_a_vec_are_24_bytes_of_stack_and_58_of_heap_in_three_blocks() {
    let mut world = World::new();
    let vec = two_strings(&mut world);
    let split = split(&mut world, vec, &[2, 0x5000, 2]);
    assert_eq!(totals(&split), (24, 58, 3, 0));
    assert_eq!((split.sizes, split.at_least), (SizesFrom::Capacities, None));
    let expected =
        [("", 48, true), ("[0]", 5, true), ("[1]", 5, true)].map(|(p, n, c)| (p.to_owned(), n, c));
    assert_eq!(listed(&split.parts), expected);
    assert_eq!(split.parts[0].parts.len(), 2);
}

#[test]
fn with_a_ledger_blocks_have_their_ordinals_and_the_sizes_that_the_allocator_gave() {
    let mut world = World::new();
    let vec = two_strings(&mut world);
    let blocks = [(0x5000, 96), (0x6000, 16), (0x6100, 5)];
    let split = split_on(&mut world, vec, &[2, 0x5000, 2], &blocks);
    assert_eq!(totals(&split), (24, 117, 3, 59));
    assert_eq!(split.sizes, SizesFrom::Ledger);
    let first = &split.parts[0].parts[0];
    assert_eq!((first.block(), first.used, first.spare), (Some(BlockId(2)), 5, 11));
}

#[test]
fn a_value_that_was_read_already_splits_as_far_as_it_was_read() {
    let mut world = World::new();
    let vec = two_strings(&mut world);
    world.limits.elements = 1;
    let value = world.read_words(vec, &[2, 0x5000, 2]);
    let split = on_ground(&[], |ground| value.split(ground));
    assert_eq!(totals(&split), (0, 53, 2, 0));
    assert_eq!(split.at_least.as_deref(), Some("a limit cut its elements off"));
    assert_eq!(split.region, Region::Nowhere);
}

#[test]
fn all_of_many_elements_are_counted_and_the_first_ones_listed() {
    let mut world = World::new();
    let string = world.string();
    let vec = world.vec_of(string, true);
    let count = 20_000_u64;
    let words: Vec<u64> = (0..count).flat_map(|n| [24, 0x10_0000 + n * 24, 20]).collect();
    world.put_words(0x5000, &words);
    world.put(0x10_0000, &[b'x'; 240]);
    let split = split(&mut world, vec, &[count, 0x5000, count]);
    assert_eq!(totals(&split), (24, 48 * count, count + 1, 4 * count));
    assert_eq!(split.at_least, None);
    let buffer = &split.parts[0];
    assert_eq!(buffer.parts.len(), 10);
    let left = count - 10;
    assert_eq!(
        buffer.more,
        SplitMore { parts: left, bytes: left * 24, blocks: left, spare: left * 4 }
    );
}

#[test]
fn elements_that_lead_nowhere_are_not_visited_however_many_they_are() {
    let mut world = World::new();
    let u32_ = world.uint(4);
    let vec = world.vec_of(u32_, true);
    world.put(0x5000, &[0; 40]);
    let split = split(&mut world, vec, &[1 << 28, 0x5000, 1 << 27]);
    assert_eq!(totals(&split), (24, 1 << 30, 1, 1 << 29));
    assert_eq!((split.at_least, split.parts[0].more), (None, SplitMore::default()));
}

#[test]
fn a_length_that_lies_ends_and_the_totals_are_lower_bounds() {
    let mut world = World::new();
    let string = world.string();
    let vec = world.vec_of(string, true);
    world.put_words(0x5000, &[5, 0x9000, 5]);
    world.put(0x9000, b"hello");
    let split = split(&mut world, vec, &[1 << 40, 0x5000, 1 << 40]);
    assert_eq!(split.totals.blocks, 2);
    assert_eq!(split.at_least.as_deref(), Some("its elements cannot be read"));
}

#[test]
fn work_ends_at_its_cap() {
    let mut world = World::new();
    let string = world.string();
    let vec = world.vec_of(string, true);
    let words: Vec<u64> = (0..1000).flat_map(|n| [8, 0x10_0000 + n * 8, 8]).collect();
    world.put_words(0x5000, &words);
    world.put(0x10_0000, &[b'x'; 80]);
    world.put_words(STACK, &[1000, 0x5000, 1000]);
    let at = Location::Memory(VirtAddr(STACK));
    let split = on_ground(&[], |ground| {
        let ground = Ground { most_parts: 100, ..*ground };
        world.with_reader(|reader| reader.split(vec, &at, &ground))
    });
    assert_eq!(split.totals.blocks, 100);
    assert_eq!(split.at_least.as_deref(), Some("it has more than 100 parts"));
}

#[test]
fn the_entries_of_a_map_are_called_by_their_keys_and_its_table_is_one_block() {
    let mut world = World::new();
    let (string, u32_) = (world.string(), world.uint(4));
    let map = world.hash_map_of(string, u32_);
    let words = world.put_hash_map();
    let split = split(&mut world, map, &words);
    // Four buckets of 32 bytes, a control byte each and a group of them.
    assert_eq!(totals(&split), (32, 148 + 3 + 1, 3, 148 - 64));
    assert_eq!(paths(&split.parts), ["", "[\"Ada\"].key", "[\"B\"].key"]);
}

#[test]
fn each_node_of_a_tree_is_a_block_also_of_those_that_are_not_listed() {
    let mut world = World::new();
    let map = world.btree_map();
    // Twelve leaves of ten entries below a root of eleven.
    for leaf in 0..12_u64 {
        let keys: Vec<u64> = (0..10).map(|n| leaf * 11 + n).collect();
        world.put_leaf(0x6000 + leaf * 0x1000, 0, &keys, &keys);
    }
    let keys: Vec<u64> = (1..12).map(|n| n * 11 - 1).collect();
    let edges: Vec<u64> = (0..12).map(|leaf| 0x6000 + leaf * 0x1000).collect();
    world.put_leaf(0x5000, 0, &keys, &keys);
    world.put_words(0x5000 + World::EDGES, &edges);
    let split = split(&mut world, map, &[0x5000, 1, 131]);
    assert_eq!(totals(&split), (24, 288 + 12 * 192, 13, 0));
    assert_eq!(split.at_least, None);
    assert_eq!(split.parts.len(), 11);
    assert_eq!(split.more, SplitMore { parts: 2, bytes: 384, blocks: 2, spare: 0 });
}

#[test]
fn the_nodes_of_a_long_list_and_what_they_hold_are_all_counted() {
    let mut world = World::new();
    let string = world.string();
    let list = world.linked_list_of(string);
    for n in 0..100_u64 {
        let (at, next) = (0x5000 + n * 40, if n < 99 { 0x5000 + (n + 1) * 40 } else { 0 });
        world.put_words(at, &[3, 0x10_0000 + n * 3, 3, next, 0]);
    }
    world.put(0x10_0000, &[b'x'; 30]);
    let split = split(&mut world, list, &[0x5000, 0x5000 + 99 * 40, 100]);
    assert_eq!(totals(&split), (24, 100 * 43, 200, 0));
    assert_eq!(split.at_least, None);
}

#[test]
fn a_ring_counts_the_elements_around_its_end() {
    let mut world = World::new();
    let string = world.string();
    let ring = world.vec_deque_of(string);
    let words: Vec<u64> = (0..32).flat_map(|n| [2, 0x10_0000 + n * 2, 2]).collect();
    world.put_words(0x5000, &words);
    world.put(0x10_0000, &[b'x'; 64]);
    let split = split(&mut world, ring, &[32, 0x5000, 20, 30]);
    assert_eq!(totals(&split), (32, 32 * 24 + 60, 31, 48));
}

/// `Rc<String>`: the type of the pointer, and a block at 0x5000 with two owners.
fn counted_string(world: &mut World) -> TypeRef {
    let (word, string) = (world.uint(8), world.string());
    let fields = [("strong", word, 0), ("weak", word, 8), ("value", string, 16)];
    let inner = world.record("alloc::rc::RcInner<String>", 40, 8, &fields);
    let raw = world.pointer("*const RcInner<String>", Some(inner), PointerFlavour::Const);
    world.put_words(0x5000, &[2, 1, 8, 0x6000, 5]);
    world.put(0x6000, b"hello");
    world.record("alloc::rc::Rc<alloc::string::String>", 8, 8, &[("ptr", raw, 0)])
}

#[test]
fn a_shared_block_is_counted_once_and_marked() {
    let mut world = World::new();
    let rc = counted_string(&mut world);
    let pair = world.tuple_struct("(Rc, Rc)", 16, 8, &[(rc, 0), (rc, 8)]);
    let split = split(&mut world, pair, &[0x5000, 0x5000]);
    assert_eq!(totals(&split), (16, 48, 2, 3));
    assert_eq!((split.totals.shared_bytes, split.totals.shared_blocks), (48, 2));
    let expected = [(".0", 40, true), (".0*", 8, true), (".1", 40, false)];
    assert_eq!(listed(&split.parts), expected.map(|(p, n, c)| (p.to_owned(), n, c)));
    assert_eq!(split.parts[0].counts, [("strong", 2), ("weak", 0)]);
    assert_eq!(split.parts[0].parts[0].hold, Hold::Shares);
}

#[test]
fn what_is_borrowed_is_shown_and_not_counted() {
    let mut world = World::new();
    let (string, u8_) = (world.string(), world.uint(1));
    let text = world.slice("&str", u8_);
    let shared = world.pointer("&alloc::string::String", Some(string), PointerFlavour::Shared);
    let pair = world.tuple_struct("(&str, &String)", 24, 8, &[(text, 0), (shared, 16)]);
    world.put_words(0x5000, &[5, 0x6000, 5]);
    world.put(0x2000, b"static");
    let split = split(&mut world, pair, &[0x2000, 6, 0x5000]);
    assert_eq!((totals(&split), split.totals.borrowed), ((24, 0, 0, 0), 2));
    let seen: Vec<_> = split.parts.iter().map(|part| (part.region.clone(), part.size)).collect();
    let rodata = Region::Section(".rodata".to_owned());
    assert_eq!(seen, [(rodata, 6), (Region::Anonymous, 24)]);
    assert_eq!(split.at_least, None);
}

#[test]
fn an_owner_of_what_is_no_heap_counts_nothing() {
    let mut world = World::new();
    let string = world.string();
    world.put(0x2000, b"static");
    let split = split(&mut world, string, &[6, 0x2000, 6]);
    assert_eq!(totals(&split), (24, 0, 0, 0));
    assert_eq!(listed(&split.parts), [(String::new(), 6, false)]);
}

#[test]
fn a_chain_of_boxes_is_followed_to_its_end_although_only_its_beginning_is_listed() {
    let mut world = World::new();
    let word = world.uint(8);
    let node = TypeRef(world.next_id().0 + 3);
    let boxed = world.pointer("alloc::boxed::Box<Node>", Some(node), PointerFlavour::Box);
    let some = world.tuple_struct("Some", 8, 8, &[(boxed, 0)]);
    let option = world.enumeration(
        "core::option::Option<Box<Node>>",
        8,
        8,
        Some((word, 0)),
        &[("None", &[0], None), ("Some", &[], Some(some))],
    );
    let fields = [("next", option, 0), ("n", word, 8)];
    assert_eq!(world.record("krate::Node", 16, 8, &fields), node);
    let count = 3000_u64;
    for n in 0..count {
        let next = if n + 1 < count { 0x5000 + (n + 1) * 16 } else { 0 };
        world.put_words(0x5000 + n * 16, &[next, n]);
    }
    let split = split(&mut world, node, &[0x5000, 7]);
    assert_eq!(totals(&split), (16, 16 * count, count, 0));
    assert_eq!(split.at_least, None);
    let listed = listed(&split.parts);
    assert_eq!(listed[1].0, ".next.0*.next.0");
    assert!(listed.len() < 100, "{}", listed.len());
}

#[test]
fn a_box_that_holds_itself_is_one_block() {
    let mut world = World::new();
    let (node, _) = world.self_boxing_node();
    world.put_words(0x5000, &[0x5000]);
    let split = split(&mut world, node, &[0x5000]);
    assert_eq!(totals(&split), (8, 8, 1, 0));
    assert_eq!(split.parts[0].parts.len(), 1);
    assert!(!split.parts[0].parts[0].counted);
}

#[test]
fn a_boxed_dyn_is_split_as_its_concrete_type_or_says_that_it_is_unknown() {
    let mut world = World::new();
    let string = world.string();
    let boxed = world.fat_dyn("alloc::boxed::Box<dyn krate::Shape, alloc::alloc::Global>");
    world.vtable(0x2000, string, 8);
    world.put_words(0x3000, &[0, 24, 8]);
    world.put_words(0x5000, &[5, 0x6000, 5]);
    world.put(0x6000, b"hello");
    let known = split(&mut world, boxed, &[0x5000, 0x2000]);
    assert_eq!((totals(&known), known.at_least), ((16, 29, 2, 0), None));
    let mut other = World::new();
    let boxed = other.fat_dyn("alloc::boxed::Box<dyn krate::Shape, alloc::alloc::Global>");
    other.put_words(0x3000, &[0, 24, 8]);
    let unknown = split(&mut other, boxed, &[0x5000, 0x3000]);
    assert_eq!(totals(&unknown), (16, 24, 1, 0));
    assert_eq!(unknown.at_least.as_deref(), Some("1 part could not be read"));
}

#[test]
fn the_json_form_leaves_out_what_is_empty() {
    let mut world = World::new();
    let string = world.string();
    world.put(0x5000, b"hello");
    let split = split(&mut world, string, &[8, 0x5000, 5]);
    let json = serde_json::to_value(&split).unwrap();
    let part = serde_json::json!({
        "path": "", "type": "String", "region": "anonymous", "size": 8, "used": 5, "spare": 3,
        "hold": "owner", "counted": true,
    });
    assert_eq!(json["parts"][0], part);
    assert_eq!(json["totals"]["heap_bytes"], 8);
    assert!(json.get("more").is_none() && json.get("at_least").is_none());
}

#[test]
fn elements_that_hold_others_are_counted_however_they_nest() {
    let mut world = World::new();
    let string = world.string();
    let inner = world.vec_of(string, true);
    let outer = world.vec_of(inner, true);
    // Fifty rows of fifteen strings of two bytes each.
    let rows: Vec<u64> = (0..50).flat_map(|n| [15, 0x2_0000 + n * 360, 15]).collect();
    world.put_words(0x5000, &rows);
    let strings: Vec<u64> = (0..750).flat_map(|n| [2, 0x10_0000 + n * 2, 2]).collect();
    world.put_words(0x2_0000, &strings);
    world.put(0x10_0000, &[b'x'; 1500]);
    let split = split(&mut world, outer, &[50, 0x5000, 50]);
    assert_eq!(totals(&split), (24, 50 * 24 + 750 * 26, 1 + 50 + 750, 0));
    assert_eq!(split.at_least, None);
    let buffer = &split.parts[0];
    let left = SplitMore { parts: 40, bytes: 40 * 390, blocks: 40 * 16, spare: 0 };
    assert_eq!((buffer.parts.len(), buffer.more), (10, left));
    // Of what lies deeper half as many are listed.
    let row = SplitMore { parts: 10, bytes: 20, blocks: 10, spare: 0 };
    assert_eq!((buffer.parts[3].parts.len(), buffer.parts[3].more), (5, row));
}

#[test]
fn the_own_bytes_of_a_value_inside_of_a_block_are_no_stack_and_that_block_is_not_its_own() {
    let mut world = World::new();
    let string = world.string();
    world.put_words(0x5000, &[8, 0x6000, 5]);
    world.put(0x6000, b"hello");
    let at = Location::Memory(VirtAddr(0x5000));
    let split = on_ground(&[(0x4ff0, 64), (0x6000, 8)], |ground| {
        let region = |_| Region::Heap { block: BlockId(1), offset: 16 };
        let naming = Naming { region: &region, ..*ground.naming };
        let ground = Ground { naming: &naming, ..*ground };
        world.with_reader(|reader| reader.split(string, &at, &ground))
    });
    assert_eq!((split.size, totals(&split)), (24, (0, 8, 1, 3)));
    assert_eq!(split.region.to_string(), "#1+16");
}
