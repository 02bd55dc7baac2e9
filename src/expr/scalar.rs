//! Scalars that were computed, with the types and the overflow rules of Rust.

use super::error::{ExprError, Outcome};
use super::integer::Integer;
use super::tree::Binary;

/// A computed scalar.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar {
    /// `()`.
    Unit,
    /// A `bool`.
    Bool(bool),
    /// A `char`.
    Char(char),
    /// An integer.
    Int(Integer),
    /// A floating point number.
    Float(Float),
}

/// A floating point number with its type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Float {
    /// The number; exactly an `f32`, where that is its type.
    pub value: f64,
    /// Its type; none for a literal without suffix, which takes the other side's.
    pub ty: Option<FloatType>,
}

/// A floating point type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatType {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
}

impl Scalar {
    /// The name of its type: `i32` for an integer literal without suffix that fits, as in Rust.
    pub fn type_name(&self) -> &'static str {
        match self {
            Scalar::Unit => "()",
            Scalar::Bool(_) => "bool",
            Scalar::Char(_) => "char",
            Scalar::Int(int) => int.type_name(),
            Scalar::Float(float) => float.type_name(),
        }
    }

    /// As Rust writes it.
    pub fn text(&self) -> String {
        match self {
            Scalar::Unit => "()".to_owned(),
            Scalar::Bool(b) => b.to_string(),
            Scalar::Char(c) => format!("{c:?}"),
            Scalar::Int(int) => int.text(),
            Scalar::Float(Float { value, ty: Some(FloatType::F32) }) => {
                format!("{:?}", *value as f32)
            }
            Scalar::Float(Float { value, .. }) => format!("{value:?}"),
        }
    }
}

impl From<usize> for Scalar {
    fn from(n: usize) -> Scalar {
        Scalar::Int(Integer::usize(n as u64))
    }
}

impl Float {
    /// The name of its type: `f64` for a literal, as in Rust.
    pub fn type_name(self) -> &'static str {
        match self.ty {
            Some(FloatType::F32) => "f32",
            Some(FloatType::F64) | None => "f64",
        }
    }

    /// The number in a type, rounded where that is narrower.
    pub fn converted(self, ty: FloatType) -> Float {
        let value = match ty {
            FloatType::F32 => f64::from(self.value as f32),
            FloatType::F64 => self.value,
        };
        Float { value, ty: Some(ty) }
    }

    pub(super) fn operate(self, op: Binary, other: Float) -> Outcome<Float> {
        let ty = match (self.ty, other.ty) {
            (Some(x), Some(y)) if x != y => {
                return Err(ExprError::new(format!(
                    "{} {} {}: the types differ",
                    self.type_name(),
                    op.sign(),
                    other.type_name()
                ))
                .hint("convert one of them with `as`"));
            }
            (x, y) => x.or(y),
        };
        let value = match ty {
            // In the precision of the type at each step, as the program computes.
            Some(FloatType::F32) => f64::from(compute(op, self.value as f32, other.value as f32)?),
            _ => compute(op, self.value, other.value)?,
        };
        Ok(Float { value, ty })
    }
}

fn compute<F>(op: Binary, a: F, b: F) -> Outcome<F>
where
    F: std::ops::Add<Output = F>
        + std::ops::Sub<Output = F>
        + std::ops::Mul<Output = F>
        + std::ops::Div<Output = F>
        + std::ops::Rem<Output = F>,
{
    Ok(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Rem => a % b,
        _ => return Err(ExprError::new(format!("floats have no `{}`", op.sign()))),
    })
}
