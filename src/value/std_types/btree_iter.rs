//! What remains of the iterators of `BTreeMap` and `BTreeSet`.
//!
//! `front` is the root before the first step, and then an edge of a leaf: the place between two
//! entries (`LazyLeafHandle` in `alloc::collections::btree::navigate`). From there the way leads up
//! through `parent` where a node ends.

use std::collections::HashSet;

use super::btree_node::{HIGHEST, Layout, Root};
use super::entries::{field, words};
use super::{Look, Member, Parts, members};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::Type;
use crate::value::HeapSpan;
use crate::value::place::Source;
use crate::value::shape::{Entries, EntriesKind};

pub(super) fn is(ty: &Type) -> bool {
    const NAMES: [&str; 7] =
        ["Iter", "IterMut", "IntoIter", "Keys", "Values", "ValuesMut", "IntoKeys"];
    let named = NAMES.iter().any(|name| ty.is_std(name)) || ty.is_std("IntoValues");
    named && ty.name.starts_with("alloc::collections::btree::")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let len = look.word("length")?;
    let front = look.find("front")?;
    let (_, some) = look.variant_of(&front)?;
    let lazy = some.and_then(|some| part(look, &some, "__0"));
    let Some(lazy) = lazy else {
        let kind = look.walk.by_kind(&look.at).kind;
        return Ok(Parts::Made(kind));
    };
    let (_, some) = look.variant_of(&lazy)?;
    let start = some.and_then(|some| part(look, &some, "__0"));
    let start = start.ok_or_else(|| members::missing(look.ty(), "front"))?;
    let root = Root::of(look, &start)?;
    let edge = members::find(look.walk.reader.types, &start.ty, "idx");
    let edge = if edge.is_ok() { Some(look.word_in(&start, "idx")?) } else { None };
    let layout = Layout::of(look, root.leaf)?;
    let (key, value) = (layout.key, layout.value);
    let at = root.node;
    let mut way = Way {
        layout,
        at,
        height: root.height,
        index: edge.unwrap_or(0),
        blocks: vec![],
        seen: HashSet::new(),
    };
    let places = match way.entries(look, len, edge.is_none()) {
        Ok(places) => places,
        Err(reason) => return Ok(Parts::Broken(words(at, len), reason)),
    };
    let (kind, key) = match &*look.ty().base_name {
        name if name.contains("Keys") || of_set(look.ty()) => (EntriesKind::List, key),
        name if name.contains("Values") => (EntriesKind::List, value),
        _ => (EntriesKind::Map(value), key),
    };
    let values_only = look.ty().base_name.contains("Values");
    let place = |(key, value)| if values_only { (value, value) } else { (key, value) };
    // The others read a tree that somebody else owns.
    let owns = look.ty().base_name.starts_with("Into");
    let blocks = if owns { way.blocks } else { vec![] };
    let at = places.into_iter().map(place).collect();
    Ok(Parts::Entries(Entries { kind, len, key, at, blocks }))
}

fn of_set(ty: &Type) -> bool {
    ty.name.contains("::set::")
}

/// A field of a struct that lies within the value.
fn part(look: &Look<'_, '_>, outer: &Member, name: &str) -> Option<Member> {
    let (offset, id) = field(&outer.ty, name).ok()?;
    let ty = look.walk.reader.types.get(id).ok()?;
    Some(Member { id, ty, offset: outer.offset.saturating_add(offset) })
}

/// A place between two entries, on the way to the next.
struct Way {
    layout: Layout,
    at: VirtAddr,
    height: u64,
    index: u64,
    /// The nodes that the way led through, each once.
    blocks: Vec<HeapSpan>,
    seen: HashSet<VirtAddr>,
}

impl Way {
    /// Where the first of the `len` entries that remain are.
    fn entries(
        &mut self,
        look: &mut Look<'_, '_>,
        len: u64,
        from_root: bool,
    ) -> Result<Vec<(VirtAddr, VirtAddr)>, Unreadable> {
        if self.height > HIGHEST {
            return Err(look.at.invalid(&format!("its height is {}", self.height)));
        }
        let wanted = look.wanted(len);
        let mut found = Vec::new();
        self.visit()?;
        if from_root && wanted > 0 {
            self.descend(look, 0)?;
        }
        while found.len() < wanted {
            if self.index < self.layout.entries_of(look, self.at)? {
                found.push(self.layout.entry(self.at, self.index));
                self.descend(look, self.index.saturating_add(1))?;
            } else {
                self.ascend(look)?;
            }
        }
        Ok(found)
    }

    /// To the first leaf behind an edge; to the edge itself in a leaf.
    fn descend(&mut self, look: &mut Look<'_, '_>, edge: u64) -> Result<(), Unreadable> {
        self.index = edge;
        while let Some(below) = self.height.checked_sub(1) {
            self.at = self.layout.child(look, self.at, self.index)?;
            (self.height, self.index) = (below, 0);
            self.visit()?;
        }
        Ok(())
    }

    /// To the edge that leads to this node.
    fn ascend(&mut self, look: &mut Look<'_, '_>) -> Result<(), Unreadable> {
        let (parent, (index, size)) = self.layout.parent.clone()?;
        let up = look.walk.number(&Source::Memory(self.at + parent), 8)? as u64;
        self.index = look.walk.number(&Source::Memory(self.at + index), size)? as u64;
        self.height = self.height.saturating_add(1);
        if up == 0 || self.height > HIGHEST {
            return Err(look.at.invalid("its nodes end before its entries"));
        }
        self.at = VirtAddr(up);
        self.visit()
    }

    fn visit(&mut self) -> Result<(), Unreadable> {
        if self.seen.insert(self.at) {
            self.blocks.push(self.layout.block(self.at, self.height)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Hold;
    use crate::dwarf::{PointerFlavour, TypeRef};
    use crate::value::testing::World;

    /// An iterator over a tree of `u8`. Its words: the length, 0 for the root or 1 for an edge of a
    /// leaf, the node, its height, the index of the edge.
    fn iter(world: &mut World, name: &str) -> TypeRef {
        let (word, short, byte) = (world.uint(8), world.uint(2), world.uint(1));
        let array = world.array(byte, 11);
        let leaf = world.next_id();
        let leaf = crate::dwarf::TypeRef(leaf.0 + 2);
        // The leaf refers to the node above it, which begins with a leaf.
        let internal = crate::dwarf::TypeRef(leaf.0 + 1);
        let up = world.pointer("*const InternalNode", Some(internal), PointerFlavour::Const);
        let edges = world.array(word, 12);
        let fields = [
            ("parent", up, 0),
            ("parent_idx", short, 8),
            ("len", short, 10),
            ("keys", array, 12),
            ("vals", array, 23),
        ];
        let node =
            world.record("alloc::collections::btree::node::LeafNode<u8, u8>", 40, 8, &fields);
        assert_eq!(node, leaf);
        let fields = [("data", leaf, 0), ("edges", edges, 40)];
        world.record("alloc::collections::btree::node::InternalNode<u8, u8>", 136, 8, &fields);
        world.with_params(leaf, &[("K", byte), ("V", byte)]);
        let pointer = world.non_null(leaf);
        let fields = [("node", pointer, 0), ("height", word, 8)];
        let node = world.record("alloc::collections::btree::node::NodeRef<_>", 16, 8, &fields);
        let fields = [("node", node, 0), ("idx", word, 16)];
        let edge = world.record("alloc::collections::btree::node::Handle<_>", 24, 8, &fields);
        let root = world.tuple_struct("Root", 32, 8, &[(node, 8)]);
        let edge = world.tuple_struct("Edge", 32, 8, &[(edge, 8)]);
        let variants: [(&str, &[u128], _); 2] =
            [("Root", &[0], Some(root)), ("Edge", &[1], Some(edge))];
        let lazy = "alloc::collections::btree::navigate::LazyLeafHandle<_>";
        let lazy = world.enumeration(lazy, 32, 8, Some((word, 0)), &variants);
        let some = world.tuple_struct("Some", 32, 8, &[(lazy, 0)]);
        let none = world.tuple_struct("None", 32, 8, &[]);
        let variants: [(&str, &[u128], _); 2] =
            [("None", &[2], Some(none)), ("Some", &[], Some(some))];
        let front = world.enumeration("core::option::Option<_>", 32, 8, Some((word, 0)), &variants);
        world.record(name, 40, 8, &[("length", word, 0), ("front", front, 8)])
    }

    fn put_node(world: &mut World, at: u64, parent: (u64, u8), keys: &[u8], edges: &[u64]) {
        let mut bytes = [0; 40];
        bytes[..8].copy_from_slice(&parent.0.to_le_bytes());
        (bytes[8], bytes[10]) = (parent.1, keys.len() as u8);
        for (index, key) in keys.iter().enumerate() {
            (bytes[12 + index], bytes[23 + index]) = (*key, key * 10);
        }
        world.put(at, &bytes);
        world.put_words(at + 40, edges);
    }

    /// Keys 1 to 5, of which 3 is in the root.
    fn put(world: &mut World) {
        put_node(world, 0x5000, (0x7000, 0), &[1, 2], &[]);
        put_node(world, 0x6000, (0x7000, 1), &[4, 5], &[]);
        put_node(world, 0x7000, (0, 0), &[3], &[0x5000, 0x6000]);
    }

    #[test]
    fn what_remains_is_read_from_the_root_or_from_an_edge() {
        let mut world = World::new();
        let map = iter(&mut world, "alloc::collections::btree::map::Iter<u8, u8>");
        let values = iter(&mut world, "alloc::collections::btree::map::Values<u8, u8>");
        let set = iter(&mut world, "alloc::collections::btree::set::Iter<u8>");
        put(&mut world);
        let text = |ty, words: &[u64]| world.text(&world.read_words(ty, words));
        let (root, edge) = ([5, 0, 0x7000, 1, 0], [4, 1, 0x5000, 0, 1]);
        assert_eq!(text(map, &root), "{1: 10, 2: 20, 3: 30, 4: 40, 5: 50}");
        assert_eq!(text(map, &edge), "{2: 20, 3: 30, 4: 40, 5: 50}");
        assert_eq!(text(values, &edge), "[20, 30, 40, 50]");
        assert_eq!(text(set, &[1, 1, 0x5000, 0, 2]), "[3]");
        assert_eq!(text(map, &[0, 1, 0x6000, 0, 2]), "{}");
        assert_eq!(world.read_words(map, &root).heap, None);
    }

    #[test]
    fn an_iterator_that_owns_the_tree_tells_the_nodes_on_its_way() {
        let mut world = World::new();
        let ty = iter(&mut world, "alloc::collections::btree::map::IntoIter<u8, u8>");
        put(&mut world);
        let parts = world.read_words(ty, &[4, 1, 0x5000, 0, 1]).heap_parts();
        let nodes: Vec<_> = parts.iter().map(|part| (part.pointer.0, part.capacity)).collect();
        assert_eq!(nodes, [(0x5000, 40), (0x7000, 136), (0x6000, 40)]);
        assert!(parts.iter().all(|part| part.hold == Hold::Owner));
    }

    #[test]
    fn a_garbage_iterator_tells_what_is_wrong() {
        let mut world = World::new();
        let ty = iter(&mut world, "alloc::collections::btree::map::Iter<u8, u8>");
        put(&mut world);
        world.put(0x8000, &[0xff; 200]);
        let text = |words: &[u64]| world.text(&world.read_words(ty, words));
        let wrong = |what: &str| format!("<not a valid Iter: {what}>");
        assert_eq!(text(&[6, 0, 0x7000, 1, 0]), wrong("its nodes end before its entries"));
        assert_eq!(text(&[1, 0, 0x7000, 99, 0]), wrong("its height is 99"));
        assert_eq!(text(&[1, 1, 0x8000, 0, 0]), wrong("a node with room for 11 entries has 65535"));
        assert_eq!(text(&[1, 1, 0x9000, 0, 0]), "<unmapped>");
    }
}
