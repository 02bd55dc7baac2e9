//! What a member leads to that is a pointer, thin or fat: shared by the pointers that count and by
//! the guards of cells and locks.

use super::{Look, Member, Row, members, slice};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeKind, TypeRef};
use crate::value::Value;
use crate::value::place::Source;
use crate::value::read::At;

/// A pointer, thin or fat, as its words are.
#[derive(Clone, Copy)]
pub(super) struct Fat {
    /// What it points to: the sized part of it, and one element of a slice's.
    pub(super) to: TypeRef,
    /// Where it points.
    pub(super) target: VirtAddr,
    /// The second word.
    pub(super) tail: Tail,
}

/// The second word of a fat pointer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// There is none.
    Thin,
    /// Elements of a slice, or bytes of a `str`.
    Length(u64),
    /// The vtable of a `dyn`.
    Vtable(VirtAddr),
}

/// The value at the end of what a pointer leads to.
pub(super) struct Pointee {
    /// Bytes from the pointer to the value.
    pub(super) offset: u64,
    /// Bytes of the value; zero where they are not known.
    pub(super) size: u64,
    /// Its alignment in bytes, where a vtable tells.
    pub(super) align: u64,
    /// The value; none behind a `dyn` of which nothing tells the type.
    pub(super) value: Option<Box<Value>>,
}

/// No type is aligned to more (the Rust reference, "Type layout").
const MOST_ALIGNMENT: u64 = 1 << 29;

impl Look<'_, '_> {
    /// The words of a pointer that a peeled member holds.
    pub(super) fn fat(&mut self, member: &Member) -> Result<Fat, Unreadable> {
        let types = self.walk.reader.types;
        let part = |name: &str| {
            let field = member.ty.field(name)?;
            let offset = member.offset.saturating_add(field.offset);
            Some(Member { id: field.ty, ty: types.get(field.ty).ok()?, offset })
        };
        let (first, second) = match member.ty.kind {
            TypeKind::Pointer { .. } => (Some(member.clone()), None),
            _ => (part("pointer").or(part("data_ptr")), part("vtable").or(part("length"))),
        };
        let first = first.ok_or_else(|| self.not_a_pointer(member))?;
        let TypeKind::Pointer { to: Some(to), .. } = first.ty.kind else {
            return Err(self.not_a_pointer(member));
        };
        let target = VirtAddr(self.word_of(&first)?);
        let tail = match second {
            None => Tail::Thin,
            Some(second) if member.ty.field("vtable").is_some() => {
                Tail::Vtable(VirtAddr(self.word_of(&second)?))
            }
            Some(second) => Tail::Length(self.word_of(&second)?),
        };
        Ok(Fat { to, target, tail })
    }

    /// The word in a member of what lies at `target`, without the member's wrappers.
    pub(super) fn word_behind(
        &mut self,
        target: VirtAddr,
        member: &Member,
    ) -> Result<u64, Unreadable> {
        let word = members::peel(self.walk.reader.types, member.clone());
        Ok(self.walk.number(&Source::Memory(target + word.offset), 8)? as u64)
    }

    fn not_a_pointer(&self, member: &Member) -> Unreadable {
        let (of, name) = (&self.at.ty.base_name, &member.ty.name);
        Unreadable::NotDescribed(format!("{of} holds {name} where a pointer was expected"))
    }

    /// The value of type `id` at `offset` behind a pointer; it is not read where `wanted` is false.
    pub(super) fn pointee(
        &mut self,
        fat: &Fat,
        id: TypeRef,
        offset: u64,
        wanted: bool,
    ) -> Result<Pointee, Unreadable> {
        match fat.tail {
            Tail::Thin => {
                let size = self.walk.size_of(id);
                let value = wanted.then(|| self.follow(id, fat.target + offset));
                Ok(Pointee { offset, size, align: 1, value })
            }
            Tail::Length(len) => self
                .row_behind(fat.target + offset, id, len, wanted)
                .map(|(size, value)| Pointee { offset, size, align: 1, value }),
            Tail::Vtable(vtable) => {
                let (size, align) = self.layout_of_dyn(vtable).unwrap_or((0, 1));
                let offset = offset.checked_next_multiple_of(align).unwrap_or(offset);
                let concrete = self.behind_vtable(vtable, Some(size)).filter(|_| wanted);
                let value = concrete.map(|id| self.follow(id, fat.target + offset));
                Ok(Pointee { offset, size, align, value })
            }
        }
    }

    fn follow(&mut self, id: TypeRef, target: VirtAddr) -> Box<Value> {
        Box::new(self.walk.follow(id, target, self.at.depth))
    }

    /// The concrete type that a vtable is for, unless its size is not the one that the vtable has.
    pub(super) fn behind_vtable(&self, vtable: VirtAddr, size: Option<u64>) -> Option<TypeRef> {
        let reader = self.walk.reader;
        let id = reader.types.behind_vtable(reader.bias.to_file(vtable))?;
        (reader.types.get(id).ok()?.size == size).then_some(id)
    }

    /// Size and alignment of the value behind a vtable, which holds the destructor, the size and
    /// the alignment before the methods (`COMMON_VTABLE_ENTRIES` in `rustc_middle::ty::vtable`).
    /// None where they cannot be read, or cannot be those of a type.
    pub(super) fn layout_of_dyn(&mut self, vtable: VirtAddr) -> Option<(u64, u64)> {
        let size = self.walk.number(&Source::Memory(vtable + 8), 8).ok()? as u64;
        let align = self.walk.number(&Source::Memory(vtable + 16), 8).ok()? as u64;
        let sane =
            i64::try_from(size).is_ok() && align.is_power_of_two() && align <= MOST_ALIGNMENT;
        sane.then_some((size, align))
    }

    /// The bytes and the elements or the text of a slice behind a pointer.
    fn row_behind(
        &mut self,
        pointer: VirtAddr,
        element: TypeRef,
        len: u64,
        wanted: bool,
    ) -> Result<(u64, Option<Box<Value>>), Unreadable> {
        let text = is_text(self.at.ty);
        let of = self.walk.reader.types.get(element)?;
        let row = Row { pointer, len, capacity: None, hold: Hold::Refers };
        let span = row.span(of.size.unwrap_or(0)).map_err(|what| self.at.invalid(&what))?;
        let size = span.map_or(0, |span| span.used);
        if !wanted {
            return Ok((size, None));
        }
        let name = if text { "str".to_owned() } else { format!("[{}]", of.name) };
        let ty = Type {
            base_name: name.as_str().into(),
            name: name.into(),
            krate: "".into(),
            size: Some(size),
            align: of.align,
            kind: TypeKind::Array { element, count: len },
            params: Vec::new(),
        };
        let source = Source::Memory(pointer);
        let at = At { id: element, ty: &ty, source: &source, depth: self.at.depth + 1 };
        let value = match text {
            true => self.walk.text(&at, row),
            false => {
                let kind = self.walk.array(&at, element, len);
                at.value(kind)
            }
        };
        // No die describes it, and the pointer tells the memory.
        Ok((size, Some(Box::new(Value { ty: None, heap: None, ..value }))))
    }
}

/// Whether the first type argument is text: `Rc<str>`, `Arc<Path>`, `Ref<'_, str>`.
fn is_text(ty: &Type) -> bool {
    let argument = ty.name.split_once('<').map_or("", |(_, arguments)| arguments);
    slice::is_text(argument.split([',', '>']).next().unwrap_or(""))
}
