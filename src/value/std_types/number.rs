//! Numbers in wrappers: `NonZero<T>`, `Wrapping<T>`, `Saturating<T>`, atomics.

use super::{Look, Member, Parts, members};
use crate::base::Unreadable;
use crate::dwarf::{Encoding, Type, TypeKind};
use crate::value::ValueKind;

pub(super) fn is(ty: &Type) -> bool {
    const NAMES: [&str; 3] = ["NonZero", "Wrapping", "Saturating"];
    let atomic = ty.base_name.starts_with("Atomic") && ty.is_std(&ty.base_name);
    let single = matches!(ty.kind, TypeKind::Struct { .. });
    single && (atomic || NAMES.iter().any(|name| ty.is_std(name)))
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let ty = types.get(look.at.id)?;
    let inner = members::peel(types, Member { id: look.at.id, ty, offset: 0 });
    if is_bool(look) {
        // It holds a byte, so that every bit pattern can be stored atomically.
        return match look.walk.number(&look.at.source.at(inner.offset), 1)? {
            byte @ (0 | 1) => Ok(Parts::Made(ValueKind::Bool(byte == 1))),
            byte => Err(look.at.invalid(&format!("its byte is {byte}"))),
        };
    }
    match inner.ty.kind {
        TypeKind::Struct { .. } => Err(members::missing(look.ty(), "__0")),
        _ => Ok(Parts::Inside(inner)),
    }
}

/// Whether it is an `AtomicBool`, which is an `Atomic<bool>` in newer versions.
fn is_bool(look: &Look<'_, '_>) -> bool {
    let argument = look.ty().param("T").filter(|_| look.ty().is_std("Atomic"));
    let argument = argument.and_then(|id| look.walk.reader.types.get(id).ok());
    look.ty().is_std("AtomicBool")
        || argument.is_some_and(|ty| ty.kind == TypeKind::Base(Encoding::Bool))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::Encoding;
    use crate::value::testing::World;

    #[test]
    fn a_non_zero_number_is_read_as_a_number() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let inner =
            world.tuple_struct("core::num::niche_types::NonZeroU32Inner", 4, 4, &[(u32_, 0)]);
        let ty = world.tuple_struct("core::num::nonzero::NonZero<u32>", 4, 4, &[(inner, 0)]);
        assert_eq!(world.text(&world.read_bytes(ty, &[9, 0, 0, 0])), "9");
    }

    #[test]
    fn the_generic_atomic_of_a_bool_is_a_bool_as_well() {
        let mut world = World::new();
        let (u8_, bool_) = (world.uint(1), world.base("bool", Encoding::Bool, 1));
        let ty = world.record("core::sync::atomic::Atomic<bool>", 1, 1, &[("v", u8_, 0)]);
        let ty = world.with_element(ty, bool_);
        assert_eq!(world.text(&world.read_bytes(ty, &[0])), "false");
        let ty = world.record("core::sync::atomic::Atomic<u8>", 1, 1, &[("v", u8_, 0)]);
        let ty = world.with_element(ty, u8_);
        assert_eq!(world.text(&world.read_bytes(ty, &[1])), "1");
    }

    #[test]
    fn an_atomic_bool_is_a_bool_although_it_holds_a_byte() {
        let mut world = World::new();
        let u8_ = world.uint(1);
        let ty = world.record("core::sync::atomic::AtomicBool", 1, 1, &[("v", u8_, 0)]);
        assert_eq!(world.text(&world.read_bytes(ty, &[1])), "true");
        let bad = world.text(&world.read_bytes(ty, &[2]));
        assert_eq!(bad, "<not a valid AtomicBool: its byte is 2>");
    }
}
