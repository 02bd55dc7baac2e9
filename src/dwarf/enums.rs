//! Enums: with data (`DW_TAG_variant_part`) and without (`DW_TAG_enumeration_type`).

use std::sync::Arc;

use super::aggregates::parts;
use super::dies::{Die, Value};
use super::image::{Image, Slice};
use super::type_loader::undescribed;
use super::types::{Encoding, Field, Type, TypeKind, TypeRef, Variant, VariantPart};
use crate::base::Unreadable;
use gimli::Reader;

impl Image {
    /// The variants of an enum and what selects them (DWARF 5, section 5.7.10).
    pub(super) fn variant_part(&self, part: &Die, left: usize) -> Result<VariantPart, Unreadable> {
        let discriminant = match part.reference(gimli::DW_AT_discr) {
            Some(at) => Some(self.discriminant(at)?),
            None => None,
        };
        let integer = match &discriminant {
            Some(field) => self.integer(field.ty, left)?,
            None => Integer { bits: 128, signed: false },
        };
        let variants = parts(self, part)?
            .iter()
            .filter(|die| die.tag() == gimli::DW_TAG_variant)
            .map(|die| self.variant(die, integer))
            .collect::<Result<_, _>>()?;
        Ok(VariantPart { discriminant, variants })
    }

    fn discriminant(&self, at: usize) -> Result<Field, Unreadable> {
        self.die(at)
            .and_then(|die| self.field(&die))
            .ok_or_else(|| undescribed("its discriminant is not described"))
    }

    fn variant(&self, die: &Die, integer: Integer) -> Result<Variant, Unreadable> {
        let parts = parts(self, die)?;
        let member = parts.iter().find(|part| part.tag() == gimli::DW_TAG_member);
        let name = member.and_then(|member| self.name(member)).or_else(|| self.name(die));
        let values = if let Some(list) = die.value(gimli::DW_AT_discr_list) {
            discriminant_list(list, integer)
                .ok_or_else(|| undescribed("its list of discriminants is damaged"))?
        } else if let Some(value) = die.value(gimli::DW_AT_discr_value) {
            let value = constant(value, integer.signed)
                .ok_or_else(|| undescribed("a discriminant of its type is not a constant"))?;
            vec![(integer.pattern(value), integer.pattern(value))]
        } else {
            Vec::new()
        };
        let ty = member.and_then(Die::type_ref);
        let line = member.and_then(|member| member.unsigned(gimli::DW_AT_decl_line));
        let line = line.and_then(|line| u32::try_from(line).ok()).filter(|line| *line != 0);
        Ok(Variant { name: name.unwrap_or("").into(), values, ty, line })
    }

    /// An enum whose variants have no data.
    pub(super) fn c_like(&self, die: &Die, left: usize) -> Result<Type, Unreadable> {
        if die.flag(gimli::DW_AT_declaration) {
            return Ok(self.plain(die, TypeKind::Opaque));
        }
        let integer = match die.type_ref() {
            Some(repr) => self.integer(repr, left)?,
            None => Integer::of_size(die.unsigned(gimli::DW_AT_byte_size), false),
        };
        let mut enumerators: Vec<(Arc<str>, i128)> = Vec::new();
        for part in parts(self, die)? {
            if part.tag() == gimli::DW_TAG_enumerator {
                let name = self.name(&part).unwrap_or("");
                let value = part
                    .value(gimli::DW_AT_const_value)
                    .and_then(|value| constant(value, integer.signed))
                    .ok_or_else(|| undescribed(format_args!("its variant {name} has no value")))?;
                enumerators.push((name.into(), integer.number(value)));
            }
        }
        let repr = if integer.signed { Encoding::Signed } else { Encoding::Unsigned };
        Ok(self.plain(die, TypeKind::CLike { repr, enumerators }))
    }

    fn integer(&self, ty: TypeRef, left: usize) -> Result<Integer, Unreadable> {
        let ty = self.type_within(ty, left)?;
        let signed = ty.kind == TypeKind::Base(Encoding::Signed);
        Ok(Integer::of_size(ty.size, signed))
    }
}

/// The integer type of a discriminant.
#[derive(Clone, Copy)]
struct Integer {
    /// 8 to 128.
    bits: u32,
    signed: bool,
}

impl Integer {
    fn of_size(bytes: Option<u64>, signed: bool) -> Integer {
        let bytes = bytes.filter(|bytes| (1..=16).contains(bytes)).unwrap_or(16);
        Integer { bits: u32::try_from(bytes).unwrap_or(16).saturating_mul(8), signed }
    }

    /// The value as it lies in memory, the bytes behind it zero.
    fn pattern(self, value: i128) -> u128 {
        value.cast_unsigned() & (u128::MAX >> (128_u32.saturating_sub(self.bits)))
    }

    /// The number that the pattern means.
    fn number(self, value: i128) -> i128 {
        let unused = 128_u32.saturating_sub(self.bits);
        let high = self.pattern(value).checked_shl(unused).unwrap_or(0);
        match self.signed {
            true => high.cast_signed().checked_shr(unused).unwrap_or(0),
            false => high.checked_shr(unused).unwrap_or(0).cast_signed(),
        }
    }
}

/// A constant in any of its forms; blocks hold those of more than 64 bits, low byte first.
///
/// LLVM writes the shortest form that holds the number: -3 of an `i16` is one byte `0xfd`, and 200
/// takes two. The form alone does not say so, so that the sign must come from the type.
fn constant(value: Value, signed: bool) -> Option<i128> {
    Some(match value {
        Value::Data1(value) if signed => value.cast_signed().into(),
        Value::Data2(value) if signed => value.cast_signed().into(),
        Value::Data4(value) if signed => value.cast_signed().into(),
        Value::Data8(value) if signed => value.cast_signed().into(),
        Value::Data1(value) => value.into(),
        Value::Data2(value) => value.into(),
        Value::Data4(value) => value.into(),
        Value::Data8(value) | Value::Udata(value) => value.into(),
        Value::Data16(value) => value.cast_signed(),
        Value::Sdata(value) => value.into(),
        Value::Block(bytes) => {
            let mut wide = [0; 16];
            wide.get_mut(..bytes.len())?.copy_from_slice(bytes.slice());
            i128::from_le_bytes(wide)
        }
        _ => return None,
    })
}

/// `DW_AT_discr_list` (DWARF 5, section 7.20): labels and ranges, LEB128 in the sign of the
/// discriminant.
fn discriminant_list(list: Value, integer: Integer) -> Option<Vec<(u128, u128)>> {
    let Value::Block(mut bytes) = list else { return None };
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let kind = gimli::DwDsc(bytes.read_u8().ok()?);
        let low = leb128(&mut bytes, integer)?;
        let high = match kind {
            gimli::DW_DSC_label => low,
            gimli::DW_DSC_range => leb128(&mut bytes, integer)?,
            _ => return None,
        };
        values.push((low, high));
    }
    Some(values)
}

fn leb128(bytes: &mut Slice, integer: Integer) -> Option<u128> {
    let value = match integer.signed {
        true => bytes.read_sleb128().ok()?.into(),
        false => bytes.read_uleb128().ok()?.into(),
    };
    Some(integer.pattern(value))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::debug_builds;
    use super::*;

    fn block(bytes: &'static [u8]) -> Value {
        Value::Block(Slice::new(bytes, gimli::LittleEndian))
    }

    #[test]
    fn a_signed_discriminant_is_a_number_with_its_sign_and_a_pattern_without() {
        let byte = Integer::of_size(Some(1), true);
        assert_eq!((byte.number(-1), byte.pattern(-1)), (-1, 0xff));
        assert_eq!(byte.number(0xff), -1, "rustc may write the pattern for the number");
        let unsigned = Integer::of_size(Some(1), false);
        assert_eq!(unsigned.number(-1), 0xff);
        let wide = Integer::of_size(Some(16), true);
        assert_eq!((wide.number(-1), wide.pattern(-1)), (-1, u128::MAX));
    }

    #[test]
    fn a_block_holds_a_constant_of_up_to_sixteen_bytes() {
        assert_eq!(constant(block(&[0, 0, 0, 0, 0, 0, 0, 0, 1]), false), Some(1 << 64));
        assert_eq!(constant(block(&[0xff; 16]), true), Some(-1));
        assert_eq!(constant(block(&[0; 17]), false), None);
    }

    #[test]
    fn a_short_form_is_extended_by_the_sign_of_the_type() {
        assert_eq!(constant(Value::Data1(0xfd), true), Some(-3));
        assert_eq!(constant(Value::Data1(0xfd), false), Some(0xfd));
        assert_eq!(constant(Value::Data2(200), true), Some(200));
        assert_eq!(constant(Value::Sdata(-3), false), Some(-3));
    }

    #[test]
    fn a_list_of_discriminants_holds_labels_and_ranges() {
        let byte = Integer::of_size(Some(1), false);
        let list = block(&[0, 3, 1, 5, 0x80, 1]);
        assert_eq!(discriminant_list(list, byte), Some(vec![(3, 3), (5, 128)]));
        let signed = Integer::of_size(Some(1), true);
        assert_eq!(discriminant_list(block(&[0, 0x7f]), signed), Some(vec![(0xff, 0xff)]));
        assert_eq!(discriminant_list(block(&[1, 5]), byte), None, "a range without an end");
        assert_eq!(discriminant_list(block(&[9, 5]), byte), None, "neither label nor range");
    }

    #[test]
    fn an_enum_without_data_has_numbers() {
        for build in debug_builds() {
            let of = |name: &str| match &build.type_of(name).kind {
                TypeKind::CLike { repr, enumerators } => {
                    let all = enumerators.iter().map(|(name, n)| (name.to_string(), *n));
                    (*repr, all.collect::<Vec<_>>())
                }
                other => panic!("{other:?}"),
            };
            let named = |name: &str, value| (name.to_owned(), value);
            assert_eq!(of("sign"), (Encoding::Signed, vec![named("Minus", -1), named("Plus", 1)]));
            assert_eq!(of("plain"), (Encoding::Unsigned, vec![named("A", 0), named("B", 200)]));
        }
    }

    #[test]
    fn the_variants_of_an_enum_are_selected_by_patterns() {
        for build in debug_builds() {
            let of = |name: &str| build.variants(&build.type_of(name));
            let one = |name: &str, value: u128| (name.to_owned(), vec![(value, value)]);
            assert_eq!(of("negative"), [one("Low", 0xfffd), one("High", 7)]);
            assert_eq!(of("large"), [one("Small", 1), one("Large", 1 << 80)]);
            let single = ("Only".to_owned(), vec![]);
            assert_eq!(of("single"), [single]);
        }
    }

    #[test]
    fn a_niche_leaves_one_variant_for_all_other_values() {
        for build in debug_builds() {
            for name in ["niche", "shape", "maybe_reference"] {
                let ty = build.type_of(name);
                let TypeKind::Enum(part) = &ty.kind else { panic!("{ty:?}") };
                let discriminant = part.discriminant.as_ref().expect("a discriminant");
                let bytes = build.ty(discriminant.ty).size.expect("a size");
                assert!(discriminant.offset + bytes <= ty.size.expect("a size"));
            }
            let niche = build.variants(&build.type_of("niche"));
            let open = niche.iter().filter(|(_, values)| values.is_empty());
            assert_eq!(open.map(|(name, _)| &**name).collect::<Vec<_>>(), ["Text"]);
            let option = build.variants(&build.type_of("maybe_reference"));
            assert_eq!(option[0], ("None".to_owned(), vec![(0, 0)]));
            assert_eq!(option[1], ("Some".to_owned(), vec![]));
        }
    }

    #[test]
    fn the_fields_of_a_variant_lie_in_the_enum() {
        for build in debug_builds() {
            let shape = build.type_of("shape");
            let TypeKind::Enum(part) = &shape.kind else { panic!("{shape:?}") };
            let named = part.variants.iter().find(|v| &*v.name == "Named").expect("Named");
            let ty = build.ty(named.ty.expect("a struct"));
            assert_eq!(&*ty.name, "program::Shape::Named");
            for field in ty.fields() {
                let end = field.offset + build.ty(field.ty).size.expect("a size");
                assert!(end <= shape.size.expect("a size"));
            }
            assert_eq!(ty.fields().len(), 2);
        }
    }

    #[test]
    fn the_state_of_an_async_function_is_an_enum() {
        for build in debug_builds() {
            let future = build.type_of("future");
            assert_eq!(&*future.name, "program::task::{async_fn_env#0}");
            let TypeKind::Enum(part) = &future.kind else { panic!("{future:?}") };
            assert_eq!(&*build.ty(part.discriminant.as_ref().expect("one").ty).name, "u8");
            let state = |at: u128| part.variants.iter().find(|v| v.values == [(at, at)]);
            // Unresumed, returned, panicked, and one state for the one await.
            assert!((0..4).all(|at| state(at).is_some()), "{part:?}");
            let waiting = build.ty(state(3).and_then(|v| v.ty).expect("a struct"));
            let line = include_str!("fixture/program.rs")
                .lines()
                .position(|line| line.ends_with("ready(other).await;"));
            let line = line.and_then(|index| u32::try_from(index + 1).ok());
            assert!(line.is_some() && state(3).and_then(|v| v.line) == line, "{part:?}");
            let text = waiting.field("text").expect("text lives across the await");
            assert!(build.ty(text.ty).is_std("String"));
        }
    }
}
