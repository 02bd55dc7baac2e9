//! What a value is once it has been read.

use std::sync::Arc;

use super::Place;
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{PointerFlavour, TypeRef};

/// A value, or a part of one.
#[derive(Clone, PartialEq, Debug)]
pub struct Value {
    /// The full name of its type, as the compiler wrote it.
    pub type_name: Arc<str>,
    /// Its type; none where a reader made the part up (the words of a broken `String`).
    pub ty: Option<TypeRef>,
    /// Where it is.
    pub place: Place,
    /// Bytes it takes there, without what it points to; none where its type does not say.
    pub size: Option<u64>,
    /// What it holds.
    pub kind: ValueKind,
    /// The memory elsewhere that it leads to, where it leads to any.
    pub heap: Option<HeapSpan>,
}

/// What a value holds.
#[derive(Clone, PartialEq, Debug)]
pub enum ValueKind {
    /// It cannot be read.
    Unreadable(Unreadable),
    /// It was not read, because a limit was reached.
    Cut(Cut),
    /// `()`.
    Unit,
    /// `true` or `false`.
    Bool(bool),
    /// A `char`.
    Char(char),
    /// A signed integer.
    Int(i128),
    /// An unsigned integer.
    Uint(u128),
    /// A floating point number.
    Float(Float),
    /// Text: `String`, `str`.
    Text(Text),
    /// What `{:?}` prints of a std value whose parts say less than the whole: a `Duration`, an IP
    /// address, a range of numbers.
    Plain(String),
    /// A pointer, reference or `Box`.
    Pointer(Pointer),
    /// A function pointer.
    Function {
        /// The first instruction of the function.
        target: VirtAddr,
    },
    /// A struct, a tuple or a closure.
    Record {
        /// The last segment of the type's path; empty for a tuple.
        name: Arc<str>,
        /// Its fields.
        fields: Fields,
    },
    /// An enum.
    Enum {
        /// The name of the variant that it is.
        variant: Arc<str>,
        /// The variant's fields.
        fields: Fields,
    },
    /// Elements in a row: an array, a slice, a `Vec`.
    Sequence(Sequence),
    /// Elements in an order of their own, each of them once: a `HashSet`, a `BTreeSet`.
    Set(Sequence),
    /// Values by their keys: a `HashMap`, a `BTreeMap`.
    Map(Map),
    /// A union: each field shows the same bytes in its own way.
    Union {
        /// The last segment of the type's path.
        name: Arc<str>,
        /// Its fields.
        fields: Fields,
    },
    /// Words of a std type that contradict each other.
    Broken {
        /// What is wrong with them.
        reason: Unreadable,
        /// The words: pointer, length, capacity.
        fields: Fields,
    },
    /// A std type that is not built as its reader expects, field by field.
    Raw {
        /// What was missing, in a sentence.
        why: String,
        /// The last segment of the type's path.
        name: Arc<str>,
        /// Its fields.
        fields: Fields,
    },
}

/// Which limit was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// [`Limits::depth`](super::Limits::depth).
    Depth,
    /// [`Limits::total_parts`](super::Limits::total_parts) or
    /// [`Limits::total_bytes`](super::Limits::total_bytes).
    Total,
    /// The pointer leads back to what is being read.
    Cycle,
}

/// A floating point number, with the precision of its type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Float {
    /// An `f32`.
    Single(f32),
    /// An `f64`.
    Double(f64),
    /// Bits of a format that the debugger has no type for, with its size in bytes: 2 for `f16`, 16
    /// for `f128`, 10 for the `long double` of C.
    Bits(u128, u64),
}

/// A text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// The bytes that were read, from the start. What is not UTF-8 in them is the program's fault.
    pub shown: Vec<u8>,
    /// Bytes in all.
    pub len: u64,
    /// Where they are.
    pub pointee: VirtAddr,
}

/// A pointer.
#[derive(Clone, PartialEq, Debug)]
pub struct Pointer {
    /// Where it points.
    pub target: VirtAddr,
    /// How Rust spells it.
    pub flavour: PointerFlavour,
    /// What is there. Raw pointers and pointers to `dyn` are not followed.
    pub pointee: Option<Box<Value>>,
    /// The vtable of a `dyn`.
    pub vtable: Option<VirtAddr>,
    /// What a counting pointer counts: `("strong", 2)`.
    pub counts: Vec<(&'static str, u64)>,
}

/// Fields by name.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fields {
    /// The fields that were read, in the order of declaration; those of a tuple are called `0`,
    /// `1` and so on.
    pub list: Vec<(Arc<str>, Value)>,
    /// Whether they are written in parentheses, without names.
    pub tuple: bool,
    /// How many fields there are beyond those, because a limit was reached.
    pub more: u64,
}

/// Elements in a row.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sequence {
    /// How many there are.
    pub len: u64,
    /// The first ones.
    pub items: Vec<Value>,
    /// The memory of its nodes after the first, which is the value's own [`Value::heap`]; empty
    /// where all elements lie in one row. Not all nodes of a large one are listed.
    pub nodes: Vec<HeapSpan>,
}

/// Values by their keys.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Map {
    /// How many entries there are.
    pub len: u64,
    /// Key and value of the first ones, in the order in which the map gives them.
    pub entries: Vec<(Value, Value)>,
    /// As [`Sequence::nodes`].
    pub nodes: Vec<HeapSpan>,
}

/// The memory elsewhere that a value leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeapSpan {
    /// Where it begins.
    pub pointer: VirtAddr,
    /// Bytes that hold values.
    pub used: u64,
    /// Bytes that the value may use without asking the allocator.
    pub capacity: u64,
    /// What the value is to it.
    pub hold: Hold,
}

impl Sequence {
    /// How many elements there are beyond those that were read.
    pub fn more(&self) -> u64 {
        self.len.saturating_sub(self.items.len() as u64)
    }
}

impl Map {
    /// How many entries there are beyond those that were read.
    pub fn more(&self) -> u64 {
        self.len.saturating_sub(self.entries.len() as u64)
    }
}

impl Text {
    /// How many bytes there are beyond those that were read.
    pub fn more(&self) -> u64 {
        self.len.saturating_sub(self.shown.len() as u64)
    }
}

/// The text of a row of bytes, as far as it was read; none where the elements are not bytes.
pub(super) fn contents_of_bytes(sequence: &Sequence) -> Option<Text> {
    let byte = |item: &Value| match item.kind {
        ValueKind::Uint(n) if item.size == Some(1) => u8::try_from(n).ok(),
        ValueKind::Int(n) if item.size == Some(1) => Some(n as u8),
        _ => None,
    };
    let shown = sequence.items.iter().map(byte).collect::<Option<Vec<u8>>>()?;
    let pointee = sequence.items.first()?.place.address().unwrap_or_default();
    Some(Text { shown, len: sequence.len, pointee })
}

impl Value {
    /// The fields of a record, enum, union, or of what is shown raw.
    pub fn fields(&self) -> Option<&Fields> {
        match &self.kind {
            ValueKind::Record { fields, .. }
            | ValueKind::Enum { fields, .. }
            | ValueKind::Union { fields, .. }
            | ValueKind::Broken { fields, .. }
            | ValueKind::Raw { fields, .. } => Some(fields),
            _ => None,
        }
    }

    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields()?.list.iter().find(|(field, _)| &**field == name).map(|(_, value)| value)
    }
}
