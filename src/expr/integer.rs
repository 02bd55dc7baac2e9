//! Integers that were computed, with the types and the overflow rules of Rust.

use std::cmp::Ordering;

use super::error::{ExprError, Outcome};
use super::tree::Binary;
use super::types::IntType;

/// An integer with its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Integer {
    /// The number, in two's complement of 128 bits.
    bits: u128,
    /// Its type; none for a literal without suffix, which takes the other side's.
    ty: Option<IntType>,
}

impl Integer {
    /// A number of a type; none where it is out of the type's range.
    pub fn new(value: i128, ty: Option<IntType>) -> Option<Integer> {
        let fits = match ty {
            None | Some(IntType::I128) => true,
            Some(ty) if ty.is_signed() => {
                let unused = 128_u32.saturating_sub(ty.bits());
                (value << unused) >> unused == value
            }
            Some(IntType::U128) => value >= 0,
            Some(ty) => value >= 0 && value.cast_unsigned() >> ty.bits() == 0,
        };
        fits.then_some(Integer { bits: value.cast_unsigned(), ty })
    }

    /// A number without sign; none where it is out of the type's range. One that fits no signed
    /// type is a `u128`.
    pub fn unsigned(value: u128, ty: Option<IntType>) -> Option<Integer> {
        match (i128::try_from(value), ty) {
            (Ok(small), _) => Integer::new(small, ty),
            (Err(_), None | Some(IntType::U128)) => {
                Some(Integer { bits: value, ty: Some(IntType::U128) })
            }
            _ => None,
        }
    }

    /// A `usize`.
    pub fn usize(value: u64) -> Integer {
        Integer { bits: value.into(), ty: Some(IntType::Usize) }
    }

    /// The number that the low bits are in a type: what `as` does.
    pub fn truncated(bits: u128, ty: IntType) -> Integer {
        let unused = 128_u32.saturating_sub(ty.bits());
        let high = bits << unused.min(127);
        let bits = match ty.is_signed() {
            true => (high.cast_signed() >> unused.min(127)).cast_unsigned(),
            false => high >> unused.min(127),
        };
        Integer { bits, ty: Some(ty) }
    }

    /// Its type; none for a literal without suffix.
    pub fn ty(self) -> Option<IntType> {
        self.ty
    }

    /// The bits, in two's complement of 128 bits.
    pub fn bits(self) -> u128 {
        self.bits
    }

    /// The number, where it fits.
    pub fn signed(self) -> Option<i128> {
        match self.ty {
            Some(IntType::U128) => i128::try_from(self.bits).ok(),
            _ => Some(self.bits.cast_signed()),
        }
    }

    /// The number as an index or length.
    pub fn index(self) -> Option<u64> {
        u64::try_from(self.signed()?).ok()
    }

    /// The same number in a type; none where it is out of the type's range.
    pub fn converted(self, ty: Option<IntType>) -> Option<Integer> {
        match self.signed() {
            Some(value) => Integer::new(value, ty),
            None => Integer::unsigned(self.bits, ty),
        }
    }

    /// As Rust writes it.
    pub fn text(self) -> String {
        self.signed().map_or_else(|| self.bits.to_string(), |value| value.to_string())
    }

    /// The name of its type.
    pub fn type_name(self) -> &'static str {
        let small = || self.signed().is_some_and(|value| i32::try_from(value).is_ok());
        match self.ty {
            Some(ty) => ty.name(),
            None if small() => "i32",
            None => "i128",
        }
    }

    /// The nearest number that a float can be.
    pub fn to_float(self) -> f64 {
        self.signed().map_or(self.bits as f64, |value| value as f64)
    }

    /// Which of two numbers is larger, whatever their types.
    pub fn compare(self, other: Integer) -> Ordering {
        match (self.signed(), other.signed()) {
            (Some(a), Some(b)) => a.cmp(&b),
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (None, None) => self.bits.cmp(&other.bits),
        }
    }

    /// `-x`.
    pub(super) fn negated(self) -> Outcome<Integer> {
        if self.ty.is_some_and(|ty| !ty.is_signed()) {
            return Err(ExprError::new(format!("`{}` cannot be negated", self.type_name()))
                .hint("convert it with `as` first"));
        }
        let negated = self.signed().and_then(i128::checked_neg);
        negated.and_then(|value| Integer::new(value, self.ty)).ok_or_else(|| {
            ExprError::new(format!("-({}) overflows {}", self.text(), self.type_name()))
        })
    }

    /// `!x`.
    pub(super) fn inverted(self) -> Integer {
        match self.ty {
            Some(ty) => Integer::truncated(!self.bits, ty),
            None => Integer { bits: !self.bits, ty: None },
        }
    }

    /// `self OP other`, checked as a debug build checks it.
    pub(super) fn operate(self, op: Binary, other: Integer) -> Outcome<Integer> {
        if matches!(op, Binary::Shl | Binary::Shr) {
            return self.shifted(op, other);
        }
        let (a, b) = same_type(self, op, other)?;
        if matches!(op, Binary::Div | Binary::Rem) && b.bits == 0 {
            return Err(ExprError::new(format!("{} {} 0 divides by zero", a.text(), op.sign())));
        }
        let result = match (a.ty, a.signed(), b.signed()) {
            (Some(IntType::U128), ..) => {
                unsigned(op, a.bits, b.bits).and_then(|bits| Integer::unsigned(bits, a.ty))
            }
            (ty, Some(x), Some(y)) => {
                // The remainder of the least number by -1 overflows as the quotient does.
                let quotient = matches!(op, Binary::Rem).then(|| x.checked_div(y)).flatten();
                let sane = quotient.is_none_or(|quotient| Integer::new(quotient, ty).is_some());
                let result = signed(op, x, y).filter(|_| sane);
                result.and_then(|value| Integer::new(value, ty))
            }
            _ => None,
        };
        result.ok_or_else(|| {
            let name = a.type_name();
            ExprError::new(format!("{} {} {} overflows {name}", a.text(), op.sign(), b.text()))
        })
    }

    fn shifted(self, op: Binary, other: Integer) -> Outcome<Integer> {
        let bits = self.ty.map_or(128, IntType::bits);
        let by = other.signed().and_then(|by| u32::try_from(by).ok()).filter(|by| *by < bits);
        let by = by.ok_or_else(|| {
            let (text, name) = (self.text(), self.type_name());
            let sign = op.sign();
            ExprError::new(format!("{text} {sign} {} overflows {name}", other.text()))
                .hint(format!("{name} has {bits} bits"))
        })?;
        let signed = self.ty.is_none_or(IntType::is_signed);
        let shifted = match op {
            Binary::Shl => self.bits << by,
            _ if signed => (self.bits.cast_signed() >> by).cast_unsigned(),
            _ => self.bits >> by,
        };
        Ok(match self.ty {
            Some(ty) => Integer::truncated(shifted, ty),
            None => Integer { bits: shifted, ty: None },
        })
    }
}

/// What an operator makes of two integers of one type; none where that overflows it.
macro_rules! checked {
    ($op:expr, $a:expr, $b:expr) => {
        match $op {
            Binary::Add => $a.checked_add($b),
            Binary::Sub => $a.checked_sub($b),
            Binary::Mul => $a.checked_mul($b),
            Binary::Div => $a.checked_div($b),
            Binary::Rem => $a.checked_rem($b),
            Binary::BitAnd => Some($a & $b),
            Binary::BitOr => Some($a | $b),
            Binary::BitXor => Some($a ^ $b),
            Binary::Shl | Binary::Shr => None,
        }
    };
}

fn signed(op: Binary, a: i128, b: i128) -> Option<i128> {
    checked!(op, a, b)
}

fn unsigned(op: Binary, a: u128, b: u128) -> Option<u128> {
    checked!(op, a, b)
}

/// Both numbers in the type that they have together; a literal takes the other's.
pub(super) fn same_type(a: Integer, op: Binary, b: Integer) -> Outcome<(Integer, Integer)> {
    let fitting = |literal: Integer, ty: IntType| {
        literal.converted(Some(ty)).ok_or_else(|| {
            ExprError::new(format!("{} is out of range for {}", literal.text(), ty.name()))
        })
    };
    match (a.ty, b.ty) {
        (Some(x), Some(y)) if x != y => {
            let (sign, x, y) = (op.sign(), x.name(), y.name());
            Err(ExprError::new(format!("{x} {sign} {y}: the types differ"))
                .hint(format!("convert one of them: `as {x}`")))
        }
        (Some(ty), None) => Ok((a, fitting(b, ty)?)),
        (None, Some(ty)) => Ok((fitting(a, ty)?, b)),
        _ => Ok((a, b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i128, ty: IntType) -> Integer {
        Integer::new(value, Some(ty)).unwrap()
    }

    #[test]
    fn numbers_outside_of_a_type_are_not_of_it() {
        let rows = [
            (IntType::I8, -128, 127),
            (IntType::U8, 0, 255),
            (IntType::I64, i64::MIN.into(), i64::MAX.into()),
            (IntType::Usize, 0, u64::MAX.into()),
            (IntType::I128, i128::MIN, i128::MAX),
        ];
        for (ty, least, most) in rows {
            assert!(Integer::new(least, Some(ty)).is_some(), "{ty:?}");
            assert!(Integer::new(most, Some(ty)).is_some(), "{ty:?}");
            if ty != IntType::I128 {
                assert!(Integer::new(least - 1, Some(ty)).is_none(), "{ty:?}");
                assert!(Integer::new(most + 1, Some(ty)).is_none(), "{ty:?}");
            }
        }
        assert!(Integer::unsigned(u128::MAX, Some(IntType::U128)).is_some());
        assert!(Integer::unsigned(u128::MAX, Some(IntType::I128)).is_none());
    }

    #[test]
    fn an_operation_overflows_where_a_debug_build_would_panic() {
        use Binary::*;
        let least = int(-128, IntType::I8);
        let minus_one = int(-1, IntType::I8);
        for op in [Div, Rem, Mul] {
            assert!(least.operate(op, minus_one).is_err(), "{op:?}");
        }
        assert!(int(0, IntType::U128).operate(Sub, int(1, IntType::U128)).is_err());
        let most = Integer::unsigned(u128::MAX, None).unwrap();
        assert_eq!(most.operate(Sub, int(1, IntType::U128)).unwrap().bits(), u128::MAX - 1);
        assert!(most.operate(Add, int(1, IntType::U128)).is_err());
        let error = int(200, IntType::U8).operate(Add, int(100, IntType::U8)).unwrap_err();
        assert_eq!(error.message, "200 + 100 overflows u8");
        assert!(int(1, IntType::U8).operate(Shl, int(8, IntType::U8)).is_err());
        assert_eq!(int(-1, IntType::I32).operate(Shr, int(31, IntType::U8)).unwrap().text(), "-1");
        assert_eq!(int(255, IntType::U8).operate(Shl, int(7, IntType::U8)).unwrap().text(), "128");
        let literal = Integer::new(300, None).unwrap();
        let error = literal.operate(Add, int(1, IntType::U8)).unwrap_err();
        assert_eq!(error.message, "300 is out of range for u8");
    }

    #[test]
    fn numbers_of_different_types_compare_by_what_they_are() {
        let huge = Integer::unsigned(u128::MAX, None).unwrap();
        assert_eq!(int(-1, IntType::I8).compare(huge), Ordering::Less);
        assert_eq!(huge.compare(int(-1, IntType::I8)), Ordering::Greater);
        assert_eq!(int(-1, IntType::I64).compare(int(1, IntType::U8)), Ordering::Less);
    }
}
