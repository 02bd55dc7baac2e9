//! Iterators over rows: what remains of `vec::IntoIter`, `slice::Iter`, `slice::IterMut`, `Chars`,
//! and of `array::IntoIter`, which holds its elements itself.

use super::{Look, Parts, Row, members};
use crate::base::{Hold, Unreadable};
use crate::dwarf::{Type, TypeKind};

pub(super) fn is(ty: &Type) -> bool {
    let slice = (ty.is_std("Iter") || ty.is_std("IterMut")) && ty.field("ptr").is_some();
    slice || is_vec(ty) || is_array(ty) || ty.is_std("Chars")
}

fn is_array(ty: &Type) -> bool {
    ty.is_std("IntoIter") && ty.name.starts_with("core::array::")
}

fn is_vec(ty: &Type) -> bool {
    ty.is_std("IntoIter") && ["buf", "ptr", "cap", "end"].iter().all(|n| ty.field(n).is_some())
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    if is_array(look.ty()) {
        return array(look);
    }
    let text = look.ty().is_std("Chars");
    let element = if text { None } else { Some(look.param("T")?) };
    let stride = element.map_or(1, |element| look.walk.size_of(element));
    let first = look.address("ptr")?;
    let end = look.word(if is_vec(look.ty()) { "end" } else { "end_or_len" })?;
    // Of elements without bytes a Vec's iterator counts by its end, and a slice's has the length.
    let from = if stride == 0 && !is_vec(look.ty()) { 0 } else { first.0 };
    let bytes = end.checked_sub(from).ok_or_else(|| look.at.invalid("it ends before it begins"))?;
    let len = bytes.checked_div(stride).unwrap_or(bytes);
    let Some(element) = element else {
        return Ok(Parts::Text(Row { pointer: first, len, capacity: None, hold: Hold::Refers }));
    };
    if !is_vec(look.ty()) {
        let row = Row { pointer: first, len, capacity: None, hold: Hold::Refers };
        return Ok(Parts::Row(row, element));
    }
    let buffer = look.address("buf")?;
    let capacity = Some(look.word("cap")?);
    let row = Row { pointer: buffer, len, capacity, hold: Hold::Owner };
    let taken = first.0.checked_sub(buffer.0).and_then(|bytes| bytes.checked_div(stride));
    match taken {
        Some(taken) if taken.saturating_add(len) > row.capacity.unwrap_or(0) => {
            Err(look.at.invalid("it ends behind its buffer"))
        }
        Some(taken) => Ok(Parts::Ring(row, taken, element)),
        None if stride == 0 => Ok(Parts::Row(row, element)),
        None => Err(look.at.invalid("it begins before its buffer")),
    }
}

/// Of its `data` the elements that are `alive`, a range of indices.
fn array(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let (element, data, alive) = (look.param("T")?, look.find("data")?, look.find("alive")?);
    let (start, end) = (look.word_in(&alive, "start")?, look.word_in(&alive, "end")?);
    let TypeKind::Array { count, .. } = data.ty.kind else {
        return Err(members::missing(look.ty(), "data"));
    };
    let len = end.checked_sub(start).filter(|_| end <= count);
    let len = len.ok_or_else(|| look.at.invalid("its elements end before they begin"))?;
    let skipped = start.saturating_mul(look.walk.size_of(element));
    let offset = data.offset.saturating_add(skipped);
    Ok(Parts::Made(look.elements_within(offset, element, len)))
}

#[cfg(test)]
mod tests {
    use crate::base::VirtAddr;
    use crate::dwarf::{PointerFlavour, TypeRef};
    use crate::value::testing::World;

    fn vec_iter(world: &mut World, element: TypeRef) -> TypeRef {
        let word = world.uint(8);
        let raw = world.pointer("*const T", Some(element), PointerFlavour::Const);
        let fields = [("buf", raw, 0), ("ptr", raw, 8), ("cap", word, 16), ("end", raw, 24)];
        let ty = world.record("alloc::vec::into_iter::IntoIter<T>", 32, 8, &fields);
        world.with_element(ty, element)
    }

    #[test]
    fn an_iterator_of_a_vec_shows_what_remains_and_owns_the_whole_buffer() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let ty = vec_iter(&mut world, u32_);
        world.put(0x5000, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]);
        let value = world.read_words(ty, &[0x5000, 0x5004, 4, 0x500c]);
        assert_eq!(world.text(&value), "[2, 3]");
        let span = value.heap.map(|heap| (heap.pointer, heap.used, heap.capacity));
        assert_eq!(span, Some((VirtAddr(0x5000), 8, 16)));
        let empty = world.read_words(ty, &[0x5000, 0x5010, 4, 0x5010]);
        assert_eq!(world.text(&empty), "[]");
        for mad in [[0x5000, 0x5004, 1, 0x500c], [0x5000, 0x4000, 4, 0x4004], [0x5000, 8, 4, 4]] {
            let text = world.text(&world.read_words(ty, &mad));
            assert!(text.starts_with("<not a valid IntoIter: "), "{text}");
        }
    }

    #[test]
    fn an_iterator_of_an_array_shows_the_elements_that_are_alive() {
        let mut world = World::new();
        let (word, u16_) = (world.uint(8), world.uint(2));
        let data = world.array(u16_, 4);
        let fields = [("start", word, 0), ("end", word, 8)];
        let alive = world.record("core::ops::index_range::IndexRange", 16, 8, &fields);
        let fields = [("alive", alive, 0), ("data", data, 16)];
        let ty = world.record("core::array::iter::IntoIter<u16, 4>", 24, 8, &fields);
        let ty = world.with_element(ty, u16_);
        let row = 1 | 2 << 16 | 3 << 32 | 4 << 48;
        assert_eq!(world.text(&world.read_words(ty, &[1, 3, row])), "[2, 3]");
        for mad in [[3, 1, row], [1, 5, row]] {
            let text = world.text(&world.read_words(ty, &mad));
            assert_eq!(text, "<not a valid IntoIter: its elements end before they begin>");
        }
    }

    #[test]
    fn an_iterator_of_a_slice_owns_nothing() {
        let mut world = World::new();
        let u16_ = world.uint(2);
        let raw = world.pointer("*const u16", Some(u16_), PointerFlavour::Const);
        let fields = [("ptr", raw, 0), ("end_or_len", raw, 8)];
        let iter = world.record("core::slice::iter::Iter<u16>", 16, 8, &fields);
        let iter = world.with_element(iter, u16_);
        let chars = world.record("core::str::iter::Chars", 16, 8, &[("iter", iter, 0)]);
        world.put(0x5000, b"a\0b\0");
        assert_eq!(world.text(&world.read_words(iter, &[0x5000, 0x5004])), "[97, 98]");
        assert_eq!(world.text(&world.read_words(chars, &[0x5002, 0x5003])), "\"b\"");
    }
}
