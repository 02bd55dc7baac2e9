//! The layout of a type as rustc's code generator sees it: is it one scalar, two, or an aggregate?
//!
//! The debug information gives sizes and offsets, but not this (`rustc_abi::BackendRepr`). It is
//! derived again here, by the rules of `rustc_abi::layout::LayoutCalculator` (`univariant`,
//! `layout_of_union`).

use crate::base::Unreadable;
use crate::dwarf::{Encoding, Field, Type, TypeKind, TypeRef, Types};

/// What a value is to the code generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Abi {
    /// One scalar that fills the type.
    Scalar(Scalar),
    /// Two, the second at the next offset that suits its alignment.
    Pair(Scalar, Scalar),
    /// Anything else.
    Aggregate,
}

/// A scalar. On x86-64 its alignment is its size, that of `u128` included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scalar {
    /// Bytes.
    pub(super) size: u64,
    /// What the code generator takes it for.
    pub(super) kind: Kind,
}

/// The kind of a scalar (`rustc_abi::Primitive`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Signed,
    Unsigned,
    Pointer,
    Float,
}

/// What is needed of a type's layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Layout {
    pub(super) size: u64,
    pub(super) align: u64,
    pub(super) abi: Abi,
}

/// Computes layouts, of a bounded number of types: those of a program may be as nested as it likes.
pub(super) struct Layouts<'a> {
    pub(super) types: &'a dyn Types,
    left: usize,
    depth: usize,
}

const MOST_TYPES: usize = 2_000;
const DEEPEST: usize = 64;

impl<'a> Layouts<'a> {
    pub(super) fn new(types: &'a dyn Types) -> Layouts<'a> {
        Layouts { types, left: MOST_TYPES, depth: 0 }
    }

    /// # Errors
    /// [`Unreadable::NotDescribed`] for a type that is not, that can have no value, or that is too
    /// large to look through.
    pub(super) fn of(&mut self, id: TypeRef) -> Result<Layout, Unreadable> {
        let too_large = || Unreadable::NotDescribed("a type of too many parts".to_owned());
        self.left = self.left.checked_sub(1).ok_or_else(too_large)?;
        if self.depth >= DEEPEST {
            return Err(too_large());
        }
        let ty = self.types.get(id)?;
        self.depth += 1;
        let layout = self.by_kind(&ty);
        self.depth = self.depth.saturating_sub(1);
        layout
    }

    fn by_kind(&mut self, ty: &Type) -> Result<Layout, Unreadable> {
        let size = ty.size.unwrap_or(0);
        match &ty.kind {
            TypeKind::Base(encoding) => Ok(scalar(size, kind(*encoding))),
            TypeKind::Pointer { .. } => Ok(scalar(8, Kind::Pointer)),
            TypeKind::CLike { repr, .. } => Ok(scalar(size, kind(*repr))),
            TypeKind::Unit => Ok(Layout::aggregate(0, ty.align.unwrap_or(1))),
            TypeKind::Never => Err(Unreadable::NotDescribed("a value of type `!`".to_owned())),
            TypeKind::Array { element, count } => {
                let element = self.of(*element)?;
                Ok(Layout::aggregate(element.size.saturating_mul(*count), element.align))
            }
            TypeKind::Struct { fields, .. } => self.record(ty, fields),
            TypeKind::Union { fields } => self.union(ty, fields),
            TypeKind::Enum(part) => self.enumeration(ty, part),
            TypeKind::Function | TypeKind::Opaque => {
                Err(Unreadable::NotDescribed(ty.name.to_string()))
            }
        }
    }

    fn record(&mut self, ty: &Type, fields: &[Field]) -> Result<Layout, Unreadable> {
        let fields = self.fields(fields)?;
        let whole = Layout::aggregate(ty.size.unwrap_or(0), alignment(ty, &fields));
        Ok(Layout { abi: struct_abi(whole, &fields), ..whole })
    }

    fn union(&mut self, ty: &Type, fields: &[Field]) -> Result<Layout, Unreadable> {
        let mut fields = self.fields(fields)?;
        let whole = Layout::aggregate(ty.size.unwrap_or(0), alignment(ty, &fields));
        fields.retain(|(_, field)| field.size > 0);
        let all_alike = |first: Layout| {
            fields.iter().all(|(_, field)| (field.abi, field.align) == (first.abi, first.align))
        };
        Ok(match fields.first() {
            Some((_, first)) if first.align == whole.align && all_alike(*first) => {
                Layout { abi: first.abi, ..whole }
            }
            _ => whole,
        })
    }

    /// The offsets and layouts of fields.
    pub(super) fn fields(&mut self, fields: &[Field]) -> Result<Vec<(u64, Layout)>, Unreadable> {
        let layout = |field: &Field| Ok((field.offset, self.of(field.ty)?));
        fields.iter().map(layout).collect()
    }
}

/// The alignment that the type's die gives, otherwise that of its fields.
pub(super) fn alignment(ty: &Type, fields: &[(u64, Layout)]) -> u64 {
    let of_fields = fields.iter().map(|(_, field)| field.align).max();
    ty.align.or(of_fields).unwrap_or(1)
}

/// What a struct of this size and alignment is: its only field with bytes, where that fills it, or
/// two scalars, where they lie as a pair's would.
pub(super) fn struct_abi(whole: Layout, fields: &[(u64, Layout)]) -> Abi {
    let mut fields: Vec<_> = fields.iter().filter(|(_, field)| field.size > 0).collect();
    fields.sort_by_key(|(offset, _)| *offset);
    match fields.as_slice() {
        [(0, field)] if (field.size, field.align) == (whole.size, whole.align) => field.abi,
        [(0, first), (at, second)] => match (first.abi, second.abi) {
            (Abi::Scalar(a), Abi::Scalar(b)) => pair(whole, a, *at, b),
            _ => Abi::Aggregate,
        },
        _ => Abi::Aggregate,
    }
}

/// Two scalars, if the whole is laid out exactly as a pair of them.
pub(super) fn pair(whole: Layout, first: Scalar, at: u64, second: Scalar) -> Abi {
    let align = first.size.max(second.size).max(1);
    let offset = first.size.next_multiple_of(second.size.max(1));
    let size = offset.saturating_add(second.size).next_multiple_of(align);
    if (at, whole.size, whole.align) == (offset, size, align) {
        Abi::Pair(first, second)
    } else {
        Abi::Aggregate
    }
}

fn kind(encoding: Encoding) -> Kind {
    match encoding {
        Encoding::Float => Kind::Float,
        Encoding::Signed => Kind::Signed,
        Encoding::Unsigned | Encoding::Bool | Encoding::Char => Kind::Unsigned,
    }
}

fn scalar(size: u64, kind: Kind) -> Layout {
    // No scalar of Rust is larger; next_multiple_of above relies on small numbers.
    let size = size.min(16);
    let abi = if size == 0 { Abi::Aggregate } else { Abi::Scalar(Scalar { size, kind }) };
    Layout { size, align: size.max(1), abi }
}

impl Scalar {
    /// Whether it is a floating point number, which decides on the class of its register.
    pub(super) fn is_float(self) -> bool {
        self.kind == Kind::Float
    }
}

impl Layout {
    pub(super) fn aggregate(size: u64, align: u64) -> Layout {
        Layout { size, align, abi: Abi::Aggregate }
    }
}
