//! `CString`: a box of bytes of text with a zero at the end.

use super::{Look, Parts, Row};
use crate::base::{Hold, Unreadable};
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("CString")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let (pointer, len) = (look.address("data_ptr")?, look.word("length")?);
    let text = len.checked_sub(1).ok_or_else(|| look.at.invalid("it lacks its final zero"))?;
    Ok(Parts::Text(Row { pointer, len: text, capacity: Some(len), hold: Hold::Owner }))
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn a_c_string_ends_before_its_zero_and_owns_it() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        let inner = world.slice("alloc::boxed::Box<[u8], alloc::alloc::Global>", u8_);
        let ty = world.record("alloc::ffi::c_str::CString", 16, 8, &[("inner", inner, 0)]);
        world.put(0x5000, b"abc\0");
        let value = world.read_words(ty, &[0x5000, 4]);
        assert_eq!(world.text(&value), "\"abc\"");
        assert_eq!(value.heap.map(|heap| (heap.used, heap.capacity)), Some((3, 4)));
        let bad = world.text(&world.read_words(ty, &[0x5000, 0]));
        assert_eq!(bad, "<not a valid CString: it lacks its final zero>");
    }
}
