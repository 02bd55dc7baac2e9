//! The nodes of a `BTreeMap`.
//!
//! A `LeafNode` has `keys`, `vals` and `len`. An `InternalNode` begins with a `LeafNode`, its
//! `data`, and has `edges`. Which of the two a node is, only the height above the leaves tells
//! (`alloc::collections::btree::node`).

use super::entries::{field, node, pointee};
use super::{Look, Member, members};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{TypeKind, TypeRef};
use crate::value::HeapSpan;
use crate::value::place::Source;

/// Levels of a tree that are believed. Nodes have at least five entries, except for the root: no
/// address space holds more levels.
pub(super) const HIGHEST: u64 = 32;

/// A node, for example that in which a tree begins.
pub(super) struct Root {
    pub(super) node: VirtAddr,
    /// Levels below it.
    pub(super) height: u64,
    /// The type of its leaves.
    pub(super) leaf: TypeRef,
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
