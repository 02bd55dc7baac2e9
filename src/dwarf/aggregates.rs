//! Structs, tuples, unions and arrays.

use std::sync::Arc;

use super::dies::Die;
use super::image::Image;
use super::type_loader::undescribed;
use super::types::{Field, Type, TypeKind, TypeRef};
use crate::base::Unreadable;

/// The children of a type's die, and the error where they cannot be read.
pub(super) fn parts(image: &Image, die: &Die) -> Result<Vec<Die>, Unreadable> {
    image.children(die).map_err(|error| undescribed(format_args!("its type is damaged: {error}")))
}

impl Image {
    /// A struct, a tuple, a closure, a fat pointer; or an enum with data, which rustc describes as
    /// a struct with a variant part (DWARF 4, section 5.5.9).
    pub(super) fn structure(&self, die: &Die, left: usize) -> Result<Type, Unreadable> {
        let parts = parts(self, die)?;
        let name = self.name(die).unwrap_or("");
        let params = self.params(&parts);
        let variant_part = parts.iter().find(|part| part.tag() == gimli::DW_TAG_variant_part);
        let kind = match variant_part {
            Some(part) => TypeKind::Enum(self.variant_part(part, left)?),
            None if is_opaque(die, name) => TypeKind::Opaque,
            None => {
                let fields = self.members(&parts);
                let sized = die.unsigned(gimli::DW_AT_byte_size) != Some(0);
                let tuple = name.starts_with('(') || fields.iter().any(|f| &*f.name == "__0");
                match fields.is_empty() && !sized {
                    true => TypeKind::Unit,
                    false => TypeKind::Struct { fields, tuple },
                }
            }
        };
        Ok(Type { params, ..self.plain(die, kind) })
    }

    pub(super) fn union(&self, die: &Die) -> Result<Type, Unreadable> {
        let parts = parts(self, die)?;
        let kind = match is_opaque(die, "") {
            true => TypeKind::Opaque,
            false => TypeKind::Union { fields: self.members(&parts) },
        };
        Ok(Type { params: self.params(&parts), ..self.plain(die, kind) })
    }

    /// The members among a type's children, static ones left out.
    fn members(&self, parts: &[Die]) -> Vec<Field> {
        let members = parts.iter().filter(|part| part.tag() == gimli::DW_TAG_member);
        members.filter_map(|member| self.field(member)).collect()
    }

    /// A member at a constant offset; none where the offset must be computed, which Rust never
    /// asks for. A member of a union may leave its offset out: it is zero.
    pub(super) fn field(&self, member: &Die) -> Option<Field> {
        if member.flag(gimli::DW_AT_declaration) {
            return None;
        }
        let offset = match member.value(gimli::DW_AT_data_member_location) {
            Some(value) => value.udata_value()?,
            None => 0,
        };
        Some(Field { name: self.name(member).unwrap_or("").into(), ty: member.type_ref()?, offset })
    }

    fn params(&self, parts: &[Die]) -> Vec<(Arc<str>, TypeRef)> {
        let params =
            parts.iter().filter(|part| part.tag() == gimli::DW_TAG_template_type_parameter);
        params.filter_map(|param| Some((self.name(param)?.into(), param.type_ref()?))).collect()
    }

    /// An array, whose name and size follow from its element: `[u8; 4]`. Without a count it is the
    /// unsized tail of another type: `[u8]`, of no elements by itself.
    pub(super) fn array(&self, die: &Die, left: usize) -> Result<Type, Unreadable> {
        let element = die.type_ref().ok_or_else(|| undescribed("its elements have no type"))?;
        let of = self.type_within(element, left)?;
        let mut count = None;
        for part in parts(self, die)? {
            if part.tag() == gimli::DW_TAG_subrange_type {
                // Several dimensions, which only C has, are laid out as one.
                count = length(&part).map(|n| n.saturating_mul(count.unwrap_or(1)));
            }
        }
        let name: Arc<str> = match count {
            Some(count) => format!("[{}; {count}]", of.name).into(),
            None => format!("[{}]", of.name).into(),
        };
        let kind = TypeKind::Array { element, count: count.unwrap_or(0) };
        let plain = self.plain(die, kind);
        let size = plain.size.or_else(|| of.size?.checked_mul(count?));
        let align = plain.align.or(of.align);
        Ok(Type { name: name.clone(), krate: "".into(), base_name: name, size, align, ..plain })
    }
}

/// How many elements a `DW_TAG_subrange_type` spans.
fn length(range: &Die) -> Option<u64> {
    let count = range.unsigned(gimli::DW_AT_count);
    count.or_else(|| {
        let lower = range.unsigned(gimli::DW_AT_lower_bound).unwrap_or(0);
        range.unsigned(gimli::DW_AT_upper_bound)?.checked_sub(lower)?.checked_add(1)
    })
}

/// Whether the die only declares its type. A trait object's own type has no bytes to show either:
/// its concrete type is named by the vtable.
fn is_opaque(die: &Die, name: &str) -> bool {
    die.flag(gimli::DW_AT_declaration) || name.starts_with("dyn ")
}
