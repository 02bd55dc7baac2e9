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

/// Levels of a tree that are believed. Nodes have at least five entries, except for the root: no
/// address space holds more levels.
pub(super) const HIGHEST: u64 = 32;

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

/// A node, for example that in which a tree begins.
pub(super) struct Root {
    pub(super) node: VirtAddr,
    /// Levels below it.
    pub(super) height: u64,
    /// The type of its leaves.
    pub(super) leaf: TypeRef,
}

/// The root, if the tree has one: an `Option<NodeRef>`.
fn root_of(look: &mut Look<'_, '_>, member: &Member) -> Result<Option<Root>, Unreadable> {
    let (_, Some(some)) = look.variant_of(member)? else { return Ok(None) };
    if some.ty.fields().is_empty() {
        return Ok(None);
    }
    Root::of(look, &some).map(Some)
}

impl Root {
    /// The node that a member with a `NodeRef` refers to.
    pub(super) fn of(look: &mut Look<'_, '_>, member: &Member) -> Result<Root, Unreadable> {
        let types = look.walk.reader.types;
        let node = members::find(types, &member.ty, "node")?;
        // A handle's `node` is a `NodeRef`, which has a `node` in turn.
        let inner = members::find(types, &node.ty, "node").unwrap_or_else(|_| node.clone());
        let untyped = || Unreadable::NotDescribed("its nodes have no type".to_owned());
        let leaf = pointee(types, inner.id).ok_or_else(untyped)?;
        let holder = match inner.id == node.id {
            true => member.clone(),
            false => Member { offset: member.offset.saturating_add(node.offset), ..node },
        };
        let (node, height) = (look.word_in(&holder, "node")?, look.word_in(&holder, "height")?);
        Ok(Root { node: VirtAddr(node), height, leaf })
    }
}

/// Where a node keeps what it has.
pub(super) struct Layout {
    pub(super) key: TypeRef,
    pub(super) value: TypeRef,
    key_size: u64,
    value_size: u64,
    keys: u64,
    vals: u64,
    /// Where its `len` begins, and its size.
    len: (u64, u64),
    /// How many entries it has room for.
    capacity: u64,
    pub(super) leaf_size: u64,
    /// Where a node keeps its parent; where, and in how many bytes, its index there.
    pub(super) parent: Result<(u64, (u64, u64)), Unreadable>,
    /// Bytes of a node that is no leaf, and where its edges begin.
    pub(super) internal: Result<(u64, u64), Unreadable>,
}

impl Layout {
    pub(super) fn of(look: &Look<'_, '_>, leaf: TypeRef) -> Result<Layout, Unreadable> {
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
        let parent = field(&leaf, "parent").and_then(|(parent, _)| {
            let (index, ty) = field(&leaf, "parent_idx")?;
            Ok((parent, (index, size(ty))))
        });
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
            parent,
            internal,
        })
    }

    /// The block that is a node of that height.
    pub(super) fn block(&self, at: VirtAddr, height: u64) -> Result<HeapSpan, Unreadable> {
        let size = match height {
            0 => self.leaf_size,
            _ => self.internal.clone()?.0,
        };
        Ok(node(at, size))
    }

    /// How many entries a node has.
    ///
    /// # Errors
    /// When that is more than it has room for.
    pub(super) fn entries_of(
        &self,
        look: &mut Look<'_, '_>,
        node: VirtAddr,
    ) -> Result<u64, Unreadable> {
        let (offset, size) = self.len;
        let len = look.walk.number(&Source::Memory(node + offset), size)? as u64;
        if len > self.capacity.min(u16::MAX.into()) {
            let what = format!("a node with room for {} entries has {len}", self.capacity);
            return Err(look.at.invalid(&what));
        }
        Ok(len)
    }

    /// The node behind the edge of that index.
    pub(super) fn child(
        &self,
        look: &mut Look<'_, '_>,
        node: VirtAddr,
        index: u64,
    ) -> Result<VirtAddr, Unreadable> {
        let (_, edges) = self.internal.clone()?;
        let edge = Source::Memory(node + edges + index.saturating_mul(8));
        Ok(VirtAddr(look.walk.number(&edge, 8)? as u64))
    }

    /// Where the key and the value of an entry are.
    pub(super) fn entry(&self, node: VirtAddr, index: u64) -> (VirtAddr, VirtAddr) {
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
        self.blocks.push(self.layout.block(at, height)?);
        if height == 0 && enough {
            return Ok(());
        }
        let len = self.layout.entries_of(look, at)?;
        for index in 0..=len {
            if let Some(below) = height.checked_sub(1) {
                let child = self.layout.child(look, at, index)?;
                self.visit(look, child, below)?;
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
