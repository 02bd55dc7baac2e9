//! `Vec<T>`: pointer, length and capacity.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("Vec")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let element = look.param("T")?;
    Ok(Parts::Row(look.growing_row(look.ty(), 0)?, element))
}

#[cfg(test)]
mod tests {
    use crate::base::{Hold, VirtAddr};
    use crate::value::testing::World;
    use crate::value::{HeapSpan, ValueKind};

    #[test]
    fn a_vec_shows_its_first_elements_and_owns_its_capacity() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let vec = world.vec_of(u32_, true);
        let numbers: Vec<u8> = (0..100_u32).flat_map(u32::to_le_bytes).collect();
        world.put(0x5000, &numbers);
        let value = world.read_words(vec, &[128, 0x5000, 3]);
        assert_eq!(world.text(&value), "[0, 1, 2]");
        let span =
            HeapSpan { pointer: VirtAddr(0x5000), used: 12, capacity: 512, hold: Hold::Owner };
        assert_eq!(value.heap, Some(span));
        world.limits.elements = 3;
        let value = world.read_words(vec, &[128, 0x5000, 100]);
        assert_eq!(world.text(&value), "[0, 1, 2, … 97 more]");
    }

    #[test]
    fn a_vec_of_a_type_without_bytes_owns_nothing_however_long_it_is() {
        let mut world = World::new();
        let unit = world.unit();
        let vec = world.vec_of(unit, true);
        let value = world.read_words(vec, &[0, 1, u64::MAX]);
        let ValueKind::Sequence(sequence) = &value.kind else { panic!("{value:?}") };
        assert_eq!((sequence.items.len(), sequence.len), (10, u64::MAX));
        assert_eq!(value.heap, None);
    }

    #[test]
    fn nested_vecs_tell_the_blocks_of_their_elements() {
        let mut world = World::new();
        let string = world.string();
        let vec = world.vec_of(string, true);
        world.put_words(0x5000, &[5, 0x6000, 5, 8, 0x6100, 3]);
        world.put(0x6000, b"hello");
        world.put(0x6100, b"abc");
        let value = world.read_words(vec, &[2, 0x5000, 2]);
        assert_eq!(world.text(&value), r#"["hello", "abc"]"#);
        let parts: Vec<_> = value
            .heap_parts()
            .iter()
            .map(|part| (part.path.clone(), part.pointer.0, part.used, part.capacity))
            .collect();
        let expected = [
            (String::new(), 0x5000, 48, 48),
            ("[0]".to_owned(), 0x6000, 5, 5),
            ("[1]".to_owned(), 0x6100, 3, 8),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn an_unmapped_buffer_is_said_once_and_the_length_is_told() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let vec = world.vec_of(u32_, true);
        let value = world.read_words(vec, &[2, 0x9000, 2]);
        assert_eq!(world.text(&value), "<unmapped>");
        let words = &world.data(&value).children;
        assert_eq!(words[1].0, "length");
        assert_eq!(words[1].1.value.as_deref(), Some("2"));
    }
}
