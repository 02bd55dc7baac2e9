//! The path of a part of a value, by where it lies in it.

use crate::dwarf::{Type, TypeKind, TypeRef, Types};

/// How deep parts are followed.
const DEEPEST: usize = 16;
/// How many parts are looked at.
const MOST_PARTS: usize = 4096;

/// The path of the part of a value of a type that lies at an offset and has a type of this name:
/// `.field.0`, `[1]`; empty for the value itself. What std wraps a value in has no name in it:
/// nobody writes it. None where no part fits.
pub(in super::super) fn member_path(
    types: &dyn Types,
    whole: TypeRef,
    offset: u64,
    part: &str,
) -> Option<String> {
    let mut search = Search { types, part, left: MOST_PARTS };
    search.find(whole, offset, 0)
}

struct Search<'a> {
    types: &'a dyn Types,
    part: &'a str,
    left: usize,
}

impl Search<'_> {
    fn find(&mut self, whole: TypeRef, offset: u64, depth: usize) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        let ty = self.types.get(whole).ok()?;
        if offset == 0 && *ty.name == *self.part {
            return Some(String::new());
        }
        if depth >= DEEPEST {
            return None;
        }
        match &ty.kind {
            TypeKind::Struct { fields, .. } | TypeKind::Union { fields } => {
                fields.iter().find_map(|field| {
                    let within = self.within(field.ty, offset, field.offset)?;
                    let path = self.find(field.ty, within, depth + 1)?;
                    Some(named(&ty, &field.name, &path))
                })
            }
            TypeKind::Enum(part) => part.variants.iter().find_map(|variant| {
                let path = self.find(variant.ty?, offset, depth + 1)?;
                // A variant's fields are those of the enum: of `Option`'s there is one.
                Some(if is_std(&ty) {
                    path.strip_prefix(".0").unwrap_or(&path).into()
                } else {
                    path
                })
            }),
            TypeKind::Array { element, count } => {
                let size = self.types.get(*element).ok()?.size?;
                let index = offset.checked_div(size)?;
                (index < *count).then_some(())?;
                let path = self.find(*element, offset % size, depth + 1)?;
                Some(format!("[{index}]{path}"))
            }
            _ => None,
        }
    }

    /// The offset within a field, where it lies in it.
    fn within(&self, field: TypeRef, offset: u64, start: u64) -> Option<u64> {
        let size = self.types.get(field).ok()?.size?;
        let within = offset.checked_sub(start)?;
        (within < size || (size == 0 && within == 0)).then_some(within)
    }
}

fn named(whole: &Type, field: &str, path: &str) -> String {
    match is_std(whole) {
        true => path.to_owned(),
        false => format!(".{}{path}", field.strip_prefix("__").unwrap_or(field)),
    }
}

fn is_std(ty: &Type) -> bool {
    matches!(&*ty.krate, "core" | "alloc" | "std")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    #[test]
    fn a_part_is_named_by_its_fields_and_indices_without_what_std_wraps_it_in() {
        let mut world = World::new();
        let word = world.uint(8);
        let guard = world.record("a::Guard", 8, 8, &[("__0", word, 0)]);
        let cell = world.record("core::cell::UnsafeCell<a::Guard>", 8, 8, &[("value", guard, 0)]);
        let array = world.array(cell, 2);
        let tuple = world.record("(u64, a::Guard)", 16, 8, &[("__0", word, 0), ("__1", guard, 8)]);
        let fields = [("first", word, 0), ("list", array, 8), ("pair", tuple, 24)];
        let whole = world.record("a::Whole", 40, 8, &fields);
        let path = |offset| member_path(&world, whole, offset, "a::Guard");
        assert_eq!(path(8).as_deref(), Some(".list[0]"));
        assert_eq!(path(16).as_deref(), Some(".list[1]"));
        assert_eq!(path(32).as_deref(), Some(".pair.1"));
        assert_eq!((path(0), path(24), path(40), path(12)), (None, None, None, None));
        assert_eq!(member_path(&world, whole, 0, "a::Whole").as_deref(), Some(""));
    }
}
