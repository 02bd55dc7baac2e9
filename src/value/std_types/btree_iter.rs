//! What remains of the iterators of `BTreeMap` and `BTreeSet`.
//!
//! `front` is the root before the first step, and then an edge of a leaf: the place between two
//! entries (`LazyLeafHandle` in `alloc::collections::btree::navigate`). From there the way leads up
//! through `parent` where a node ends.

use std::collections::HashSet;

use super::btree::{HIGHEST, Layout, Root};
use super::entries::{Entries, Shape, field, words};
use super::{Look, Member, Parts, members};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::Type;
use crate::value::HeapSpan;
use crate::value::place::Source;

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
    let (shape, key) = match &*look.ty().base_name {
        name if name.contains("Keys") || of_set(look.ty()) => (Shape::List, key),
        name if name.contains("Values") => (Shape::List, value),
        _ => (Shape::Map(value), key),
    };
    let values_only = look.ty().base_name.contains("Values");
    let place = |(key, value)| if values_only { (value, value) } else { (key, value) };
    // The others read a tree that somebody else owns.
    let owns = look.ty().base_name.starts_with("Into");
    let blocks = if owns { way.blocks } else { vec![] };
    let at = places.into_iter().map(place).collect();
    Ok(Parts::Entries(Entries { shape, len, key, at, blocks }))
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
