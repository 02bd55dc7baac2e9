//! Elements and entries that lie here and there in memory: what tables, trees and lists share.

use super::{Look, Member, Row, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeKind, TypeRef, Types};
use crate::value::place::Source;
use crate::value::read::{At, Walk};
use crate::value::shape::{Entries, EntriesKind};
use crate::value::{HeapSpan, Map, Sequence, Value, ValueKind};

impl Entries {
    /// Reads the entries, as far as the limits on parts allow.
    pub(super) fn assemble(self, walk: &mut Walk<'_>, at: &At<'_>) -> Value {
        let Entries { kind: held, len, key, at: places, blocks } = self;
        let depth = at.depth.saturating_add(1);
        let mut keys = Vec::new();
        let mut entries = Vec::new();
        for (key_at, value_at) in places {
            if walk.parts_left() == 0 {
                break;
            }
            let read = walk.value(key, &Source::Memory(key_at), depth);
            match held {
                EntriesKind::Map(value) => {
                    entries.push((read, walk.value(value, &Source::Memory(value_at), depth)));
                }
                EntriesKind::List | EntriesKind::Set => keys.push(read),
            }
        }
        let heap = blocks.first().copied();
        let nodes = blocks.into_iter().skip(1).collect();
        let kind = match held {
            EntriesKind::Map(_) => ValueKind::Map(Map { len, entries, nodes }),
            EntriesKind::Set => ValueKind::Set(Sequence { len, items: keys, nodes }),
            EntriesKind::List => ValueKind::Sequence(Sequence { len, items: keys, nodes }),
        };
        Value { heap, ..at.value(kind) }
    }
}

impl Look<'_, '_> {
    /// The word in the member of that name of a member.
    pub(super) fn word_in(&mut self, outer: &Member, name: &str) -> Result<u64, Unreadable> {
        let types = self.walk.reader.types;
        let mut member = members::peel(types, members::find(types, &outer.ty, name)?);
        member.offset = member.offset.saturating_add(outer.offset);
        self.word_of(&member)
    }

    /// How many entries of so many are looked for: of those that are to be read, as many as there
    /// are parts left for.
    pub(super) fn wanted(&self, len: u64) -> usize {
        let elements = self.walk.reader.limits.elements;
        let most = match self.walk.places_only {
            true => elements,
            false => elements.min(self.walk.parts_left()),
        };
        usize::try_from(len).unwrap_or(usize::MAX).min(most)
    }
}

/// The words of a container of nodes, for when they cannot be followed.
pub(super) fn words(pointer: VirtAddr, len: u64) -> Row {
    Row { pointer, len, capacity: None, hold: Hold::Owner }
}

/// A block that holds one node.
pub(super) fn node(pointer: VirtAddr, size: u64) -> HeapSpan {
    HeapSpan { pointer, used: size, capacity: size, hold: Hold::Owner }
}

/// What a pointer points to that is wrapped in structs, or is the data of an `Option`.
pub(super) fn pointee(types: &dyn Types, id: TypeRef) -> Option<TypeRef> {
    let ty = types.get(id).ok()?;
    let wrapped = |id, ty| match members::peel(types, Member { id, ty, offset: 0 }).ty.kind {
        TypeKind::Pointer { to, .. } => to,
        _ => None,
    };
    let TypeKind::Enum(part) = &ty.kind else { return wrapped(id, ty) };
    part.variants.iter().find_map(|variant| wrapped(variant.ty?, types.get(variant.ty?).ok()?))
}

/// Where a field of a node begins, and its type.
pub(super) fn field(ty: &Type, name: &str) -> Result<(u64, TypeRef), Unreadable> {
    let field = ty.field(name).ok_or_else(|| members::missing(ty, name))?;
    Ok((field.offset, field.ty))
}
