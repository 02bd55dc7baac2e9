//! Where what grows keeps its words: `String`, `Vec` and what is built on the buffer of one.
//!
//! The readers read them once; who goes through a million elements finds their places once and reads
//! the words there again and again.

use super::{FAMILIES, Look, Row, members, string, vec};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeRef, Types};

/// Where the words of a growing row are, in bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::value) struct Words {
    pub(in crate::value) pointer: u64,
    pub(in crate::value) len: u64,
    pub(in crate::value) capacity: u64,
}

impl Words {
    fn of(types: &dyn Types, ty: &Type) -> Result<Words, Unreadable> {
        let word = |name: &str| {
            let member = members::peel(types, members::find(types, ty, name)?);
            members::check_word(ty, &member).map(|()| member.offset)
        };
        Ok(Words { pointer: word("ptr")?, len: word("len")?, capacity: word("cap")? })
    }

    /// The words of a row that begins so many bytes into something else. None beyond any address.
    pub(in crate::value) fn at(self, offset: u64) -> Option<Words> {
        let [pointer, len, capacity] =
            [self.pointer, self.len, self.capacity].map(|word| word.checked_add(offset));
        Some(Words { pointer: pointer?, len: len?, capacity: capacity? })
    }

    /// The row, with each word read by its place.
    pub(in crate::value) fn row<E>(
        self,
        mut word: impl FnMut(u64) -> Result<u64, E>,
    ) -> Result<Row, E> {
        Ok(Row {
            pointer: VirtAddr(word(self.pointer)?),
            len: word(self.len)?,
            capacity: Some(word(self.capacity)?),
            hold: Hold::Owner,
        })
    }
}

impl Look<'_, '_> {
    /// The row of something that grows and is of type `ty`, `offset` bytes into the value.
    pub(super) fn growing_row(&mut self, ty: &Type, offset: u64) -> Result<Row, Unreadable> {
        let words = Words::of(self.walk.reader.types, ty)?;
        let source = self.at.source.at(offset);
        words.row(|word| Ok(self.walk.number(&source.at(word), 8)? as u64))
    }
}

/// Whether a type is read by what is known of std, and not by its kind.
pub(in crate::value) fn is_read_here(ty: &Type) -> bool {
    FAMILIES.iter().any(|family| (family.of)(ty))
}

/// The words of a `String` or a `Vec`, with the type of its elements where these are not bytes of
/// text; none for other types, and for what is built otherwise.
pub(in crate::value) fn growing(types: &dyn Types, ty: &Type) -> Option<(Words, Option<TypeRef>)> {
    let element = match (string::is(ty), vec::is(ty)) {
        (true, _) => None,
        (false, true) => Some(ty.param("T")?),
        (false, false) => return None,
    };
    Some((Words::of(types, ty).ok()?, element))
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
            (growing(&world, &ty), is_read_here(&ty))
        };
        let text = Words { pointer: 8, len: 16, capacity: 0 };
        assert_eq!(of(string), (Some((text, None)), true));
        assert_eq!(of(vec), (Some((text, Some(u32_))), true));
        assert_eq!(of(ring), (None, true));
        assert_eq!(of(u32_), (None, false));
    }
}
