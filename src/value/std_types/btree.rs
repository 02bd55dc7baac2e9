//! `BTreeMap` and `BTreeSet`: nodes of up to eleven entries, with edges to further nodes between
//! them.

use std::collections::HashSet;

use super::btree_node::{HIGHEST, Layout, Root};
use super::entries::words;
use super::{Look, Member, Parts};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::Type;
use crate::value::HeapSpan;
use crate::value::shape::{Entries, EntriesKind};

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
        let kind = value.filter(|_| !is_set).map_or(EntriesKind::Set, EntriesKind::Map);
        return Ok(Parts::Entries(Entries { kind, len, key, at: vec![], blocks: vec![] }));
    };
    let layout = Layout::of(look, leaf)?;
    let kind = if is_set { EntriesKind::Set } else { EntriesKind::Map(layout.value) };
    let key = layout.key;
    let wanted = look.wanted(len);
    let mut tour = Tour { layout, wanted, at: vec![], blocks: vec![], seen: HashSet::new() };
    if let Err(reason) = tour.whole(look, node, height, len) {
        return Ok(Parts::Broken(words(node, len), reason));
    }
    Ok(Parts::Entries(Entries { kind, len, key, at: tour.at, blocks: tour.blocks }))
}

/// The root, if the tree has one: an `Option<NodeRef>`.
fn root_of(look: &mut Look<'_, '_>, member: &Member) -> Result<Option<Root>, Unreadable> {
    let (_, Some(some)) = look.variant_of(member)? else { return Ok(None) };
    if some.ty.fields().is_empty() {
        return Ok(None);
    }
    Root::of(look, &some).map(Some)
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
