//! Bytes that somebody asks to see as text: arrays and rows of `u8`, and C strings.

use super::model::{Text, Value, ValueKind};
use super::place::{Place, Source};
use super::read::Walk;
use super::sequences::drop_half_a_char;
use crate::base::VirtAddr;
use crate::dwarf::{Encoding, TypeKind, TypeRef};

/// Bytes in which the zero at the end of a C string is looked for.
const LONGEST: u64 = 64 * 1024;

/// Bytes that are read at once in search of it. Reads are aligned to this, so that none of them
/// touches a page that the string does not reach.
const CHUNK: u64 = 256;

impl Walk<'_> {
    /// Whether elements of the type are to be read as text: one byte each, and text was asked for.
    pub(super) fn is_text(&self, element: TypeRef) -> bool {
        let is_byte = |element| {
            let ty = self.reader.types.get(element).ok()?;
            let number = TypeKind::Base(Encoding::Unsigned) == ty.kind
                || TypeKind::Base(Encoding::Signed) == ty.kind;
            Some(number && ty.size == Some(1))
        };
        self.reader.limits.bytes_as_text && is_byte(element).unwrap_or(false)
    }

    /// The text in an array of bytes.
    pub(super) fn text_in_place(&mut self, source: &Source, len: u64) -> ValueKind {
        let wanted = len.min(self.reader.limits.text_bytes as u64);
        let wanted = usize::try_from(wanted).unwrap_or(0);
        let mut shown = match self.bytes(source, wanted) {
            Ok(bytes) => bytes,
            Err(reason) => return ValueKind::Unreadable(reason),
        };
        if (shown.len() as u64) < len {
            drop_half_a_char(&mut shown);
        }
        let pointee = source.place(len).address().unwrap_or_default();
        ValueKind::Text(Text { shown, len, pointee })
    }

    /// The text that a raw pointer to bytes leads to, where text was asked for and a zero ends it.
    pub(super) fn c_text(&mut self, to: TypeRef, target: VirtAddr) -> Option<Box<Value>> {
        if target.0 == 0 || !self.is_text(to) {
            return None;
        }
        let mut shown = Vec::new();
        let limit = self.reader.limits.text_bytes;
        let mut len = 0_u64;
        while len < LONGEST {
            let at = target.checked_add(len)?;
            let chunk = CHUNK.saturating_sub(at.0 % CHUNK);
            let bytes = self.bytes(&Source::Memory(at), usize::try_from(chunk).ok()?).ok()?;
            let end = bytes.iter().position(|byte| *byte == 0);
            let text = bytes.get(..end.unwrap_or(bytes.len()))?;
            let room = limit.saturating_sub(shown.len());
            shown.extend(text.iter().take(room));
            len = len.saturating_add(text.len() as u64);
            if end.is_some() {
                if (shown.len() as u64) < len {
                    drop_half_a_char(&mut shown);
                }
                return Some(Box::new(c_string(Text { shown, len, pointee: target })));
            }
        }
        None
    }
}

fn c_string(text: Text) -> Value {
    Value {
        type_name: "CStr".into(),
        ty: None,
        place: Place::Memory(text.pointee),
        size: text.len.checked_add(1),
        kind: ValueKind::Text(text),
        heap: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::base::VirtAddr;
    use crate::dwarf::PointerFlavour;
    use crate::value::ValueKind;
    use crate::value::testing::World;

    #[test]
    fn rows_and_arrays_of_bytes_are_read_as_text_on_demand() {
        let mut world = World::new();
        let (u8_, u32_) = (world.uint(1), world.uint(4));
        let (vec, array) = (world.vec_of(u8_, true), world.array(u8_, 3));
        let numbers = world.vec_of(u32_, true);
        world.put(0x5000, b"hello\0\0\0\0\0\0\0");
        world.limits.bytes_as_text = true;
        assert_eq!(world.text(&world.read_words(vec, &[5, 0x5000, 5])), "\"hello\"");
        assert_eq!(world.text(&world.read_bytes(array, b"abc")), "\"abc\"");
        assert_eq!(world.text(&world.read_words(numbers, &[1, 0x5004, 1])), "[111]");
        world.limits.text_bytes = 2;
        let cut = world.read_bytes(array, b"abc");
        assert_eq!(world.text(&cut), "\"ab\"… 1 more byte");
        world.limits.bytes_as_text = false;
        assert_eq!(world.text(&world.read_bytes(array, b"abc")), "[97, 98, 99]");
    }

    #[test]
    fn a_raw_pointer_to_bytes_is_followed_up_to_the_zero_and_no_page_further() {
        let mut world = World::new();
        let i8_ = world.base("i8", crate::dwarf::Encoding::Signed, 1);
        let raw = world.pointer("*const i8", Some(i8_), PointerFlavour::Const);
        // The string ends in the last byte that is mapped.
        let mut page = vec![b'x'; 0x200];
        page[0x1ff] = 0;
        world.put(0x5000, &page);
        world.limits.bytes_as_text = true;
        let value = world.read_words(raw, &[0x51fa]);
        let ValueKind::Pointer(pointer) = &value.kind else { panic!("{value:?}") };
        let text = pointer.pointee.as_deref().unwrap();
        let ValueKind::Text(text) = &text.kind else { panic!("{text:?}") };
        assert_eq!((&*text.shown, text.len, text.pointee), (&b"xxxxx"[..], 5, VirtAddr(0x51fa)));
        // Nothing ends it: it is no text, and is not followed.
        let mut endless = World::new();
        let u8_ = endless.uint(1);
        let raw = endless.pointer("*const u8", Some(u8_), PointerFlavour::Const);
        endless.put(0x5000, &[b'x'; 0x100]);
        endless.limits.bytes_as_text = true;
        assert_eq!(endless.text(&endless.read_words(raw, &[0x5000])), "*const u8 → @5000");
        assert_eq!(endless.text(&endless.read_words(raw, &[0])), "*const u8 → null");
    }

    #[test]
    fn the_raw_form_shows_the_fields_that_std_itself_declares() {
        let mut world = World::new();
        let string = world.string();
        world.limits.raw = true;
        let value = world.read_words(string, &[8, 0x5000, 5]);
        let text = world.text(&value);
        assert!(text.starts_with("String { vec: Vec { buf: RawVec { inner: RawVecInner"), "{text}");
        assert!(text.contains("pointer: *const u8 → @5000"), "{text}");
        assert!(text.ends_with("len: 5 } }"), "{text}");
    }
}
