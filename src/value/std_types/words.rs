//! Where a `String` or a `Vec` keeps its words, for who reads very many of them.

use super::{FAMILIES, Member, members, string, vec};
use crate::dwarf::{Type, TypeRef, Types};

/// Where the words of a growing row are, in bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::value) struct Words {
    pub(in crate::value) pointer: u64,
    pub(in crate::value) len: u64,
    pub(in crate::value) capacity: u64,
    /// The type of its elements; none where they are bytes of text.
    pub(in crate::value) element: Option<TypeRef>,
}

/// Whether a type is read by what is known of std, and not by its kind.
pub(in crate::value) fn is_read_here(ty: &Type) -> bool {
    FAMILIES.iter().any(|family| (family.of)(ty))
}

/// The words of a `String` or a `Vec`; none for other types, and for what is built otherwise.
pub(in crate::value) fn words(types: &dyn Types, ty: &Type) -> Option<Words> {
    let element = match (string::is(ty), vec::is(ty)) {
        (true, _) => None,
        (false, true) => Some(ty.param("T")?),
        (false, false) => return None,
    };
    let word = |name: &str| {
        let Member { ty, offset, .. } = members::peel(types, members::find(types, ty, name).ok()?);
        (ty.size == Some(8)).then_some(offset)
    };
    Some(Words { pointer: word("ptr")?, len: word("len")?, capacity: word("cap")?, element })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    #[test]
    fn the_words_of_both_are_found_and_those_of_other_types_are_not() {
        let mut world = World::new();
        let (u32_, string) = (world.uint(4), world.string());
        let (vec, ring) = (world.vec_of(u32_, false), world.vec_deque_of(u32_));
        let of = |id| {
            let ty = world.get(id).unwrap();
            (words(&world, &ty), is_read_here(&ty))
        };
        let text = Words { pointer: 8, len: 16, capacity: 0, element: None };
        assert_eq!(of(string), (Some(text), true));
        assert_eq!(of(vec), (Some(Words { element: Some(u32_), ..text }), true));
        assert_eq!(of(ring), (None, true));
        assert_eq!(of(u32_), (None, false));
    }
}
