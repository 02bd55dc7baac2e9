//! Wrappers that are read as what they wrap: `ManuallyDrop<T>`, `Pin<P>`, `NonNull<T>`; and
//! `MaybeUninit<T>`, which is not read, because nothing tells whether it holds anything.

use super::{Look, Member, Parts};
use crate::base::Unreadable;
use crate::dwarf::{Type, TypeKind};
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    ["ManuallyDrop", "Pin", "NonNull", "MaybeUninit"].iter().any(|name| ty.is_std(name))
        && matches!(ty.kind, TypeKind::Struct { .. } | TypeKind::Union { .. })
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let ty = look.ty();
    if ty.is_std("MaybeUninit") {
        return Ok(Parts::Made(ValueKind::Plain(uninitialised(look))));
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

/// The bytes as they lie there, which are those of a value or of nothing.
fn uninitialised(look: &mut Look<'_, '_>) -> String {
    const SHOWN: u64 = 8;
    let size = look.ty().size.unwrap_or(0);
    let shown = usize::try_from(size.min(SHOWN)).unwrap_or(0);
    let bytes = look.walk.bytes(look.at.source, shown).unwrap_or_default();
    let mut text = "MaybeUninit(<may be uninitialised>".to_owned();
    for byte in bytes {
        text.push_str(&format!(" {byte:02x}"));
    }
    text.push_str(if size > SHOWN { " …)" } else { ")" });
    text
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
        let (u32_, string) = (world.uint(4), world.string());
        let ty = world.union("core::mem::maybe_uninit::MaybeUninit<u32>", 4, 4, &[u32_]);
        let text = world.text(&world.read_words(ty, &[7]));
        assert_eq!(text, "MaybeUninit(<may be uninitialised> 07 00 00 00)");
        let ty = world.union("core::mem::maybe_uninit::MaybeUninit<String>", 24, 8, &[string]);
        let value = world.read_words(ty, &[9, 0x5000, 5]);
        let expected = "MaybeUninit(<may be uninitialised> 09 00 00 00 00 00 00 00 …)";
        assert_eq!(world.text(&value), expected);
        assert_eq!(value.heap_parts(), [], "it owns nothing that is known");
    }
}
