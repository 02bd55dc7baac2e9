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
        let ty = self.item_or(member.type_ref()?, member.unsigned(gimli::DW_AT_alignment));
        Some(Field { name: self.name(member).unwrap_or("").into(), ty, offset })
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{Build, debug_builds};
    use super::*;

    fn named(build: &Build, variable: &str) -> Vec<(String, String, u64)> {
        build.fields(&build.type_of(variable))
    }

    fn field(name: &str, ty: &str, offset: u64) -> (String, String, u64) {
        (name.to_owned(), ty.to_owned(), offset)
    }

    #[test]
    fn a_struct_has_its_path_crate_fields_and_arguments() {
        for build in debug_builds() {
            let node = build.type_of("node");
            assert_eq!(&*node.name, "program::Node<u8>");
            assert_eq!((&*node.krate, &*node.base_name), ("program", "Node"));
            assert_eq!((node.size, node.align), (Some(16), Some(8)));
            assert_eq!(&*build.ty(node.param("T").expect("T")).name, "u8");
            let next = node.field("next").expect("next");
            let box_of_itself = "alloc::boxed::Box<program::Node<u8>, alloc::alloc::Global>";
            let option = build.ty(next.ty);
            assert_eq!(&*option.name, format!("core::option::Option<{box_of_itself}>"));
            assert!(option.is_std("Option"));
        }
    }

    #[test]
    fn std_types_are_known_by_crate_and_last_segment() {
        for build in debug_builds() {
            assert!(build.type_of("vector").is_std("Vec"));
            assert!(build.type_of("string").is_std("String"));
            let pair = build.type_of("pair");
            assert_eq!((&*pair.krate, &*pair.base_name), ("other", "Pair"));
            assert_eq!(named(build, "pair").len(), 2);
        }
    }

    #[test]
    fn tuples_and_tuple_structs_have_numbered_fields() {
        for build in debug_builds() {
            let tuple = build.type_of("tuple");
            assert_eq!((&*tuple.name, &*tuple.krate), ("(u8, u32)", ""));
            assert!(matches!(tuple.kind, TypeKind::Struct { tuple: true, .. }));
            assert_eq!(named(build, "tuple"), [field("__0", "u8", 0), field("__1", "u32", 4)]);
            let point = build.type_of("point");
            assert_eq!(&*point.name, "program::deep::deeper::Point");
            assert!(matches!(point.kind, TypeKind::Struct { tuple: true, .. }));
            assert!(matches!(build.type_of("node").kind, TypeKind::Struct { tuple: false, .. }));
        }
    }

    #[test]
    fn a_type_without_bytes_and_fields_is_a_unit() {
        for build in debug_builds() {
            let marker = build.type_of("marker");
            assert_eq!((&*marker.name, &marker.kind), ("program::Marker", &TypeKind::Unit));
            assert_eq!(build.type_of("unit").kind, TypeKind::Unit);
        }
    }

    #[test]
    fn fat_pointers_are_structs_of_two() {
        for build in debug_builds() {
            let slice = [field("data_ptr", "*mut u16", 0), field("length", "usize", 8)];
            assert_eq!(named(build, "slice"), slice);
            assert_eq!(&*build.type_of("slice").name, "&[u16]");
            assert_eq!(&*build.type_of("text").name, "&str");
            let boxed = build.type_of("boxed_dyn");
            assert!(boxed.is_std("Box") && boxed.field("vtable").is_some());
            let data = build.ty(boxed.field("pointer").expect("pointer").ty);
            let TypeKind::Pointer { to: Some(to), .. } = data.kind else { panic!("{data:?}") };
            let of = build.ty(to);
            assert_eq!((&*of.name, &of.kind), ("dyn program::Speak", &TypeKind::Opaque));
            let boxed = build.type_of("boxed_slice");
            assert!(boxed.is_std("Box") && boxed.field("length").is_some());
        }
    }

    #[test]
    fn a_closure_has_what_it_captured() {
        for build in debug_builds() {
            let closure = build.type_of("closure");
            assert_eq!(&*closure.name, "program::types::{closure_env#0}");
            assert_eq!(named(build, "closure"), [field("_ref__byte", "&i8", 0)]);
        }
    }

    #[test]
    fn the_fields_of_a_union_overlap() {
        for build in debug_builds() {
            assert!(matches!(build.type_of("bits").kind, TypeKind::Union { .. }));
            assert_eq!(named(build, "bits"), [field("int", "u32", 0), field("float", "f32", 0)]);
        }
    }

    #[test]
    fn an_array_is_named_and_measured_by_its_element() {
        for build in debug_builds() {
            let array = build.type_of("array");
            assert_eq!((&*array.name, array.size), ("[u16; 5]", Some(10)));
            let nested = build.type_of("nested");
            assert_eq!((&*nested.name, nested.size), ("[[u8; 2]; 3]", Some(6)));
            let TypeKind::Array { element, count: 3 } = nested.kind else { panic!("{nested:?}") };
            assert_eq!(&*build.ty(element).name, "[u8; 2]");
        }
    }
}
