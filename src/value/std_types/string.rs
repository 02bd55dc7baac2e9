//! `String`: a `Vec<u8>` of text.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("String")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    Ok(Parts::Text(look.growing_row(look.ty(), 0)?))
}

#[cfg(test)]
mod tests {
    use crate::base::{Hold, VirtAddr};
    use crate::value::testing::World;
    use crate::value::{HeapSpan, Value, ValueKind};

    fn read(pointer: u64, len: u64, capacity: u64) -> (World, Value) {
        let mut world = World::new();
        let string = world.string();
        world.put(0x5000, b"hello \"w\xc3\xb6rld\"\n");
        let value = world.read_words(string, &[capacity, pointer, len]);
        (world, value)
    }

    #[test]
    fn a_string_is_its_text_and_owns_its_capacity() {
        let (world, value) = read(0x5000, 5, 16);
        assert_eq!(world.text(&value), "\"hello\"");
        let span = HeapSpan { pointer: VirtAddr(0x5000), used: 5, capacity: 16, hold: Hold::Owner };
        assert_eq!(value.heap, Some(span));
        let (world, value) = read(0x5000, 15, 16);
        assert_eq!(world.text(&value), r#""hello \"wörld\"\n""#);
    }

    #[test]
    fn an_empty_string_owns_nothing() {
        let (world, value) = read(1, 0, 0);
        assert_eq!((world.text(&value).as_str(), value.heap), ("\"\"", None));
    }

    #[test]
    fn a_long_string_is_cut_and_says_how_much_is_left() {
        let mut world = World::new();
        let string = world.string();
        world.put(0x5000, &[b'a'; 1000]);
        world.limits.text_bytes = 10;
        let value = world.read_words(string, &[1000, 0x5000, 1000]);
        assert_eq!(world.text(&value), "\"aaaaaaaaaa\"… 990 more bytes");
    }

    #[test]
    fn a_garbage_string_tells_its_words_and_what_is_wrong_with_them() {
        let (world, value) = read(0x5000, 1 << 60, 3);
        assert_eq!(
            world.text(&value),
            "<not a valid String: its length 1152921504606846976 exceeds its capacity 3>"
        );
        assert_eq!(value.field("length").unwrap().kind, ValueKind::Uint(1 << 60));
        assert_eq!(value.field("capacity").unwrap().kind, ValueKind::Uint(3));
        assert_eq!(value.heap, None);
        let (world, value) = read(0x5000, u64::MAX, u64::MAX);
        assert!(world.text(&value).contains("do not fit into memory"), "{value:?}");
        let (world, value) = read(0, 4, 4);
        assert_eq!(world.text(&value), "<not a valid String: its pointer is null>");
        let (world, value) = read(0xdead_0000, 4, 4);
        assert_eq!(world.text(&value), "<unmapped>");
        assert_eq!(value.field("length").unwrap().kind, ValueKind::Uint(4));
    }

    #[test]
    fn a_string_without_the_expected_members_is_shown_raw() {
        let mut world = World::new();
        let word = world.uint(8);
        let odd = world.record("alloc::string::String", 8, 8, &[("rope", word, 0)]);
        let value = world.read_words(odd, &[7]);
        assert_eq!(world.text(&value), "String { rope: 7 }");
        let ValueKind::Raw { why, .. } = value.kind else { panic!("{value:?}") };
        assert_eq!(why, "String has no member `ptr`");
    }
}
