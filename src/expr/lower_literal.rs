//! Lowering of literals.

use syn::Lit;

use super::error::{ExprError, Outcome};
use super::integer::Integer;
use super::lower::not_evaluated;
use super::scalar::{Float, FloatType};
use super::tree::Kind;
use super::types::IntType;

/// A literal, or its negative, which for the least number of a type has no positive twin.
pub(super) fn literal(lit: &Lit, negative: bool) -> Outcome<Kind> {
    Ok(match lit {
        Lit::Bool(b) => Kind::Bool(b.value),
        Lit::Char(c) => Kind::Char(c.value()),
        Lit::Str(text) => Kind::Text(text.value().into()),
        Lit::ByteStr(bytes) => Kind::Bytes(bytes.value().into()),
        Lit::CStr(text) => Kind::Text(text.value().to_string_lossy().into()),
        Lit::Byte(byte) => {
            let byte = Integer::new(byte.value().into(), Some(IntType::U8));
            Kind::Int(byte.ok_or_else(|| ExprError::new("this is no byte"))?)
        }
        Lit::Int(int) => number(int, negative)?,
        Lit::Float(float) => {
            let ty = float_suffix(float.suffix())?;
            float_of(float.base10_digits(), ty, negative)?
        }
        _ => return Err(not_evaluated("literals of this kind")),
    })
}

fn number(int: &syn::LitInt, negative: bool) -> Outcome<Kind> {
    // In a pattern the sign belongs to the literal.
    let (digits, negative) = match int.base10_digits().strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (int.base10_digits(), negative),
    };
    if let ty @ Some(_) = float_suffix(int.suffix()).ok().flatten() {
        return float_of(digits, ty, negative);
    }
    let ty = match int.suffix() {
        "" => None,
        suffix => Some(
            IntType::named(suffix)
                .ok_or_else(|| ExprError::new(format!("there is no integer type `{suffix}`")))?,
        ),
    };
    let range = || {
        let sign = if negative { "-" } else { "" };
        let name = ty.map_or("any integer type", IntType::name);
        ExprError::new(format!("{sign}{digits} is out of range for {name}"))
    };
    let magnitude: u128 = digits.parse().map_err(|_| range())?;
    let value = match negative {
        false => Integer::unsigned(magnitude, ty),
        true => 0_i128.checked_sub_unsigned(magnitude).and_then(|n| Integer::new(n, ty)),
    };
    value.map(Kind::Int).ok_or_else(range)
}

fn float_suffix(suffix: &str) -> Outcome<Option<FloatType>> {
    match suffix {
        "" => Ok(None),
        "f32" => Ok(Some(FloatType::F32)),
        "f64" => Ok(Some(FloatType::F64)),
        other => Err(ExprError::new(format!("there are no numbers of type `{other}` here"))),
    }
}

fn float_of(digits: &str, ty: Option<FloatType>, negative: bool) -> Outcome<Kind> {
    // A number of type f32 is rounded once, from its digits.
    let value = match ty {
        Some(FloatType::F32) => digits.parse::<f32>().map(f64::from),
        _ => digits.parse::<f64>(),
    };
    let value = value.map_err(|_| ExprError::new(format!("`{digits}` is no number")))?;
    Ok(Kind::Float(Float { value: if negative { -value } else { value }, ty }))
}
