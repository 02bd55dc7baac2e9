//! What the bytes of a type are for: fields, padding, variants, and the values that mean nothing.
//!
//! A [`TypeLayout`] is made from the debug information alone, without any value or process. What the
//! debug information does not say is inferred where there is only one answer, and is marked as
//! inferred or left out otherwise.

mod align;
mod enums;
mod niches;
mod record;
#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};

use crate::base::Unreadable;
use crate::dwarf::{Encoding, Type, TypeKind, TypeRef, Types};
use crate::value::enums::is_empty;

/// How many types one layout looks at; what lies deeper is left out.
const MAX_TYPES: usize = 4_000;
/// How many fields and variants of one type are listed.
const MAX_PARTS: usize = 4_096;

/// The layout of a type.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct TypeLayout {
    /// Its full name, as the compiler wrote it.
    #[serde(rename = "type")]
    pub name: String,
    /// What kind of type it is.
    pub kind: Kind,
    /// Bytes; none where the debug information does not say.
    pub size: Option<u64>,
    /// What its address is a multiple of.
    #[serde(flatten)]
    pub align: Option<Alignment>,
    /// Whether a value of it can exist, as far as the debug information tells.
    pub inhabited: bool,
    /// Whether fields lie at addresses that do not suit them (`repr(packed)`).
    pub packed: bool,
    /// The fields, in the order of their offsets, then of the debug information.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldLayout>,
    /// The bytes that belong to nothing: to no field, and in an enum to no variant.
    pub padding: Vec<Span>,
    /// How many bytes that is.
    pub padding_bytes: u64,
    /// What the fields would take in another order, where that is less and the compiler keeps their
    /// order (as for `repr(C)`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reordered_size: Option<u64>,
    /// What tells the variants apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminant: Option<Discriminant>,
    /// The variants of an enum.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<VariantLayout>,
    /// What an array consists of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<Box<TypeLayout>>,
    /// How many of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Bytes with values that no valid value of the type has, the largest choice first: `Option` of
    /// the type can use those of one of them and then takes no more bytes than the type.
    pub niches: Vec<Niche>,
    /// Whether there are no other niches. Where the debug information does not tell, this is false.
    pub all_niches_known: bool,
    /// Whether fields, variants or types within were left out because there are too many.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// The kind of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An integer, `bool`, `char` or a float.
    Scalar,
    /// A type without bytes and fields.
    Unit,
    /// `!`.
    Never,
    /// A thin pointer, reference or `Box`.
    Pointer,
    /// A struct with named fields, a closure, or a fat pointer.
    Struct,
    /// A tuple or a tuple struct.
    Tuple,
    /// A union.
    Union,
    /// An enum, with or without data.
    Enum,
    /// An array.
    Array,
    /// What a function pointer points to.
    Function,
    /// A type that is only declared, or that has no size of its own (`dyn Trait`).
    Opaque,
}

/// What the address of a type is a multiple of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Alignment {
    /// Bytes, a power of two.
    #[serde(rename = "align")]
    pub bytes: u64,
    /// Whether the debug information does not say (`DW_AT_alignment`), so that it may be more.
    #[serde(rename = "align_inferred")]
    pub inferred: bool,
}

/// Some bytes, counted from the start of the type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Span {
    /// The first.
    pub offset: u64,
    /// How many.
    pub size: u64,
}

/// A field.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FieldLayout {
    /// Its name; a number in a tuple.
    pub name: String,
    /// Bytes from the start of the outer type.
    pub offset: u64,
    /// How many bytes; none where its type does not say.
    pub size: Option<u64>,
    /// What its type asks of its address.
    #[serde(flatten)]
    pub align: Option<Alignment>,
    /// The full name of its type.
    #[serde(rename = "type")]
    pub ty: String,
    /// The layout of its type, as deep as was asked for; only where it has parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<Box<TypeLayout>>,
}

/// The bytes that tell the variants of an enum apart.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Discriminant {
    /// Where they are.
    #[serde(flatten)]
    pub at: Span,
    /// The type that they are read as.
    #[serde(rename = "type")]
    pub ty: String,
    /// Whether that type is signed: values are patterns of its bytes all the same.
    pub signed: bool,
    /// Whether they are bytes of their own (a tag), or of a field of a variant (a niche): the path
    /// to it, `Variant.field.field`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub niche_of: Option<String>,
}

/// A variant.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct VariantLayout {
    /// Its name.
    pub name: String,
    /// The values of the discriminant that select it. None: it is selected by all values that
    /// select no other variant, or it cannot exist.
    pub values: Vec<Values>,
    /// Whether a value of it can exist.
    pub inhabited: bool,
    /// Its fields, with offsets from the start of the enum.
    pub fields: Vec<FieldLayout>,
    /// The bytes that are neither of its fields nor of the discriminant.
    pub padding: Vec<Span>,
}

/// Values of some bytes, read as an unsigned number: from one to another, both included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Values {
    /// The first.
    #[serde(serialize_with = "hex")]
    pub from: u128,
    /// The last.
    #[serde(serialize_with = "hex")]
    pub to: u128,
}

/// Values that some bytes of a type never have.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Niche {
    /// The path to them: `field.field`; empty where they are all of the type.
    pub field: String,
    /// Where they are.
    #[serde(flatten)]
    pub at: Span,
    /// The values.
    pub values: Vec<Values>,
    /// How many values; `u64::MAX` where there are more.
    pub count: u64,
}

/// The layout of a type, with those of its fields down to `depth` levels.
///
/// # Errors
/// [`Unreadable::NotDescribed`] where the type's die is missing or malformed.
pub fn layout_of(types: &dyn Types, id: TypeRef, depth: usize) -> Result<TypeLayout, Unreadable> {
    Builder { types, left: MAX_TYPES }.layout(id, depth)
}

/// Makes layouts, of a bounded number of types.
struct Builder<'a> {
    types: &'a dyn Types,
    left: usize,
}

impl Builder<'_> {
    fn layout(&mut self, id: TypeRef, depth: usize) -> Result<TypeLayout, Unreadable> {
        let ty = self.types.get(id)?;
        self.left = self.left.saturating_sub(1);
        let mut layout = TypeLayout::bare(&ty);
        layout.align = self.align(&ty).filter(|_| ty.kind != TypeKind::Opaque);
        layout.inhabited = !is_empty(self.types, id, 3);
        match &ty.kind {
            TypeKind::Struct { fields, .. } => self.record(&mut layout, fields, depth),
            TypeKind::Union { fields } => self.union(&mut layout, fields, depth),
            TypeKind::Enum(part) => self.enumeration(&mut layout, part, depth),
            TypeKind::CLike { repr, enumerators } => {
                enums::without_data(&mut layout, *repr == Encoding::Signed, enumerators);
            }
            TypeKind::Array { element, count } => {
                // A slice is an array without a count.
                layout.count = layout.size.map(|_| *count);
                let inner = depth.checked_sub(1).and_then(|depth| self.inner(*element, depth));
                layout.element = inner;
            }
            _ => {}
        }
        let niches = self.niches(id);
        (layout.niches, layout.all_niches_known) = (niches.found, niches.complete);
        layout.padding_bytes = layout.padding.iter().map(|span| span.size).sum();
        Ok(layout)
    }

    /// The layout of a part, while there are types left to look at.
    fn inner(&mut self, id: TypeRef, depth: usize) -> Option<Box<TypeLayout>> {
        if self.left == 0 {
            return None;
        }
        self.layout(id, depth).ok().map(Box::new)
    }
}

impl TypeLayout {
    fn bare(ty: &Type) -> TypeLayout {
        TypeLayout {
            name: ty.name.to_string(),
            kind: kind(ty),
            // A trait object's die says zero, of what has a size of its own behind each pointer.
            size: ty.size.filter(|_| ty.kind != TypeKind::Opaque),
            align: None,
            inhabited: true,
            packed: false,
            fields: Vec::new(),
            padding: Vec::new(),
            padding_bytes: 0,
            reordered_size: None,
            discriminant: None,
            variants: Vec::new(),
            element: None,
            count: None,
            niches: Vec::new(),
            all_niches_known: false,
            cut: false,
        }
    }

    /// Whether it consists of others.
    pub fn has_parts(&self) -> bool {
        !self.fields.is_empty() || !self.variants.is_empty() || self.element.is_some()
    }
}

impl Span {
    /// The byte behind the last.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.size)
    }

    fn overlaps(self, other: Span) -> bool {
        self.offset < other.end() && other.offset < self.end()
    }
}

fn kind(ty: &Type) -> Kind {
    match &ty.kind {
        TypeKind::Base(_) => Kind::Scalar,
        TypeKind::Unit => Kind::Unit,
        TypeKind::Never => Kind::Never,
        TypeKind::Pointer { .. } => Kind::Pointer,
        TypeKind::Struct { tuple: false, .. } => Kind::Struct,
        TypeKind::Struct { tuple: true, .. } => Kind::Tuple,
        TypeKind::Union { .. } => Kind::Union,
        TypeKind::Enum(_) | TypeKind::CLike { .. } => Kind::Enum,
        TypeKind::Array { .. } => Kind::Array,
        TypeKind::Function => Kind::Function,
        TypeKind::Opaque => Kind::Opaque,
    }
}

/// JSON numbers are read as 64-bit floats by many programs: 128 bits are written as text.
fn hex<S: Serializer>(value: &u128, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{value:#x}"))
}
