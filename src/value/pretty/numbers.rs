//! Scalars in the radix that was asked for.

use super::{Token, TokenKind};
use crate::value::format::Radix;
use crate::value::model::{Float, Value, ValueKind};
use crate::value::text::scalar;

/// A scalar, or nothing for a value with parts.
pub(super) fn token(value: &Value, radix: Radix) -> Option<Token> {
    let natural = || scalar(value);
    let (kind, text) = match &value.kind {
        ValueKind::Unit => (TokenKind::Punctuation, natural()?),
        ValueKind::Char(c) => match in_radix(u32::from(*c).into(), 4, radix) {
            Some(code) => (TokenKind::Number, code),
            None if radix == Radix::Decimal => (TokenKind::Number, u32::from(*c).to_string()),
            None => (TokenKind::Text, natural()?),
        },
        ValueKind::Uint(n) if radix == Radix::Char => character(*n).or_else(|| number(natural))?,
        ValueKind::Int(n) if radix == Radix::Char => {
            let code = u128::try_from(*n).ok();
            code.and_then(character).or_else(|| number(natural))?
        }
        ValueKind::Uint(n) => (TokenKind::Number, in_radix(*n, 16, radix).or_else(natural)?),
        ValueKind::Int(n) => {
            let size = value.size.unwrap_or(16);
            (TokenKind::Number, in_radix(*n as u128, size, radix).or_else(natural)?)
        }
        ValueKind::Float(float) => {
            let (bits, size) = match float {
                Float::Single(n) => (n.to_bits().into(), 4),
                Float::Double(n) => (n.to_bits().into(), 8),
                Float::Bits(bits, size) => (*bits, *size),
            };
            (TokenKind::Number, in_radix(bits, size, radix).or_else(natural)?)
        }
        _ => (TokenKind::Number, natural()?),
    };
    Some(Token::new(kind, text))
}

/// An address as a number, where the radix asks for numbers.
pub(super) fn address(address: u64, radix: Radix) -> Option<String> {
    match radix {
        Radix::Decimal => Some(address.to_string()),
        _ => in_radix(address.into(), 8, radix),
    }
}

/// The low `size` bytes of a number in one of the radices that have a prefix.
fn in_radix(bits: u128, size: u64, radix: Radix) -> Option<String> {
    let unused = 128_u64.saturating_sub(size.saturating_mul(8)).min(127) as u32;
    let bits = (bits << unused) >> unused;
    match radix {
        Radix::Hex => Some(format!("{bits:#x}")),
        Radix::Binary => Some(format!("{bits:#b}")),
        Radix::Octal => Some(format!("{bits:#o}")),
        Radix::Natural | Radix::Decimal | Radix::Char | Radix::Str => None,
    }
}

fn character(code: u128) -> Option<(TokenKind, String)> {
    let c = char::from_u32(u32::try_from(code).ok()?)?;
    Some((TokenKind::Text, format!("{c:?}")))
}

fn number(natural: impl Fn() -> Option<String>) -> Option<(TokenKind, String)> {
    Some((TokenKind::Number, natural()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::Encoding;
    use crate::value::testing::World;

    fn shown(encoding: Encoding, bytes: &[u8], radix: Radix) -> String {
        let mut world = World::new();
        let ty = world.base("scalar", encoding, bytes.len() as u64);
        token(&world.read_bytes(ty, bytes), radix).unwrap().text
    }

    #[test]
    fn negative_integers_show_the_twos_complement_of_their_own_size() {
        let minus_two = |radix| shown(Encoding::Signed, &(-2_i16).to_le_bytes(), radix);
        assert_eq!(minus_two(Radix::Natural), "-2");
        assert_eq!(minus_two(Radix::Decimal), "-2");
        assert_eq!(minus_two(Radix::Hex), "0xfffe");
        assert_eq!(minus_two(Radix::Octal), "0o177776");
        assert_eq!(minus_two(Radix::Binary), "0b1111111111111110");
        let whole = shown(Encoding::Signed, &(-1_i128).to_le_bytes(), Radix::Hex);
        assert_eq!(whole, format!("{:#x}", u128::MAX));
    }

    #[test]
    fn floats_show_their_bits() {
        let float = |bytes: &[u8], radix| shown(Encoding::Float, bytes, radix);
        assert_eq!(float(&1.5_f32.to_le_bytes(), Radix::Hex), "0x3fc00000");
        assert_eq!(float(&1.5_f64.to_le_bytes(), Radix::Hex), "0x3ff8000000000000");
        assert_eq!(float(&1.5_f64.to_le_bytes(), Radix::Decimal), "1.5");
        assert_eq!(float(&[0, 0x3e], Radix::Hex), "0x3e00");
    }

    #[test]
    fn characters_and_codes_stand_for_each_other() {
        let letter = |radix| shown(Encoding::Char, &[0x61, 0, 0, 0], radix);
        assert_eq!(letter(Radix::Natural), "'a'");
        assert_eq!(letter(Radix::Hex), "0x61");
        assert_eq!(letter(Radix::Decimal), "97");
        assert_eq!(shown(Encoding::Unsigned, &[0x61], Radix::Char), "'a'");
        assert_eq!(shown(Encoding::Unsigned, &[0x0a], Radix::Char), r"'\n'");
        assert_eq!(shown(Encoding::Signed, &[0xff], Radix::Char), "-1");
        assert_eq!(shown(Encoding::Unsigned, &[0, 0xd8], Radix::Char), "55296");
    }

    #[test]
    fn a_bool_is_a_bool_in_every_radix() {
        assert_eq!(shown(Encoding::Bool, &[1], Radix::Hex), "true");
    }
}
