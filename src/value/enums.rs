//! Enums with data: which variant the discriminant or niche selects.

use super::coroutines;
use super::model::{Fields, ValueKind};
use super::read::{At, Walk};
use super::scalars::sign_extend;
use crate::base::Unreadable;
use crate::dwarf::{Encoding, Type, TypeKind, TypeRef, Types, Variant, VariantPart};

const SIGNED: TypeKind = TypeKind::Base(Encoding::Signed);

impl Walk<'_> {
    pub(super) fn enumeration(&mut self, at: &At<'_>, part: &VariantPart) -> ValueKind {
        if coroutines::is(at.ty) {
            return self.coroutine(at, part);
        }
        match self.select(at, part) {
            Ok(variant) => ValueKind::Enum {
                variant: variant.name.clone(),
                fields: self.variant_fields(at, variant),
            },
            Err(reason) => ValueKind::Unreadable(reason),
        }
    }

    /// The variant that the discriminant or niche selects.
    pub(super) fn select<'p>(
        &mut self,
        at: &At<'_>,
        part: &'p VariantPart,
    ) -> Result<&'p Variant, Unreadable> {
        let types = self.reader.types;
        if let Some(reason) = self.why_it_has_no_state(at) {
            return Err(reason);
        }
        let Some(tag) = &part.discriminant else {
            let mut inhabited = part.variants.iter().filter(|v| is_inhabited(types, v));
            return inhabited.next().ok_or_else(|| at.invalid("no value of it can exist"));
        };
        let size = types.get(tag.ty)?.size.unwrap_or(0);
        let bits = self.number(&at.source.at(tag.offset), size)?;
        let selects =
            |v: &&Variant| v.values.iter().any(|(low, high)| (*low..=*high).contains(&bits));
        let for_all_others = |v: &&Variant| v.values.is_empty() && is_inhabited(types, v);
        let mut variants = part.variants.iter();
        let found = variants.find(selects).or_else(|| part.variants.iter().find(for_all_others));
        found.ok_or_else(|| {
            let signed = types.get(tag.ty).is_ok_and(|ty| ty.kind == SIGNED);
            let number =
                if signed { sign_extend(bits, size).to_string() } else { bits.to_string() };
            at.invalid(&format!("discriminant {number}"))
        })
    }

    fn variant_fields(&mut self, at: &At<'_>, variant: &Variant) -> Fields {
        let Some(Ok(ty)) = variant.ty.map(|id| self.reader.types.get(id)) else {
            return Fields::default();
        };
        match &ty.kind {
            TypeKind::Struct { fields, tuple } => self.fields(at, fields, *tuple),
            _ => Fields::default(),
        }
    }
}

/// Whether a value of the variant can exist: rustc gives variants that hold a `!` or an empty enum
/// no discriminant, and often the same bytes as the one that is left.
pub(super) fn is_inhabited(types: &dyn Types, variant: &Variant) -> bool {
    variant.ty.is_none_or(|ty| !is_empty(types, ty, 3))
}

/// Whether no value of the type can exist, as far as the first fields of `levels` levels tell.
pub(super) fn is_empty(types: &dyn Types, id: TypeRef, levels: usize) -> bool {
    let (Ok(ty), Some(below)) = (types.get(id), levels.checked_sub(1)) else { return false };
    let Type { kind, .. } = &*ty;
    match kind {
        TypeKind::Never => true,
        TypeKind::Enum(part) => part.variants.is_empty(),
        TypeKind::CLike { enumerators, .. } => enumerators.is_empty(),
        TypeKind::Struct { fields, .. } => {
            fields.iter().take(16).any(|field| is_empty(types, field.ty, below))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    fn shown(world: &World, ty: TypeRef, bytes: &[u8]) -> String {
        world.text(&world.read_bytes(ty, bytes))
    }

    #[test]
    fn a_tagged_enum_reads_the_fields_of_the_variant_that_its_tag_selects() {
        let mut world = World::new();
        let (u8_, u32_) = (world.uint(1), world.uint(4));
        let ok = world.tuple_struct("Ok", 8, 4, &[(u32_, 4)]);
        let err = world.tuple_struct("Err", 8, 4, &[(u8_, 1)]);
        let ty = world.enumeration(
            "core::result::Result<u32, u8>",
            8,
            4,
            Some((u32_, 0)),
            &[("Ok", &[0], Some(ok)), ("Err", &[1], Some(err))],
        );
        assert_eq!(shown(&world, ty, &[0, 0, 0, 0, 5, 0, 0, 0]), "Ok(5)");
        assert_eq!(shown(&world, ty, &[1, 0, 0, 0, 5, 0, 0, 0]), "Err(0)");
        assert_eq!(
            shown(&world, ty, &[9, 0, 0, 0, 5, 0, 0, 0]),
            "<not a valid Result: discriminant 9>"
        );
    }

    #[test]
    fn a_niche_selects_the_variant_with_data_for_every_other_value() {
        let mut world = World::new();
        let (u8_, boolean) = (world.uint(1), world.base("bool", Encoding::Bool, 1));
        let some = world.tuple_struct("Some", 1, 1, &[(boolean, 0)]);
        let none = world.tuple_struct("None", 1, 1, &[]);
        let ty = world.enumeration(
            "core::option::Option<bool>",
            1,
            1,
            Some((u8_, 0)),
            &[("None", &[2], Some(none)), ("Some", &[], Some(some))],
        );
        assert_eq!(shown(&world, ty, &[2]), "None");
        assert_eq!(shown(&world, ty, &[1]), "Some(true)");
        assert_eq!(shown(&world, ty, &[7]), "Some(<not a valid bool: its byte is 0x7>)");
    }

    #[test]
    fn an_enum_of_one_variant_that_can_exist_has_no_discriminant() {
        let mut world = World::new();
        let u64_ = world.uint(8);
        let empty = world.enumeration("krate::Empty", 0, 1, None, &[]);
        let err = world.tuple_struct("Err", 8, 8, &[(empty, 0)]);
        let ok = world.tuple_struct("Ok", 8, 8, &[(u64_, 0)]);
        let ty = world.enumeration(
            "core::result::Result<u64, krate::Empty>",
            8,
            8,
            None,
            &[("Err", &[], Some(err)), ("Ok", &[], Some(ok))],
        );
        assert_eq!(shown(&world, ty, &7_u64.to_le_bytes()), "Ok(7)");
        assert_eq!(shown(&world, empty, &[]), "<not a valid Empty: no value of it can exist>");
    }

    #[test]
    fn a_discriminant_has_up_to_128_bits_and_its_sign() {
        let mut world = World::new();
        let (u8_, i128_) = (world.uint(1), world.base("i128", Encoding::Signed, 16));
        let low = world.tuple_struct("Low", 32, 16, &[(u8_, 16)]);
        let least = i128::MIN.cast_unsigned();
        let variants = [("Low", &[least][..], Some(low)), ("Top", &[u128::MAX >> 1], None)];
        let ty = world.enumeration("krate::Vast", 32, 16, Some((i128_, 0)), &variants);
        let with = |tag: i128| [&tag.to_le_bytes()[..], &[7; 16]].concat();
        assert_eq!(shown(&world, ty, &with(i128::MIN)), "Low(7)");
        assert_eq!(shown(&world, ty, &with(i128::MAX)), "Top");
        assert_eq!(shown(&world, ty, &with(-2)), "<not a valid Vast: discriminant -2>");
    }

    #[test]
    fn several_variants_share_the_niche_of_another_one() {
        let mut world = World::new();
        let (u8_, boolean) = (world.uint(1), world.base("bool", Encoding::Bool, 1));
        let text = world.tuple_struct("Text", 2, 1, &[(u8_, 1), (boolean, 0)]);
        let unknown = world.tuple_struct("Unknown", 2, 1, &[(u8_, 1)]);
        let variants = [
            ("Text", &[][..], Some(text)),
            ("Missing", &[2], None),
            ("Unknown", &[3], Some(unknown)),
        ];
        let ty = world.enumeration("krate::Multi", 2, 1, Some((u8_, 0)), &variants);
        assert_eq!(shown(&world, ty, &[1, 9]), "Text(9, true)");
        assert_eq!(shown(&world, ty, &[2, 9]), "Missing");
        assert_eq!(shown(&world, ty, &[3, 9]), "Unknown(9)");
    }
}
