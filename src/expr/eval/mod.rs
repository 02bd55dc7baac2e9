//! Evaluation: from a tree to an operand.

mod access;
mod casts;
mod compare;
mod known;
mod left;
mod lookup;
mod measure;
mod methods;
mod names;
mod number_methods;
mod patterns;
mod sequence_methods;
mod text;
mod view;

use std::cell::Cell;
use std::sync::Arc;

use super::error::{ExprError, Outcome};
use super::operand::{Made, Operand, Pointer};
use super::scalar::{Float, Scalar};
use super::scope::Scope;
use super::tree::{Binary, Kind, Node, Unary};
use super::types::{IntType, spelled};
use crate::dwarf::{Location, PointerFlavour};
use crate::value::Reader;
pub(super) use names::no_register;
use view::Fields;
pub(super) use view::View;

/// Parts that one evaluation looks at, whatever the text and the program's bytes say.
const MOST_WORK: u64 = 1 << 23;

/// One evaluation.
pub(super) struct Eval<'a> {
    pub(super) scope: &'a dyn Scope,
    pub(super) reader: &'a Reader<'a>,
    /// What patterns have bound, the innermost last.
    bindings: Vec<(Arc<str>, Operand)>,
    work: Cell<u64>,
}

impl<'a> Eval<'a> {
    pub(super) fn new(scope: &'a dyn Scope) -> Eval<'a> {
        Eval::over(scope, scope.reader())
    }

    /// An evaluation with a reader of its own over the same names.
    fn over(scope: &'a dyn Scope, reader: &'a Reader<'a>) -> Eval<'a> {
        Eval { scope, reader, bindings: Vec::new(), work: Cell::new(0) }
    }

    /// Evaluates a whole expression.
    pub(super) fn whole(&mut self, node: &Node) -> Outcome<Operand> {
        let operand = self.eval(node)?;
        match &operand {
            Operand::Made(made) if !made.known => Err(self.unknown_made(made).at(&node.span)),
            _ => Ok(operand),
        }
    }

    pub(super) fn eval(&mut self, node: &Node) -> Outcome<Operand> {
        self.work(1).and_then(|()| self.kind(node)).map_err(|error| error.at(&node.span))
    }

    fn kind(&mut self, node: &Node) -> Outcome<Operand> {
        match &node.kind {
            Kind::Unit => Ok(Operand::Scalar(Scalar::Unit)),
            Kind::Bool(b) => Ok(Operand::bool(*b)),
            Kind::Char(c) => Ok(Operand::Scalar(Scalar::Char(*c))),
            Kind::Int(int) => Ok(Operand::Scalar(Scalar::Int(*int))),
            Kind::Float(float) => Ok(Operand::Scalar(Scalar::Float(*float))),
            Kind::Text(text) => Ok(Operand::Text(text.clone())),
            Kind::Bytes(bytes) => Ok(bytes_operand(bytes)),
            Kind::Path(path) => self.path(path),
            Kind::Register(name) => self.register(name),
            Kind::History(which) => self.history(*which),
            Kind::Unary(op, of) => self.unary(*op, of),
            Kind::Binary(op, a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                self.binary(*op, &a, &b)
            }
            Kind::Compare(how, a, b) => {
                let (a, b) = (self.eval(a)?, self.eval(b)?);
                self.compare(*how, &a, &b).map(Operand::bool)
            }
            Kind::And(a, b) => Ok(Operand::bool(self.test(a)? && self.test(b)?)),
            Kind::Or(a, b) => Ok(Operand::bool(self.test(a)? || self.test(b)?)),
            Kind::Field(of, name) => {
                if let Some(left) = self.left(of, name)? {
                    return Ok(left);
                }
                let of = self.eval(of)?;
                self.field(&of, name)
            }
            Kind::Index(of, index) => self.index(of, index),
            Kind::Range(_) => Err(ExprError::new("a range is only used as an index")
                .hint("`v[1..3]`, `(1..3).contains(&x)`")),
            Kind::Cast(of, ty) => {
                let of = self.eval(of)?;
                self.cast(&of, ty)
            }
            Kind::Tuple(parts) => self.all(parts).map(Operand::Tuple),
            Kind::Array(parts) => self.all(parts).map(Operand::Array),
            Kind::Construct { path, fields, tuple } => self.construct(path, fields, *tuple),
            Kind::Method { of, name, args, name_span } => {
                self.method(of, name, args).map_err(|error| error.at(name_span))
            }
            Kind::If { condition, then, otherwise } => self.choice(condition, then, otherwise),
            Kind::Let(pattern, of) => {
                let of = self.eval(of)?;
                self.matches(pattern, &of).map(Operand::bool)
            }
            Kind::Matches { of, pattern, guard } => {
                let before = self.bindings.len();
                let of = self.eval(of)?;
                let mut matched = self.matches(pattern, &of)?;
                if let (true, Some(guard)) = (matched, guard) {
                    matched = self.test(guard)?;
                }
                self.bindings.truncate(before);
                Ok(Operand::bool(matched))
            }
            Kind::SizeOf(of) => self.size_of(of).map(Operand::usize),
            Kind::AlignOf(of) => self.align_of(of).map(Operand::usize),
            Kind::TypeOf(of) => self.type_of(of),
        }
    }

    fn all(&mut self, nodes: &[Node]) -> Outcome<Vec<Operand>> {
        nodes.iter().map(|node| self.eval(node)).collect()
    }

    fn choice(&mut self, condition: &Node, then: &Node, otherwise: &Node) -> Outcome<Operand> {
        let before = self.bindings.len();
        let holds = self.test(condition)?;
        if !holds {
            self.bindings.truncate(before);
        }
        let chosen = self.eval(if holds { then } else { otherwise })?;
        self.bindings.truncate(before);
        Ok(chosen)
    }

    fn test(&mut self, node: &Node) -> Outcome<bool> {
        let operand = self.eval(node)?;
        self.truth(&operand).map_err(|error| error.at(&node.span))
    }

    /// The value of a condition.
    pub(super) fn truth(&self, operand: &Operand) -> Outcome<bool> {
        match self.stripped(operand)? {
            View::Scalar(Scalar::Bool(b)) => Ok(b),
            _ => Err(ExprError::new(format!(
                "a condition is a bool, and this is `{}`",
                operand.short_type(self.reader)
            ))),
        }
    }

    fn unary(&mut self, op: Unary, of: &Node) -> Outcome<Operand> {
        let of = self.eval(of)?;
        if op == Unary::Deref {
            return self.deref(&of);
        }
        if let Unary::AddressOf(flavour) = op {
            return self.address_of(&of, flavour);
        }
        let of_type =
            |what| ExprError::new(format!("`{what}` is not for `{}`", of.short_type(self.reader)));
        let scalar = match (op, self.stripped(&of)?) {
            (Unary::Not, View::Scalar(Scalar::Bool(b))) => Scalar::Bool(!b),
            (Unary::Not, View::Scalar(Scalar::Int(int))) => Scalar::Int(int.inverted()),
            (_, View::Scalar(Scalar::Int(int))) => Scalar::Int(int.negated()?),
            (_, View::Scalar(Scalar::Float(Float { value, ty }))) if op == Unary::Negate => {
                Scalar::Float(Float { value: -value, ty })
            }
            (Unary::Not, _) => return Err(of_type("!")),
            _ => return Err(of_type("-")),
        };
        Ok(Operand::Scalar(scalar))
    }

    /// `a OP b`.
    pub(super) fn binary(&self, op: Binary, a: &Operand, b: &Operand) -> Outcome<Operand> {
        let scalar = match (op, self.stripped(a)?, self.stripped(b)?) {
            (_, View::Scalar(Scalar::Int(a)), View::Scalar(Scalar::Int(b))) => {
                Scalar::Int(a.operate(op, b)?)
            }
            (_, View::Scalar(Scalar::Float(a)), View::Scalar(b))
                if float_beside(a, b).is_some() =>
            {
                Scalar::Float(a.operate(op, float_beside(a, b).unwrap_or(a))?)
            }
            (_, View::Scalar(a), View::Scalar(Scalar::Float(b)))
                if float_beside(b, a).is_some() =>
            {
                Scalar::Float(float_beside(b, a).unwrap_or(b).operate(op, b)?)
            }
            (Binary::BitAnd, View::Scalar(Scalar::Bool(a)), View::Scalar(Scalar::Bool(b))) => {
                Scalar::Bool(a & b)
            }
            (Binary::BitOr, View::Scalar(Scalar::Bool(a)), View::Scalar(Scalar::Bool(b))) => {
                Scalar::Bool(a | b)
            }
            (Binary::BitXor, View::Scalar(Scalar::Bool(a)), View::Scalar(Scalar::Bool(b))) => {
                Scalar::Bool(a ^ b)
            }
            _ => {
                let (a, b) = (a.short_type(self.reader), b.short_type(self.reader));
                return Err(ExprError::new(format!("there is no {a} {} {b}", op.sign())));
            }
        };
        Ok(Operand::Scalar(scalar))
    }

    /// `&x`. What was computed, and what a slice leads to, stands for a reference to itself.
    fn address_of(&self, of: &Operand, flavour: PointerFlavour) -> Outcome<Operand> {
        let Operand::Place(part) = of else { return Ok(of.clone()) };
        match &part.at {
            Location::Memory(target) => {
                let type_name = format!("{}{}", spelled(flavour), of.type_name(self.reader)).into();
                let to = Some(part.ty);
                Ok(Operand::Pointer(Pointer { target: *target, to, flavour, type_name }))
            }
            Location::Register(register) => Err(ExprError::new(format!(
                "it is in the register {} and has no address",
                register.name()
            ))),
            Location::Value(_) | Location::Pieces(_) => {
                Err(ExprError::new("the compiler gave it no single place, and so no address"))
            }
        }
    }

    /// Counts what is done.
    fn work(&self, parts: u64) -> Outcome<()> {
        let done = self.work.get().saturating_add(parts);
        self.work.set(done);
        match done > MOST_WORK {
            true => Err(ExprError::new(format!("more than {MOST_WORK} parts are to be looked at"))),
            false => Ok(()),
        }
    }

    fn unknown_made(&self, made: &Made) -> ExprError {
        let names = self.scope.names();
        let path = match &made.of {
            Some(of) => format!("{of}::{}", made.name),
            None => made.name.to_string(),
        };
        let names = names.iter().map(String::as_str);
        ExprError::new(format!("nothing is called `{path}` here")).did_you_mean(&path, names)
    }
}

/// What a number is beside a float: itself, or a literal without suffix as a float.
fn float_beside(float: Float, other: Scalar) -> Option<Float> {
    match other {
        Scalar::Float(other) => Some(match (float.ty, other.ty) {
            (Some(ty), None) => other.converted(ty),
            _ => other,
        }),
        Scalar::Int(int) if int.ty().is_none() => {
            let literal = Float { value: int.to_float(), ty: None };
            Some(float.ty.map_or(literal, |ty| literal.converted(ty)))
        }
        _ => None,
    }
}

fn bytes_operand(bytes: &[u8]) -> Operand {
    let byte = |byte: &u8| {
        let bits = u128::from(*byte);
        let int = super::integer::Integer::truncated(bits, IntType::U8);
        Operand::Scalar(Scalar::Int(int))
    };
    Operand::Array(bytes.iter().map(byte).collect())
}
