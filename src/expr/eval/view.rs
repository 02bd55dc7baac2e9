//! What an operand is made of, computed or not; and what lies beneath its pointers and wrappers.

use std::sync::Arc;

use super::super::error::{ExprError, Outcome};
use super::super::integer::Integer;
use super::super::operand::{Operand, Pointer};
use super::super::scalar::{Float, FloatType, Scalar};
use super::super::types::IntType;
use super::Eval;
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::{Location, PointerFlavour, TypeKind, TypeRef};
use crate::value::{
    self, Behind, Beside, Elements, Entries, Members, Part, Pointee, Shape, TextAt, ValueKind,
};

/// Pointers and wrappers that are gone through in one go.
pub(in crate::expr) const MOST_LEVELS: usize = 32;

/// What an operand is made of.
#[derive(Clone, Debug)]
pub(in crate::expr) enum View {
    Scalar(Scalar),
    Text(Text),
    Elements(Elements),
    /// Computed elements.
    List(Vec<Operand>),
    Entries(Entries, Part),
    Pointer(Pointee),
    Function(VirtAddr),
    Inside(Part, Vec<(Arc<str>, Beside)>),
    Struct(Fields),
    Enum(Arc<str>, Fields),
    Type,
}

/// A text.
#[derive(Clone, Debug)]
pub(in crate::expr) enum Text {
    Made(Arc<str>),
    At(TextAt),
}

/// Fields.
#[derive(Clone, Debug, Default)]
pub(in crate::expr) struct Fields {
    pub(in crate::expr) list: Vec<(Arc<str>, Result<Operand, Unreadable>)>,
}

impl Fields {
    /// A field by its name.
    pub(in crate::expr) fn get(&self, name: &str) -> Option<Outcome<Operand>> {
        let (_, part) = self.list.iter().find(|(field, _)| &**field == name)?;
        Some(part.clone().map_err(ExprError::from))
    }
}

impl From<Members> for Fields {
    fn from(members: Members) -> Fields {
        let field =
            |(name, part): (Arc<str>, Result<Part, Unreadable>)| (name, part.map(Operand::Place));
        Fields { list: members.list.into_iter().map(field).collect() }
    }
}

impl Eval<'_> {
    /// What an operand is made of.
    pub(in crate::expr) fn view(&self, operand: &Operand) -> Outcome<View> {
        self.work(1)?;
        Ok(match operand {
            Operand::Place(part) => return self.view_of_place(part),
            Operand::Scalar(scalar) => View::Scalar(*scalar),
            Operand::Text(text) => View::Text(Text::Made(text.clone())),
            Operand::TextAt(text) => View::Text(Text::At(*text)),
            Operand::Elements(elements) => View::Elements(elements.clone()),
            Operand::Pointer(pointer) => View::Pointer(pointee(pointer)),
            Operand::Tuple(parts) => {
                let numbered = parts.iter().enumerate();
                let list = numbered.map(|(i, part)| (i.to_string().into(), Ok(part.clone())));
                View::Struct(Fields { list: list.collect() })
            }
            Operand::Array(parts) => View::List(parts.clone()),
            Operand::Made(made) => {
                let field = |(name, part): &(Arc<str>, Operand)| (name.clone(), Ok(part.clone()));
                let fields = Fields { list: made.fields.iter().map(field).collect() };
                match self.is_struct(made.ty) {
                    true => View::Struct(fields),
                    false => View::Enum(made.name.clone(), fields),
                }
            }
            Operand::Type(_) => View::Type,
        })
    }

    fn is_struct(&self, ty: Option<TypeRef>) -> bool {
        let ty = ty.and_then(|ty| self.reader.types.get(ty).ok());
        ty.is_some_and(|ty| matches!(ty.kind, TypeKind::Struct { .. } | TypeKind::Unit))
    }

    fn view_of_place(&self, part: &Part) -> Outcome<View> {
        Ok(match self.reader.shape(part.ty, &part.at)? {
            Shape::Scalar(kind) => View::Scalar(self.scalar(part.ty, &kind)?),
            Shape::Function(target) => View::Function(target),
            Shape::Text(text) => View::Text(Text::At(text)),
            Shape::Elements(elements) => View::Elements(elements),
            Shape::Entries(entries) => View::Entries(entries, part.clone()),
            Shape::Pointer(pointee) => View::Pointer(pointee),
            Shape::Inside { part, beside } => View::Inside(part, beside),
            Shape::Struct(members) => View::Struct(members.into()),
            Shape::Enum { variant, fields } => View::Enum(variant, fields.into()),
        })
    }

    /// A scalar that was read, with its type. What stands for an integer that is not described as
    /// one has the type that its size tells.
    fn scalar(&self, ty: TypeRef, kind: &ValueKind) -> Outcome<Scalar> {
        let int = |signed: bool| {
            let ty = self.reader.types.get(ty).ok()?;
            IntType::named(&ty.name).or_else(|| IntType::of_size(signed, ty.size?))
        };
        let scalar = match kind {
            ValueKind::Unit => Some(Scalar::Unit),
            ValueKind::Bool(b) => Some(Scalar::Bool(*b)),
            ValueKind::Char(c) => Some(Scalar::Char(*c)),
            ValueKind::Int(value) => Integer::new(*value, int(true)).map(Scalar::Int),
            ValueKind::Uint(value) => Integer::unsigned(*value, int(false)).map(Scalar::Int),
            ValueKind::Float(value::Float::Single(value)) => {
                let (value, ty) = (f64::from(*value), Some(FloatType::F32));
                Some(Scalar::Float(Float { value, ty }))
            }
            ValueKind::Float(value::Float::Double(value)) => {
                Some(Scalar::Float(Float { value: *value, ty: Some(FloatType::F64) }))
            }
            _ => None,
        };
        scalar.ok_or_else(|| {
            let name = Operand::Place(Part { ty, at: Location::Value(Vec::new()) });
            let name = name.short_type(self.reader);
            ExprError::new(format!("numbers of type {name} are not computed with"))
        })
    }

    /// What a wrapper tells beside its value, as an operand.
    pub(in crate::expr) fn beside(&self, beside: &Beside) -> Outcome<Operand> {
        match beside {
            Beside::Part(part) => Ok(Operand::Place(part.clone())),
            Beside::Made(_, ValueKind::Bool(b)) => Ok(Operand::bool(*b)),
            Beside::Made(ty, ValueKind::Uint(value)) => {
                let int = Integer::unsigned(*value, IntType::named(ty));
                let int = int.ok_or_else(|| ExprError::new("it is no number of its type"))?;
                Ok(Operand::Scalar(Scalar::Int(int)))
            }
            Beside::Made(ty, _) => Err(ExprError::new(format!("`{ty}` cannot be used here"))),
        }
    }

    /// The operand without its references, boxes, counting pointers, cells, locks and `Cow`s. Raw
    /// pointers stay: going through one is asked for with `*`.
    pub(in crate::expr) fn stripped(&self, operand: &Operand) -> Outcome<View> {
        self.stripped_with(operand).map(|(_, view)| view)
    }

    /// The same, with the operand that is left.
    pub(in crate::expr) fn stripped_with(&self, operand: &Operand) -> Outcome<(Operand, View)> {
        let mut operand = operand.clone();
        for _ in 0..MOST_LEVELS {
            let view = self.view(&operand)?;
            match self.beneath(&operand, &view)? {
                Some(beneath) => operand = beneath,
                None => return Ok((operand, view)),
            }
        }
        Err(ExprError::new(format!("more than {MOST_LEVELS} pointers lead from one to the next")))
    }

    /// What a dot goes through: a reference, box, counting pointer, cell, lock or `Cow`.
    pub(in crate::expr) fn beneath(
        &self,
        operand: &Operand,
        view: &View,
    ) -> Outcome<Option<Operand>> {
        match view {
            View::Pointer(pointee) if !is_raw(pointee.flavour) => self.behind(pointee).map(Some),
            View::Inside(part, _) => Ok(Some(Operand::Place(part.clone()))),
            View::Enum(_, fields) if self.is_cow(operand) => fields.get("0").transpose(),
            _ => Ok(None),
        }
    }

    fn is_cow(&self, operand: &Operand) -> bool {
        let Operand::Place(part) = operand else { return false };
        self.reader.types.get(part.ty).is_ok_and(|ty| ty.is_std("Cow"))
    }

    /// What a pointer leads to.
    pub(in crate::expr) fn behind(&self, pointee: &Pointee) -> Outcome<Operand> {
        if pointee.target.0 == 0 {
            return Err(ExprError::new("the pointer is null"));
        }
        match &pointee.behind {
            Behind::Part(part) => {
                self.check_mapped(pointee, part)?;
                Ok(Operand::Place(part.clone()))
            }
            Behind::Elements(elements) => Ok(Operand::Elements(elements.clone())),
            Behind::Text(text) => Ok(Operand::TextAt(*text)),
            Behind::Nothing(why) => {
                Err(ExprError::new(format!("the pointer cannot be followed: {why}")))
            }
        }
    }

    /// Raw pointers may dangle, which is better said here than of a part of what is not there.
    fn check_mapped(&self, pointee: &Pointee, part: &Part) -> Outcome<()> {
        let size = self.reader.types.get(part.ty).ok().and_then(|ty| ty.size).unwrap_or(0);
        if !is_raw(pointee.flavour) || size == 0 {
            return Ok(());
        }
        match self.reader.memory.read(pointee.target, &mut [0]) {
            Ok(()) => Ok(()),
            Err(error) => {
                let reason = error.reason();
                let message = match &reason {
                    Unreadable::Dangling { .. } => format!("what it points to is {reason}"),
                    _ => format!("the pointer dangles: nothing is mapped at {}", pointee.target),
                };
                Err(ExprError { message, ..ExprError::from(reason) })
            }
        }
    }

    /// `*x`.
    pub(in crate::expr) fn deref(&self, operand: &Operand) -> Outcome<Operand> {
        let view = self.view(operand)?;
        if let Some(beneath) = self.beneath(operand, &view)? {
            return Ok(beneath);
        }
        match view {
            View::Pointer(pointee) => self.behind(&pointee),
            View::Text(Text::At(text)) => Ok(Operand::TextAt(text)),
            View::Text(Text::Made(text)) => Ok(Operand::Text(text)),
            View::Elements(elements) => Ok(Operand::Elements(elements)),
            // `&3` stands for itself, and so does `*&3`.
            View::Scalar(_) | View::List(_) if !matches!(operand, Operand::Place(_)) => {
                Ok(operand.clone())
            }
            _ => {
                let name = operand.short_type(self.reader);
                Err(ExprError::new(format!("`{name}` cannot be dereferenced")))
            }
        }
    }
}

/// Whether a pointer may be null or dangle.
pub(in crate::expr) fn is_raw(flavour: PointerFlavour) -> bool {
    matches!(flavour, PointerFlavour::Const | PointerFlavour::Mut)
}

fn pointee(pointer: &Pointer) -> Pointee {
    let behind = match pointer.to {
        Some(ty) => Behind::Part(Part { ty, at: Location::Memory(pointer.target) }),
        None => Behind::Nothing("the debug information does not describe its type".to_owned()),
    };
    Pointee { target: pointer.target, flavour: pointer.flavour, counts: Vec::new(), behind }
}
