//! Types as Rust means them, read from their dies.

use std::sync::Arc;

use crate::base::{FileAddr, Unreadable};

/// Names a type: the offset of its die in `.debug_info`. That of a function item has no die of its
/// own, and is marked in the highest bit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeRef(pub usize);

/// Gives types by reference. An [`Image`](super::Image) is one; a test writes its own.
pub trait Types {
    /// The type, without its parts: those are references again, so that recursive types end.
    ///
    /// # Errors
    /// [`Unreadable::NotDescribed`] where the die is missing or malformed.
    fn get(&self, id: TypeRef) -> Result<Arc<Type>, Unreadable>;

    /// The concrete type behind a `dyn`, by the address of its vtable; none where nothing tells.
    fn behind_vtable(&self, _: FileAddr) -> Option<TypeRef> {
        None
    }
}

/// One type.
#[derive(Clone, PartialEq, Debug)]
pub struct Type {
    /// The full path with generic arguments, as the compiler wrote it:
    /// `alloc::vec::Vec<i32, alloc::alloc::Global>`.
    pub name: Arc<str>,
    /// The crate that defines it (`alloc`), empty for primitives, tuples, arrays and pointers.
    pub krate: Arc<str>,
    /// The last segment of the path without generic arguments: `Vec`.
    pub base_name: Arc<str>,
    /// Size in bytes, where the die gives one or it follows from the parts.
    pub size: Option<u64>,
    /// `DW_AT_alignment`, in bytes.
    pub align: Option<u64>,
    /// What it is made of.
    pub kind: TypeKind,
    /// Generic type arguments by the name of their parameter: `("T", …)`.
    pub params: Vec<(Arc<str>, TypeRef)>,
}

/// What a type is made of.
#[derive(Clone, PartialEq, Debug)]
pub enum TypeKind {
    /// A scalar.
    Base(Encoding),
    /// `()` and other types without any byte and without fields.
    Unit,
    /// `!`.
    Never,
    /// A thin pointer or reference (fat ones are structs of two fields in Rust's DWARF).
    Pointer {
        /// The pointee; none for `*const ()`-like pointers to nothing.
        to: Option<TypeRef>,
        /// How Rust spells it.
        flavour: PointerFlavour,
    },
    /// A struct, a tuple (fields `__0`, `__1`, …), a closure, or a fat pointer (`data_ptr` and
    /// `length` or `vtable`).
    Struct {
        /// The fields in the order of the debug information; sort by offset for the layout.
        fields: Vec<Field>,
        /// Whether it is a tuple or a tuple struct.
        tuple: bool,
    },
    /// A union.
    Union {
        /// The fields, all of them at overlapping offsets.
        fields: Vec<Field>,
    },
    /// An enum with data: `DW_TAG_variant_part`.
    Enum(VariantPart),
    /// An enum without data: `DW_TAG_enumeration_type`.
    CLike {
        /// The integer that represents it.
        repr: Encoding,
        /// Names and discriminants; those of up to 64 bits are sign extended for signed reprs.
        enumerators: Vec<(Arc<str>, i128)>,
    },
    /// An array of a fixed length.
    Array {
        /// The element.
        element: TypeRef,
        /// How many.
        count: u64,
    },
    /// A function pointer's pointee: `DW_TAG_subroutine_type`.
    Function,
    /// Declared, but not described.
    Opaque,
}

/// The encoding of a scalar; sizes are those of the type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// `bool`.
    Bool,
    /// `char`.
    Char,
    /// `i8` to `i128`, `isize`.
    Signed,
    /// `u8` to `u128`, `usize`.
    Unsigned,
    /// `f16` to `f128`.
    Float,
}

/// How Rust spells a pointer; taken from the name of the type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointerFlavour {
    /// `&T`.
    Shared,
    /// `&mut T`.
    Unique,
    /// `*const T`.
    Const,
    /// `*mut T`.
    Mut,
    /// `fn(…)`.
    Function,
    /// `Box<T>`, which rustc describes as a pointer where it is thin.
    Box,
}

/// A field.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// Its name; `__0` for the first of a tuple.
    pub name: Arc<str>,
    /// Its type.
    pub ty: TypeRef,
    /// Bytes from the start of the whole.
    pub offset: u64,
}

/// The data of an enum.
#[derive(Clone, PartialEq, Debug)]
pub struct VariantPart {
    /// The discriminant or niche, at its offset; none for an enum of a single inhabited variant.
    pub discriminant: Option<Field>,
    /// The variants.
    pub variants: Vec<Variant>,
}

/// One variant of an enum.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    /// Its name.
    pub name: Arc<str>,
    /// The values of the discriminant that select it, as unsigned bit patterns of the
    /// discriminant's size, inclusive ranges. Empty: the variant for all other values
    /// (the dataful variant of a niche encoding).
    pub values: Vec<(u128, u128)>,
    /// The struct that holds its fields, at offset zero of the enum (its fields' own offsets count
    /// from there), or none for a variant without one.
    pub ty: Option<TypeRef>,
    /// `DW_AT_decl_line`, from 1. Only the states of coroutines have one: the line at which they
    /// wait (`build_variant_part` in `rustc_codegen_llvm`).
    pub line: Option<u32>,
}

impl Type {
    /// The type argument of this name: `param("T")` of a `Vec<i32>` is `i32`.
    pub fn param(&self, name: &str) -> Option<TypeRef> {
        self.params.iter().find(|(param, _)| &**param == name).map(|(_, ty)| *ty)
    }

    /// The fields of a struct or union, otherwise none.
    pub fn fields(&self) -> &[Field] {
        match &self.kind {
            TypeKind::Struct { fields, .. } | TypeKind::Union { fields } => fields,
            _ => &[],
        }
    }

    /// A field by name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| &*field.name == name)
    }

    /// Whether this is the std type of that last path segment: `is_std("Vec")`.
    pub fn is_std(&self, base_name: &str) -> bool {
        matches!(&*self.krate, "std" | "core" | "alloc") && &*self.base_name == base_name
    }
}
