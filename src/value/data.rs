//! The form of a value in parts, for machines.

use super::Place;
use super::model::{Fields, Map, Pointer, Sequence, Value, ValueKind};
use super::naming::Naming;
use super::text::scalar;
use crate::base::{Data, Region};

impl Value {
    /// The value in parts: fields by name, elements as `[0]`, what a pointer leads to as `*`.
    ///
    /// `value` is the scalar or the text itself, the name of an enum's variant, the name of what a
    /// pointer leads to; or `…` for what a limit cut off.
    pub fn data(&self, naming: &Naming<'_>) -> Data {
        let mut data = Data {
            type_name: (naming.type_name)(&self.type_name),
            address: self.place.address(),
            target: self.heap.map(|heap| heap.pointer),
            region: match self.place {
                Place::Memory(at) => (naming.region)(at),
                Place::Register(register) => Region::Register(register.name()),
                Place::Computed => Region::Nowhere,
            },
            value: scalar(self),
            unreadable: None,
            children: Vec::new(),
            more: 0,
        };
        self.fill(&mut data, naming);
        data
    }

    fn fill(&self, data: &mut Data, naming: &Naming<'_>) {
        match &self.kind {
            ValueKind::Unreadable(reason) => data.unreadable = Some(reason.clone()),
            ValueKind::Cut(_) => data.value = Some("…".to_owned()),
            ValueKind::Text(text) => {
                data.value = Some(String::from_utf8_lossy(&text.shown).into_owned());
                data.more = text.more();
            }
            ValueKind::Char(c) => data.value = Some(c.to_string()),
            ValueKind::Pointer(pointer) => fill_pointer(pointer, data, naming),
            ValueKind::Function { target } => {
                let name = (naming.function)(*target);
                data.value = Some(name.unwrap_or_else(|| (naming.address)(*target)));
            }
            ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => {
                fill_sequence(sequence, data, naming)
            }
            ValueKind::Map(map) => fill_map(map, data, naming),
            ValueKind::Enum { variant, .. } => data.value = Some(variant.to_string()),
            ValueKind::Broken { reason, .. } => data.unreadable = Some(reason.clone()),
            _ => {}
        }
        if let Some(Fields { list, more, .. }) = self.fields() {
            let children = list.iter().map(|(name, value)| (name.to_string(), value.data(naming)));
            data.children = children.collect();
            data.more = *more;
        }
    }
}

fn fill_pointer(pointer: &Pointer, data: &mut Data, naming: &Naming<'_>) {
    data.value = Some(match pointer.target.0 {
        0 => "null".to_owned(),
        _ => (naming.address)(pointer.target),
    });
    let count = |(name, count): &(&str, u64)| {
        let data = Data {
            type_name: "usize".to_owned(),
            address: None,
            target: None,
            region: Region::Nowhere,
            value: Some(count.to_string()),
            unreadable: None,
            children: Vec::new(),
            more: 0,
        };
        ((*name).to_owned(), data)
    };
    data.children = pointer.counts.iter().map(count).collect();
    if let Some(pointee) = &pointer.pointee {
        data.children.push(("*".to_owned(), pointee.data(naming)));
    }
}

fn fill_sequence(sequence: &Sequence, data: &mut Data, naming: &Naming<'_>) {
    let items = sequence.items.iter().enumerate();
    data.children = items.map(|(i, item)| (format!("[{i}]"), item.data(naming))).collect();
    data.more = sequence.more();
}

/// Two children for each entry, called as in the paths of [`Value::heap_parts`].
fn fill_map(map: &Map, data: &mut Data, naming: &Naming<'_>) {
    for (index, (key, value)) in map.entries.iter().enumerate() {
        let label = entry_label(index, key);
        data.children.push((format!("{label}.key"), key.data(naming)));
        data.children.push((label, value.data(naming)));
    }
    data.more = map.more();
}

/// What an entry of a map is called: by its key, `["Ada"]`, where that is a scalar or a short text,
/// otherwise by its index. `.key` behind it is the key.
pub(super) fn entry_label(index: usize, key: &Value) -> String {
    const LONGEST: u64 = 40;
    match &key.kind {
        ValueKind::Text(text) if text.len <= LONGEST && text.more() == 0 => {
            format!("[{:?}]", String::from_utf8_lossy(&text.shown))
        }
        _ => scalar(key).map_or_else(|| format!("[{index}]"), |key| format!("[{key}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VirtAddr;
    use crate::value::testing::World;

    #[test]
    fn a_vec_of_strings_is_told_part_by_part() {
        let mut world = World::new();
        let string = world.string();
        let vec = world.vec_of(string, true);
        world.put_words(0x5000, &[5, 0x6000, 5]);
        world.put(0x6000, b"he\"lo");
        world.limits.elements = 1;
        let data = world.data(&world.read_words(vec, &[2, 0x5000, 2]));
        assert_eq!((data.more, data.children.len()), (1, 1));
        let (name, element) = &data.children[0];
        assert_eq!((name.as_str(), element.value.as_deref()), ("[0]", Some("he\"lo")));
        assert_eq!(element.address, Some(VirtAddr(0x5000)));
        assert_eq!(element.region, Region::Stack);
        assert_eq!((data.address, data.region), (None, Region::Nowhere));
    }

    #[test]
    fn the_entries_of_a_map_are_called_by_their_keys() {
        let mut world = World::new();
        let (string, u32_) = (world.string(), world.uint(4));
        let map = world.hash_map_of(string, u32_);
        let words = world.put_hash_map();
        let data = world.data(&world.read_words(map, &words));
        let told: Vec<_> = data
            .children
            .iter()
            .map(|(name, part)| (name.as_str(), part.value.as_deref().unwrap_or("")))
            .collect();
        let expected =
            [("[\"Ada\"].key", "Ada"), ("[\"Ada\"]", "36"), ("[\"B\"].key", "B"), ("[\"B\"]", "7")];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_broken_value_says_why_and_tells_its_words() {
        let mut world = World::new();
        let string = world.string();
        let data = world.data(&world.read_words(string, &[1, 0x5000, 9]));
        assert!(data.unreadable.is_some());
        let words: Vec<_> = data
            .children
            .iter()
            .map(|(name, word)| (name.as_str(), word.value.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(words, [("pointer", "@5000"), ("length", "9"), ("capacity", "1")]);
    }
}
