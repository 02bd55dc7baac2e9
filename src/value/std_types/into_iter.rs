//! `vec::IntoIter<T>`: a `Vec` that was consumed, with what is left of its elements.

use super::{Look, Parts, Row};
use crate::base::{Hold, Unreadable};
use crate::dwarf::Type;

/// That of a `Vec`; iterators of the same name over other containers have no such members.
pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("IntoIter") && &*ty.krate == "alloc" && ty.field("buf").is_some()
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let element = look.param("T")?;
    let stride = look.walk.reader.types.get(element)?.size.unwrap_or(0);
    let buffer = look.address("buf")?;
    let (next, end) = (look.address("ptr")?, look.address("end")?);
    let Some(left) = end.0.wrapping_sub(next.0).checked_div(stride) else {
        // Then the end is a count in disguise, and there is nothing to show of the elements.
        return Err(Unreadable::NotDescribed("its elements have no bytes".to_owned()));
    };
    let first = next.0.wrapping_sub(buffer.0).checked_div(stride).unwrap_or(0);
    // The buffer is freed as a whole when the iterator is dropped, as the Vec's would have been.
    let row =
        Row { pointer: buffer, len: left, capacity: Some(look.word("cap")?), hold: Hold::Owner };
    Ok(Parts::Ring(row, first, element))
}

#[cfg(test)]
mod tests {
    use crate::base::{Hold, VirtAddr};
    use crate::dwarf::PointerFlavour;
    use crate::value::HeapSpan;
    use crate::value::testing::World;

    #[test]
    fn what_is_left_is_shown_and_the_whole_buffer_is_owned() {
        let mut world = World::new();
        let (u32_, word) = (world.uint(4), world.uint(8));
        let raw = world.pointer("*const u32", Some(u32_), PointerFlavour::Const);
        let fields = [("buf", raw, 0), ("ptr", raw, 8), ("cap", word, 16), ("end", raw, 24)];
        let name = "alloc::vec::into_iter::IntoIter<u32, alloc::alloc::Global>";
        let iter = world.record(name, 32, 8, &fields);
        let iter = world.with_element(iter, u32_);
        world.put(0x5000, &[1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        let value = world.read_words(iter, &[0x5000, 0x5004, 4, 0x500c]);
        assert_eq!(world.text(&value), "[2, 3]");
        let span = HeapSpan { pointer: VirtAddr(0x5000), used: 8, capacity: 16, hold: Hold::Owner };
        assert_eq!(value.heap, Some(span));
        let done = world.read_words(iter, &[0x5000, 0x500c, 3, 0x500c]);
        assert_eq!(world.text(&done), "[]");
        let broken = world.read_words(iter, &[0x5000, 0x5010, 4, 0x5000]);
        assert!(
            world.text(&broken).starts_with("<not a valid IntoIter"),
            "it ends before it begins"
        );
    }
}
