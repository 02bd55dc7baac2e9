//! What an expression is worth: a place in the program, or something that was computed.

use std::sync::Arc;

use super::error::ExprError;
use super::eval::Eval;
use super::scalar::{Float, FloatType, Scalar};
use super::scope::Scope;
use super::types::IntType;
use crate::base::VirtAddr;
use crate::dwarf::{Location, PointerFlavour, TypeRef, short_type_name};
use crate::value::{self, Elements, Part, Place, Reader, TextAt, Value, ValueKind};

/// What an expression is worth.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// A value of the program, in its place. It is read when it is asked for.
    Place(Part),
    /// A computed scalar.
    Scalar(Scalar),
    /// A computed text.
    Text(Arc<str>),
    /// A text of the program, or a part of one.
    TextAt(TextAt),
    /// Elements of the program: what a slice leads to.
    Elements(Elements),
    /// A computed pointer.
    Pointer(Pointer),
    /// A computed tuple.
    Tuple(Vec<Operand>),
    /// A computed array.
    Array(Vec<Operand>),
    /// A variant or struct as it is written: `Some(3)`.
    Made(Made),
    /// A type.
    Type(Arc<str>),
}

/// A computed pointer.
#[derive(Clone, PartialEq, Debug)]
pub struct Pointer {
    /// Where it points.
    pub target: VirtAddr,
    /// To what type; none where the debug information does not have it.
    pub to: Option<TypeRef>,
    /// How Rust spells it.
    pub flavour: PointerFlavour,
    /// Its type.
    pub type_name: Arc<str>,
}

/// A variant of an enum, or a struct, that was written down.
#[derive(Clone, PartialEq, Debug)]
pub struct Made {
    /// The last segment of its type's path, where that was written.
    pub of: Option<Arc<str>>,
    /// Its type, where the debug information has one of that name.
    pub ty: Option<TypeRef>,
    /// The variant, or the name of the struct.
    pub name: Arc<str>,
    /// Its fields.
    pub fields: Vec<(Arc<str>, Operand)>,
    /// Whether they are written without names.
    pub tuple: bool,
    /// Whether its name is known to stand for something.
    pub(super) known: bool,
}

impl Operand {
    /// The value of it, to be shown.
    pub fn read(&self, reader: &Reader<'_>) -> Value {
        let kind = match self {
            Operand::Place(part) => return reader.read(part.ty, &part.at),
            Operand::TextAt(text) => return reader.read_text(text, "str"),
            Operand::Elements(elements) => {
                return reader.read_elements(elements, &self.type_name(reader));
            }
            Operand::Scalar(scalar) => scalar_kind(scalar),
            // Its bytes are the debugger's own: no address is told.
            Operand::Text(text) => ValueKind::Text(value::Text {
                shown: text.as_bytes().to_vec(),
                len: text.len() as u64,
                pointee: VirtAddr(0),
            }),
            Operand::Pointer(pointer) => ValueKind::Pointer(value::Pointer {
                target: pointer.target,
                flavour: pointer.flavour,
                pointee: None,
                vtable: None,
                counts: Vec::new(),
            }),
            Operand::Tuple(parts) => {
                let numbered = parts.iter().enumerate();
                let list = numbered.map(|(i, part)| (i.to_string().into(), part.read(reader)));
                let fields = value::Fields { list: list.collect(), tuple: true, more: 0 };
                ValueKind::Record { name: "".into(), fields }
            }
            Operand::Array(parts) => ValueKind::Sequence(value::Sequence {
                len: parts.len() as u64,
                items: parts.iter().map(|part| part.read(reader)).collect(),
                nodes: Vec::new(),
            }),
            Operand::Made(made) => {
                let read = |(name, part): &(Arc<str>, Operand)| (name.clone(), part.read(reader));
                let list = made.fields.iter().map(read).collect();
                let fields = value::Fields { list, tuple: made.tuple, more: 0 };
                ValueKind::Enum { variant: made.name.clone(), fields }
            }
            Operand::Type(name) => ValueKind::Plain(name.to_string()),
        };
        let type_name = self.type_name(reader).into();
        Value { type_name, ty: None, place: Place::Computed, size: self.size(), kind, heap: None }
    }

    /// Whether it is true: the value of a condition.
    ///
    /// # Errors
    /// Where it is no `bool`, or cannot be read.
    pub fn truth(&self, scope: &dyn Scope) -> Result<bool, ExprError> {
        Eval::new(scope).truth(self)
    }

    /// The full name of its type, as the debug information writes it.
    pub fn type_name(&self, reader: &Reader<'_>) -> String {
        let name_of = |ty| reader.types.get(ty).map_or_else(|_| "?".into(), |ty| ty.name.clone());
        let list = |parts: &[Operand]| {
            parts.iter().map(|part| part.type_name(reader)).collect::<Vec<_>>().join(", ")
        };
        match self {
            Operand::Place(part) => name_of(part.ty).to_string(),
            Operand::Scalar(scalar) => scalar.type_name().to_owned(),
            Operand::Text(_) => "&str".to_owned(),
            Operand::TextAt(_) => "str".to_owned(),
            Operand::Elements(of) => format!("[{}]", name_of(of.element)),
            Operand::Pointer(pointer) => pointer.type_name.to_string(),
            Operand::Tuple(parts) if parts.len() == 1 => format!("({},)", list(parts)),
            Operand::Tuple(parts) => format!("({})", list(parts)),
            Operand::Array(parts) => {
                let element = parts.first().map_or_else(|| "_".to_owned(), |p| p.type_name(reader));
                format!("[{element}; {}]", parts.len())
            }
            Operand::Made(made) => match (made.ty, &made.of) {
                (Some(ty), _) => name_of(ty).to_string(),
                (None, Some(of)) => of.to_string(),
                (None, None) => made.name.to_string(),
            },
            Operand::Type(_) => "type".to_owned(),
        }
    }

    /// The name of its type as people write it.
    pub(super) fn short_type(&self, reader: &Reader<'_>) -> String {
        short_type_name(&self.type_name(reader))
    }

    /// Bytes of a computed value; none where they are not the program's.
    fn size(&self) -> Option<u64> {
        match self {
            Operand::Scalar(Scalar::Int(int)) => {
                let ty = int.ty().or(IntType::named(int.type_name()));
                Some(ty.map_or(4, |ty| u64::from(ty.bits() / 8)))
            }
            Operand::Scalar(Scalar::Float(Float { ty: Some(FloatType::F32), .. })) => Some(4),
            Operand::Scalar(Scalar::Float(_)) | Operand::Pointer(_) => Some(8),
            Operand::Scalar(Scalar::Bool(_)) => Some(1),
            Operand::Scalar(Scalar::Char(_)) => Some(4),
            Operand::Scalar(Scalar::Unit) => Some(0),
            _ => None,
        }
    }

    /// Where it is, for what is in the program.
    pub fn location(&self) -> Option<Location> {
        match self {
            Operand::Place(part) => Some(part.at.clone()),
            Operand::TextAt(text) => Some(Location::Memory(text.pointer)),
            Operand::Elements(elements) => match &elements.start {
                Location::Memory(at) => {
                    let ring = elements.ring.and_then(|room| elements.first.checked_rem(room));
                    let first = ring.unwrap_or(elements.first);
                    Some(Location::Memory(*at + first.saturating_mul(elements.stride)))
                }
                other => Some(other.clone()),
            },
            _ => None,
        }
    }

    /// A `bool`.
    pub(super) fn bool(value: bool) -> Operand {
        Operand::Scalar(Scalar::Bool(value))
    }

    /// A `usize`.
    pub(super) fn usize(value: u64) -> Operand {
        Operand::Scalar(Scalar::Int(super::integer::Integer::usize(value)))
    }

    /// An `Option`.
    pub(super) fn option(value: Option<Operand>) -> Operand {
        let name = if value.is_some() { "Some" } else { "None" };
        Operand::Made(Made {
            of: Some("Option".into()),
            ty: None,
            name: name.into(),
            fields: value.into_iter().map(|value| ("0".into(), value)).collect(),
            tuple: true,
            known: true,
        })
    }
}

fn scalar_kind(scalar: &Scalar) -> ValueKind {
    match scalar {
        Scalar::Unit => ValueKind::Unit,
        Scalar::Bool(b) => ValueKind::Bool(*b),
        Scalar::Char(c) => ValueKind::Char(*c),
        Scalar::Int(int) => match (int.signed(), int.ty().is_none_or(IntType::is_signed)) {
            (Some(value), true) => ValueKind::Int(value),
            _ => ValueKind::Uint(int.bits()),
        },
        Scalar::Float(Float { value, ty: Some(FloatType::F32) }) => {
            ValueKind::Float(value::Float::Single(*value as f32))
        }
        Scalar::Float(float) => ValueKind::Float(value::Float::Double(float.value)),
    }
}
