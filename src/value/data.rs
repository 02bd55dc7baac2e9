//! The form of a value in parts, for machines.

use super::model::{Fields, Map, Pointer, Sequence, Value, ValueKind};
use super::naming::Naming;
use super::place::Source;
use super::text::scalar;
use super::{Place, Reader};
use crate::base::{Data, Region};
use crate::dwarf::Location;

/// Bytes of a value that its JSON form tells at most.
const BYTES_TOLD: u64 = 64;

/// Gives the bytes of a value, where they are wanted.
type Stored<'a> = &'a dyn Fn(&Value) -> Option<String>;

/// What making the parts of a value needs.
#[derive(Clone, Copy)]
struct Telling<'a> {
    naming: &'a Naming<'a>,
    stored: Option<Stored<'a>>,
}

impl Value {
    /// The value in parts: fields by name, elements as `[0]`, what a pointer leads to as `*`.
    ///
    /// `value` is the scalar or the text itself, the name of an enum's variant, the name of what a
    /// pointer leads to; or `…` for what a limit cut off.
    pub fn data(&self, naming: &Naming<'_>) -> Data {
        Telling { naming, stored: None }.data(self)
    }

    /// Where the value's own bytes live, without what it leads to.
    pub fn region(&self, naming: &Naming<'_>) -> Region {
        match self.place {
            Place::Memory(at) => (naming.region)(at),
            Place::Register(register) => Region::Register(register.name()),
            Place::Computed => Region::Nowhere,
        }
    }
}

impl Reader<'_> {
    /// As [`Value::data`], and with the size and the bytes of each part: of what lies in memory, and
    /// of the whole if it is in a register.
    pub fn detailed(&self, value: &Value, naming: &Naming<'_>) -> Data {
        // A part of a register does not say how far into it it begins.
        let parts = |part: &Value| part.place.address().and_then(|_| self.stored(part));
        let mut data = Telling { naming, stored: Some(&parts) }.data(value);
        data.bytes = self.stored(value);
        data
    }

    /// The first bytes of a value in hexadecimal; none where they cannot be read.
    fn stored(&self, value: &Value) -> Option<String> {
        let source = match value.place {
            Place::Memory(at) => Location::Memory(at),
            Place::Register(register) => Location::Register(register),
            Place::Computed => return None,
        };
        let mut bytes = vec![0; usize::try_from(value.size?.min(BYTES_TOLD)).ok()?];
        Source::new(&source).fetch(self.memory, self.registers, &mut bytes).ok()?;
        Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Telling<'_> {
    fn data(self, value: &Value) -> Data {
        let mut data = Data {
            type_name: (self.naming.type_name)(&value.type_name),
            address: value.place.address(),
            target: value.heap.map(|heap| heap.pointer),
            region: value.region(self.naming),
            value: scalar(value),
            unreadable: None,
            children: Vec::new(),
            more: 0,
            size: self.stored.and(value.size),
            bytes: self.stored.and_then(|stored| stored(value)),
        };
        self.fill(value, &mut data);
        data
    }

    fn fill(self, value: &Value, data: &mut Data) {
        match &value.kind {
            ValueKind::Unreadable(reason) => data.unreadable = Some(reason.clone()),
            ValueKind::Cut(_) => data.value = Some("…".to_owned()),
            ValueKind::Text(text) => {
                data.value = Some(String::from_utf8_lossy(&text.shown).into_owned());
                data.more = text.more();
            }
            ValueKind::Char(c) => data.value = Some(c.to_string()),
            ValueKind::Pointer(pointer) => self.fill_pointer(pointer, data),
            ValueKind::Function { target } => {
                let name = (self.naming.function)(*target);
                data.value = Some(name.unwrap_or_else(|| (self.naming.address)(*target)));
            }
            ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => {
                self.fill_sequence(sequence, data)
            }
            ValueKind::Map(map) => self.fill_map(map, data),
            ValueKind::Enum { variant, .. } => data.value = Some(variant.to_string()),
            ValueKind::Broken { reason, .. } => data.unreadable = Some(reason.clone()),
            _ => {}
        }
        if let Some(Fields { list, more, .. }) = value.fields() {
            let children = list.iter().map(|(name, value)| (name.to_string(), self.data(value)));
            data.children = children.collect();
            data.more = *more;
        }
    }

    fn fill_pointer(self, pointer: &Pointer, data: &mut Data) {
        data.value = Some(match pointer.target.0 {
            0 => "null".to_owned(),
            _ => (self.naming.address)(pointer.target),
        });
        let count = |(name, count): &(&str, u64)| ((*name).to_owned(), counted(*count));
        data.children = pointer.counts.iter().map(count).collect();
        if let Some(pointee) = &pointer.pointee {
            data.children.push(("*".to_owned(), self.data(pointee)));
        }
    }

    fn fill_sequence(self, sequence: &Sequence, data: &mut Data) {
        let items = sequence.items.iter().enumerate();
        data.children = items.map(|(i, item)| (format!("[{i}]"), self.data(item))).collect();
        data.more = sequence.more();
    }

    /// Two children for each entry, called as in the paths of [`Value::heap_parts`].
    fn fill_map(self, map: &Map, data: &mut Data) {
        for (index, (key, value)) in map.entries.iter().enumerate() {
            let label = entry_label(index, key);
            data.children.push((format!("{label}.key"), self.data(key)));
            data.children.push((label, self.data(value)));
        }
        data.more = map.more();
    }
}

/// What a pointer counts.
fn counted(count: u64) -> Data {
    Data {
        type_name: "usize".to_owned(),
        address: None,
        target: None,
        region: Region::Nowhere,
        value: Some(count.to_string()),
        unreadable: None,
        children: Vec::new(),
        more: 0,
        size: None,
        bytes: None,
    }
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
    use crate::base::{Register, VirtAddr};
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
    fn sizes_and_bytes_are_told_only_where_they_were_asked_for() {
        let mut world = World::new();
        let (string, word) = (world.string(), world.uint(8));
        let pair = world.record("krate::Pair", 32, 8, &[("name", string, 0), ("n", word, 24)]);
        world.put_words(0x5000, &[5, 0x6000, 5, 0x1234]);
        world.put(0x6000, b"hello");
        let value = world.read(pair, &Location::Memory(VirtAddr(0x5000)));
        let plain = serde_json::to_string(&world.data(&value)).unwrap();
        assert!(!plain.contains("size") && !plain.contains("bytes"), "{plain}");
        let data = world.detailed(&value);
        assert_eq!(data.size, Some(32));
        assert_eq!(data.bytes.as_ref().map(String::len), Some(64));
        let (_, number) = &data.children[1];
        assert_eq!(number.bytes.as_deref(), Some("3412000000000000"));
        assert_eq!((number.size, number.address), (Some(8), Some(VirtAddr(0x5018))));
    }

    #[test]
    fn no_more_than_sixty_four_bytes_are_told_and_those_of_a_part_of_a_register_are_not() {
        let mut world = World::new();
        let byte = world.uint(1);
        let array = world.array(byte, 100);
        world.put(0x5000, &[7; 100]);
        let data = world.detailed(&world.read(array, &Location::Memory(VirtAddr(0x5000))));
        assert_eq!((data.size, data.bytes), (Some(100), Some("07".repeat(64))));
        let pair = world.record("krate::Pair", 2, 1, &[("a", byte, 0), ("b", byte, 1)]);
        let data = world.detailed(&world.read(pair, &Location::Register(Register::RAX)));
        assert_eq!(data.bytes.as_deref(), Some("1122"));
        assert_eq!(data.children[1].1.value.as_deref(), Some("34"));
        assert_eq!(data.children[1].1.bytes, None);
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
