//! Methods that are evaluated on the data: none of them runs code of the program.

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::scalar::Scalar;
use super::super::tree::{Kind, Node};
use super::known::{SAME, methods_of};
use super::number_methods::of_char;
use super::view::MOST_LEVELS;
use super::{Eval, View};
use crate::value::{Part, Shape};

impl Eval<'_> {
    pub(super) fn method(&mut self, of: &Node, name: &str, args: &[Node]) -> Outcome<Operand> {
        if let (Kind::Range(ends), "contains", [sought]) = (&of.kind, name, args) {
            let sought = self.eval(sought)?;
            return self.within(ends, &sought).map(Operand::bool);
        }
        // `x.lock().unwrap()` is the value inside: here a lock is read without taking it.
        if let (Kind::Method { name: inner, .. }, "unwrap" | "expect") = (&of.kind, name)
            && matches!(inner.as_str(), "lock" | "read" | "write")
        {
            return self.eval(of);
        }
        let receiver = self.eval(of)?;
        if name == "load" {
            // The order of a load says nothing about data that stands still.
            return self.call(&receiver, name, &[Operand::Scalar(Scalar::Unit)]);
        }
        let args = args.iter().map(|arg| self.eval(arg)).collect::<Outcome<Vec<_>>>()?;
        self.call(&receiver, name, &args)
    }

    /// Calls a method of the receiver, or of what its references and wrappers lead to.
    fn call(&self, receiver: &Operand, name: &str, args: &[Operand]) -> Outcome<Operand> {
        let mut known: Vec<&str> = Vec::new();
        let mut operand = receiver.clone();
        for _ in 0..MOST_LEVELS {
            let view = self.view(&operand)?;
            for methods in methods_of(&view) {
                if let Some((_, wanted)) = methods.iter().find(|(known, _)| *known == name) {
                    if *wanted != args.len() {
                        let (takes, has) = (wanted, args.len());
                        let what = format!("`{name}` takes {takes} arguments, and has {has}");
                        return Err(ExprError::new(what));
                    }
                    return self.apply(&operand, &view, name, args);
                }
                known.extend(methods.iter().map(|(name, _)| *name));
            }
            match self.beneath(&operand, &view)? {
                Some(beneath) => operand = beneath,
                None => break,
            }
        }
        if SAME.contains(&name) && args.is_empty() {
            return Ok(receiver.clone());
        }
        known.extend(SAME);
        let ty = receiver.short_type(self.reader);
        Err(ExprError::new(format!("`{name}` of `{ty}` is not evaluated"))
            .did_you_mean(name, known.iter().copied())
            .hint(format!("known for it: {}", known.join(", "))))
    }

    fn apply(
        &self,
        operand: &Operand,
        view: &View,
        name: &str,
        args: &[Operand],
    ) -> Outcome<Operand> {
        let first = args.first();
        match (view, first) {
            (View::Text(text), _) => self.of_text(operand, text, name, first),
            (View::Elements(_) | View::List(_), _) => self.of_elements(operand, view, name, first),
            (View::Entries(..), _) => self.of_entries(view, name, first),
            (View::Enum(variant, fields), _) => {
                let inner = fields.list.first().map(|(name, _)| name.clone());
                let inner = inner.and_then(|name| fields.get(&name)).transpose()?;
                of_enum(variant, inner, name, first)
            }
            (View::Scalar(Scalar::Int(int)), _) => self.of_int(*int, name, first),
            (View::Scalar(Scalar::Float(float)), _) => self.of_float(*float, name, first),
            (View::Scalar(Scalar::Bool(b)), _) => Ok(Operand::bool(*b)),
            (View::Scalar(Scalar::Char(c)), _) => of_char(*c, name),
            (View::Pointer(pointee), _) => match name {
                "is_null" => Ok(Operand::bool(pointee.target.0 == 0)),
                "as_ptr" => Ok(operand.clone()),
                "addr" => Ok(Operand::usize(pointee.target.0)),
                _ => {
                    let which = name.strip_suffix("_count").unwrap_or(name);
                    let count = pointee.counts.iter().find(|(count, _)| *count == which);
                    count.map(|(_, count)| Operand::usize(*count)).ok_or_else(|| unknown(name))
                }
            },
            (View::Inside(part, beside), _) => match name {
                "is_poisoned" => match beside.iter().find(|(name, _)| &**name == "poisoned") {
                    Some((_, told)) => self.beside(told),
                    None => Err(unknown(name)),
                },
                _ => self.in_cell(part).map(Operand::Place),
            },
            _ => Err(unknown(name)),
        }
    }

    /// What a cell holds, without the `UnsafeCell` that it holds it in.
    fn in_cell(&self, part: &Part) -> Outcome<Part> {
        let ty = self.reader.types.get(part.ty)?;
        match self.reader.shape(part.ty, &part.at)? {
            Shape::Inside { part, .. } if ty.is_std("UnsafeCell") => Ok(part),
            _ => Ok(part.clone()),
        }
    }
}

fn of_enum(
    variant: &str,
    inner: Option<Operand>,
    name: &str,
    arg: Option<&Operand>,
) -> Outcome<Operand> {
    let good = matches!(variant, "Some" | "Ok");
    let panics = |what: &str| Err(ExprError::new(format!("`{name}` of {what} would panic")));
    match (name, inner) {
        ("is_some", _) => Ok(Operand::bool(variant == "Some")),
        ("is_none", _) => Ok(Operand::bool(variant == "None")),
        ("is_ok", _) => Ok(Operand::bool(variant == "Ok")),
        ("is_err", _) => Ok(Operand::bool(variant == "Err")),
        ("unwrap" | "expect" | "unwrap_or", Some(inner)) if good => Ok(inner),
        ("unwrap_or", _) => arg.cloned().ok_or_else(|| unknown(name)),
        ("unwrap_err", Some(inner)) if variant == "Err" => Ok(inner),
        _ => panics(variant),
    }
}

pub(super) fn unknown(name: &str) -> ExprError {
    ExprError::new(format!("`{name}` is not evaluated here"))
}
