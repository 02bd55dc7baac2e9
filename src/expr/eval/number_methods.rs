//! Methods of numbers and of `char`.

use super::super::error::{ExprError, Outcome};
use super::super::integer::{Integer, same_type};
use super::super::operand::Operand;
use super::super::scalar::{Float, Scalar};
use super::super::tree::Binary;
use super::super::types::IntType;
use super::methods::unknown;
use super::{Eval, View};

impl Eval<'_> {
    pub(super) fn of_int(
        &self,
        int: Integer,
        name: &str,
        arg: Option<&Operand>,
    ) -> Outcome<Operand> {
        let other = match arg.map(|arg| self.stripped(arg)).transpose()? {
            Some(View::Scalar(Scalar::Int(other))) => Some(other),
            Some(_) => return Err(ExprError::new(format!("`{name}` takes an integer"))),
            None => None,
        };
        let ty = int.ty().unwrap_or(IntType::I32);
        let unused = 128_u32.saturating_sub(ty.bits());
        // The bits of the type alone, without those that the sign fills up.
        let bits = int.bits() << unused >> unused;
        let count = |n: u32| Integer::truncated(n.into(), IntType::U32);
        let negative = int.signed().is_some_and(|value| value < 0);
        let int = match (name, other) {
            ("is_positive", _) => return Ok(Operand::bool(!negative && int.bits() != 0)),
            ("is_negative", _) => return Ok(Operand::bool(negative)),
            ("is_power_of_two", _) => return Ok(Operand::bool(bits.is_power_of_two())),
            ("abs", _) => {
                if negative {
                    int.negated()?
                } else {
                    int
                }
            }
            ("signum", _) => {
                let sign = if negative { u128::MAX } else { u128::from(bits != 0) };
                Integer::truncated(sign, ty)
            }
            ("count_ones", _) => count(bits.count_ones()),
            ("count_zeros", _) => count(ty.bits().saturating_sub(bits.count_ones())),
            ("leading_zeros", _) => count(bits.leading_zeros().saturating_sub(unused)),
            ("trailing_zeros", _) => count(bits.trailing_zeros().min(ty.bits())),
            ("min" | "max" | "abs_diff", Some(other)) => {
                let (a, b) = same_type(int, Binary::Sub, other)?;
                let (low, high) = if a.compare(b).is_le() { (a, b) } else { (b, a) };
                match name {
                    "min" => low,
                    "max" => high,
                    _ => {
                        let bytes = u64::from(ty.bits() / 8);
                        let unsigned = match ty {
                            IntType::Isize | IntType::Usize => Some(IntType::Usize),
                            _ => IntType::of_size(false, bytes),
                        };
                        let unsigned = unsigned.unwrap_or(IntType::U128);
                        Integer::truncated(high.bits().wrapping_sub(low.bits()), unsigned)
                    }
                }
            }
            ("pow", Some(by)) => power(int, by)?,
            ("wrapping_add", Some(by)) => wrapped(int, by, u128::wrapping_add)?,
            ("wrapping_sub", Some(by)) => wrapped(int, by, u128::wrapping_sub)?,
            ("wrapping_mul", Some(by)) => wrapped(int, by, u128::wrapping_mul)?,
            _ => return Err(unknown(name)),
        };
        Ok(Operand::Scalar(Scalar::Int(int)))
    }

    pub(super) fn of_float(
        &self,
        float: Float,
        name: &str,
        arg: Option<&Operand>,
    ) -> Outcome<Operand> {
        let Float { value, ty } = float;
        let other = match arg.map(|arg| self.stripped(arg)).transpose()? {
            Some(View::Scalar(other)) => super::float_beside(float, other).map(|f| f.value),
            _ => None,
        };
        let value = match (name, other) {
            ("is_nan", _) => return Ok(Operand::bool(value.is_nan())),
            ("is_finite", _) => return Ok(Operand::bool(value.is_finite())),
            ("is_infinite", _) => return Ok(Operand::bool(value.is_infinite())),
            ("abs", _) => value.abs(),
            ("floor", _) => value.floor(),
            ("ceil", _) => value.ceil(),
            ("round", _) => value.round(),
            ("trunc", _) => value.trunc(),
            ("sqrt", _) => value.sqrt(),
            ("min", Some(other)) => value.min(other),
            ("max", Some(other)) => value.max(other),
            _ => return Err(ExprError::new(format!("`{name}` takes a float"))),
        };
        let float = Float { value, ty };
        Ok(Operand::Scalar(Scalar::Float(ty.map_or(float, |ty| float.converted(ty)))))
    }
}

pub(super) fn of_char(c: char, name: &str) -> Outcome<Operand> {
    Ok(Operand::bool(match name {
        "is_alphabetic" => c.is_alphabetic(),
        "is_numeric" => c.is_numeric(),
        "is_alphanumeric" => c.is_alphanumeric(),
        "is_whitespace" => c.is_whitespace(),
        "is_uppercase" => c.is_uppercase(),
        "is_lowercase" => c.is_lowercase(),
        "is_ascii" => c.is_ascii(),
        "is_ascii_digit" => c.is_ascii_digit(),
        "len_utf8" => return Ok(Operand::usize(c.len_utf8() as u64)),
        _ => return Err(unknown(name)),
    }))
}

/// `int.pow(by)`, one factor after the other.
fn power(int: Integer, by: Integer) -> Outcome<Integer> {
    let by = by.index().and_then(|by| u32::try_from(by).ok());
    let by = by.ok_or_else(|| ExprError::new("the exponent is out of range"))?;
    let one = Integer::new(1, int.ty()).unwrap_or(int);
    // 0, 1 and -1 are the same after two or three factors; all others overflow before 128.
    let same_after = if by % 2 == 0 { 128 } else { 129 };
    let mut power = one;
    for _ in 0..by.min(same_after) {
        power = power.operate(Binary::Mul, int)?;
    }
    Ok(power)
}

fn wrapped(a: Integer, b: Integer, how: fn(u128, u128) -> u128) -> Outcome<Integer> {
    let (a, b) = same_type(a, Binary::Add, b)?;
    let ty = a.ty().unwrap_or(IntType::I32);
    Ok(Integer::truncated(how(a.bits(), b.bits()), ty))
}
