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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{PointerFlavour, TypeRef};
    use crate::value::Value;
    use crate::value::testing::World;

    /// `Bytes`: pointer, length, data, vtable; or `BytesMut`: pointer, length, capacity, data.
    fn world(name: &str, last: [&str; 2]) -> (World, TypeRef) {
        let mut world = World::new();
        let (byte, word) = (world.uint(1), world.uint(8));
        let raw = world.pointer("*const u8", Some(byte), PointerFlavour::Const);
        let fields = [("ptr", raw, 0), ("len", word, 8), (last[0], word, 16), (last[1], word, 24)];
        let ty = world.record(name, 32, 8, &fields);
        world.put(0x5000, b"some text");
        (world, ty)
    }

    fn span(value: &Value) -> Option<(u64, u64, Hold)> {
        value.heap.map(|heap| (heap.pointer.0, heap.capacity, heap.hold))
    }

    #[test]
    fn bytes_are_static_owned_or_shared() {
        let (world, ty) = world("bytes::bytes::Bytes", ["data", "vtable"]);
        let read = |data: u64| world.read_words(ty, &[0x5005, 4, data, 0]);
        assert_eq!(world.text(&read(0)), "\"text\"");
        assert_eq!(span(&read(0)), Some((0x5005, 4, Hold::Refers)));
        assert_eq!(span(&read(0x5001)), Some((0x5000, 9, Hold::Owner)));
        assert_eq!(span(&read(0x7000)), Some((0x5005, 4, Hold::Shares)));
        let mad = world.text(&read(0x6001));
        assert_eq!(mad, "<not a valid Bytes: its text begins before its buffer>");
        let empty = world.read_words(ty, &[1, 0, 0, 0]);
        assert_eq!((world.text(&empty).as_str(), empty.heap), ("\"\"", None));
    }

    #[test]
    fn a_growing_buffer_owns_also_what_was_taken_from_its_front() {
        let (world, ty) = world("bytes::bytes_mut::BytesMut", ["cap", "data"]);
        let read = |data: u64| world.read_words(ty, &[0x5005, 4, 11, data]);
        assert_eq!(world.text(&read(5 << 5 | 1)), "\"text\"");
        assert_eq!(span(&read(5 << 5 | 1)), Some((0x5000, 16, Hold::Owner)));
        assert_eq!(span(&read(0x7000)), Some((0x5005, 11, Hold::Shares)));
        let mad = world.text(&read(u64::MAX));
        assert_eq!(mad, "<not a valid BytesMut: its buffer begins before memory does>");
    }
}
