//! The form of a value on one line: what `{:?}` would print, as far as it was read.

use super::floats::shortest;
use super::model::{Cut, Fields, Float, Map, Pointer, Sequence, Text, Value, ValueKind};
use super::naming::Naming;
use crate::base::{Hold, Shown, VirtAddr};
use crate::dwarf::PointerFlavour;

impl Value {
    /// The value on one line of at most `naming.width` characters.
    pub fn text(&self, naming: &Naming<'_>) -> String {
        let mut line = Line { out: String::new(), used: 0, naming };
        line.value(self);
        line.finish()
    }

    /// The value on one line and in parts.
    pub fn shown(&self, naming: &Naming<'_>) -> Shown {
        Shown { text: self.text(naming), data: self.data(naming) }
    }
}

/// The text of a scalar, or nothing for a value with parts.
pub(super) fn scalar(value: &Value) -> Option<String> {
    Some(match &value.kind {
        ValueKind::Unit => "()".to_owned(),
        ValueKind::Bool(b) => b.to_string(),
        ValueKind::Char(c) => format!("{c:?}"),
        ValueKind::Int(n) => n.to_string(),
        ValueKind::Uint(n) => n.to_string(),
        ValueKind::Float(Float::Single(n)) => format!("{n:?}"),
        ValueKind::Float(Float::Double(n)) => format!("{n:?}"),
        ValueKind::Plain(text) => text.clone(),
        ValueKind::Float(Float::Bits(bits, size)) => shortest(*bits, *size)
            .unwrap_or_else(|| format!("{bits:#x} as f{}", size.saturating_mul(8))),
        _ => return None,
    })
}

/// A line under construction. It stops taking elements when it is nearly full, and `finish` cuts
/// what is still too long.
struct Line<'a> {
    out: String,
    used: usize,
    naming: &'a Naming<'a>,
}

/// Characters that are kept free for ends like `, … 97 more]`.
const ROOM_FOR_ENDS: usize = 20;

impl Line<'_> {
    fn push(&mut self, text: &str) {
        self.used = self.used.saturating_add(text.chars().count());
        self.out.push_str(text);
    }

    fn room(&self) -> usize {
        self.naming.width.saturating_sub(ROOM_FOR_ENDS).saturating_sub(self.used)
    }

    fn finish(mut self) -> String {
        if self.used > self.naming.width {
            let keep = self.naming.width.saturating_sub(1);
            let end = self.out.char_indices().nth(keep).map_or(0, |(at, _)| at);
            self.out.truncate(end);
            self.out.push('…');
        }
        self.out
    }

    fn value(&mut self, value: &Value) {
        if let Some(text) = scalar(value) {
            return self.push(&text);
        }
        match &value.kind {
            ValueKind::Unreadable(why) | ValueKind::Broken { reason: why, .. } => {
                let text = why.in_place();
                self.push(&text);
            }
            ValueKind::Cut(Cut::Depth | Cut::Total | Cut::Cycle) => self.push("…"),
            ValueKind::Text(text) => self.quoted(text),
            ValueKind::Pointer(pointer) => self.pointer(value, pointer),
            ValueKind::Function { target } => match (self.naming.function)(*target) {
                Some(name) => self.push(&name),
                None => self.arrow(value, *target),
            },
            ValueKind::Sequence(sequence) => self.sequence(sequence, ["[", "]"]),
            ValueKind::Set(set) => self.sequence(set, ["{", "}"]),
            ValueKind::Map(map) => self.map(map),
            ValueKind::Enum { variant, fields } => {
                self.push(variant);
                self.fields(fields, variant.is_empty());
            }
            ValueKind::Record { name, fields }
            | ValueKind::Union { name, fields }
            | ValueKind::Raw { name, fields, .. } => self.record(name, fields),
            _ => {}
        }
    }

    fn record(&mut self, name: &str, fields: &Fields) {
        // The name of a tuple is its types; `{:?}` prints none.
        let anonymous = name.starts_with('(') || name.is_empty();
        if !anonymous {
            self.push(name);
        }
        self.fields(fields, anonymous);
    }

    fn fields(&mut self, fields: &Fields, anonymous: bool) {
        if fields.list.is_empty() && fields.more == 0 {
            if anonymous {
                self.push("()");
            }
            return;
        }
        self.push(if fields.tuple { "(" } else { " { " });
        let mut left = fields.list.len() as u64;
        for (name, value) in &fields.list {
            if self.room() == 0 {
                break;
            }
            self.comma(left < fields.list.len() as u64);
            if !fields.tuple {
                self.push(name);
                self.push(": ");
            }
            self.value(value);
            left = left.saturating_sub(1);
        }
        self.more(left.saturating_add(fields.more), !fields.list.is_empty(), "more");
        // A tuple of one is written with a comma, a tuple struct of one is not.
        if anonymous && fields.tuple && fields.list.len() == 1 && fields.more == 0 {
            self.push(",");
        }
        self.push(if fields.tuple { ")" } else { " }" });
    }

    fn sequence(&mut self, sequence: &Sequence, [open, close]: [&str; 2]) {
        self.push(open);
        let mut shown = 0_u64;
        for item in &sequence.items {
            if self.room() == 0 {
                break;
            }
            self.comma(shown > 0);
            self.value(item);
            shown = shown.saturating_add(1);
        }
        self.more(sequence.len.saturating_sub(shown), shown > 0, "more");
        self.push(close);
    }

    fn map(&mut self, map: &Map) {
        self.push("{");
        let mut shown = 0_u64;
        for (key, value) in &map.entries {
            if self.room() == 0 {
                break;
            }
            self.comma(shown > 0);
            self.value(key);
            self.push(": ");
            self.value(value);
            shown = shown.saturating_add(1);
        }
        self.more(map.len.saturating_sub(shown), shown > 0, "more");
        self.push("}");
    }

    fn comma(&mut self, wanted: bool) {
        if wanted {
            self.push(", ");
        }
    }

    fn more(&mut self, count: u64, comma: bool, what: &str) {
        if count > 0 {
            self.comma(comma);
            self.push(&format!("… {count} {what}"));
        }
    }

    fn quoted(&mut self, text: &Text) {
        let mut left = self.room().max(1);
        let mut cut = text.more();
        self.push("\"");
        for (bytes, escaped) in characters(&text.shown) {
            if left == 0 {
                cut = cut.saturating_add(bytes);
                continue;
            }
            left = left.saturating_sub(escaped.chars().count());
            self.push(&escaped);
        }
        self.push("\"");
        if cut > 0 {
            self.push(&format!("… {cut} more byte{}", if cut == 1 { "" } else { "s" }));
        }
    }

    fn pointer(&mut self, value: &Value, pointer: &Pointer) {
        match &pointer.pointee {
            Some(pointee) => self.value(pointee),
            // What `{:?}` prints for a Weak, which does not own what it leads to.
            None if !pointer.counts.is_empty() && !shares(value) => self.push("(Weak)"),
            None => {
                if is_raw(pointer) && pointer.target.0 == 0 {
                    let name = (self.naming.type_name)(&value.type_name);
                    return self.push(&format!("{name} → null"));
                }
                self.arrow(value, pointer.target);
            }
        }
    }

    fn arrow(&mut self, value: &Value, target: VirtAddr) {
        let name = (self.naming.type_name)(&value.type_name);
        let text = format!("{name} → {}", (self.naming.address)(target));
        self.push(&text);
    }
}

/// Whether the value keeps what it leads to alive.
pub(super) fn shares(value: &Value) -> bool {
    value.heap.is_some_and(|heap| heap.hold == Hold::Shares)
}

/// Whether it is a raw pointer, which may lead anywhere.
pub(super) fn is_raw(pointer: &Pointer) -> bool {
    matches!(pointer.flavour, PointerFlavour::Const | PointerFlavour::Mut)
}

/// The characters of a text as they stand between quotes, escaped, each with its bytes in the text;
/// a byte that is not UTF-8 stands for itself.
fn characters(text: &[u8]) -> impl Iterator<Item = (u64, String)> {
    text.utf8_chunks().flat_map(|chunk| {
        let escape = |c: char| match c {
            '\'' => (1, "'".to_owned()),
            _ => (c.len_utf8() as u64, c.escape_debug().to_string()),
        };
        let invalid = chunk.invalid().iter().map(|byte| (1, format!("\\x{byte:02X}")));
        chunk.valid().chars().map(escape).chain(invalid)
    })
}

/// The characters of a text as they stand between quotes, escaped.
pub(super) fn escaped(text: &[u8]) -> Vec<String> {
    characters(text).map(|(_, escaped)| escaped).collect()
}

#[cfg(test)]
mod tests {
    use crate::dwarf::{Encoding, PointerFlavour};
    use crate::value::testing::World;

    #[test]
    fn records_tuples_and_units_are_written_as_debug_would() {
        let mut world = World::new();
        let (u8_, f32_) = (world.uint(1), world.base("f32", Encoding::Float, 4));
        let point = world.record("krate::Point", 2, 1, &[("x", u8_, 0), ("y", u8_, 1)]);
        assert_eq!(world.text(&world.read_bytes(point, &[1, 2])), "Point { x: 1, y: 2 }");
        let pair = world.tuple_struct("(u8, u8)", 2, 1, &[(u8_, 0), (u8_, 1)]);
        assert_eq!(world.text(&world.read_bytes(pair, &[1, 2])), "(1, 2)");
        let one = world.tuple_struct("(u8,)", 1, 1, &[(u8_, 0)]);
        assert_eq!(world.text(&world.read_bytes(one, &[1])), "(1,)");
        let metres = world.tuple_struct("krate::Metres", 4, 4, &[(f32_, 0)]);
        let value = world.read_bytes(metres, &0.1_f32.to_le_bytes());
        assert_eq!(world.text(&value), "Metres(0.1)");
        let empty = world.record("krate::Empty", 0, 1, &[]);
        assert_eq!(world.text(&world.read_bytes(empty, &[])), "Empty");
        let unit = world.unit();
        assert_eq!(world.text(&world.read_bytes(unit, &[])), "()");
        let float = world.base("f64", Encoding::Float, 8);
        assert_eq!(world.text(&world.read_bytes(float, &2.0_f64.to_le_bytes())), "2.0");
        let character = world.base("char", Encoding::Char, 4);
        assert_eq!(world.text(&world.read_bytes(character, &[0x27, 0, 0, 0])), r"'\''");
    }

    #[test]
    fn a_struct_without_bytes_is_written_by_its_name() {
        let mut world = World::new();
        let marker = world.marker("krate::Marker");
        assert_eq!(world.text(&world.read_bytes(marker, &[])), "Marker");
    }

    #[test]
    fn a_function_pointer_is_named_by_the_caller() {
        let mut world = World::new();
        let code = world.function_type();
        let ty = world.pointer("fn()", Some(code), PointerFlavour::Function);
        assert_eq!(world.text(&world.read_words(ty, &[0x4000])), "krate::twice");
        assert_eq!(world.text(&world.read_words(ty, &[0x1234])), "fn() → @1234");
    }

    #[test]
    fn no_line_is_longer_than_its_width() {
        let mut world = World::new();
        let (u32_, string) = (world.uint(4), world.string());
        let array = world.array(u32_, 10);
        let bytes: Vec<u8> = (0..10_u32).flat_map(|n| (n + 1_000_000).to_le_bytes()).collect();
        let value = world.read_bytes(array, &bytes);
        assert_eq!(world.text_within(&value, 40), "[1000000, 1000001, 1000002, … 7 more]");
        world.put(0x5000, &[b'a'; 100]);
        let value = world.read_words(string, &[100, 0x5000, 100]);
        assert_eq!(world.text_within(&value, 30), "\"aaaaaaaaaa\"… 90 more bytes");
        for width in 0..30 {
            assert!(world.text_within(&value, width).chars().count() <= width.max(1));
        }
    }

    #[test]
    fn deep_values_end_in_an_ellipsis() {
        let mut world = World::new();
        let mut ty = world.uint(1);
        for _ in 0..9 {
            ty = world.tuple_struct("krate::W", 1, 1, &[(ty, 0)]);
        }
        world.limits.depth = 2;
        assert_eq!(world.text(&world.read_bytes(ty, &[1])), "W(W(W(…)))");
    }
}
