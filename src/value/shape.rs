//! What a value is made of, without reading what it is made of.
//!
//! A [`Value`](super::Value) holds everything that a person is shown. An expression asks for one
//! part of it: the length of a `Vec`, one element, the value behind a `Box`. A [`Shape`] says where
//! these are, by the same knowledge of std's types and after the same checks.

use std::sync::Arc;

use super::place::Source;
use super::read::{At, Walk};
use super::{Limits, Reader, Value, ValueKind, std_types};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Field, Location, PointerFlavour, Type, TypeKind, TypeRef};

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

/// The most entries whose places are listed at once: the table of a map of so many holds 32 MiB.
pub const MOST_ENTRIES: usize = 1 << 21;

/// Bytes that may be read to find the places of entries.
const MOST_BYTES: u64 = 1 << 28;

impl Reader<'_> {
    /// What a value of the type is made of. Reads the words of the value itself, and those that
    /// tell how a pointer goes on (the vtable of a `dyn`, the counts of an `Rc`); of
    /// [`Shape::Entries`] it lists no places.
    ///
    /// # Errors
    /// The reason why the words cannot be read, or cannot be those of such a value.
    pub fn shape(&self, ty: TypeRef, at: &Location) -> Result<Shape, Unreadable> {
        self.shape_with(ty, at, 0)
    }

    /// The same, with the places of the first `most` entries, up to [`MOST_ENTRIES`].
    ///
    /// # Errors
    /// As [`Reader::shape`].
    pub fn shape_with(&self, ty: TypeRef, at: &Location, most: usize) -> Result<Shape, Unreadable> {
        let elements = most.min(MOST_ENTRIES);
        let limits = Limits { elements, text_bytes: 0, total_bytes: MOST_BYTES, ..self.limits };
        let reader = Reader { limits, ..*self };
        let mut walk = Walk::without_parts(&reader);
        let (ty, id) = (self.types.get(ty)?, ty);
        let source = Source::new(at);
        walk.shape(&At { id, ty: &ty, source: &source, depth: 0 })
    }

    /// The part of a type that begins so many bytes into a value.
    ///
    /// # Errors
    /// As [`Reader::element`].
    pub fn part_at(&self, at: &Location, ty: TypeRef, offset: u64) -> Result<Part, Unreadable> {
        let size = self.types.get(ty)?.size.unwrap_or(0);
        Ok(Part { ty, at: Source::new(at).at(offset).location(size, self.registers)? })
    }

    /// Where an element is; the caller has checked the index.
    ///
    /// # Errors
    /// [`Unreadable::RegisterLost`] for the element of an array in a register that is not known.
    pub fn element(&self, of: &Elements, index: u64) -> Result<Part, Unreadable> {
        let place = of.first.saturating_add(index);
        let place = match of.ring {
            Some(room) => place.checked_rem(room).unwrap_or(0),
            None => place,
        };
        let source = Source::new(&of.start).at(place.saturating_mul(of.stride));
        Ok(Part { ty: of.element, at: source.location(of.stride, self.registers)? })
    }

    /// Elements as a value to show; `type_name` is what their type is called.
    pub fn read_elements(&self, of: &Elements, type_name: &str) -> Value {
        Walk::new(self).shown_elements(of, type_name)
    }

    /// Text as a value to show; `type_name` is what its type is called.
    pub fn read_text(&self, text: &TextAt, type_name: &str) -> Value {
        Walk::new(self).shown_text(text, type_name)
    }
}

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

impl Walk<'_> {
    pub(super) fn shape(&mut self, at: &At<'_>) -> Result<Shape, Unreadable> {
        match std_types::shape(self, at) {
            Some(shape) => shape,
            None => self.plain_shape(at),
        }
    }

    /// A shape as the type says, without the readers of std types.
    pub(super) fn plain_shape(&mut self, at: &At<'_>) -> Result<Shape, Unreadable> {
        match &at.ty.kind {
            TypeKind::Base(encoding) => scalar(self.scalar(at, *encoding)),
            TypeKind::CLike { repr, enumerators } => match self.c_like(at, *repr, enumerators) {
                ValueKind::Enum { variant, .. } => {
                    Ok(Shape::Enum { variant, fields: Members::default() })
                }
                other => scalar(other),
            },
            TypeKind::Unit if &*at.ty.name == "()" => Ok(Shape::Scalar(ValueKind::Unit)),
            TypeKind::Unit => Ok(Shape::Struct(Members::default())),
            TypeKind::Pointer { to, flavour } => self.thin_pointer(at, *to, *flavour),
            TypeKind::Enum(part) => {
                let variant = self.select(at, part)?;
                let name = variant.name.clone();
                let ty = variant.ty.and_then(|id| self.reader.types.get(id).ok());
                let fields = ty.map(|ty| self.members(at, ty.fields(), is_tuple(&ty)));
                Ok(Shape::Enum { variant: name, fields: fields.unwrap_or_default() })
            }
            TypeKind::Array { element, count } => Ok(Shape::Elements(Elements {
                start: at.source.location(at.ty.size.unwrap_or(0), self.reader.registers)?,
                element: *element,
                stride: self.size_of(*element),
                len: *count,
                first: 0,
                ring: None,
                capacity: None,
            })),
            TypeKind::Struct { fields, tuple } => {
                Ok(Shape::Struct(self.members(at, fields, *tuple)))
            }
            TypeKind::Union { fields } => Ok(Shape::Struct(self.members(at, fields, false))),
            TypeKind::Never => Err(at.invalid("no value of it can exist")),
            TypeKind::Function | TypeKind::Opaque => {
                Err(Unreadable::NotDescribed(at.ty.name.to_string()))
            }
        }
    }

    /// The part of a type at an offset into a value.
    pub(super) fn part(&self, at: &At<'_>, id: TypeRef, offset: u64) -> Result<Part, Unreadable> {
        let source = at.source.at(offset);
        let location = source.location(self.size_of(id), self.reader.registers)?;
        Ok(Part { ty: id, at: location })
    }

    fn members(&self, at: &At<'_>, fields: &[Field], tuple: bool) -> Members {
        let member = |field: &Field| {
            (super::read::name_in_source(at.ty, &field.name), self.part(at, field.ty, field.offset))
        };
        Members { list: fields.iter().map(member).collect(), tuple }
    }

    fn thin_pointer(
        &mut self,
        at: &At<'_>,
        to: Option<TypeRef>,
        flavour: PointerFlavour,
    ) -> Result<Shape, Unreadable> {
        let target = VirtAddr(self.number(at.source, 8)? as u64);
        let raw = matches!(flavour, PointerFlavour::Const | PointerFlavour::Mut);
        if !raw && target.0 == 0 {
            return Err(at.invalid("its pointer is null"));
        }
        if flavour == PointerFlavour::Function {
            return Ok(Shape::Function(target));
        }
        let behind = match to {
            Some(ty) => Behind::Part(Part { ty, at: Location::Memory(target) }),
            None => Behind::Nothing(
                "the debug information does not say to what type it points".to_owned(),
            ),
        };
        Ok(Shape::Pointer(Pointee { target, flavour, counts: Vec::new(), behind }))
    }

    fn shown_elements(&mut self, of: &Elements, type_name: &str) -> Value {
        let size = of.stride.checked_mul(of.len);
        let source = Source::new(&of.start).at(of.first.saturating_mul(of.stride));
        let mut items = Vec::new();
        for index in 0..of.len.min(self.reader.limits.elements as u64) {
            if self.parts_left() == 0 {
                break;
            }
            match self.reader.element(of, index) {
                Ok(part) => items.push(self.value(part.ty, &Source::new(&part.at), 1)),
                Err(_) => break,
            }
        }
        let sequence = super::Sequence { len: of.len, items, ..Default::default() };
        Value {
            type_name: type_name.into(),
            ty: None,
            place: source.place(size.unwrap_or(0)),
            size,
            kind: ValueKind::Sequence(sequence),
            heap: None,
        }
    }

    fn shown_text(&mut self, text: &TextAt, type_name: &str) -> Value {
        let ty = Type {
            name: type_name.into(),
            krate: "".into(),
            base_name: type_name.into(),
            size: Some(text.len),
            align: None,
            kind: TypeKind::Opaque,
            params: Vec::new(),
        };
        let source = Source::Memory(text.pointer);
        let row = super::sequences::Row {
            pointer: text.pointer,
            len: text.len,
            capacity: None,
            hold: crate::base::Hold::Refers,
        };
        // No die has this number: the value says that it has none.
        let at = At { id: TypeRef(usize::MAX), ty: &ty, source: &source, depth: 0 };
        Value { ty: None, ..self.text(&at, row) }
    }
}

/// A scalar that was read, or the reason why it was not.
fn scalar(kind: ValueKind) -> Result<Shape, Unreadable> {
    match kind {
        ValueKind::Unreadable(reason) => Err(reason),
        ValueKind::Enum { variant, .. } => Ok(Shape::Enum { variant, fields: Members::default() }),
        kind => Ok(Shape::Scalar(kind)),
    }
}

fn is_tuple(ty: &Type) -> bool {
    matches!(ty.kind, TypeKind::Struct { tuple: true, .. })
}
