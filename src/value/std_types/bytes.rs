//! `Bytes` and `BytesMut` of the crate `bytes`: text of any bytes, owned in several ways.
//!
//! The word `data` tells which. In `Bytes`, zero is a static text; with its lowest bit set, it is
//! where the one buffer begins; otherwise it leads to counts that others share. In `BytesMut` the
//! lowest bit says that the buffer is its own, of which the bits above the fifth count what was
//! already taken from the front (`KIND_VEC` and `VEC_POS_OFFSET` in the crate).

use super::{Look, Parts, Row};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::Type;
use crate::value::{HeapSpan, ValueKind};

/// Bits of a `BytesMut`'s `data` below the number of bytes that were taken.
const TAKEN: u32 = 5;

pub(super) fn is(ty: &Type) -> bool {
    &*ty.krate == "bytes" && matches!(&*ty.base_name, "Bytes" | "BytesMut")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let (pointer, len) = (look.address("ptr")?, look.word("len")?);
    let data = look.word("data")?;
    let own = data & 1 == 1;
    let growing = &*look.ty().base_name == "BytesMut";
    let capacity = if growing { Some(look.word("cap")?) } else { None };
    let row = Row { pointer, len, capacity, hold: Hold::Shares };
    let shared = match row.span(1) {
        Ok(span) => span,
        Err(what) => return Ok(Parts::Broken(row, look.at.invalid(&what))),
    };
    // An empty one points nowhere, and a static one to what nobody frees.
    let Some(shared) = shared.filter(|_| data != 0) else {
        let text = Row { hold: Hold::Refers, ..row };
        return Ok(Parts::Text(text));
    };
    if !own {
        return Ok(Parts::Text(row));
    }
    let taken = match growing {
        true => data >> TAKEN,
        false => pointer
            .0
            .checked_sub(data & !1)
            .ok_or_else(|| look.at.invalid("its text begins before its buffer"))?,
    };
    let start = pointer.0.checked_sub(taken).filter(|start| *start != 0);
    let start = start.ok_or_else(|| look.at.invalid("its buffer begins before memory does"))?;
    let capacity = shared.capacity.saturating_add(taken);
    let heap = HeapSpan { pointer: VirtAddr(start), used: len, capacity, hold: Hold::Owner };
    let text = look.walk.text_at(&crate::value::place::Source::Memory(pointer), pointer, len)?;
    Ok(Parts::Leading(ValueKind::Text(text), heap))
}
