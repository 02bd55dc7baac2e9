//! `ArrayVec` and `ArrayString` of the crate `arrayvec`: a length, and an array `xs` of which so
//! many elements are there.

use super::{Look, Parts, members};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeKind};
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    &*ty.krate == "arrayvec" && matches!(&*ty.base_name, "ArrayVec" | "ArrayString")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let (xs, len) = (look.find("xs")?, look.find_peeled("len")?);
    let TypeKind::Array { count: room, .. } = xs.ty.kind else {
        return Err(members::missing(look.ty(), "xs"));
    };
    let size = len.ty.size.unwrap_or(0);
    let len = look.walk.number(&look.at.source.at(len.offset), size)? as u64;
    if len > room {
        return Err(look.at.invalid(&format!("its length {len} exceeds its capacity {room}")));
    }
    if &*look.ty().base_name == "ArrayVec" {
        let element = look.param("T")?;
        return Ok(Parts::Made(look.elements_within(xs.offset, element, len)));
    }
    let source = look.at.source.at(xs.offset);
    let at = source.place(len).address().unwrap_or(VirtAddr(0));
    let text = look.walk.text_at(&source, at, len)?;
    Ok(Parts::Made(ValueKind::Text(text)))
}
