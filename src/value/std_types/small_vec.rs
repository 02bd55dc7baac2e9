//! `SmallVec` of the crate `smallvec`: elements within it, or a pointer to them.
//!
//! `capacity` tells which: up to the inline capacity it is the length of what lies within, above it
//! the capacity of the block. `data` is an enum, or a union with the feature `union`; the bytes of
//! both say the same.

use super::{Look, Member, Parts, Row, members};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Type, TypeKind};

pub(super) fn is(ty: &Type) -> bool {
    &*ty.krate == "smallvec" && &*ty.base_name == "SmallVec"
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let array = types.get(look.param("A")?)?;
    let TypeKind::Array { element, count: room } = array.kind else {
        return Err(members::missing(look.ty(), "A"));
    };
    let capacity = look.word("capacity")?;
    let inline = look.walk.size_of(element) == 0 || capacity <= room;
    let part = data(look, inline)?;
    if inline {
        return Ok(Parts::Made(look.elements_within(part.offset, element, capacity)));
    }
    let names = if part.ty.field("ptr").is_some() { ["ptr", "len"] } else { ["__0", "__1"] };
    let pointer = VirtAddr(look.word_in(&part, names[0])?);
    let len = look.word_in(&part, names[1])?;
    let row = Row { pointer, len, capacity: Some(capacity), hold: Hold::Owner };
    Ok(Parts::Row(row, element))
}

/// The half of `data` that is live.
fn data(look: &Look<'_, '_>, inline: bool) -> Result<Member, Unreadable> {
    let types = look.walk.reader.types;
    let data = look.find("data")?;
    let wanted = if inline { ["Inline", "inline"] } else { ["Heap", "heap"] };
    let missing = || members::missing(look.ty(), wanted[1]);
    let (id, offset) = match &data.ty.kind {
        TypeKind::Enum(part) => {
            let variant = part.variants.iter().find(|variant| &*variant.name == wanted[0]);
            let id = variant.and_then(|variant| variant.ty).ok_or_else(missing)?;
            let ty = types.get(id)?;
            // The elements are the only field of their variant.
            match ty.field("__0").filter(|_| inline) {
                Some(field) => (field.ty, field.offset),
                None => (id, 0),
            }
        }
        TypeKind::Union { fields } => {
            let field = fields.iter().find(|field| &*field.name == wanted[1]);
            field.map(|field| (field.ty, field.offset)).ok_or_else(missing)?
        }
        _ => return Err(missing()),
    };
    Ok(Member { id, ty: types.get(id)?, offset: data.offset.saturating_add(offset) })
}

#[cfg(test)]
mod tests {
    use crate::base::VirtAddr;
    use crate::dwarf::TypeRef;
    use crate::value::testing::World;

    /// A `SmallVec<[u32; 4]>` with the capacity at 24.
    fn small(world: &mut World, of_union: bool) -> TypeRef {
        let (u32_, word) = (world.uint(4), world.uint(8));
        let array = world.array(u32_, 4);
        let unset = world.union("core::mem::maybe_uninit::MaybeUninit<[u32; 4]>", 16, 4, &[array]);
        let pointer = world.non_null(u32_);
        let data = if of_union {
            let heap =
                world.tuple_struct("(NonNull<u32>, usize)", 16, 8, &[(pointer, 0), (word, 8)]);
            let fields = [("inline", unset), ("heap", heap)];
            world.named_union("smallvec::SmallVecData<[u32; 4]>", 24, &fields)
        } else {
            let inline = world.tuple_struct("Inline", 24, 8, &[(unset, 4)]);
            let heap = world.record("Heap", 24, 8, &[("ptr", pointer, 8), ("len", word, 16)]);
            let tag = Some((u32_, 0));
            let variants: [(&str, &[u128], _); 2] =
                [("Inline", &[0], Some(inline)), ("Heap", &[1], Some(heap))];
            world.enumeration("smallvec::SmallVecData<[u32; 4]>", 24, 8, tag, &variants)
        };
        let fields = [("data", data, 0), ("capacity", word, 24)];
        let ty = world.record("smallvec::SmallVec<[u32; 4]>", 32, 8, &fields);
        world.with_params(ty, &[("A", array)])
    }

    #[test]
    fn up_to_the_inline_capacity_the_elements_are_within() {
        let mut world = World::new();
        let (of_enum, of_union) = (small(&mut world, false), small(&mut world, true));
        let value = world.read_words(of_enum, &[7 << 32, 8, 0, 2]);
        assert_eq!((world.text(&value).as_str(), value.heap), ("[7, 8]", None));
        let value = world.read_words(of_union, &[7 | 8 << 32, 9, 0, 3]);
        assert_eq!(world.text(&value), "[7, 8, 9]");
    }

    #[test]
    fn a_larger_capacity_is_that_of_a_block() {
        let mut world = World::new();
        let (of_enum, of_union) = (small(&mut world, false), small(&mut world, true));
        world.put(0x5000, &[1, 0, 0, 0, 2, 0, 0, 0]);
        for (ty, words) in [(of_enum, [1, 0x5000, 2, 8]), (of_union, [0x5000, 2, 0, 8])] {
            let value = world.read_words(ty, &words);
            assert_eq!(world.text(&value), "[1, 2]");
            let span = value.heap.map(|heap| (heap.pointer, heap.used, heap.capacity));
            assert_eq!(span, Some((VirtAddr(0x5000), 8, 32)));
        }
        let mad = world.read_words(of_union, &[0x5000, 9, 0, 8]);
        let text = "<not a valid SmallVec: its length 9 exceeds its capacity 8>";
        assert_eq!(world.text(&mad), text);
    }
}
