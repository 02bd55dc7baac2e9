//! Wrappers that are read as what they wrap: `ManuallyDrop<T>`, `Pin<P>`, `NonNull<T>`; and
//! `MaybeUninit<T>`, which is not read, because nothing tells whether it holds anything.

use super::{Look, Member, Parts};
use crate::base::Unreadable;
use crate::dwarf::{Type, TypeKind, short_type_name};
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    ["ManuallyDrop", "Pin", "NonNull", "MaybeUninit"].iter().any(|name| ty.is_std(name))
        && matches!(ty.kind, TypeKind::Struct { .. } | TypeKind::Union { .. })
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let ty = look.ty();
    if ty.is_std("MaybeUninit") {
        return Ok(Parts::Made(ValueKind::Plain(short_type_name(&ty.name))));
    }
    if !ty.is_std("ManuallyDrop") {
        // Pin's was public once, under two underscores.
        return Ok(Parts::Inside(look.find("pointer").or_else(|_| look.find("__pointer"))?));
    }
    let value = look.find("value")?;
    // Newer versions wrap the value once more.
    let Ok(id) = look.param("T") else { return Ok(Parts::Inside(value)) };
    let ty = look.walk.reader.types.get(id)?;
    Ok(Parts::Inside(Member { id, ty, offset: value.offset }))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::PointerFlavour;
    use crate::value::testing::World;

    #[test]
    fn a_pin_shows_what_its_pointer_leads_to() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let boxed = world.pointer("alloc::boxed::Box<u32>", Some(u32_), PointerFlavour::Box);
        world.put(0x5000, &7_u32.to_le_bytes());
        for field in ["pointer", "__pointer"] {
            let ty = world.record("core::pin::Pin<Box<u32>>", 8, 8, &[(field, boxed, 0)]);
            let value = world.read_words(ty, &[0x5000]);
            assert_eq!(world.text(&value), "7");
            assert!(value.heap.is_some(), "the box within owns the block");
        }
    }

    #[test]
    fn a_value_that_is_dropped_by_hand_is_shown_without_its_wrappers() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let inner = world.tuple_struct("core::mem::MaybeDangling<u32>", 4, 4, &[(u32_, 0)]);
        let name = "core::mem::manually_drop::ManuallyDrop<u32>";
        let ty = world.record(name, 4, 4, &[("value", inner, 0)]);
        let ty = world.with_element(ty, u32_);
        assert_eq!(world.text(&world.read_words(ty, &[7])), "7");
    }

    #[test]
    fn what_may_be_uninitialised_is_never_read_as_a_value() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let ty = world.union("core::mem::maybe_uninit::MaybeUninit<u32>", 4, 4, &[u32_]);
        assert_eq!(world.text(&world.read_words(ty, &[7])), "MaybeUninit<u32>");
    }
}
