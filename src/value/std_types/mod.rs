//! How the types of std keep what they hold: one file per family, one line each in `FAMILIES`.
//!
//! A type is recognised by its crate and the last segment of its path, never by a version. A reader
//! finds the members it needs by name (`members::find`) and returns parts;
//! reading elements and applying limits is shared. Where a member is missing the value is shown
//! raw, with a line that says which.

mod arguments;
mod array_vec;
mod behind;
mod binary_heap;
mod boxed;
mod btree;
mod btree_iter;
mod btree_node;
mod bytes;
mod c_string;
mod cell;
mod channel;
mod descriptor;
mod entries;
mod foreign;
mod guard;
mod hash_iter;
mod hash_table;
#[cfg(test)]
mod huge;
mod index_map;
mod io_error;
mod iter;
mod linked_list;
mod lock;
mod net;
mod number;
mod once;
mod path;
mod range;
mod rc;
mod slice;
mod small_vec;
mod string;
mod structure;
mod thread;
mod thread_storage;
mod time;
mod type_id;
mod vec;
mod vec_deque;
mod words;
mod wrapper;

use std::sync::Arc;

use super::Place;
use super::members::{self, Member};
use super::model::{Fields, Pointer, Value, ValueKind};
use super::read::{At, Walk};
use super::sequences::{Row, broken};
use super::shape::Entries;
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeKind, TypeRef, short_type_name};
pub(super) use words::{Words, growing, is_read_here};

pub(super) use structure::shape;

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
    Family { of: hash_table::is, read: hash_table::read },
    Family { of: btree::is, read: btree::read },
    Family { of: linked_list::is, read: linked_list::read },
    Family { of: binary_heap::is, read: binary_heap::read },
    Family { of: index_map::is, read: index_map::read },
    Family { of: guard::is, read: guard::read },
    Family { of: lock::is, read: lock::read },
    Family { of: once::is, read: once::read },
    Family { of: time::is, read: time::read },
    Family { of: net::is, read: net::read },
    Family { of: range::is, read: range::read },
    Family { of: wrapper::is, read: wrapper::read },
    Family { of: c_string::is, read: c_string::read },
    Family { of: hash_iter::is, read: hash_iter::read },
    Family { of: btree_iter::is, read: btree_iter::read },
    Family { of: iter::is, read: iter::read },
    Family { of: channel::is, read: channel::read },
    Family { of: thread::is, read: thread::read },
    Family { of: thread_storage::is, read: thread_storage::read },
    Family { of: descriptor::is, read: descriptor::read },
    Family { of: io_error::is, read: io_error::read },
    Family { of: type_id::is, read: type_id::read },
    Family { of: arguments::is, read: arguments::read },
    Family { of: array_vec::is, read: array_vec::read },
    Family { of: small_vec::is, read: small_vec::read },
    Family { of: bytes::is, read: bytes::read },
];

/// What a reader finds in a std type.
enum Parts {
    /// Bytes of text elsewhere.
    Text(Row),
    /// Elements elsewhere.
    Row(Row, TypeRef),
    /// Elements elsewhere in a ring, of which the first has this index.
    Ring(Row, u64, TypeRef),
    /// Elements or entries, each at an address of its own.
    Entries(Entries),
    /// Words that contradict each other or what they lead to, and why.
    Broken(Row, Unreadable),
    /// Something else that stands for the whole.
    Inside(Member),
    /// A pointer, with what it leads to where that is shown.
    Pointer(Pointer, Option<super::HeapSpan>),
    /// Members that are told by name, under the type's own name.
    Named(Vec<(&'static str, Member)>),
    /// The same, with what the reader concluded from members that are not told.
    Told(Vec<(&'static str, Told)>),
    /// One of the states that the type can be in, with what it holds there.
    Variant(&'static str, Option<Told>),
    /// What the reader made of the whole.
    Made(ValueKind),
    /// The same, with the memory that the whole leads to.
    Leading(ValueKind, super::HeapSpan),
}

/// A part of a std type.
enum Told {
    /// A member, to be read.
    Member(Member),
    /// What the reader concluded, with the name of its type.
    Made(&'static str, ValueKind),
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
        Ok(parts) => {
            let value = assemble(walk, at, parts);
            foreign::without_memory(walk, at, value)
        }
        Err(Unreadable::NotDescribed(why)) => raw(walk, at, why),
        Err(reason) => known_parts(walk, at, reason),
    })
}

/// The fields, where some of them are known, of a value that cannot be read as a whole: optimised
/// code keeps the length of a slice and not its pointer.
fn known_parts(walk: &mut Walk<'_>, at: &At<'_>, reason: Unreadable) -> Value {
    let in_pieces = at.source.place(at.ty.size.unwrap_or(0)) == Place::Computed;
    let lost = matches!(reason, Unreadable::OptimisedOut | Unreadable::RegisterLost { .. });
    if in_pieces && lost {
        let value = raw(walk, at, reason.to_string());
        if is_known(&value) {
            return value;
        }
    }
    at.value(ValueKind::Unreadable(reason))
}

/// Whether anything of the value was read.
fn is_known(value: &Value) -> bool {
    match (&value.kind, value.fields()) {
        (ValueKind::Unreadable(_) | ValueKind::Cut(_), _) => false,
        (_, Some(fields)) => fields.list.iter().any(|(_, field)| is_known(field)),
        _ => value.size != Some(0),
    }
}

fn assemble(walk: &mut Walk<'_>, at: &At<'_>, parts: Parts) -> Value {
    match parts {
        Parts::Text(row) => walk.text(at, row),
        Parts::Row(row, element) => walk.row(at, row, element),
        Parts::Entries(entries) => entries.assemble(walk, at),
        Parts::Broken(words, reason) => broken(at, words, reason),
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
            let members = members.into_iter().map(|(name, member)| (name, Told::Member(member)));
            record(walk, at, members.collect())
        }
        Parts::Told(parts) => record(walk, at, parts),
        Parts::Variant(variant, held) => {
            let list = held.into_iter().map(|part| ("0".into(), told(walk, at, part))).collect();
            let fields = Fields { list, tuple: true, more: 0 };
            at.value(ValueKind::Enum { variant: variant.into(), fields })
        }
        Parts::Made(kind) => at.value(kind),
        Parts::Leading(kind, heap) => Value { heap: Some(heap), ..at.value(kind) },
    }
}

fn record(walk: &mut Walk<'_>, at: &At<'_>, parts: Vec<(&'static str, Told)>) -> Value {
    let read = |(name, part): (&'static str, Told)| (name, told(walk, at, part));
    let parts = parts.into_iter().map(read).collect();
    at.value(record_of(at.ty, parts))
}

/// A record of the type's own name.
fn record_of(ty: &Type, parts: Vec<(&'static str, Value)>) -> ValueKind {
    let list = parts.into_iter().map(|(name, value)| (name.into(), value)).collect();
    ValueKind::Record { name: ty.base_name.clone(), fields: Fields { list, ..Fields::default() } }
}

fn told(walk: &mut Walk<'_>, at: &At<'_>, part: Told) -> Value {
    match part {
        Told::Member(member) => walk.value(member.id, &at.source.at(member.offset), at.depth + 1),
        Told::Made(type_name, kind) => concluded(type_name, kind),
    }
}

/// A part that no bytes are: what a reader concluded, with the name of its type.
fn concluded(type_name: &str, kind: ValueKind) -> Value {
    Value {
        type_name: type_name.into(),
        ty: None,
        place: Place::Computed,
        size: None,
        kind,
        heap: None,
    }
}

/// A state without data, by its name.
fn state(name: &str) -> ValueKind {
    ValueKind::Enum { variant: name.into(), fields: Fields::default() }
}

/// The fields as the debug information gives them.
fn raw(walk: &mut Walk<'_>, at: &At<'_>, why: String) -> Value {
    let fields = walk.fields(at, at.ty.fields(), false);
    // That of a pointer is all that is written of it.
    let name = short_type_name(&at.ty.base_name).into();
    at.value(ValueKind::Raw { why, name, fields })
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
        members::check_word(self.at.ty, member)?;
        Ok(self.walk.number(&self.at.source.at(member.offset), 8)? as u64)
    }

    fn address(&mut self, name: &str) -> Result<VirtAddr, Unreadable> {
        self.word(name).map(VirtAddr)
    }

    /// The variant that a member which is an enum has: its name, and its struct where it has one.
    fn variant_of(&mut self, member: &Member) -> Result<(Arc<str>, Option<Member>), Unreadable> {
        let source = self.at.source.at(member.offset);
        let at = At { id: member.id, ty: &member.ty, source: &source, depth: self.at.depth };
        let variant = match &member.ty.kind {
            TypeKind::Enum(part) => self.walk.select(&at, part)?,
            TypeKind::CLike { repr, enumerators } => {
                return match self.walk.c_like(&at, *repr, enumerators) {
                    ValueKind::Enum { variant, .. } => Ok((variant, None)),
                    ValueKind::Unreadable(reason) => Err(reason),
                    _ => Err(at.invalid("its number is that of no variant")),
                };
            }
            _ => {
                let why = format!(
                    "{} holds {} where an enum was expected",
                    self.at.ty.base_name, member.ty.name
                );
                return Err(Unreadable::NotDescribed(why));
            }
        };
        let Some(id) = variant.ty else { return Ok((variant.name.clone(), None)) };
        let ty = self.walk.reader.types.get(id)?;
        Ok((variant.name.clone(), Some(Member { id, ty, offset: member.offset })))
    }

    /// Elements that lie within the value, from `offset` on.
    fn elements_within(&mut self, offset: u64, element: TypeRef, count: u64) -> ValueKind {
        let source = self.at.source.at(offset);
        self.walk.array(&At { source: &source, ..self.at }, element, count)
    }

    /// The type argument of that name.
    fn param(&self, name: &str) -> Result<TypeRef, Unreadable> {
        self.at.ty.param(name).ok_or_else(|| {
            let why = format!("{} has no type argument `{name}`", self.at.ty.base_name);
            Unreadable::NotDescribed(why)
        })
    }
}
