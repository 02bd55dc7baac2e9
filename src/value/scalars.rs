//! Scalars: numbers, `bool`, `char`, and enums without data.

use std::sync::Arc;

use super::model::{Float, ValueKind};
use super::read::{At, Walk};
use crate::base::Unreadable;
use crate::dwarf::Encoding;

impl Walk<'_> {
    pub(super) fn scalar(&mut self, at: &At<'_>, encoding: Encoding) -> ValueKind {
        let mut size = at.ty.size.unwrap_or(0);
        if encoding == Encoding::Float && &*at.ty.name == "long double" {
            // The rest of its sixteen bytes is padding.
            size = 10;
        }
        match self.number(at.source, size) {
            Ok(bits) => decode(bits, size, encoding).unwrap_or_else(ValueKind::Unreadable),
            Err(reason) => ValueKind::Unreadable(reason),
        }
    }

    pub(super) fn c_like(
        &mut self,
        at: &At<'_>,
        repr: Encoding,
        enumerators: &[(Arc<str>, i128)],
    ) -> ValueKind {
        let size = at.ty.size.unwrap_or(0);
        if let (0, [(only, _)]) = (size, enumerators) {
            return variant(only);
        }
        let bits = match self.number(at.source, size) {
            Ok(bits) => bits,
            Err(reason) => return ValueKind::Unreadable(reason),
        };
        let value = match repr {
            Encoding::Signed => sign_extend(bits, size),
            _ => bits as i128,
        };
        match enumerators.iter().find(|(_, of)| *of == value) {
            Some((name, _)) => variant(name),
            None => ValueKind::Unreadable(at.invalid(&format!("discriminant {value}"))),
        }
    }
}

fn variant(name: &Arc<str>) -> ValueKind {
    ValueKind::Enum { variant: name.clone(), fields: Default::default() }
}

fn decode(bits: u128, size: u64, encoding: Encoding) -> Result<ValueKind, Unreadable> {
    Ok(match encoding {
        Encoding::Unsigned => ValueKind::Uint(bits),
        Encoding::Signed => ValueKind::Int(sign_extend(bits, size)),
        Encoding::Float => ValueKind::Float(match size {
            4 => Float::Single(f32::from_bits(bits as u32)),
            8 => Float::Double(f64::from_bits(bits as u64)),
            _ => Float::Bits(bits, size),
        }),
        Encoding::Bool => match bits {
            0 | 1 => ValueKind::Bool(bits == 1),
            _ => return Err(Unreadable::Invalid(format!("bool: its byte is {bits:#x}"))),
        },
        Encoding::Char => match u32::try_from(bits).ok().and_then(char::from_u32) {
            Some(c) => ValueKind::Char(c),
            None => return Err(Unreadable::Invalid(format!("char: its bytes are {bits:#x}"))),
        },
    })
}

/// The number whose low `size` bytes are these, in two's complement.
pub(super) fn sign_extend(bits: u128, size: u64) -> i128 {
    let unused = 128_u64.saturating_sub(size.saturating_mul(8)).min(127) as u32;
    ((bits << unused) as i128) >> unused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    fn read(encoding: Encoding, bytes: &[u8]) -> ValueKind {
        let mut world = World::new();
        let ty = world.base("scalar", encoding, bytes.len() as u64);
        world.read_bytes(ty, bytes).kind
    }

    #[test]
    fn numbers_of_every_width_are_read_with_their_sign() {
        assert_eq!(read(Encoding::Unsigned, &[0xff]), ValueKind::Uint(255));
        assert_eq!(read(Encoding::Signed, &[0xfe]), ValueKind::Int(-2));
        assert_eq!(read(Encoding::Signed, &[0xff; 8]), ValueKind::Int(-1));
        assert_eq!(read(Encoding::Unsigned, &[0xff; 16]), ValueKind::Uint(u128::MAX));
        assert_eq!(read(Encoding::Signed, &[0xff; 16]), ValueKind::Int(-1));
        let single = ValueKind::Float(Float::Single(1.5));
        assert_eq!(read(Encoding::Float, &1.5_f32.to_le_bytes()), single);
        let double = ValueKind::Float(Float::Double(-0.1));
        assert_eq!(read(Encoding::Float, &(-0.1_f64).to_le_bytes()), double);
    }

    #[test]
    fn the_long_double_of_c_ends_before_its_padding() {
        let mut world = World::new();
        let ty = world.base("long double", Encoding::Float, 16);
        let words = [1 << 63, 0xdead_0000_0000_3fff];
        assert_eq!(world.text(&world.read_words(ty, &words)), "1.0");
        let half = world.base("f16", Encoding::Float, 2);
        assert_eq!(world.text(&world.read_bytes(half, &0x3e00_u16.to_le_bytes())), "1.5");
    }

    #[test]
    fn a_bool_and_a_char_out_of_range_say_what_their_bytes_are() {
        assert_eq!(read(Encoding::Bool, &[1]), ValueKind::Bool(true));
        let reason = Unreadable::Invalid("bool: its byte is 0x2".to_owned());
        assert_eq!(read(Encoding::Bool, &[2]), ValueKind::Unreadable(reason));
        assert_eq!(read(Encoding::Char, &[0x78, 0, 0, 0]), ValueKind::Char('x'));
        let reason = Unreadable::Invalid("char: its bytes are 0xd800".to_owned());
        assert_eq!(read(Encoding::Char, &[0, 0xd8, 0, 0]), ValueKind::Unreadable(reason));
    }

    #[test]
    fn a_scalar_of_a_size_that_cannot_be_is_not_read() {
        let reason = "a scalar of 17 bytes does not exist".to_owned();
        let reason = ValueKind::Unreadable(Unreadable::NotDescribed(reason));
        assert_eq!(read(Encoding::Unsigned, &[0; 17]), reason);
    }

    #[test]
    fn an_enum_without_data_is_found_by_its_signed_discriminant() {
        let mut world = World::new();
        let ty = world.c_like("Ordering", Encoding::Signed, 1, &[("Less", -1), ("Equal", 0)]);
        assert_eq!(world.read_bytes(ty, &[0xff]).kind, variant(&"Less".into()));
        let ValueKind::Unreadable(reason) = world.read_bytes(ty, &[7]).kind else {
            panic!("7 is no variant");
        };
        let text = "not a valid Ordering: discriminant 7";
        assert_eq!(reason.to_string(), text);
    }
}
