//! SIMD vectors: structs around an array whose elements are the lanes.

use super::model::{Fields, Sequence, ValueKind};
use super::read::{At, Walk};
use crate::dwarf::{Type, TypeKind, Types};

/// Whether the type is one of `core::arch` or `core::simd`: a struct whose only field is the array
/// of its lanes.
pub(super) fn is_vector(types: &dyn Types, ty: &Type) -> bool {
    let [lanes] = ty.fields() else { return false };
    &*ty.krate == "core"
        && ["core::core_arch::", "core::core_simd::"].iter().any(|path| ty.name.starts_with(path))
        && types.get(lanes.ty).is_ok_and(|ty| matches!(ty.kind, TypeKind::Array { .. }))
}

impl Walk<'_> {
    /// The lanes, in the form that `{:?}` gives the type: `__m128(1.0, …)`, and `[1.0, …]` for a
    /// `Simd`.
    pub(super) fn lanes(&mut self, at: &At<'_>) -> ValueKind {
        let Some((field, Ok(ty))) =
            at.ty.fields().first().map(|field| (field, self.reader.types.get(field.ty)))
        else {
            return ValueKind::Record { name: at.ty.base_name.clone(), fields: Fields::default() };
        };
        let source = at.source.at(field.offset);
        let inner = At { id: field.ty, ty: &ty, source: &source, depth: at.depth + 1 };
        let kind = self.by_kind(&inner).kind;
        let ValueKind::Sequence(Sequence { len, items, .. }) = kind else { return kind };
        if &*at.ty.base_name == "Simd" {
            return ValueKind::Sequence(Sequence { len, items, ..Sequence::default() });
        }
        let more = len.saturating_sub(items.len() as u64);
        let list = (0..).zip(items).map(|(n, lane): (u64, _)| (n.to_string().into(), lane));
        let fields = Fields { list: list.collect(), tuple: true, more };
        ValueKind::Record { name: at.ty.base_name.clone(), fields }
    }
}

#[cfg(test)]
mod tests {
    use crate::base::{Register, Unreadable, VirtAddr};
    use crate::dwarf::{Encoding, Location, Piece, PieceAt};
    use crate::value::testing::World;

    #[test]
    fn a_vector_of_the_machine_shows_its_lanes_under_its_name() {
        let mut world = World::new();
        let i64_ = world.base("i64", Encoding::Signed, 8);
        let array = world.array(i64_, 2);
        let ty = world.tuple_struct("core::core_arch::x86::__m128i", 16, 16, &[(array, 0)]);
        let value = world.read_words(ty, &[7, u64::MAX]);
        assert_eq!(world.text(&value), "__m128i(7, -1)");
    }

    #[test]
    fn a_portable_vector_is_a_row_of_lanes_and_a_users_own_struct_is_none() {
        let mut world = World::new();
        let u16_ = world.uint(2);
        let array = world.array(u16_, 4);
        let simd = world.tuple_struct("core::core_simd::vector::Simd<u16, 4>", 8, 8, &[(array, 0)]);
        assert_eq!(world.text(&world.read_words(simd, &[1 | 2 << 16])), "[1, 2, 0, 0]");
        let own = world.tuple_struct("krate::Simd", 8, 8, &[(array, 0)]);
        assert_eq!(world.text(&world.read_words(own, &[1 | 2 << 16])), "Simd([1, 2, 0, 0])");
    }

    #[test]
    fn lanes_that_a_register_does_not_hold_are_lost_and_the_others_are_not() {
        let mut world = World::new();
        let u64_ = world.uint(8);
        let array = world.array(u64_, 4);
        let ty = world.tuple_struct("core::core_arch::x86::__m256i", 32, 32, &[(array, 0)]);
        world.put_words(0x5000, &[1, 2]);
        let pieces = vec![
            Piece { size: 16, at: PieceAt::Memory(VirtAddr(0x5000)) },
            Piece { size: 8, at: PieceAt::Register(Register::RCX) },
            Piece { size: 8, at: PieceAt::Missing },
        ];
        let value = world.read(ty, &Location::Pieces(pieces));
        let lost = Unreadable::RegisterLost { register: "rcx" }.in_place();
        assert_eq!(world.text(&value), format!("__m256i(1, 2, {lost}, <optimised out>)"));
    }
}
