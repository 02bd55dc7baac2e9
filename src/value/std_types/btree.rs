//! `BTreeMap` and `BTreeSet`: nodes of up to eleven entries, with edges to further nodes between
//! them.
//!
//! A `LeafNode` has `keys`, `vals` and `len`. An `InternalNode` begins with a `LeafNode`, its
//! `data`, and has `edges`. Which of the two a node is, only the height above the leaves tells
//! (`alloc::collections::btree::node`).

use std::collections::HashSet;

use super::entries::{Entries, Shape, field, node, pointee, words};
use super::{Look, Member, Parts, members};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeKind, TypeRef};
use crate::value::HeapSpan;
use crate::value::place::Source;
use crate::value::read::At;

/// Levels of a tree that are believed. Nodes have at least five entries, except for the root: no
/// address space holds more levels.
const HIGHEST: u64 = 32;

/// Nodes that are visited for their blocks alone, when enough entries were found.
const NODES: usize = 64;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("BTreeMap") || ty.is_std("BTreeSet")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let len = look.word("length")?;
    let root = look.find("root")?;
    let is_set = look.ty().is_std("BTreeSet");
    let Some(Root { node, height, leaf }) = root_of(look, &root)? else {
        if len > 0 {
            let reason = look.at.invalid(&format!("it has no root, but the length {len}"));
            return Ok(Parts::Broken(words(VirtAddr(0), len), reason));
        }
        let (key, value) = (look.ty().param("K"), look.ty().param("V"));
        let key = key.map_or_else(|| look.param("T"), Ok)?;
        let shape = value.filter(|_| !is_set).map_or(Shape::Set, Shape::Map);
        return Ok(Parts::Entries(Entries { shape, len, key, at: vec![], blocks: vec![] }));
    };
    let layout = Layout::of(look, leaf)?;
    let shape = if is_set { Shape::Set } else { Shape::Map(layout.value) };
    let key = layout.key;
    let wanted = look.wanted(len);
    let mut tour = Tour { layout, wanted, at: vec![], blocks: vec![], seen: HashSet::new() };
    if let Err(reason) = tour.whole(look, node, height, len) {
        return Ok(Parts::Broken(words(node, len), reason));
    }
    Ok(Parts::Entries(Entries { shape, len, key, at: tour.at, blocks: tour.blocks }))
}

/// Where a tree begins.
struct Root {
    node: VirtAddr,
    height: u64,
    /// The type of its leaves.
    leaf: TypeRef,
}

/// The root, if the tree has one: an `Option<NodeRef>`.
fn root_of(look: &mut Look<'_, '_>, member: &Member) -> Result<Option<Root>, Unreadable> {
    let TypeKind::Enum(part) = &member.ty.kind else {
        return Err(Unreadable::NotDescribed("its root is not an Option".to_owned()));
    };
    let types = look.walk.reader.types;
    let source = look.at.source.at(member.offset);
    let at = At { id: member.id, ty: &member.ty, source: &source, depth: look.at.depth };
    let Some(id) = look.walk.select(&at, part)?.ty else { return Ok(None) };
    let some = Member { id, ty: types.get(id)?, offset: member.offset };
    if some.ty.fields().is_empty() {
        return Ok(None);
    }
    let leaf = pointee(types, members::find(types, &some.ty, "node")?.id);
    let untyped = || Unreadable::NotDescribed("its nodes have no type".to_owned());
    Ok(Some(Root {
        node: VirtAddr(look.word_in(&some, "node")?),
        height: look.word_in(&some, "height")?,
        leaf: leaf.ok_or_else(untyped)?,
    }))
}

/// Where a node keeps what it has.
struct Layout {
    key: TypeRef,
    value: TypeRef,
    key_size: u64,
    value_size: u64,
    keys: u64,
    vals: u64,
    /// Where its `len` begins, and its size.
    len: (u64, u64),
    /// How many entries it has room for.
    capacity: u64,
    leaf_size: u64,
    /// Bytes of a node that is no leaf, and where its edges begin.
    internal: Result<(u64, u64), Unreadable>,
}

impl Layout {
    fn of(look: &Look<'_, '_>, leaf: TypeRef) -> Result<Layout, Unreadable> {
        let types = look.walk.reader.types;
        let leaf = types.get(leaf)?;
        let param = |name| leaf.param(name).ok_or_else(|| members::missing(&leaf, name));
        let (key, value) = (param("K")?, param("V")?);
        let (keys, array) = field(&leaf, "keys")?;
        let (vals, _) = field(&leaf, "vals")?;
        let (len, len_type) = field(&leaf, "len")?;
        let TypeKind::Array { count: capacity, .. } = types.get(array)?.kind else {
            return Err(Unreadable::NotDescribed("the keys of a node are no array".to_owned()));
        };
        // A tree of a single leaf may do without the type of the others.
        let parent = field(&leaf, "parent").ok().and_then(|(_, parent)| pointee(types, parent));
        let internal = parent.ok_or_else(|| members::missing(&leaf, "parent"));
        let internal = internal.and_then(|id| {
            let ty = types.get(id)?;
            Ok((ty.size.unwrap_or(0), field(&ty, "edges")?.0))
        });
        let size = |id| look.walk.size_of(id);
        let len = (len, size(len_type));
        let (key_size, value_size, leaf_size) = (size(key), size(value), leaf.size.unwrap_or(0));
        Ok(Layout {
            key,
            value,
            key_size,
            value_size,
            keys,
            vals,
            len,
            capacity,
            leaf_size,
            internal,
        })
    }

    fn entry(&self, node: VirtAddr, index: u64) -> (VirtAddr, VirtAddr) {
        let key = node + self.keys + index.saturating_mul(self.key_size);
        (key, node + self.vals + index.saturating_mul(self.value_size))
    }
}

/// A walk through a tree in the order of its keys.
struct Tour {
    layout: Layout,
    /// Entries that are looked for.
    wanted: usize,
    at: Vec<(VirtAddr, VirtAddr)>,
    blocks: Vec<HeapSpan>,
    seen: HashSet<VirtAddr>,
}

impl Tour {
    fn whole(
        &mut self,
        look: &mut Look<'_, '_>,
        root: VirtAddr,
        height: u64,
        len: u64,
    ) -> Result<(), Unreadable> {
        if height > HIGHEST {
            return Err(look.at.invalid(&format!("its height is {height}")));
        }
        self.visit(look, root, height)?;
        let found = self.at.len();
        if found < self.wanted {
            return Err(look.at.invalid(&format!("its nodes hold {found} of {len} entries")));
        }
        Ok(())
    }

    fn visit(
        &mut self,
        look: &mut Look<'_, '_>,
        at: VirtAddr,
        height: u64,
    ) -> Result<(), Unreadable> {
        let enough = self.at.len() >= self.wanted;
        // Nodes without entries would make the walk long: a tree of std's has none.
        let most = NODES.max(self.wanted.saturating_add(HIGHEST as usize));
        if self.blocks.len() >= most {
            return Ok(());
        }
        if !self.seen.insert(at) {
            return Err(look.at.invalid("its nodes lead in a circle"));
        }
        let (size, edges) = match height {
            0 => (self.layout.leaf_size, 0),
            _ => self.layout.internal.clone()?,
        };
        self.blocks.push(node(at, size));
        if height == 0 && enough {
            return Ok(());
        }
        let (offset, size) = self.layout.len;
        let len = look.walk.number(&Source::Memory(at + offset), size)? as u64;
        let capacity = self.layout.capacity;
        if len > capacity.min(u16::MAX.into()) {
            let what = format!("a node with room for {capacity} entries has {len}");
            return Err(look.at.invalid(&what));
        }
        for index in 0..=len {
            if let Some(below) = height.checked_sub(1) {
                let edge = Source::Memory(at + edges + index.saturating_mul(8));
                let child = look.walk.number(&edge, 8)? as u64;
                self.visit(look, VirtAddr(child), below)?;
            }
            if index < len && self.at.len() < self.wanted {
                self.at.push(self.layout.entry(at, index));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::value::ValueKind;
    use crate::value::testing::World;

    /// Keys 1 to 5 with their squares: two in each leaf, one in the root.
    fn squares(world: &mut World) {
        world.put_leaf(0x5000, 0, &[1, 2], &[1, 4]);
        world.put_leaf(0x6000, 0, &[4, 5], &[16, 25]);
        world.put_leaf(0x7000, 0, &[3], &[9]);
        world.put_words(0x7000 + World::EDGES, &[0x5000, 0x6000]);
    }

    #[test]
    fn a_tree_is_read_in_the_order_of_its_keys_and_owns_its_nodes() {
        let mut world = World::new();
        let map = world.btree_map();
        squares(&mut world);
        let value = world.read_words(map, &[0x7000, 1, 5]);
        assert_eq!(world.text(&value), "{1: 1, 2: 4, 3: 9, 4: 16, 5: 25}");
        let listed: Vec<_> =
            value.heap_parts().into_iter().map(|part| (part.path, part.pointer.0)).collect();
        let node = |index, at| (format!(".node[{index}]"), at);
        assert_eq!(listed, [(String::new(), 0x7000), node(1, 0x5000), node(2, 0x6000)]);
    }

    #[test]
    fn only_as_many_entries_are_read_as_the_limit_allows_but_the_nodes_are_listed() {
        let mut world = World::new();
        let map = world.btree_map();
        squares(&mut world);
        world.limits.elements = 2;
        let value = world.read_words(map, &[0x7000, 1, 5]);
        assert_eq!(world.text(&value), "{1: 1, 2: 4, … 3 more}");
        assert_eq!(value.heap_parts().len(), 3);
    }

    #[test]
    fn a_tree_without_a_root_is_empty_and_an_emptied_one_keeps_its_leaf() {
        let mut world = World::new();
        let map = world.btree_map();
        world.put_leaf(0x5000, 0, &[], &[]);
        let value = world.read_words(map, &[0, 0, 0]);
        assert_eq!((world.text(&value).as_str(), value.heap), ("{}", None));
        let value = world.read_words(map, &[0x5000, 0, 0]);
        assert_eq!(world.text(&value), "{}");
        assert_eq!(value.heap.map(|heap| heap.pointer.0), Some(0x5000));
    }

    #[test]
    fn a_garbage_tree_tells_what_is_wrong() {
        let mut world = World::new();
        let map = world.btree_map();
        squares(&mut world);
        world.put_leaf(0x8000, 0, &[1], &[1]);
        world.put_words(0x8000 + World::EDGES, &[0x5000, 0x8000]);
        world.put(0x9000, &[0xff; 256]);
        let text = |words: &[u64]| world.text(&world.read_words(map, words));
        let wrong = |what: &str| format!("<not a valid BTreeMap: {what}>");
        assert_eq!(text(&[0, 0, 3]), wrong("it has no root, but the length 3"));
        assert_eq!(text(&[0x7000, 1, 6]), wrong("its nodes hold 5 of 6 entries"));
        assert_eq!(text(&[0x7000, 99, 5]), wrong("its height is 99"));
        assert_eq!(text(&[0x8000, 1, 5]), wrong("its nodes lead in a circle"));
        assert_eq!(text(&[0x9000, 0, 5]), wrong("a node with room for 11 entries has 65535"));
        assert_eq!(text(&[0xdead_0000, 0, 5]), "<unmapped>");
        let value = world.read_words(map, &[0x7000, 1, 6]);
        assert_eq!(value.field("length").map(|len| &len.kind), Some(&ValueKind::Uint(6)));
    }
}
