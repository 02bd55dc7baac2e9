//! The path of a part of a value, by where it lies in it.

use std::sync::Arc;

use crate::dwarf::{Type, TypeKind, TypeRef, Types, VariantPart};

/// How deep parts are followed.
const DEEPEST: usize = 16;
/// How many parts are looked at.
const MOST_PARTS: usize = 4096;

/// Which variant an enum of a type has that begins so many bytes before the part that is looked for;
/// none where that is not known.
pub(in super::super) type VariantAt<'a> = &'a dyn Fn(TypeRef, u64) -> Option<Arc<str>>;

/// The path of the part of a value of a type that lies at an offset and has a type of this name:
/// `.field.0`, `[1]`; empty for the value itself. What std wraps a value in has no name in it:
/// nobody writes it. None where no part fits, or parts of several variants do and `variant` does not
/// tell.
pub(in super::super) fn member_path(
    types: &dyn Types,
    whole: TypeRef,
    offset: u64,
    part: &str,
    variant: VariantAt<'_>,
) -> Option<String> {
    let mut search = Search { types, part, variant, left: MOST_PARTS };
    search.find(whole, offset, 0)
}

struct Search<'a> {
    types: &'a dyn Types,
    part: &'a str,
    variant: VariantAt<'a>,
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
            TypeKind::Enum(part) => self.in_variants(whole, part, offset, depth),
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

    /// The path in a variant: in the one that the value has, where several have such a part and name
    /// it differently.
    fn in_variants(
        &mut self,
        whole: TypeRef,
        part: &VariantPart,
        offset: u64,
        depth: usize,
    ) -> Option<String> {
        let mut found: Vec<(&str, String)> = Vec::new();
        for variant in &part.variants {
            let path = variant.ty.and_then(|ty| self.find(ty, offset, depth + 1));
            found.extend(path.map(|path| (&*variant.name, path)));
        }
        // What was not looked at may be named differently, too.
        let (_, first) = found.first().filter(|_| self.left > 0)?;
        if found.iter().any(|(_, path)| path != first) {
            let has = (self.variant)(whole, offset)?;
            found.retain(|(variant, _)| *variant == &*has);
        }
        found.pop().map(|(_, path)| path)
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
        let path = |offset| member_path(&world, whole, offset, "a::Guard", &|_, _| None);
        assert_eq!(path(8).as_deref(), Some(".list[0]"));
        assert_eq!(path(16).as_deref(), Some(".list[1]"));
        assert_eq!(path(32).as_deref(), Some(".pair.1"));
        assert_eq!((path(0), path(24), path(40), path(12)), (None, None, None, None));
        let itself = member_path(&world, whole, 0, "a::Whole", &|_, _| None);
        assert_eq!(itself.as_deref(), Some(""));
    }

    #[test]
    fn what_lies_in_an_option_is_named_by_what_is_behind_it_alone() {
        let mut world = World::new();
        let word = world.uint(8);
        let guard = world.record("a::Guard", 8, 8, &[("__0", word, 0)]);
        let pair = "(a::Guard, a::Guard)";
        let pair = world.record(pair, 16, 8, &[("__0", guard, 0), ("__1", guard, 8)]);
        let name = "core::option::Option<(a::Guard, a::Guard)>";
        let some = world.record(&format!("{name}::Some"), 24, 8, &[("__0", pair, 8)]);
        let variants: [(&str, &[u128], _); 2] = [("None", &[0], None), ("Some", &[1], Some(some))];
        let option = world.enumeration(name, 24, 8, Some((word, 0)), &variants);
        let path = |offset| member_path(&world, option, offset, "a::Guard", &|_, _| None);
        assert_eq!((path(8).as_deref(), path(16).as_deref()), (Some(".0"), Some(".1")));
        assert_eq!(path(0), None);
    }

    #[test]
    fn a_part_that_variants_name_differently_is_that_of_the_variant_that_is_there() {
        let mut world = World::new();
        let word = world.uint(8);
        let guard = world.record("a::Guard", 8, 8, &[("__0", word, 0)]);
        let one = world.record("a::Own::One", 24, 8, &[("left", guard, 8), ("same", guard, 16)]);
        let two = world.record("a::Own::Two", 24, 8, &[("right", guard, 8), ("same", guard, 16)]);
        let variants: [(&str, &[u128], _); 2] =
            [("One", &[0], Some(one)), ("Two", &[1], Some(two))];
        let own = world.enumeration("a::Own", 24, 8, Some((word, 0)), &variants);
        let path = |at, has: Option<&'static str>| {
            let variant = |ty, before| has.filter(|_| ty == own && before == at).map(Into::into);
            member_path(&world, own, at, "a::Guard", &variant)
        };
        assert_eq!(path(8, Some("Two")).as_deref(), Some(".right"));
        assert_eq!(path(8, Some("One")).as_deref(), Some(".left"));
        assert_eq!((path(8, Some("Three")), path(8, None)), (None, None));
        assert_eq!(path(16, None).as_deref(), Some(".same"));
    }
}
