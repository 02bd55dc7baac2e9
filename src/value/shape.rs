//! What a value is made of, without reading what it is made of.
//!
//! A [`Value`](super::Value) holds everything that a person is shown. An expression asks for one
//! part of it: the length of a `Vec`, one element, the value behind a `Box`. A [`Shape`] says where
//! these are, by the same knowledge of std's types and after the same checks: `shaping.rs` makes it.

use std::sync::Arc;

use super::{HeapSpan, ValueKind};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Location, PointerFlavour, TypeRef};

/// A typed place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The type of the value there.
    pub ty: TypeRef,
    /// Where it is.
    pub at: Location,
}

/// What a value is made of.
#[derive(Clone, PartialEq, Debug)]
pub enum Shape {
    /// A scalar, which was read: [`ValueKind::Unit`], `Bool`, `Char`, `Int`, `Uint` or `Float`.
    Scalar(ValueKind),
    /// A function pointer, with the address of the function.
    Function(VirtAddr),
    /// Text elsewhere: `String`, `&str`, `PathBuf`.
    Text(TextAt),
    /// Elements in a row, in the value itself (an array) or elsewhere (`Vec`, `&[T]`, `VecDeque`).
    Elements(Elements),
    /// Elements or entries that lie here and there: maps, sets, lists.
    Entries(Entries),
    /// A pointer, thin or fat, that is not described by one of the above.
    Pointer(Pointee),
    /// A value that another one is kept in: `RefCell`, `Mutex`, `Pin`, `NonZero`.
    Inside {
        /// The value that is kept.
        part: Part,
        /// What else the reader of the type tells by name: `locked`, `borrow`.
        beside: Vec<(Arc<str>, Beside)>,
    },
    /// A struct, tuple, closure or union.
    Struct(Members),
    /// An enum: the variant that it is, and its fields.
    Enum {
        /// The name of the variant.
        variant: Arc<str>,
        /// Its fields; none for an enum without data.
        fields: Members,
    },
}

/// Fields with their places.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Members {
    /// Each field by its name, `0` for the first of a tuple. One whose register is lost says so.
    pub list: Vec<(Arc<str>, Result<Part, Unreadable>)>,
    /// Whether they are written without names.
    pub tuple: bool,
}

/// What a reader tells beside the value inside.
#[derive(Clone, PartialEq, Debug)]
pub enum Beside {
    /// A member.
    Part(Part),
    /// A conclusion, with the name of its type.
    Made(&'static str, ValueKind),
}

/// Text in memory. Its length is checked against its capacity and the address space, not yet
/// against what is mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextAt {
    /// The first byte.
    pub pointer: VirtAddr,
    /// Bytes.
    pub len: u64,
    /// Bytes there is room for; none for what does not grow.
    pub capacity: Option<u64>,
}

/// Elements of one size, one behind the other. The length is checked as a text's is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Elements {
    /// Where the row begins: the array, or the buffer.
    pub start: Location,
    /// The type of an element.
    pub element: TypeRef,
    /// Bytes of an element.
    pub stride: u64,
    /// How many there are.
    pub len: u64,
    /// The place in the buffer of the first, counted in elements.
    pub first: u64,
    /// The number of elements at which a ring begins again; none for a plain row.
    pub ring: Option<u64>,
    /// For how many there is room; none for what does not grow.
    pub capacity: Option<u64>,
}

/// Elements or entries that are not in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entries {
    /// How they are told.
    pub kind: EntriesKind,
    /// How many there are.
    pub len: u64,
    /// The type of the keys, or of the elements.
    pub key: TypeRef,
    /// The places of the first ones and, in a map, of their values; as many as were asked for.
    pub at: Vec<(VirtAddr, VirtAddr)>,
    /// The memory that holds them, as far as it was visited for the places: the value's own first,
    /// then that of further nodes.
    pub blocks: Vec<HeapSpan>,
}

/// What holds the entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntriesKind {
    /// Elements in an order: a `LinkedList`.
    List,
    /// Elements that are there once: `HashSet`, `BTreeSet`.
    Set,
    /// Keys with values of this type.
    Map(TypeRef),
}

/// What a pointer says.
#[derive(Clone, PartialEq, Debug)]
pub struct Pointee {
    /// The address in it.
    pub target: VirtAddr,
    /// How Rust spells it.
    pub flavour: PointerFlavour,
    /// What counting pointers count: `("strong", 2)`.
    pub counts: Vec<(&'static str, u64)>,
    /// What is there.
    pub behind: Behind,
}

/// What lies behind a pointer.
#[derive(Clone, PartialEq, Debug)]
pub enum Behind {
    /// A value of a known type; of a `dyn`, the concrete one.
    Part(Part),
    /// Elements.
    Elements(Elements),
    /// Text.
    Text(TextAt),
    /// Nothing that can be followed, and why, as a sentence.
    Nothing(String),
}

/// The most entries whose places are listed at once: they take 64 MiB.
pub const MOST_ENTRIES: usize = 1 << 22;

impl Elements {
    /// The elements from one index up to, and without, another. The caller has checked them.
    pub fn slice(&self, from: u64, to: u64) -> Elements {
        let first = self.first.saturating_add(from);
        let len = to.saturating_sub(from);
        Elements { first, len, capacity: None, ..self.clone() }
    }
}

impl Members {
    /// A field by its name.
    pub fn get(&self, name: &str) -> Option<&Result<Part, Unreadable>> {
        self.list.iter().find(|(field, _)| &**field == name).map(|(_, part)| part)
    }
}
