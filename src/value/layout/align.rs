//! Alignments, stated or inferred.

use super::{Alignment, Builder};
use crate::dwarf::{Field, Type, TypeKind, TypeRef};

/// How deep alignments are looked for in fields of fields.
const MAX_DEPTH: usize = 16;

impl Builder<'_> {
    /// The alignment that the debug information states (`DW_AT_alignment`; rustc writes it for
    /// structs, unions and enums), that the psABI (figure 3.1) gives to a scalar, or what the parts
    /// need at least.
    pub(super) fn align(&mut self, ty: &Type) -> Option<Alignment> {
        self.align_within(ty, MAX_DEPTH)
    }

    fn align_within(&mut self, ty: &Type, depth: usize) -> Option<Alignment> {
        if let Some(bytes) = ty.align.filter(|align| align.is_power_of_two()) {
            return Some(Alignment { bytes, inferred: false });
        }
        let depth = depth.checked_sub(1)?;
        match &ty.kind {
            TypeKind::Base(_) | TypeKind::CLike { .. } => scalar(ty.size?),
            TypeKind::Pointer { .. } => scalar(8),
            TypeKind::Unit | TypeKind::Never => Some(Alignment { bytes: 1, inferred: true }),
            TypeKind::Array { element, .. } => {
                let element = self.types.get(*element).ok()?;
                self.align_within(&element, depth)
            }
            TypeKind::Struct { fields, .. } | TypeKind::Union { fields } => {
                Some(self.largest(fields.iter().map(|field: &Field| field.ty), depth))
            }
            TypeKind::Enum(part) => {
                let tag = part.discriminant.iter().map(|tag| tag.ty);
                let variants = part.variants.iter().filter_map(|variant| variant.ty);
                Some(self.largest(tag.chain(variants), depth))
            }
            TypeKind::Function | TypeKind::Opaque => None,
        }
    }

    /// What parts need at least: they may be packed or over-aligned, so that this is no more than
    /// an inference.
    fn largest(&mut self, parts: impl Iterator<Item = TypeRef>, depth: usize) -> Alignment {
        let mut bytes = 1;
        for part in parts {
            if self.left == 0 {
                break;
            }
            self.left = self.left.saturating_sub(1);
            let Ok(ty) = self.types.get(part) else { continue };
            bytes = self.align_within(&ty, depth).map_or(bytes, |align| align.bytes.max(bytes));
        }
        Alignment { bytes, inferred: true }
    }
}

/// A scalar is aligned to its size. Those of 16 bytes are so since rustc 1.77, and to 8 before.
fn scalar(size: u64) -> Option<Alignment> {
    match size {
        1 | 2 | 4 | 8 => Some(Alignment { bytes: size, inferred: false }),
        16 => Some(Alignment { bytes: 8, inferred: true }),
        _ => None,
    }
}
