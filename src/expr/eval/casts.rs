//! `as`, by Rust's rules (the Rust reference, "Type cast expressions").

use std::sync::Arc;

use super::super::error::{ExprError, Outcome};
use super::super::integer::Integer;
use super::super::operand::{Operand, Pointer};
use super::super::scalar::{Float, FloatType, Scalar};
use super::super::types::{IntType, TypeName, spelled};
use super::{Eval, View};
use crate::base::VirtAddr;
use crate::dwarf::{PointerFlavour, TypeKind, TypeRef};

impl Eval<'_> {
    pub(super) fn cast(&self, of: &Operand, to: &TypeName) -> Outcome<Operand> {
        let view = self.view(of)?;
        let refused = || {
            let from = of.short_type(self.reader);
            ExprError::new(format!("`{from}` cannot be cast to {}", to.text()))
        };
        let scalar = match to {
            TypeName::Inferred => return Ok(of.clone()),
            TypeName::Pointer(flavour, to) => {
                let target = self.address(of, &view).ok_or_else(refused)?;
                return self.pointer_to(target, *flavour, to);
            }
            TypeName::Int(ty) => {
                let bits = match &view {
                    View::Scalar(scalar) => bits_of(*scalar, *ty),
                    View::Enum(variant, fields) if fields.list.is_empty() => {
                        self.discriminant(of, variant).map(|value| value.cast_unsigned())
                    }
                    _ => self.address(of, &view).map(|at| at.0.into()),
                };
                Scalar::Int(Integer::truncated(bits.ok_or_else(refused)?, *ty))
            }
            TypeName::F32 => Scalar::Float(to_float(&view, FloatType::F32).ok_or_else(refused)?),
            TypeName::F64 => Scalar::Float(to_float(&view, FloatType::F64).ok_or_else(refused)?),
            TypeName::Char => match view {
                View::Scalar(Scalar::Char(c)) => Scalar::Char(c),
                View::Scalar(Scalar::Int(int)) if matches!(int.ty(), None | Some(IntType::U8)) => {
                    let byte = int.signed().and_then(|value| u8::try_from(value).ok());
                    let byte = byte.ok_or_else(|| refused().hint("only a u8 can be"))?;
                    Scalar::Char(char::from(byte))
                }
                _ => return Err(refused().hint("only a u8 can be")),
            },
            TypeName::Bool => match view {
                View::Scalar(Scalar::Bool(b)) => Scalar::Bool(b),
                _ => return Err(refused().hint("compare it with zero")),
            },
            TypeName::Named(_) => {
                return Err(refused().hint("`as` leads to numbers, `char` and raw pointers"));
            }
        };
        Ok(Operand::Scalar(scalar))
    }

    /// The address that a pointer, a reference, a function or a number stands for.
    fn address(&self, of: &Operand, view: &View) -> Option<VirtAddr> {
        match (view, of) {
            (View::Pointer(pointee), _) => Some(pointee.target),
            (View::Function(target), _) => Some(*target),
            (View::Scalar(Scalar::Int(int)), _) => Some(VirtAddr(int.bits() as u64)),
            (_, Operand::TextAt(text)) => Some(text.pointer),
            (_, Operand::Elements(_)) => match of.location()? {
                crate::dwarf::Location::Memory(at) => Some(at),
                _ => None,
            },
            _ => None,
        }
    }

    fn pointer_to(
        &self,
        target: VirtAddr,
        flavour: PointerFlavour,
        to: &TypeName,
    ) -> Outcome<Operand> {
        let name = to.text();
        let ty = match to {
            TypeName::Inferred => None,
            _ => Some(self.type_called(&name)?),
        };
        let name = match ty.map(|ty| self.reader.types.get(ty)) {
            Some(Ok(ty)) => ty.name.to_string(),
            _ => name,
        };
        let type_name: Arc<str> = format!("{}{name}", spelled(flavour)).into();
        Ok(Operand::Pointer(Pointer { target, to: ty, flavour, type_name }))
    }

    /// A type of the program by its name.
    pub(in crate::expr) fn type_called(&self, name: &str) -> Outcome<TypeRef> {
        self.scope.type_named(name).ok_or_else(|| {
            ExprError::new(format!("the program has no type `{name}`"))
                .hint("types are known by their path, with all generic arguments")
        })
    }

    /// The number that stands for a variant of an enum without data.
    pub(in crate::expr) fn discriminant(&self, of: &Operand, variant: &str) -> Option<i128> {
        let ty = match of {
            Operand::Place(part) => part.ty,
            Operand::Made(made) => made.ty?,
            _ => return None,
        };
        self.discriminant_of(ty, variant)
    }

    /// The same, for a variant of a type.
    pub(in crate::expr) fn discriminant_of(&self, ty: TypeRef, variant: &str) -> Option<i128> {
        match &self.reader.types.get(ty).ok()?.kind {
            TypeKind::CLike { enumerators, .. } => {
                enumerators.iter().find(|(name, _)| &**name == variant).map(|(_, value)| *value)
            }
            _ => None,
        }
    }
}

/// The bits of a scalar as an integer of a type, which takes as many of them as it has.
fn bits_of(scalar: Scalar, ty: IntType) -> Option<u128> {
    Some(match scalar {
        Scalar::Unit => return None,
        Scalar::Bool(b) => b.into(),
        Scalar::Char(c) => u128::from(u32::from(c)),
        Scalar::Int(int) => int.bits(),
        Scalar::Float(float) => saturated(float.value, ty),
    })
}

/// A float as an integer: rounded to zero, the nearest number of the type, zero for NaN.
fn saturated(value: f64, ty: IntType) -> u128 {
    let unused = 128_u32.saturating_sub(ty.bits());
    if ty.is_signed() {
        let most = i128::MAX >> unused;
        let least = i128::MIN >> unused;
        return (value as i128).clamp(least, most).cast_unsigned();
    }
    (value as u128).min(u128::MAX >> unused)
}

fn to_float(view: &View, ty: FloatType) -> Option<Float> {
    match (view, ty) {
        (View::Scalar(Scalar::Float(float)), _) => Some(float.converted(ty)),
        // Rounded once: an integer that is cast to f32 does not go through f64.
        (View::Scalar(Scalar::Int(int)), FloatType::F32) => {
            let value = match int.signed() {
                Some(value) => value as f32,
                None => int.bits() as f32,
            };
            Some(Float { value: value.into(), ty: Some(ty) })
        }
        (View::Scalar(Scalar::Int(int)), FloatType::F64) => {
            Some(Float { value: int.to_float(), ty: Some(ty) })
        }
        _ => None,
    }
}
