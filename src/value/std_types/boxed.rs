//! `Box<[T]>`, `Box<str>` and `Box<dyn Trait>`: fat pointers that own what they lead to.
//!
//! A thin `Box<T>` is described as a pointer, and read as one.

use super::{Look, Parts, slice};
use crate::base::{Hold, Unreadable};
use crate::dwarf::{PointerFlavour, Type, TypeKind};

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("Box") && matches!(ty.kind, TypeKind::Struct { .. })
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    if slice::is_dyn(look.ty()) {
        return slice::pointer(look, PointerFlavour::Box);
    }
    slice::row(look, Hold::Owner)
}

#[cfg(test)]
mod tests {
    use crate::base::{Hold, VirtAddr};
    use crate::value::testing::World;
    use crate::value::{HeapSpan, ValueKind};

    #[test]
    fn boxed_slices_and_texts_are_owned() {
        let mut world = World::new();
        let (u8_, u32_) = (world.uint(1), world.uint(4));
        world.put_words(0x5000, &[1 | 2 << 32]);
        world.put(0x6000, b"abc");
        let span = |pointer, used| {
            Some(HeapSpan { pointer: VirtAddr(pointer), used, capacity: used, hold: Hold::Owner })
        };
        let slice = world.slice("alloc::boxed::Box<[u32], alloc::alloc::Global>", u32_);
        let value = world.read_words(slice, &[0x5000, 2]);
        assert_eq!((world.text(&value).as_str(), value.heap), ("[1, 2]", span(0x5000, 8)));
        let text = world.slice("alloc::boxed::Box<str, alloc::alloc::Global>", u8_);
        let value = world.read_words(text, &[0x6000, 3]);
        assert_eq!((world.text(&value).as_str(), value.heap), ("\"abc\"", span(0x6000, 3)));
    }

    #[test]
    fn a_boxed_dyn_owns_a_block_whose_type_only_its_vtable_knows() {
        let mut world = World::new();
        let ty = world.fat_dyn("alloc::boxed::Box<dyn krate::Shape, alloc::alloc::Global>");
        world.put_words(0x7000, &[0x1234, 48, 8]);
        let value = world.read_words(ty, &[0x5000, 0x7000]);
        let span =
            HeapSpan { pointer: VirtAddr(0x5000), used: 48, capacity: 48, hold: Hold::Owner };
        assert_eq!(value.heap, Some(span));
        let ValueKind::Pointer(pointer) = &value.kind else { panic!("{value:?}") };
        assert_eq!(pointer.vtable, Some(VirtAddr(0x7000)));
    }
}
