//! `SmallVec` of the crate `smallvec`: elements within it, or a pointer to them.
//!
//! `capacity` tells which: up to the inline capacity it is the length of what lies within, above it
//! the capacity of the block. `data` is an enum, or a union with the feature `union`; the bytes of
//! both say the same.

use super::{Look, Member, Parts, Row, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeKind};

pub(super) fn is(ty: &Type) -> bool {
    &*ty.krate == "smallvec" && &*ty.base_name == "SmallVec"
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let array = types.get(look.param("A")?)?;
    let TypeKind::Array { element, count: room } = array.kind else {
        return Err(members::missing(look.ty(), "A"));
    };
    let capacity = look.word("capacity")?;
    let inline = look.walk.size_of(element) == 0 || capacity <= room;
    let part = data(look, inline)?;
    if inline {
        return Ok(Parts::Made(look.elements_within(part.offset, element, capacity)));
    }
    let names = if part.ty.field("ptr").is_some() { ["ptr", "len"] } else { ["__0", "__1"] };
    let pointer = VirtAddr(look.word_in(&part, names[0])?);
    let len = look.word_in(&part, names[1])?;
    let row = Row { pointer, len, capacity: Some(capacity), hold: Hold::Owner };
    Ok(Parts::Row(row, element))
}

/// The half of `data` that is live.
fn data(look: &Look<'_, '_>, inline: bool) -> Result<Member, Unreadable> {
    let types = look.walk.reader.types;
    let data = look.find("data")?;
    let wanted = if inline { ["Inline", "inline"] } else { ["Heap", "heap"] };
    let missing = || members::missing(look.ty(), wanted[1]);
    let (id, offset) = match &data.ty.kind {
        TypeKind::Enum(part) => {
            let variant = part.variants.iter().find(|variant| &*variant.name == wanted[0]);
            let id = variant.and_then(|variant| variant.ty).ok_or_else(missing)?;
            let ty = types.get(id)?;
            // The elements are the only field of their variant.
            match ty.field("__0").filter(|_| inline) {
                Some(field) => (field.ty, field.offset),
                None => (id, 0),
            }
        }
        TypeKind::Union { fields } => {
            let field = fields.iter().find(|field| &*field.name == wanted[1]);
            field.map(|field| (field.ty, field.offset)).ok_or_else(missing)?
        }
        _ => return Err(missing()),
    };
    Ok(Member { id, ty: types.get(id)?, offset: data.offset.saturating_add(offset) })
}
