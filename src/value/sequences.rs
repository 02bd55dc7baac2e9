//! Elements in a row and bytes of text: what all sequences share, with the limits applied.

use super::model::{Fields, HeapSpan, Pointer, Sequence, Text, Value, ValueKind};
use super::place::{Place, Source};
use super::read::{At, Walk};
use super::shape::Elements;
use super::text::scalar;
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Location, PointerFlavour, TypeRef};

/// The words by which a std type refers to a row of elements elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// The first element.
    pub(super) pointer: VirtAddr,
    /// How many elements there are.
    pub(super) len: u64,
    /// For how many there is room; none for what does not grow.
    pub(super) capacity: Option<u64>,
    /// Whether the destructor of the value frees them.
    pub(super) hold: Hold,
}

impl Row {
    /// Checks the words against each other and gives the memory they describe: none where nothing
    /// was allocated.
    ///
    /// # Errors
    /// A sentence that says which of them cannot be.
    pub(super) fn span(&self, stride: u64) -> Result<Option<HeapSpan>, String> {
        let Row { pointer, len, capacity, hold } = *self;
        // Elements without bytes need no room: std gives such a Vec the capacity 0 or usize::MAX.
        if stride == 0 {
            return Ok(None);
        }
        let room = capacity.unwrap_or(len);
        if len > room {
            return Err(format!("its length {len} exceeds its capacity {room}"));
        }
        // An allocation never exceeds isize::MAX bytes (std::alloc::Layout).
        let bytes = |n: u64| n.checked_mul(stride).filter(|bytes| i64::try_from(*bytes).is_ok());
        let (Some(used), Some(capacity)) = (bytes(len), bytes(room)) else {
            return Err(format!("{room} elements of {stride} bytes do not fit into memory"));
        };
        if pointer.0 == 0 {
            return Err("its pointer is null".to_owned());
        }
        if pointer.checked_add(capacity).is_none() {
            return Err("its end lies beyond the address space".to_owned());
        }
        Ok((capacity > 0).then_some(HeapSpan { pointer, used, capacity, hold }))
    }
}

/// Elements where nothing is mapped, one behind the other, after which no more are looked at.
const IN_VAIN: usize = 16;

impl Walk<'_> {
    pub(super) fn array(&mut self, at: &At<'_>, element: TypeRef, count: u64) -> ValueKind {
        if self.is_text(element) {
            return self.text_in_place(at.source, count);
        }
        let items = self.elements(element, at.source, count, at.depth);
        ValueKind::Sequence(Sequence { len: count, items, ..Sequence::default() })
    }

    /// A value whose elements lie elsewhere.
    pub(super) fn row(&mut self, at: &At<'_>, row: Row, element: TypeRef) -> Value {
        if self.is_text(element) {
            return self.text(at, row);
        }
        let heap = match row.span(self.size_of(element)) {
            Ok(heap) => heap,
            Err(what) => return broken(at, row, at.invalid(&what)),
        };
        let items = self.elements(element, &Source::Memory(row.pointer), row.len, at.depth);
        if let Some(reason) = self.begins_nowhere(&row, &items) {
            return broken(at, row, reason);
        }
        let sequence = Sequence { len: row.len, items, ..Sequence::default() };
        let mut value = at.value(ValueKind::Sequence(sequence));
        value.heap = heap;
        value
    }

    /// A value whose elements lie elsewhere in a ring, of which the first has the index `first`.
    pub(super) fn ring(&mut self, at: &At<'_>, row: Row, first: u64, element: TypeRef) -> Value {
        let stride = self.size_of(element);
        let room = row.capacity.unwrap_or(row.len);
        let heap = match row.span(stride) {
            Ok(heap) => heap,
            Err(what) => return broken(at, row, at.invalid(&what)),
        };
        if stride != 0 && first >= room && row.len > 0 {
            let what = format!("its first index {first} is not below its capacity {room}");
            return broken(at, row, at.invalid(&what));
        }
        let start = Source::Memory(row.pointer);
        let before_end =
            if stride == 0 { row.len } else { row.len.min(room.saturating_sub(first)) };
        let head = start.at(first.saturating_mul(stride));
        let mut items = self.elements(element, &head, before_end, at.depth);
        let left = self.reader.limits.elements.saturating_sub(items.len()) as u64;
        let around = row.len.saturating_sub(before_end).min(left);
        items.extend(self.elements(element, &start, around, at.depth));
        let sequence = Sequence { len: row.len, items, ..Sequence::default() };
        let mut value = at.value(ValueKind::Sequence(sequence));
        value.heap = heap;
        value
    }

    /// A value whose bytes of text lie elsewhere.
    pub(super) fn text(&mut self, at: &At<'_>, row: Row) -> Value {
        let heap = match row.span(1) {
            Ok(heap) => heap,
            Err(what) => return broken(at, row, at.invalid(&what)),
        };
        let text = match self.text_at(&Source::Memory(row.pointer), row.pointer, row.len) {
            Ok(text) => text,
            Err(reason) => return broken(at, row, reason),
        };
        let mut value = at.value(ValueKind::Text(text));
        value.heap = heap;
        value
    }

    /// Text of that length from a place on, which is called `pointee`.
    pub(super) fn text_at(
        &mut self,
        source: &Source,
        pointee: VirtAddr,
        len: u64,
    ) -> Result<Text, Unreadable> {
        let wanted = len.min(self.reader.limits.text_bytes as u64);
        // The cap keeps this within what the caller of the reader chose, whatever `len` says.
        let wanted = usize::try_from(wanted).unwrap_or(0);
        let mut shown = self.bytes(source, wanted)?;
        if (shown.len() as u64) < len {
            drop_half_a_char(&mut shown);
        }
        Ok(Text { shown, len, pointee })
    }

    fn elements(&mut self, element: TypeRef, first: &Source, len: u64, depth: usize) -> Vec<Value> {
        let stride = self.size_of(element);
        if self.parts_left() == 0
            && let Source::Memory(at) = *first
        {
            let start = Location::Memory(at);
            let (first, ring, capacity) = (0, None, None);
            self.note_row(Elements { start, element, stride, len, first, ring, capacity });
        }
        let wanted = len.min(self.reader.limits.elements as u64);
        let mut items = Vec::new();
        let mut in_vain = 0_usize;
        for index in 0..wanted {
            if self.parts_left() == 0 {
                break;
            }
            let source = first.at(index.saturating_mul(stride));
            let item = self.value(element, &source, depth + 1);
            let in_vain_now = matches!(
                item.kind,
                ValueKind::Unreadable(Unreadable::Unmapped { .. } | Unreadable::Dangling { .. })
            );
            in_vain = if in_vain_now { in_vain.saturating_add(1) } else { 0 };
            items.push(item);
            if in_vain >= IN_VAIN {
                break;
            }
        }
        items
    }

    /// That nothing is mapped where a row of elements begins: its words say more then than as many
    /// complaints as it claims to have elements.
    fn begins_nowhere(&mut self, row: &Row, items: &[Value]) -> Option<Unreadable> {
        let first = items.first().filter(|first| first.size != Some(0))?;
        if scalar(first).is_some() {
            return None;
        }
        match self.bytes(&Source::Memory(row.pointer), 1) {
            Err(reason @ (Unreadable::Unmapped { .. } | Unreadable::Dangling { .. })) => {
                Some(reason)
            }
            _ => None,
        }
    }
}

/// The words of a value that cannot be followed, told all the same.
pub(super) fn broken(at: &At<'_>, row: Row, reason: Unreadable) -> Value {
    let word = |type_name: &str, kind| Value {
        type_name: type_name.into(),
        ty: None,
        place: Place::Computed,
        size: Some(8),
        kind,
        heap: None,
    };
    let pointer = Pointer {
        target: row.pointer,
        flavour: PointerFlavour::Const,
        pointee: None,
        vtable: None,
        counts: Vec::new(),
    };
    let mut list = vec![
        ("pointer".into(), word("*const u8", ValueKind::Pointer(pointer))),
        ("length".into(), word("usize", ValueKind::Uint(row.len.into()))),
    ];
    if let Some(capacity) = row.capacity {
        list.push(("capacity".into(), word("usize", ValueKind::Uint(capacity.into()))));
    }
    at.value(ValueKind::Broken { reason, fields: Fields { list, ..Fields::default() } })
}

/// Takes an incomplete UTF-8 sequence from the end of a text that was cut.
pub(super) fn drop_half_a_char(text: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(text)
        && error.error_len().is_none()
    {
        text.truncate(error.valid_up_to());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pointer: u64, len: u64, capacity: u64) -> Row {
        Row { pointer: VirtAddr(pointer), len, capacity: Some(capacity), hold: Hold::Owner }
    }

    #[test]
    fn words_that_contradict_each_other_are_not_believed() {
        let wrong = |row: Row| row.span(4).unwrap_err();
        assert_eq!(wrong(row(16, 5, 3)), "its length 5 exceeds its capacity 3");
        assert_eq!(wrong(row(0, 1, 1)), "its pointer is null");
        assert_eq!(
            wrong(row(16, 1 << 60, 1 << 62)),
            "4611686018427387904 elements of 4 bytes do not fit into memory"
        );
        assert_eq!(wrong(row(u64::MAX - 3, 1, 1)), "its end lies beyond the address space");
    }

    #[test]
    fn only_what_was_allocated_is_a_span() {
        assert_eq!(row(4, 0, 0).span(4), Ok(None));
        assert_eq!(row(1, 9, u64::MAX).span(0), Ok(None));
        let span = HeapSpan { pointer: VirtAddr(16), used: 8, capacity: 16, hold: Hold::Owner };
        assert_eq!(row(16, 2, 4).span(4), Ok(Some(span)));
    }

    #[test]
    fn a_text_is_cut_between_characters_and_bad_bytes_are_kept() {
        let cut = |bytes: &[u8]| {
            let mut text = bytes.to_vec();
            drop_half_a_char(&mut text);
            text
        };
        assert_eq!(cut("aé".as_bytes()), "aé".as_bytes());
        assert_eq!(cut(b"a\xc3"), b"a");
        assert_eq!(cut(b"a\xff"), b"a\xff");
    }
}
