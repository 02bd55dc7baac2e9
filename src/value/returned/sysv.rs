//! C's calling convention on x86-64 Linux: values of up to sixteen bytes are returned eight bytes
//! at a time, each in an integer or a vector register (psABI for AMD64, section 3.2.3).
//!
//! rustc follows it for `extern "C"` functions in `rustc_target::callconv::x86_64`.

use super::layout::{Abi, Layouts};
use super::{Part, Passing};
use crate::base::{Register, Unreadable};
use crate::dwarf::{Encoding, Field, Type, TypeKind, TypeRef, Types};

/// The class of eight bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// Padding.
    None,
    /// Floats only.
    Vector,
    /// Anything else.
    Integer,
}

pub(super) fn passing(types: &dyn Types, ty: TypeRef) -> Result<Passing, Unreadable> {
    let layout = Layouts::new(types).of(ty)?;
    if layout.size == 0 {
        return Ok(Passing::Nothing);
    }
    if layout.size > 16 {
        return Ok(Passing::Memory);
    }
    if let Abi::Scalar(scalar) = layout.abi
        && scalar.is_float()
    {
        let part = Part { offset: 0, size: scalar.size, register: Register::XMM0 };
        return Ok(Passing::Registers(vec![part]));
    }
    let mut classes = Classes { types, eightbytes: [Class::None; 2], left: 2_000, aligned: true };
    classes.classify(ty, 0, 32)?;
    Ok(if classes.aligned {
        in_registers(classes.eightbytes, layout.size)
    } else {
        Passing::Memory
    })
}

fn in_registers(classes: [Class; 2], size: u64) -> Passing {
    let mut integers = [Register::RAX, Register::RDX].into_iter();
    let mut vectors = [Register::XMM0, Register(Register::XMM0.0 + 1)].into_iter();
    let mut parts = Vec::new();
    for (class, offset) in classes.into_iter().zip([0, 8]) {
        let register = match class {
            Class::None => None,
            Class::Vector => vectors.next(),
            Class::Integer => integers.next(),
        };
        let size = size.saturating_sub(offset).min(8);
        parts.extend(register.map(|register| Part { offset, size, register }));
    }
    Passing::Registers(parts)
}

struct Classes<'a> {
    types: &'a dyn Types,
    eightbytes: [Class; 2],
    left: usize,
    aligned: bool,
}

impl Classes<'_> {
    fn classify(&mut self, id: TypeRef, at: u64, depth: usize) -> Result<(), Unreadable> {
        let too_large = || Unreadable::NotDescribed("a type of too many parts".to_owned());
        self.left = self.left.checked_sub(1).ok_or_else(too_large)?;
        let depth = depth.checked_sub(1).ok_or_else(too_large)?;
        let ty = self.types.get(id)?;
        match &ty.kind {
            TypeKind::Base(Encoding::Float) => self.merge(&ty, at, Class::Vector),
            TypeKind::Base(_) | TypeKind::Pointer { .. } | TypeKind::CLike { .. } => {
                self.merge(&ty, at, Class::Integer);
            }
            TypeKind::Array { element, count } => self.array(*element, *count, at, depth)?,
            TypeKind::Struct { fields, .. } | TypeKind::Union { fields } => {
                self.fields(fields, at, depth)?;
            }
            TypeKind::Enum(part) => {
                self.fields(part.discriminant.as_slice(), at, depth)?;
                for variant in part.variants.iter().filter_map(|variant| variant.ty) {
                    self.classify(variant, at, depth)?;
                }
            }
            TypeKind::Unit | TypeKind::Never | TypeKind::Function | TypeKind::Opaque => {}
        }
        Ok(())
    }

    fn fields(&mut self, fields: &[Field], at: u64, depth: usize) -> Result<(), Unreadable> {
        for field in fields {
            self.classify(field.ty, at.saturating_add(field.offset), depth)?;
        }
        Ok(())
    }

    fn array(
        &mut self,
        element: TypeRef,
        count: u64,
        at: u64,
        depth: usize,
    ) -> Result<(), Unreadable> {
        let size = self.types.get(element)?.size.unwrap_or(0);
        if size == 0 {
            return Ok(());
        }
        // The whole has at most sixteen bytes, and so at most sixteen elements with bytes.
        for index in 0..count.min(16) {
            self.classify(element, at.saturating_add(index.saturating_mul(size)), depth)?;
        }
        Ok(())
    }

    fn merge(&mut self, ty: &Type, at: u64, class: Class) {
        let size = ty.size.unwrap_or(0).clamp(1, 16);
        if !at.is_multiple_of(size) {
            self.aligned = false;
        }
        for (eightbyte, start) in self.eightbytes.iter_mut().zip([0, 8]) {
            let overlaps = at < start + 8 && at.saturating_add(size) > start;
            // Integer wins over vector, and either over padding.
            let wins = class == Class::Integer || *eightbyte == Class::None;
            if overlaps && wins {
                *eightbyte = class;
            }
        }
    }
}
