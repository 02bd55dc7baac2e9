//! Assignment: which bytes are to be written, and where. What owns something is not assigned to:
//! the old value would leak, and a copy of another would be freed twice.

use super::error::{ExprError, Outcome};
use super::eval::{Eval, View, no_register};
use super::integer::Integer;
use super::operand::Operand;
use super::parse::Assignment;
use super::scalar::{Float, FloatType, Scalar};
use super::scope::Scope;
use super::tree::{Kind, Node};
use super::types::IntType;
use crate::base::Unreadable;
use crate::dwarf::{
    Encoding, Location, PieceAt, PointerFlavour, Type, TypeKind, TypeRef, short_type_name,
};
use crate::value::{Part, Shape};

/// What an assignment writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Write {
    /// Where: memory, a register, or pieces of these. A register of which fewer bytes are written
    /// than it has keeps its other bytes.
    pub at: Location,
    /// The type of the place; none for a register that was named.
    pub ty: Option<TypeRef>,
    /// The bytes, low byte first; as many as the type has.
    pub bytes: Vec<u8>,
}

/// What the assignment `target OP= value` writes.
pub(super) fn evaluate(
    scope: &dyn Scope,
    target: &Node,
    assignment: &Assignment,
) -> Outcome<Write> {
    let mut eval = Eval::new(scope);
    let place = match &target.kind {
        Kind::Register(name) => return register(&mut eval, name, target, assignment),
        _ => eval.eval(target)?,
    };
    eval.guard_std(target)?;
    let Operand::Place(part) = &place else {
        return Err(
            ExprError::new("only a place in the program can be assigned to").at(&target.span)
        );
    };
    let part = eval.innermost(part)?;
    writable(&part.at).map_err(|error| error.at(&target.span))?;
    let ty = eval.reader.types.get(part.ty)?;
    owns_nothing(&ty).map_err(|error| error.at(&target.span))?;
    let value = eval.new_value(&Operand::Place(part.clone()), assignment)?;
    let bytes = eval.encode(&part, &ty, &value).map_err(|e| e.at(&assignment.value.span))?;
    Ok(Write { at: part.at, ty: Some(part.ty), bytes })
}

fn register(
    eval: &mut Eval<'_>,
    name: &str,
    target: &Node,
    assignment: &Assignment,
) -> Outcome<Write> {
    let register = eval.scope.register(name).ok_or_else(|| no_register(name).at(&target.span))?;
    let Some(number) = register.register else {
        return Err(ExprError::new(format!("${name} cannot be written")).at(&target.span));
    };
    let ty = IntType::of_size(false, register.size).unwrap_or(IntType::U64);
    let old = match assignment.op {
        Some(_) => eval.eval(target)?,
        None => Operand::Scalar(Scalar::Unit),
    };
    let value = eval.new_value(&old, assignment)?;
    let int = match eval.stripped(&value)? {
        View::Scalar(Scalar::Int(int)) => int.converted(Some(ty)).ok_or_else(|| range(int, ty)),
        View::Pointer(pointee) => Ok(Integer::usize(pointee.target.0)),
        _ => Err(ExprError::new("a register holds an integer")),
    };
    let int = int.map_err(|error| error.at(&assignment.value.span))?;
    let bytes = low_bytes(int.bits(), register.size);
    Ok(Write { at: Location::Register(number), ty: None, bytes })
}

/// That a place can be written at all.
fn writable(at: &Location) -> Outcome<()> {
    let writable = match at {
        Location::Memory(_) | Location::Register(_) => true,
        Location::Value(_) => false,
        Location::Pieces(pieces) => {
            pieces.iter().all(|piece| matches!(piece.at, PieceAt::Memory(_) | PieceAt::Register(_)))
        }
    };
    match writable {
        true => Ok(()),
        false => Err(ExprError::new(
            "it has no place to write to: the compiler made it a constant, or a part of a register",
        )),
    }
}

/// The types of std that own memory.
const OWNERS: [&str; 16] = [
    "String",
    "Vec",
    "VecDeque",
    "Box",
    "Rc",
    "Arc",
    "Weak",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "LinkedList",
    "BinaryHeap",
    "OsString",
    "PathBuf",
    "CString",
];

fn is_std(ty: &Type) -> bool {
    matches!(&*ty.krate, "std" | "core" | "alloc")
}

/// That an assignment cannot leak anything or free it twice.
fn owns_nothing(ty: &Type) -> Outcome<()> {
    let name = short_type_name(&ty.name);
    let refused = |why: &str| Err(ExprError::new(format!("`{name}` is not assigned to: {why}")));
    const OWNER: &str = "its old value would leak, and what the new one owns would be freed twice";
    match &ty.kind {
        TypeKind::Base(_) | TypeKind::CLike { .. } => Ok(()),
        TypeKind::Pointer { flavour: PointerFlavour::Const | PointerFlavour::Mut, .. } => Ok(()),
        TypeKind::Pointer { flavour: PointerFlavour::Box, .. } => refused(OWNER),
        TypeKind::Pointer { flavour: PointerFlavour::Function, .. } => {
            refused("nothing tells whether the new function has the same type")
        }
        TypeKind::Pointer { .. } => {
            refused("nothing tells whether what it would refer to lives long enough")
        }
        TypeKind::Enum(_) => refused("its variants may own what would leak or be freed twice")
            .map_err(|error: ExprError| error.hint("fields of the variant that it is can be")),
        TypeKind::Array { .. } => {
            refused("only scalars are").map_err(|error| error.hint("its elements can be"))
        }
        _ if ty.is_std("AtomicBool") => Ok(()),
        _ if ty.name.starts_with(['&', '*']) => {
            refused("it leads to something together with its length or type")
        }
        _ if OWNERS.iter().any(|owner| ty.is_std(owner)) => refused(OWNER),
        _ if is_std(ty) => refused("std keeps its parts in step, and only scalars are"),
        TypeKind::Struct { .. } | TypeKind::Union { .. } => {
            refused("its fields may own what would leak or be freed twice")
                .map_err(|error| error.hint("its fields can be, one by one"))
        }
        _ => refused("it has no bytes to write"),
    }
}

/// Whether it is the whole of a variable that was asked for, of which some fields were moved out.
fn is_partly_moved(error: &ExprError) -> bool {
    matches!(error.unreadable.as_deref(), Some(Unreadable::PartlyMoved { .. }))
}

impl Eval<'_> {
    /// The scalar inside of a cell, lock, atomic or number in a wrapper.
    fn innermost(&self, part: &Part) -> Outcome<Part> {
        let mut part = part.clone();
        for _ in 0..8 {
            let ty = self.reader.types.get(part.ty)?;
            let opened = matches!(ty.kind, TypeKind::Struct { .. } | TypeKind::Union { .. });
            if !opened {
                break;
            }
            if ty.is_std("NonZero") {
                return Err(ExprError::new(
                    "a NonZero is not assigned to: zero would be no value of it",
                ));
            }
            match self.reader.shape(part.ty, &part.at) {
                Ok(Shape::Inside { part: inside, .. }) => part = inside,
                _ => break,
            }
        }
        Ok(part)
    }

    /// The private fields of std's types keep promises that a write would break: the length of a
    /// `Vec`, the counts of an `Rc`.
    fn guard_std(&mut self, target: &Node) -> Outcome<()> {
        let mut node = target;
        while let Kind::Field(of, name) = &node.kind {
            let operand = match self.eval(of) {
                // Of std's types no field is moved out.
                Err(error) if is_partly_moved(&error) => break,
                operand => operand?,
            };
            if let Operand::Place(part) = operand {
                let ty = self.reader.types.get(part.ty)?;
                let std = is_std(&ty) || ty.name.starts_with(['&', '*']);
                let open = ty.base_name.starts_with("Range");
                let own = ty.field(name).is_some() && matches!(ty.kind, TypeKind::Struct { .. });
                if std && own && !open {
                    let ty = short_type_name(&ty.name);
                    return Err(ExprError::new(format!(
                        "`{name}` of `{ty}` is not assigned to: std relies on what it says"
                    ))
                    .at(&node.span));
                }
            }
            node = of;
        }
        Ok(())
    }

    fn new_value(&mut self, old: &Operand, assignment: &Assignment) -> Outcome<Operand> {
        let value = self.eval(&assignment.value)?;
        match assignment.op {
            None => Ok(value),
            Some(op) => {
                self.binary(op, old, &value).map_err(|error| error.at(&assignment.value.span))
            }
        }
    }

    fn encode(&self, part: &Part, ty: &Type, value: &Operand) -> Outcome<Vec<u8>> {
        let name = short_type_name(&ty.name);
        let size = ty.size.filter(|size| *size <= 16);
        let size = size.ok_or_else(|| ExprError::new(format!("`{name}` is not a scalar")))?;
        let other = || {
            let of = value.short_type(self.reader);
            ExprError::new(format!("`{name}` is expected, and this is `{of}`"))
        };
        let view = self.stripped(value)?;
        let bits = match (&ty.kind, view) {
            (TypeKind::Base(encoding), View::Scalar(scalar)) => {
                match scalar_bits(ty, *encoding, size, scalar) {
                    Some(bits) => bits?,
                    None => return Err(convertible(other(), scalar, &name)),
                }
            }
            (TypeKind::CLike { .. }, View::Enum(variant, _)) => {
                if let Operand::Made(made) = value
                    && made.of.as_ref().is_some_and(|of| *of != ty.base_name)
                {
                    return Err(other());
                }
                let number = self.discriminant_of(part.ty, &variant);
                number.map(i128::cast_unsigned).ok_or_else(|| {
                    let variants = self.variants(part.ty).unwrap_or_default();
                    ExprError::new(format!("{name} has no variant `{variant}`"))
                        .did_you_mean(&variant, variants.iter().map(|name| &**name))
                })?
            }
            (TypeKind::CLike { .. }, View::Scalar(Scalar::Int(_))) => {
                return Err(other().hint("write the variant: `x = Type::Variant`"));
            }
            (_, View::Scalar(Scalar::Bool(b))) if ty.is_std("AtomicBool") => b.into(),
            (TypeKind::Pointer { .. }, View::Pointer(pointee)) => pointee.target.0.into(),
            (TypeKind::Pointer { .. }, View::Scalar(Scalar::Int(_))) => {
                return Err(other().hint(format!("cast it: `as {name}`")));
            }
            (TypeKind::Pointer { .. }, _) => match value {
                // `&x` was stripped down to x.
                Operand::Pointer(pointer) => pointer.target.0.into(),
                _ => return Err(other()),
            },
            _ => return Err(other()),
        };
        Ok(low_bytes(bits, size))
    }
}

/// The bits of a scalar in a type; none where it is of another type.
fn scalar_bits(ty: &Type, encoding: Encoding, size: u64, scalar: Scalar) -> Option<Outcome<u128>> {
    match (encoding, scalar) {
        (Encoding::Bool, Scalar::Bool(b)) => Some(Ok(b.into())),
        (Encoding::Char, Scalar::Char(c)) => Some(Ok(u128::from(u32::from(c)))),
        (Encoding::Signed | Encoding::Unsigned, Scalar::Int(int)) => {
            let signed = encoding == Encoding::Signed;
            let wanted = IntType::named(&ty.name).or_else(|| IntType::of_size(signed, size))?;
            if int.ty().is_some_and(|ty| ty != wanted) {
                return None;
            }
            let fitting = int.converted(Some(wanted)).ok_or_else(|| range(int, wanted));
            Some(fitting.map(Integer::bits))
        }
        (Encoding::Float, Scalar::Float(Float { value, ty })) => match (size, ty) {
            (4, None | Some(FloatType::F32)) => Some(Ok((value as f32).to_bits().into())),
            (8, None | Some(FloatType::F64)) => Some(Ok(value.to_bits().into())),
            _ => None,
        },
        (Encoding::Float, Scalar::Int(int)) if int.ty().is_none() => match size {
            4 => Some(Ok((int.to_float() as f32).to_bits().into())),
            8 => Some(Ok(int.to_float().to_bits().into())),
            _ => None,
        },
        _ => None,
    }
}

/// The error for a value of another type, with what would make it one of this.
fn convertible(error: ExprError, scalar: Scalar, name: &str) -> ExprError {
    match scalar {
        Scalar::Int(_) | Scalar::Float(_) if name != "bool" && name != "char" => {
            error.hint(format!("convert it: `as {name}`"))
        }
        _ => error,
    }
}

fn range(int: Integer, ty: IntType) -> ExprError {
    ExprError::new(format!("{} is out of range for {}", int.text(), ty.name()))
}

fn low_bytes(bits: u128, size: u64) -> Vec<u8> {
    bits.to_le_bytes().into_iter().take(usize::try_from(size).unwrap_or(16)).collect()
}
