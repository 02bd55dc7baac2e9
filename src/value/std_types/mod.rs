//! How the types of std keep what they hold: one file per family, one line each in `FAMILIES`.
//!
//! A type is recognised by its crate and the last segment of its path, never by a version. A reader
//! finds the members it needs by name (`members::find`) and returns parts;
//! reading elements and applying limits is shared. Where a member is missing the value is shown
//! raw, with a line that says which.

mod behind;
mod boxed;
mod cell;
mod number;
mod path;
mod rc;
mod slice;
mod string;
mod vec;
mod vec_deque;

use super::members::{self, Member};
use super::model::{Fields, Pointer, Value, ValueKind};
use super::read::{At, Walk};
use super::sequences::Row;
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeRef};

/// One family of types.
struct Family {
    /// The types it reads.
    of: fn(&Type) -> bool,
    /// Reads one.
    read: fn(&mut Look<'_, '_>) -> Result<Parts, Unreadable>,
}

/// Every family. The first that claims a type reads it.
const FAMILIES: &[Family] = &[
    Family { of: string::is, read: string::read },
    Family { of: vec::is, read: vec::read },
    Family { of: boxed::is, read: boxed::read },
    Family { of: slice::is, read: slice::read },
    Family { of: rc::is, read: rc::read },
    Family { of: cell::is, read: cell::read },
    Family { of: path::is, read: path::read },
    Family { of: number::is, read: number::read },
    Family { of: vec_deque::is, read: vec_deque::read },
];

/// What a reader finds in a std type.
enum Parts {
    /// Bytes of text elsewhere.
    Text(Row),
    /// Elements elsewhere.
    Row(Row, TypeRef),
    /// Elements elsewhere in a ring, of which the first has this index.
    Ring(Row, u64, TypeRef),
    /// Something else that stands for the whole.
    Inside(Member),
    /// A pointer, with what it leads to where that is shown.
    Pointer(Pointer, Option<super::HeapSpan>),
    /// Members that are told by name, under the type's own name.
    Named(Vec<(&'static str, Member)>),
}

/// A std type under the eyes of its reader.
struct Look<'l, 'w> {
    walk: &'l mut Walk<'w>,
    at: At<'l>,
}

/// The value, if the type belongs to one of the families.
pub(super) fn read(walk: &mut Walk<'_>, at: &At<'_>) -> Option<Value> {
    let family = FAMILIES.iter().find(|family| (family.of)(at.ty))?;
    let parts = (family.read)(&mut Look { walk: &mut *walk, at: *at });
    Some(match parts {
        Ok(parts) => assemble(walk, at, parts),
        Err(Unreadable::NotDescribed(why)) => raw(walk, at, why),
        Err(reason) => at.value(ValueKind::Unreadable(reason)),
    })
}

fn assemble(walk: &mut Walk<'_>, at: &At<'_>, parts: Parts) -> Value {
    match parts {
        Parts::Text(row) => walk.text(at, row),
        Parts::Row(row, element) => walk.row(at, row, element),
        Parts::Ring(row, first, element) => walk.ring(at, row, first, element),
        Parts::Pointer(pointer, heap) => {
            let mut value = at.value(ValueKind::Pointer(pointer));
            value.heap = heap;
            value
        }
        Parts::Inside(member) => {
            let inner = walk.value(member.id, &at.source.at(member.offset), at.depth + 1);
            Value { heap: inner.heap, ..at.value(inner.kind) }
        }
        Parts::Named(members) => {
            let read = |(name, member): (&str, Member)| {
                let source = at.source.at(member.offset);
                (name.into(), walk.value(member.id, &source, at.depth + 1))
            };
            let list = members.into_iter().map(read).collect();
            let fields = Fields { list, ..Fields::default() };
            at.value(ValueKind::Record { name: at.ty.base_name.clone(), fields })
        }
    }
}

/// The fields as the debug information gives them.
fn raw(walk: &mut Walk<'_>, at: &At<'_>, why: String) -> Value {
    let fields = walk.fields(at, at.ty.fields(), false);
    at.value(ValueKind::Raw { why, name: at.ty.base_name.clone(), fields })
}

impl<'l, 'w> Look<'l, 'w> {
    fn ty(&self) -> &'l Type {
        self.at.ty
    }

    /// The member of that name, wherever it is.
    fn find(&self, name: &str) -> Result<Member, Unreadable> {
        members::find(self.walk.reader.types, self.at.ty, name)
    }

    /// The member of that name without its wrappers.
    fn find_peeled(&self, name: &str) -> Result<Member, Unreadable> {
        Ok(members::peel(self.walk.reader.types, self.find(name)?))
    }

    /// The word in the member of that name.
    fn word(&mut self, name: &str) -> Result<u64, Unreadable> {
        let member = self.find_peeled(name)?;
        self.word_of(&member)
    }

    fn word_of(&mut self, member: &Member) -> Result<u64, Unreadable> {
        let size = member.ty.size.unwrap_or(0);
        if size != 8 {
            let why = format!("a word of {} has {size} bytes", self.at.ty.base_name);
            return Err(Unreadable::NotDescribed(why));
        }
        Ok(self.walk.number(&self.at.source.at(member.offset), 8)? as u64)
    }

    fn address(&mut self, name: &str) -> Result<VirtAddr, Unreadable> {
        self.word(name).map(VirtAddr)
    }

    /// The type argument of that name.
    fn param(&self, name: &str) -> Result<TypeRef, Unreadable> {
        self.at.ty.param(name).ok_or_else(|| {
            let why = format!("{} has no type argument `{name}`", self.at.ty.base_name);
            Unreadable::NotDescribed(why)
        })
    }
}
