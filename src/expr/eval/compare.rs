//! Comparison: of values, whatever references and wrappers lead to them.

use std::cmp::Ordering;
use std::sync::Arc;

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::scalar::{Float, Scalar};
use super::super::tree::Comparison;
use super::{Eval, Fields, View, float_beside};
use crate::base::VirtAddr;

/// Levels of parts within parts that are compared.
const DEEPEST: usize = 64;

impl Eval<'_> {
    /// `a HOW b`.
    pub(super) fn compare(&self, how: Comparison, a: &Operand, b: &Operand) -> Outcome<bool> {
        match how {
            Comparison::Equal => self.equal(a, b),
            Comparison::NotEqual => self.equal(a, b).map(|equal| !equal),
            // Without an order, as NaN has none, every comparison is false.
            _ => Ok(self.order(a, b, 0)?.is_some_and(|order| match how {
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                _ => order.is_ge(),
            })),
        }
    }

    /// Whether two values are equal.
    pub(super) fn equal(&self, a: &Operand, b: &Operand) -> Outcome<bool> {
        self.equal_within(a, b, 0)
    }

    fn equal_within(&self, a: &Operand, b: &Operand, depth: usize) -> Outcome<bool> {
        let depth = deeper(depth)?;
        let ((left, a), (right, b)) = (self.stripped_with(a)?, self.stripped_with(b)?);
        match (&a, &b) {
            (View::Scalar(x), View::Scalar(y)) => match scalars(*x, *y) {
                Some(order) => Ok(order == Some(Ordering::Equal)),
                None => Err(self.differ(&left, &right)),
            },
            (View::Text(x), View::Text(y)) => self.same_text(x, y),
            (View::Elements(_) | View::List(_), View::Elements(_) | View::List(_)) => {
                let len = self.len(&a)?;
                if len != self.len(&b)? {
                    return Ok(false);
                }
                for at in 0..len {
                    if let (Some(x), Some(y)) = (self.nth(&a, at)?, self.nth(&b, at)?)
                        && !self.equal_within(&x, &y, depth)?
                    {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (View::Struct(x), View::Struct(y)) if self.same_struct(&left, &right, x, y) => {
                self.same_fields(x, y, depth)
            }
            (View::Enum(x, of_x), View::Enum(y, of_y)) => {
                self.check_variant(&left, &right)?;
                self.check_variant(&right, &left)?;
                if x != y {
                    return Ok(false);
                }
                if of_x.list.len() != of_y.list.len() {
                    return Err(ExprError::new(format!("{x} has {}", count(of_x.list.len())))
                        .hint(format!("`matches!(…, {x}(..))` asks for the variant alone")));
                }
                self.same_fields(of_x, of_y, depth)
            }
            _ => match (address(&a), address(&b)) {
                (Some(x), Some(y)) if is_pointer(&a) || is_pointer(&b) => Ok(x == y),
                _ => Err(self.differ(&left, &right)),
            },
        }
    }

    fn same_struct(&self, a: &Operand, b: &Operand, x: &Fields, y: &Fields) -> bool {
        let names = |fields: &Fields| {
            let mut names: Vec<Arc<str>> =
                fields.list.iter().map(|(name, _)| name.clone()).collect();
            names.sort();
            names
        };
        let of_one_type = match (a, b) {
            (Operand::Place(a), Operand::Place(b)) => {
                a.ty == b.ty
                    || matches!(
                        (self.reader.types.get(a.ty), self.reader.types.get(b.ty)),
                        (Ok(a), Ok(b)) if a.name == b.name
                            || a.name.starts_with('(') && b.name.starts_with('(')
                    )
            }
            (Operand::Made(made), Operand::Place(place))
            | (Operand::Place(place), Operand::Made(made)) => {
                made.ty == Some(place.ty)
                    || self.reader.types.get(place.ty).is_ok_and(|ty| ty.base_name == made.name)
            }
            (Operand::Made(a), Operand::Made(b)) => a.name == b.name,
            _ => true,
        };
        of_one_type && names(x) == names(y)
    }

    fn same_fields(&self, x: &Fields, y: &Fields, depth: usize) -> Outcome<bool> {
        for (name, part) in &x.list {
            let left = part.clone().map_err(ExprError::from)?;
            let Some(right) = y.get(name) else { return Ok(false) };
            if !self.equal_within(&left, &right?, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// That a variant that was written down is one of the other side's type.
    fn check_variant(&self, made: &Operand, other: &Operand) -> Outcome<()> {
        let (Operand::Made(made), Operand::Place(place)) = (made, other) else { return Ok(()) };
        let ty = self.reader.types.get(place.ty)?;
        if let Some(of) = &made.of
            && *of != ty.base_name
        {
            return Err(self.differ(other, &Operand::Made(made.clone())));
        }
        match self.variants(place.ty) {
            Some(variants) if !variants.contains(&made.name) => {
                let (of, name) = (&ty.base_name, &made.name);
                Err(ExprError::new(format!("the enum {of} has no variant `{name}`"))
                    .did_you_mean(name, variants.iter().map(|name| &**name)))
            }
            _ => Ok(()),
        }
    }

    /// Which of two values is larger; none where they have no order, as NaN has none.
    fn order(&self, a: &Operand, b: &Operand, depth: usize) -> Outcome<Option<Ordering>> {
        let depth = deeper(depth)?;
        let ((left, a), (right, b)) = (self.stripped_with(a)?, self.stripped_with(b)?);
        match (&a, &b) {
            (View::Scalar(x), View::Scalar(y)) => {
                scalars(*x, *y).ok_or_else(|| self.differ(&left, &right))
            }
            (View::Text(x), View::Text(y)) => {
                Ok(Some(self.whole_text(x)?.cmp(&self.whole_text(y)?)))
            }
            (View::Elements(_) | View::List(_), View::Elements(_) | View::List(_)) => {
                let (of_a, of_b) = (self.len(&a)?, self.len(&b)?);
                for at in 0..of_a.min(of_b) {
                    if let (Some(x), Some(y)) = (self.nth(&a, at)?, self.nth(&b, at)?) {
                        match self.order(&x, &y, depth)? {
                            Some(Ordering::Equal) => {}
                            order => return Ok(order),
                        }
                    }
                }
                Ok(Some(of_a.cmp(&of_b)))
            }
            (View::Struct(x), View::Struct(y)) if is_tuple(x) && is_tuple(y) => {
                self.order_of_fields(x, y, depth)
            }
            (View::Enum(x, of_x), View::Enum(y, of_y)) => {
                let order = self.order_of_variants(&left, &right, x, y)?;
                match order {
                    Ordering::Equal => self.order_of_fields(of_x, of_y, depth),
                    order => Ok(Some(order)),
                }
            }
            _ => match (address(&a), address(&b)) {
                (Some(x), Some(y)) if is_pointer(&a) || is_pointer(&b) => Ok(Some(x.cmp(&y))),
                _ => Err(self.differ(&left, &right)),
            },
        }
    }

    fn order_of_fields(&self, x: &Fields, y: &Fields, depth: usize) -> Outcome<Option<Ordering>> {
        for (name, part) in &x.list {
            let left = part.clone().map_err(ExprError::from)?;
            let Some(right) = y.get(name) else { return Ok(None) };
            match self.order(&left, &right?, depth)? {
                Some(Ordering::Equal) => {}
                order => return Ok(order),
            }
        }
        Ok(Some(Ordering::Equal))
    }

    /// The order of two variants as a derived one would have it.
    fn order_of_variants(
        &self,
        a: &Operand,
        b: &Operand,
        x: &Arc<str>,
        y: &Arc<str>,
    ) -> Outcome<Ordering> {
        self.check_variant(a, b)?;
        self.check_variant(b, a)?;
        let ty = [a, b].into_iter().find_map(|operand| match operand {
            Operand::Place(part) => Some(part.ty),
            Operand::Made(made) => made.ty,
            _ => None,
        });
        let variants = ty.and_then(|ty| self.variants(ty));
        let position = |name: &Arc<str>| variants.as_ref()?.iter().position(|v| v == name);
        match (position(x), position(y)) {
            (Some(x), Some(y)) => Ok(x.cmp(&y)),
            _ => Err(self.differ(a, b)),
        }
    }

    fn differ(&self, a: &Operand, b: &Operand) -> ExprError {
        let (a, b) = (a.short_type(self.reader), b.short_type(self.reader));
        ExprError::new(match a == b {
            true => format!("values of type {a} are not compared"),
            false => format!("`{a}` is not compared with `{b}`"),
        })
    }
}

/// The order of two scalars; none at all where their types have none together.
fn scalars(a: Scalar, b: Scalar) -> Option<Option<Ordering>> {
    let floats = |a: Float, b: Float| Some(a.value.partial_cmp(&b.value));
    match (a, b) {
        (Scalar::Unit, Scalar::Unit) => Some(Some(Ordering::Equal)),
        (Scalar::Bool(a), Scalar::Bool(b)) => Some(Some(a.cmp(&b))),
        (Scalar::Char(a), Scalar::Char(b)) => Some(Some(a.cmp(&b))),
        (Scalar::Int(a), Scalar::Int(b)) => Some(Some(a.compare(b))),
        (Scalar::Float(a), other) => floats(
            match (a.ty, other) {
                (None, Scalar::Float(other)) => float_beside(other, Scalar::Float(a))?,
                _ => a,
            },
            float_beside(a, other)?,
        ),
        (other, Scalar::Float(b)) => floats(float_beside(b, other)?, b),
        _ => None,
    }
}

/// The address that a raw or function pointer holds, or a number beside one.
fn address(view: &View) -> Option<VirtAddr> {
    match view {
        View::Pointer(pointee) => Some(pointee.target),
        View::Function(target) => Some(*target),
        View::Scalar(Scalar::Int(int)) => int.index().map(VirtAddr),
        _ => None,
    }
}

fn is_pointer(view: &View) -> bool {
    matches!(view, View::Pointer(_) | View::Function(_))
}

fn is_tuple(fields: &Fields) -> bool {
    fields.list.iter().all(|(name, _)| name.starts_with(|c: char| c.is_ascii_digit()))
}

fn count(fields: usize) -> String {
    match fields {
        0 => "no fields".to_owned(),
        1 => "one field".to_owned(),
        n => format!("{n} fields"),
    }
}

fn deeper(depth: usize) -> Outcome<usize> {
    match depth >= DEEPEST {
        true => Err(ExprError::new(format!("no more than {DEEPEST} levels are compared"))),
        false => Ok(depth.saturating_add(1)),
    }
}
