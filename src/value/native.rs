//! A value as the types of Rust that a program compares it with.
//!
//! Each answer is the whole truth or none: a text or a sequence of which a limit has left something
//! out is no text and no sequence here.

use std::sync::Arc;

use super::data::entry_label;
use super::model::{Float, Value, ValueKind};
use crate::base::Unreadable;
use crate::dwarf::PointerFlavour;

impl Value {
    /// What references and boxes lead to, however many there are around it; otherwise the value
    /// itself. Raw pointers are values of their own.
    pub fn behind(&self) -> &Value {
        let mut value = self;
        while let ValueKind::Pointer(pointer) = &value.kind {
            use PointerFlavour::{Box, Shared, Unique};
            let plain = pointer.counts.is_empty() && pointer.vtable.is_none();
            let Some(inner) = pointer.pointee.as_deref().filter(|_| plain) else { break };
            if !matches!(pointer.flavour, Shared | Unique | Box) {
                break;
            }
            value = inner;
        }
        value
    }

    /// A `bool`, also behind references.
    pub fn as_bool(&self) -> Option<bool> {
        match self.behind().kind {
            ValueKind::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A `char`, also behind references.
    pub fn as_char(&self) -> Option<char> {
        match self.behind().kind {
            ValueKind::Char(value) => Some(value),
            _ => None,
        }
    }

    /// An integer of any type, also behind references; none where it is beyond an `i128`.
    pub fn as_i128(&self) -> Option<i128> {
        match self.behind().kind {
            ValueKind::Int(value) => Some(value),
            ValueKind::Uint(value) => value.try_into().ok(),
            _ => None,
        }
    }

    /// An integer of any type that an `i64` can hold, also behind references.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_i128()?.try_into().ok()
    }

    /// An integer of any type that a `u64` can hold, also behind references.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i128()?.try_into().ok()
    }

    /// A floating point number, also behind references; none of a type that Rust has not made
    /// stable.
    pub fn as_f64(&self) -> Option<f64> {
        match self.behind().kind {
            ValueKind::Float(Float::Single(value)) => Some(value.into()),
            ValueKind::Float(Float::Double(value)) => Some(value),
            _ => None,
        }
    }

    /// A text, also behind references, where all of it was read and is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match &self.behind().kind {
            ValueKind::Text(text) if text.more() == 0 => std::str::from_utf8(&text.shown).ok(),
            _ => None,
        }
    }

    /// The elements of an array, a slice, a `Vec`, a set, where all of them were read.
    pub fn items(&self) -> Option<&[Value]> {
        match &self.behind().kind {
            ValueKind::Sequence(row) | ValueKind::Set(row) if row.more() == 0 => Some(&row.items),
            _ => None,
        }
    }

    /// Keys and values of a map, where all of them were read.
    pub fn entries(&self) -> Option<&[(Value, Value)]> {
        match &self.behind().kind {
            ValueKind::Map(map) if map.more() == 0 => Some(&map.entries),
            _ => None,
        }
    }

    /// How many bytes a text has, how many elements a sequence, how many entries a map: all of them,
    /// whether they were read or not.
    pub fn count(&self) -> Option<u64> {
        match &self.behind().kind {
            ValueKind::Text(text) => Some(text.len),
            ValueKind::Sequence(row) | ValueKind::Set(row) => Some(row.len),
            ValueKind::Map(map) => Some(map.len),
            _ => None,
        }
    }

    /// The name of the variant of an enum.
    pub fn variant(&self) -> Option<&str> {
        match &self.behind().kind {
            ValueKind::Enum { variant, .. } => Some(variant),
            _ => None,
        }
    }

    /// Why it has no value, where it has none.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        match &self.behind().kind {
            ValueKind::Unreadable(reason) | ValueKind::Broken { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// The parts that were read, by name: fields, elements as `[0]`, entries of a map as `["key"]`,
    /// and what a pointer leads to as `*`.
    pub fn children(&self) -> Vec<(Arc<str>, &Value)> {
        match &self.kind {
            ValueKind::Sequence(row) | ValueKind::Set(row) => {
                let named = row.items.iter().enumerate();
                named.map(|(index, item)| (format!("[{index}]").into(), item)).collect()
            }
            ValueKind::Map(map) => {
                let named = map.entries.iter().enumerate();
                named.map(|(i, (key, value))| (entry_label(i, key).into(), value)).collect()
            }
            ValueKind::Pointer(pointer) => {
                let pointee = pointer.pointee.as_deref().into_iter();
                pointee.map(|pointee| ("*".into(), pointee)).collect()
            }
            _ => {
                let fields = self.fields().into_iter().flat_map(|fields| &fields.list);
                fields.map(|(name, value)| (name.clone(), value)).collect()
            }
        }
    }

    /// One of [`Value::children`], also behind references.
    pub fn child(&self, name: &str) -> Option<&Value> {
        let children = self.behind().children();
        children.into_iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VirtAddr;
    use crate::value::{Place, Pointer, Sequence, Text};

    fn value(kind: ValueKind) -> Value {
        let (ty, place, size, heap) = (None, Place::Computed, None, None);
        Value { type_name: "T".into(), ty, place, size, kind, heap }
    }

    fn text(shown: &[u8], len: u64) -> Value {
        value(ValueKind::Text(Text { shown: shown.to_vec(), len, pointee: VirtAddr(1) }))
    }

    fn pointer(flavour: PointerFlavour, to: Value) -> Value {
        value(ValueKind::Pointer(Pointer {
            target: VirtAddr(1),
            flavour,
            pointee: Some(Box::new(to)),
            vtable: None,
            counts: Vec::new(),
        }))
    }

    #[test]
    fn what_a_limit_has_cut_off_is_no_text_and_no_sequence() {
        assert_eq!(text(b"abc", 3).as_str(), Some("abc"));
        assert_eq!(text(b"abc", 4).as_str(), None);
        assert_eq!(text(b"abc", 4).count(), Some(4));
        assert_eq!(text(b"\xff", 1).as_str(), None);
        let row = |len| {
            let items = vec![value(ValueKind::Int(1))];
            value(ValueKind::Sequence(Sequence { len, items, nodes: Vec::new() }))
        };
        assert_eq!(row(1).items().map(<[Value]>::len), Some(1));
        assert_eq!((row(2).items(), row(2).count()), (None, Some(2)));
        assert_eq!(row(2).child("[0]").and_then(Value::as_i64), Some(1));
    }

    #[test]
    fn integers_are_given_where_they_fit() {
        let most = value(ValueKind::Uint(u128::from(u64::MAX)));
        assert_eq!((most.as_i64(), most.as_u64()), (None, Some(u64::MAX)));
        assert_eq!(value(ValueKind::Int(-1)).as_u64(), None);
        assert_eq!(value(ValueKind::Uint(u128::MAX)).as_i128(), None);
        assert_eq!(value(ValueKind::Bool(true)).as_i64(), None);
    }

    #[test]
    fn references_are_looked_through_and_raw_pointers_are_not() {
        use PointerFlavour::{Box, Const, Shared};
        let twice = pointer(Shared, pointer(Box, value(ValueKind::Int(5))));
        assert_eq!(twice.as_i64(), Some(5));
        assert_eq!(pointer(Const, value(ValueKind::Int(5))).as_i64(), None);
    }
}
