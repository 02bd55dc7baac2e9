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

#[cfg(test)]
mod tests {
    use crate::dwarf::TypeRef;
    use crate::value::testing::World;

    fn array_of(world: &mut World, name: &str, size: u64) -> TypeRef {
        let (len, element) = (world.uint(4), world.uint(size));
        let unset = world.union("core::mem::maybe_uninit::MaybeUninit<_>", size, size, &[element]);
        let xs = world.array(unset, 4);
        let ty = world.record(name, 8 + size * 4, 8, &[("len", len, 0), ("xs", xs, 4)]);
        world.with_element(ty, element)
    }

    #[test]
    fn only_so_many_elements_as_the_length_says_are_read() {
        let mut world = World::new();
        let vec = array_of(&mut world, "arrayvec::arrayvec::ArrayVec<u16, 4>", 2);
        let text =
            |len: u8| world.text(&world.read_bytes(vec, &[len, 0, 0, 0, 7, 0, 8, 0, 9, 9, 9, 9]));
        assert_eq!((text(0).as_str(), text(2).as_str()), ("[]", "[7, 8]"));
        assert_eq!(text(5), "<not a valid ArrayVec: its length 5 exceeds its capacity 4>");
    }

    #[test]
    fn a_string_in_place_is_text() {
        let mut world = World::new();
        let string = array_of(&mut world, "arrayvec::array_string::ArrayString<4>", 1);
        let value = world.read_bytes(string, b"\x03\0\0\0abc?");
        assert_eq!((world.text(&value).as_str(), value.heap), ("\"abc\"", None));
    }
}
