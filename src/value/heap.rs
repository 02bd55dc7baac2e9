//! Which heap memory a value leads to.

use std::sync::Arc;

use super::data::entry_label;
use super::model::{Fields, HeapSpan, Map, Sequence, Value, ValueKind};
use crate::base::{Hold, VirtAddr};

/// A part of a value that leads to memory elsewhere.
///
/// Whether that memory is a block of the heap, only the ledger knows: a `&str` may lead to a
/// section of the file, and a reference to the stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeapPart {
    /// The part: empty for the value itself, `[1]`, `["key"]`, `.node[1]`, `.name`, `*` for what a pointer leads to, and
    /// these one after the other.
    pub path: String,
    /// Where the memory begins.
    pub pointer: VirtAddr,
    /// Bytes that hold values.
    pub used: u64,
    /// Bytes that the part may use without asking the allocator.
    pub capacity: u64,
    /// What the value that was asked for is to the memory. What lies behind a reference is owned by
    /// somebody else.
    pub hold: Hold,
    /// The full name of the type of the part.
    pub type_name: Arc<str>,
    /// Elements behind this part that were not read, and whose own parts are therefore not listed.
    pub more: u64,
}

impl Value {
    /// Every part of the value that leads to memory elsewhere, the outer before the inner ones, as
    /// far as the value was read.
    pub fn heap_parts(&self) -> Vec<HeapPart> {
        let mut parts = Vec::new();
        self.collect(&mut String::new(), Hold::Owner, &mut parts);
        parts
    }

    fn collect(&self, path: &mut String, outer: Hold, into: &mut Vec<HeapPart>) {
        if let Some(HeapSpan { pointer, used, capacity, hold }) = self.heap {
            into.push(HeapPart {
                path: path.clone(),
                pointer,
                used,
                capacity,
                hold: hold.within(outer),
                type_name: self.type_name.clone(),
                more: self.more(),
            });
        }
        for (index, node) in self.nodes().iter().enumerate() {
            into.push(HeapPart {
                path: format!("{path}.node[{}]", index.saturating_add(1)),
                pointer: node.pointer,
                used: node.used,
                capacity: node.capacity,
                hold: node.hold.within(outer),
                type_name: self.type_name.clone(),
                more: 0,
            });
        }
        let inner = self.hold_of_parts().within(outer);
        let mut step = |name: String, part: &Value| {
            let len = path.len();
            path.push_str(&name);
            part.collect(path, inner, into);
            path.truncate(len);
        };
        match &self.kind {
            ValueKind::Pointer(pointer) => {
                if let Some(pointee) = &pointer.pointee {
                    step("*".to_owned(), pointee);
                }
            }
            ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => {
                for (index, item) in sequence.items.iter().enumerate() {
                    step(format!("[{index}]"), item);
                }
            }
            ValueKind::Map(map) => {
                for (index, (key, value)) in map.entries.iter().enumerate() {
                    let label = entry_label(index, key);
                    step(format!("{label}.key"), key);
                    step(label, value);
                }
            }
            // The words of a broken value lead nowhere that could be trusted.
            ValueKind::Broken { .. } => {}
            _ => {
                for (name, field) in self.fields().map_or(&[][..], |Fields { list, .. }| list) {
                    step(format!(".{name}"), field);
                }
            }
        }
    }

    /// How the value holds its parts.
    pub(super) fn hold_of_parts(&self) -> Hold {
        match (&self.kind, self.heap) {
            // What lies behind a union's fields is the business of who knows which field is live.
            (ValueKind::Union { .. }, _) => Hold::Refers,
            (ValueKind::Pointer(_) | ValueKind::Sequence(_), Some(heap)) => heap.hold,
            // A box of a type without bytes has no heap memory, and nothing in it has either.
            _ => Hold::Owner,
        }
    }

    /// The memory that it leads to beside its own.
    pub(super) fn nodes(&self) -> &[HeapSpan] {
        match &self.kind {
            ValueKind::Sequence(Sequence { nodes, .. })
            | ValueKind::Set(Sequence { nodes, .. })
            | ValueKind::Map(Map { nodes, .. }) => nodes,
            _ => &[],
        }
    }

    pub(super) fn more(&self) -> u64 {
        match &self.kind {
            ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => sequence.more(),
            ValueKind::Map(map) => map.more(),
            _ => self.fields().map_or(0, |fields| fields.more),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::PointerFlavour;
    use crate::value::testing::World;

    fn listed(value: &Value) -> Vec<(String, u64, bool)> {
        let part = |part: HeapPart| (part.path, part.pointer.0, part.hold == Hold::Owner);
        value.heap_parts().into_iter().map(part).collect()
    }

    #[test]
    fn paths_name_fields_elements_and_pointees() {
        let mut world = World::new();
        let string = world.string();
        let boxed = world.pointer("alloc::boxed::Box<String>", Some(string), PointerFlavour::Box);
        let fields = [("id", boxed, 0), ("name", string, 8)];
        let record = world.record("krate::Row", 32, 8, &fields);
        let vec = world.vec_of(record, true);
        world.put_words(0x5000, &[0x6000, 4, 0x7100, 4]);
        world.put_words(0x6000, &[4, 0x7000, 4]);
        world.put(0x7000, b"abcd");
        world.put(0x7100, b"efgh");
        let value = world.read_words(vec, &[1, 0x5000, 1]);
        assert_eq!(world.text(&value), r#"[Row { id: "abcd", name: "efgh" }]"#);
        let expected = [
            (String::new(), 0x5000, true),
            ("[0].id".to_owned(), 0x6000, true),
            ("[0].id*".to_owned(), 0x7000, true),
            ("[0].name".to_owned(), 0x7100, true),
        ];
        assert_eq!(listed(&value), expected);
    }

    #[test]
    fn what_lies_behind_a_reference_is_not_owned() {
        let mut world = World::new();
        let string = world.string();
        let shared = world.pointer("&alloc::string::String", Some(string), PointerFlavour::Shared);
        world.put_words(0x5000, &[4, 0x7000, 4]);
        world.put(0x7000, b"abcd");
        let value = world.read_words(shared, &[0x5000]);
        let expected = [(String::new(), 0x5000, false), ("*".to_owned(), 0x7000, false)];
        assert_eq!(listed(&value), expected);
    }

    #[test]
    fn a_part_says_how_many_elements_were_not_walked() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let vec = world.vec_of(u32_, true);
        world.put(0x5000, &[0; 80]);
        let value = world.read_words(vec, &[1_000_000, 0x5000, 1_000_000]);
        let parts = value.heap_parts();
        assert_eq!((parts[0].more, parts[0].used), (999_990, 4_000_000));
    }

    #[test]
    fn types_without_a_reader_fall_back_to_their_raw_pointers() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let raw = world.pointer("*mut u32", Some(u32_), PointerFlavour::Mut);
        let list = world.record("krate::List", 16, 8, &[("head", raw, 0), ("tail", raw, 8)]);
        let value = world.read_words(list, &[0x5000, 0]);
        assert_eq!(listed(&value), [(".head".to_owned(), 0x5000, false)]);
    }
}
