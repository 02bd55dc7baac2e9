//! From a type and a place to its [`Shape`].

use super::place::Source;
use super::read::{At, Walk, name_in_source};
use super::sequences::Row;
use super::shape::{Behind, Elements, MOST_ENTRIES, Members, Part, Pointee, Shape, TextAt};
use super::{Limits, Reader, Sequence, Value, ValueKind, std_types};
use crate::base::{Hold, Unreadable, VirtAddr};
use crate::dwarf::{Field, Location, PointerFlavour, Type, TypeKind, TypeRef};

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
            (name_in_source(at.ty, &field.name), self.part(at, field.ty, field.offset))
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
        let sequence = Sequence { len: of.len, items, ..Default::default() };
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
        let row = Row { pointer: text.pointer, len: text.len, capacity: None, hold: Hold::Refers };
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
