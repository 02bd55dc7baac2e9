//! Parts of operands: fields, elements, ranges of elements and of text.

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::scalar::Scalar;
use super::super::tree::{Ends, Kind, Node};
use super::view::{MOST_LEVELS, Text, is_raw};
use super::{Eval, View};
use crate::value::EntriesKind;

impl Eval<'_> {
    /// A field, behind as many references as there are.
    pub(in crate::expr) fn field(&self, of: &Operand, name: &str) -> Outcome<Operand> {
        let mut known: Vec<String> = Vec::new();
        let mut beside = None;
        let mut operand = of.clone();
        for _ in 0..MOST_LEVELS {
            let view = self.view(&operand)?;
            match &view {
                View::Struct(fields) | View::Enum(_, fields) => {
                    if let Some(field) = fields.get(name) {
                        return field;
                    }
                    known.extend(fields.list.iter().map(|(name, _)| name.to_string()));
                }
                View::Inside(_, told) => {
                    let found = told.iter().find(|(told, _)| &**told == name);
                    beside = beside.or(found.map(|(_, told)| self.beside(told)));
                    known.extend(told.iter().map(|(name, _)| name.to_string()));
                }
                _ => {}
            }
            match self.beneath(&operand, &view) {
                Ok(Some(beneath)) => operand = beneath,
                Ok(None) => break,
                // What is beside an unreadable value is still there.
                Err(error) => return beside.unwrap_or(Err(error)),
            }
        }
        if let Some(beside) = beside.or_else(|| self.raw_field(of, name)) {
            return beside;
        }
        let error = match self.view(&operand) {
            Ok(View::Enum(variant, _)) => {
                ExprError::new(format!("it is {variant}, which has no field `{name}`"))
            }
            _ => {
                let ty = operand.short_type(self.reader);
                ExprError::new(format!("{ty} has no field `{name}`"))
            }
        };
        if let Ok(View::Pointer(pointee)) = self.view(&operand)
            && is_raw(pointee.flavour)
        {
            return Err(error.hint(format!("a raw pointer is followed with `*`: `(*p).{name}`")));
        }
        let error = error.did_you_mean(name, known.iter().map(String::as_str));
        Err(match known.is_empty() || !error.hints.is_empty() {
            true => error,
            false => error.hint(format!("its fields are {}", known.join(", "))),
        })
    }

    /// A private field of a std type, by the name that the debug information has for it.
    fn raw_field(&self, of: &Operand, name: &str) -> Option<Outcome<Operand>> {
        let Operand::Place(part) = of else { return None };
        let ty = self.reader.types.get(part.ty).ok()?;
        let field = ty.field(name)?;
        let start = self.reader.part_at(&part.at, field.ty, field.offset);
        Some(start.map(Operand::Place).map_err(ExprError::from))
    }

    /// `of[index]`.
    pub(super) fn index(&mut self, of: &Node, index: &Node) -> Outcome<Operand> {
        let of = self.eval(of)?;
        if let Kind::Range(ends) = &index.kind {
            return self.slice(&of, ends).map_err(|error| error.at(&index.span));
        }
        let index_span = &index.span;
        let index = self.eval(index)?;
        self.element(&of, &index).map_err(|error| error.at(index_span))
    }

    fn element(&self, of: &Operand, index: &Operand) -> Outcome<Operand> {
        let view = self.stripped(of)?;
        match &view {
            View::Elements(_) | View::List(_) => {
                let (len, at) = (self.len(&view)?, self.index_value(index)?);
                self.nth(&view, at)?.ok_or_else(|| {
                    ExprError::new(format!("the index {at} is out of range: the length is {len}"))
                })
            }
            View::Entries(entries, part) if matches!(entries.kind, EntriesKind::Map(_)) => {
                let found = self.lookup(part, index)?;
                found.map(|(_, value)| value).ok_or_else(|| {
                    let len = entries.len;
                    ExprError::new(format!("the map has no such key among its {len}"))
                })
            }
            View::Text(_) => Err(ExprError::new("a text is indexed by a range of bytes")
                .hint("`s[0..1]` is the first character, where that is one byte")),
            _ => {
                let ty = of.short_type(self.reader);
                Err(ExprError::new(format!("`{ty}` has no elements to index")))
            }
        }
    }

    /// The element at an index; none behind the end.
    pub(super) fn nth(&self, view: &View, at: u64) -> Outcome<Option<Operand>> {
        match view {
            View::Elements(elements) if at < elements.len => {
                Ok(Some(Operand::Place(self.reader.element(elements, at)?)))
            }
            View::List(list) => Ok(usize::try_from(at).ok().and_then(|at| list.get(at)).cloned()),
            _ => Ok(None),
        }
    }

    /// The number of elements, entries or bytes.
    pub(super) fn len(&self, view: &View) -> Outcome<u64> {
        match view {
            View::Elements(elements) => Ok(elements.len),
            View::List(list) => Ok(list.len() as u64),
            View::Entries(entries, _) => Ok(entries.len),
            View::Text(text) => Ok(text.len()),
            _ => Err(ExprError::new("it has no length")),
        }
    }

    fn index_value(&self, index: &Operand) -> Outcome<u64> {
        match self.stripped(index)? {
            View::Scalar(Scalar::Int(int)) => int
                .index()
                .ok_or_else(|| ExprError::new(format!("the index {} is out of range", int.text()))),
            _ => Err(ExprError::new(format!(
                "an index is an integer, and this is `{}`",
                index.short_type(self.reader)
            ))),
        }
    }

    fn slice(&mut self, of: &Operand, ends: &Ends) -> Outcome<Operand> {
        let view = self.stripped(of)?;
        let len = match &view {
            View::Elements(_) | View::List(_) | View::Text(_) => self.len(&view)?,
            _ => {
                let ty = of.short_type(self.reader);
                return Err(ExprError::new(format!("`{ty}` has no range of elements")));
            }
        };
        let (from, to) = self.bounds(ends, len)?;
        match view {
            View::Elements(elements) => Ok(Operand::Elements(elements.slice(from, to))),
            View::Text(text) => self.part_of_text(&text, from, to),
            View::List(list) => {
                let (skip, take) = (from as usize, to.saturating_sub(from) as usize);
                Ok(Operand::Array(list.into_iter().skip(skip).take(take).collect()))
            }
            _ => Err(ExprError::new("it has no range of elements")),
        }
    }

    /// The indices of a range within a length.
    fn bounds(&mut self, ends: &Ends, len: u64) -> Outcome<(u64, u64)> {
        let mut value = |end: &Option<Box<Node>>| match end {
            Some(node) => {
                let operand = self.eval(node)?;
                self.index_value(&operand).map(Some)
            }
            None => Ok(None),
        };
        let from = value(&ends.start)?.unwrap_or(0);
        let end = value(&ends.end)?;
        let to = match (end, ends.inclusive) {
            (Some(end), true) => end.saturating_add(1),
            (Some(end), false) => end,
            (None, _) => len,
        };
        if from > to {
            return Err(ExprError::new(format!("the range begins at {from} and ends at {to}")));
        }
        if to > len {
            return Err(ExprError::new(format!(
                "the range ends at {to}, out of range: the length is {len}"
            )));
        }
        Ok((from, to))
    }

    fn part_of_text(&self, text: &Text, from: u64, to: u64) -> Outcome<Operand> {
        for at in [from, to] {
            if !self.is_char_boundary(text, at)? {
                return Err(ExprError::new(format!("byte {at} is inside of a character")));
            }
        }
        Ok(text.part(from, to))
    }
}
