//! Type dies to [`Type`]s.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use foldhash::fast::FixedState;

use super::dies::Die;
use super::image::Image;
use super::types::{Encoding, PointerFlavour, Type, TypeKind, TypeRef, Types};
use crate::base::{FileAddr, Unreadable};

/// The types that were read so far.
#[derive(Default)]
pub(super) struct Cache {
    types: Mutex<HashMap<TypeRef, Result<Arc<Type>, Unreadable>, FixedState>>,
}

/// How many types may hang on one another's names and sizes: arrays of arrays, typedefs.
const MAX_NESTING: usize = 32;

impl Types for Image {
    fn get(&self, id: TypeRef) -> Result<Arc<Type>, Unreadable> {
        self.type_within(id, MAX_NESTING)
    }

    fn behind_vtable(&self, vtable: FileAddr) -> Option<TypeRef> {
        self.vtable_type(vtable)
    }
}

/// The error for a die that is not there or does not say what it must.
pub(super) fn undescribed(what: impl std::fmt::Display) -> Unreadable {
    Unreadable::NotDescribed(what.to_string())
}

impl Image {
    /// A type, as part of another one: `left` counts down, so that a cycle of arrays ends.
    pub(super) fn type_within(&self, id: TypeRef, left: usize) -> Result<Arc<Type>, Unreadable> {
        let Some(left) = left.checked_sub(1) else {
            return Err(undescribed("the type contains itself"));
        };
        let cached = self.types.types.lock().ok().and_then(|types| types.get(&id).cloned());
        if let Some(known) = cached {
            return known;
        }
        let read = self.item_type(id, left).unwrap_or_else(|| self.read_type(id, left));
        let read = read.map(Arc::new);
        if let Ok(mut types) = self.types.types.lock() {
            types.insert(id, read.clone());
        }
        read
    }

    fn read_type(&self, id: TypeRef, left: usize) -> Result<Type, Unreadable> {
        let die = self.die(id.0).ok_or_else(|| undescribed("its type is not in the file"))?;
        match die.tag() {
            gimli::DW_TAG_base_type => self.base_type(&die),
            gimli::DW_TAG_unspecified_type => Ok(self.plain(&die, TypeKind::Opaque)),
            gimli::DW_TAG_pointer_type
            | gimli::DW_TAG_reference_type
            | gimli::DW_TAG_rvalue_reference_type => self.pointer(&die, left),
            gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type => self.structure(&die, left),
            gimli::DW_TAG_union_type => self.union(&die),
            gimli::DW_TAG_enumeration_type => self.c_like(&die, left),
            gimli::DW_TAG_array_type => self.array(&die, left),
            gimli::DW_TAG_subroutine_type => {
                Ok(Type { name: "fn".into(), ..self.plain(&die, TypeKind::Function) })
            }
            gimli::DW_TAG_typedef
            | gimli::DW_TAG_const_type
            | gimli::DW_TAG_volatile_type
            | gimli::DW_TAG_restrict_type
            | gimli::DW_TAG_atomic_type => self.alias(&die, left),
            tag => Err(undescribed(format_args!("its type is a {tag}"))),
        }
    }

    /// A type with what every die says: name, path, size, alignment.
    pub(super) fn plain(&self, die: &Die, kind: TypeKind) -> Type {
        let own = self.name(die).unwrap_or("");
        let path = self.path_around(die);
        let (krate, base_name) = match path.first() {
            Some(krate) => (*krate, without_generics(own)),
            None => split_path(own),
        };
        let mut segments = path.clone();
        segments.push(if own.is_empty() { "{unnamed}" } else { own });
        Type {
            name: segments.join("::").into(),
            krate: krate.into(),
            base_name: base_name.into(),
            size: die.unsigned(gimli::DW_AT_byte_size),
            align: die.unsigned(gimli::DW_AT_alignment),
            kind,
            params: Vec::new(),
        }
    }

    fn base_type(&self, die: &Die) -> Result<Type, Unreadable> {
        let kind = match self.name(die) {
            Some("!") => TypeKind::Never,
            Some("()") => TypeKind::Unit,
            _ => TypeKind::Base(encoding(die)?),
        };
        Ok(self.plain(die, kind))
    }

    fn pointer(&self, die: &Die, left: usize) -> Result<Type, Unreadable> {
        let to = die.type_ref();
        let size = Some(u64::from(die.unit.header.address_size()));
        let mut name: Option<Arc<str>> = self.name(die).map(Arc::from);
        if name.is_none() {
            // C's pointers have no name of their own.
            let pointee = to.and_then(|to| self.type_within(to, left).ok());
            let pointee = pointee.as_ref().map_or("()", |pointee| &*pointee.name);
            name = Some(format!("*mut {pointee}").into());
        }
        let name = name.unwrap_or_default();
        let flavour = flavour(&name);
        let (krate, base_name) = split_path(&name);
        let (krate, base_name) = (krate.into(), base_name.into());
        let kind = TypeKind::Pointer { to, flavour };
        let plain = self.plain(die, kind);
        Ok(Type { name, krate, base_name, size: plain.size.or(size), ..plain })
    }

    /// A type by another name, or with a qualifier that Rust does not know.
    fn alias(&self, die: &Die, left: usize) -> Result<Type, Unreadable> {
        let to = die.type_ref().ok_or_else(|| undescribed("its type is an alias of nothing"))?;
        let target = self.type_within(to, left)?;
        Ok(match self.name(die) {
            Some(_) => {
                let named = self.plain(die, target.kind.clone());
                let size = named.size.or(target.size);
                let align = named.align.or(target.align);
                Type { size, align, params: target.params.clone(), ..named }
            }
            None => (*target).clone(),
        })
    }
}

/// `DW_AT_encoding` (DWARF 5, section 7.8).
pub(super) fn encoding(die: &Die) -> Result<Encoding, Unreadable> {
    let value = match die.value(gimli::DW_AT_encoding) {
        Some(gimli::AttributeValue::Encoding(value)) => value,
        _ => return Err(undescribed("its type has no encoding")),
    };
    match value {
        gimli::DW_ATE_boolean => Ok(Encoding::Bool),
        gimli::DW_ATE_UTF | gimli::DW_ATE_UCS | gimli::DW_ATE_ASCII => Ok(Encoding::Char),
        gimli::DW_ATE_signed | gimli::DW_ATE_signed_char => Ok(Encoding::Signed),
        gimli::DW_ATE_unsigned | gimli::DW_ATE_unsigned_char | gimli::DW_ATE_address => {
            Ok(Encoding::Unsigned)
        }
        gimli::DW_ATE_float => Ok(Encoding::Float),
        other => Err(undescribed(format_args!("its type is encoded as {other}"))),
    }
}

fn flavour(name: &str) -> PointerFlavour {
    match name {
        _ if name.starts_with("&mut ") => PointerFlavour::Unique,
        _ if name.starts_with('&') => PointerFlavour::Shared,
        _ if name.starts_with("*const ") => PointerFlavour::Const,
        _ if name.starts_with("*mut ") => PointerFlavour::Mut,
        _ if name.starts_with("alloc::boxed::Box<") => PointerFlavour::Box,
        _ if is_function_pointer(name) => PointerFlavour::Function,
        // rustc names every pointer; what is left comes from elsewhere and may be written through.
        _ => PointerFlavour::Mut,
    }
}

/// `fn(…)`, with `unsafe`, `extern "C"` or `for<'a>` before it.
pub(super) fn is_function_pointer(name: &str) -> bool {
    let qualified = ["unsafe ", "extern ", "for<"].iter().any(|word| name.starts_with(word));
    name.starts_with("fn(") || (qualified && name.contains("fn("))
}

/// `Vec` of `Vec<i32>`. A name that begins with the angle bracket (`<T as Trait>::…`) stays whole.
fn without_generics(name: &str) -> &str {
    match name.find('<') {
        Some(at) if at > 0 => name.get(..at).unwrap_or(name),
        _ => name,
    }
}

/// The crate and the last segment of a name that is a path by itself, as rustc writes it for boxes:
/// `alloc::boxed::Box<…>`. A name that is not a path (`&str`, `(u8, u8)`) is its own last segment.
fn split_path(name: &str) -> (&str, &str) {
    let path = without_generics(name);
    let is_path = path.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':'));
    match (path.split_once("::"), path.rsplit_once("::")) {
        (Some((krate, _)), Some((_, last))) if is_path => (krate, last),
        _ if is_path && !path.is_empty() => ("", path),
        _ => ("", name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::debug_builds;
    use super::*;

    #[test]
    fn a_path_is_split_before_its_generic_arguments() {
        let boxed = "alloc::boxed::Box<dyn t::Tr, alloc::alloc::Global>";
        assert_eq!(split_path(boxed), ("alloc", "Box"));
        for whole in ["&str", "(u8, a::B)", "[a::B; 3]", "i32", "*const a::B", "dyn a::B"] {
            assert_eq!(split_path(whole), ("", whole));
        }
    }

    #[test]
    fn a_pointer_is_spelled_as_its_name_begins() {
        assert_eq!(flavour("&mut [u8]"), PointerFlavour::Unique);
        assert_eq!(flavour("&mutable::T"), PointerFlavour::Shared);
        assert_eq!(flavour("unsafe extern \"C\" fn(i32)"), PointerFlavour::Function);
        assert_eq!(flavour("alloc::boxed::Box<fn()>"), PointerFlavour::Box);
        assert_eq!(flavour("*const fn()"), PointerFlavour::Const);
    }

    #[test]
    fn scalars_have_their_encoding_and_size() {
        for build in debug_builds() {
            for (variable, name, encoding, size) in [
                ("boolean", "bool", Encoding::Bool, 1),
                ("letter", "char", Encoding::Char, 4),
                ("byte", "i8", Encoding::Signed, 1),
                ("wide", "u128", Encoding::Unsigned, 16),
                ("float", "f64", Encoding::Float, 8),
            ] {
                let ty = build.type_of(variable);
                assert_eq!((&*ty.name, ty.size, &*ty.krate), (name, Some(size), ""));
                assert_eq!(ty.kind, TypeKind::Base(encoding));
            }
        }
    }

    #[test]
    fn a_thin_pointer_has_a_pointee_and_a_flavour() {
        for build in debug_builds() {
            for (variable, name, flavour, to) in [
                ("shared", "&i8", PointerFlavour::Shared, "i8"),
                ("unique", "&mut i32", PointerFlavour::Unique, "i32"),
                ("raw", "*const i8", PointerFlavour::Const, "i8"),
                ("raw_mut", "*mut i32", PointerFlavour::Mut, "i32"),
                ("function", "fn(i32) -> i32", PointerFlavour::Function, "fn"),
            ] {
                let ty = build.type_of(variable);
                assert_eq!((&*ty.name, ty.size, &*ty.krate), (name, Some(8), ""));
                let TypeKind::Pointer { to: Some(pointee), flavour: found } = ty.kind else {
                    panic!("{ty:?}")
                };
                assert_eq!((found, &*build.ty(pointee).name), (flavour, to));
            }
            let boxed = build.type_of("boxed");
            assert!(boxed.is_std("Box"));
            let flavour = PointerFlavour::Box;
            assert!(matches!(boxed.kind, TypeKind::Pointer { flavour: f, .. } if f == flavour));
        }
    }

    #[test]
    fn what_is_no_type_is_not_described() {
        for build in debug_builds() {
            let function = build.function("program::six");
            let variable = build.variable(&function, "sum").die;
            for offset in [variable, 0, 1, usize::MAX] {
                let found = build.image.get(TypeRef(offset));
                assert!(matches!(found, Err(Unreadable::NotDescribed(_))), "{found:?}");
            }
        }
    }
}
