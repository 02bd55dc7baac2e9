//! Methods of texts, of elements in a row, and of maps, sets and lists.

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::scalar::Scalar;
use super::methods::unknown;
use super::view::Text;
use super::{Eval, View};
use crate::dwarf::Location;
use crate::value::{EntriesKind, Part, Shape};

impl Eval<'_> {
    pub(super) fn of_text(
        &self,
        operand: &Operand,
        text: &Text,
        name: &str,
        arg: Option<&Operand>,
    ) -> Outcome<Operand> {
        let whole = |at: u64| -> Outcome<bool> {
            match self.pattern_text(arg)? {
                Some(part) => self.stands_at(text, &part, at),
                None => Err(ExprError::new(format!("`{name}` takes a text or a char"))),
            }
        };
        Ok(match name {
            "len" => Operand::usize(text.len()),
            "is_empty" => Operand::bool(text.len() == 0),
            "as_str" => operand.clone(),
            "starts_with" => Operand::bool(whole(0)?),
            "ends_with" => {
                let len = self.pattern_text(arg)?.map_or(0, |part| part.len());
                Operand::bool(len <= text.len() && whole(text.len().saturating_sub(len))?)
            }
            "contains" => match self.pattern_text(arg)? {
                Some(part) => Operand::bool(self.text_contains(text, &part)?),
                None => return Err(ExprError::new("`contains` takes a text or a char")),
            },
            "eq_ignore_ascii_case" => match self.pattern_text(arg)? {
                Some(other) => {
                    let (a, b) = (self.whole_text(text)?, self.whole_text(&other)?);
                    Operand::bool(a.eq_ignore_ascii_case(&b))
                }
                None => return Err(ExprError::new("`eq_ignore_ascii_case` takes a text")),
            },
            "is_char_boundary" => {
                let at = arg.map(|arg| self.whole_number(arg)).transpose()?.unwrap_or(0);
                Operand::bool(self.is_char_boundary(text, at)?)
            }
            "capacity" => match text {
                Text::At(at) => capacity(at.capacity)?,
                Text::Made(_) => return Err(unknown(name)),
            },
            "as_ptr" => match text {
                Text::At(at) => Operand::usize(at.pointer.0),
                Text::Made(_) => return Err(unknown(name)),
            },
            _ => return Err(unknown(name)),
        })
    }

    /// A text, or a char as one.
    fn pattern_text(&self, arg: Option<&Operand>) -> Outcome<Option<Text>> {
        let Some(arg) = arg else { return Ok(None) };
        Ok(match self.stripped(arg)? {
            View::Text(text) => Some(text),
            View::Scalar(Scalar::Char(c)) => Some(Text::Made(c.to_string().into())),
            _ => None,
        })
    }

    fn whole_number(&self, arg: &Operand) -> Outcome<u64> {
        match self.stripped(arg)? {
            View::Scalar(Scalar::Int(int)) => {
                int.index().ok_or_else(|| ExprError::new("the number is out of range"))
            }
            _ => Err(ExprError::new("it takes an integer")),
        }
    }

    pub(super) fn of_elements(
        &self,
        operand: &Operand,
        view: &View,
        name: &str,
        arg: Option<&Operand>,
    ) -> Outcome<Operand> {
        let len = self.len(view)?;
        Ok(match (name, arg) {
            ("len" | "count", _) => Operand::usize(len),
            ("is_empty", _) => Operand::bool(len == 0),
            ("as_slice", _) => operand.clone(),
            ("first" | "front", _) => Operand::option(self.nth(view, 0)?),
            ("last" | "back", _) => Operand::option(match len.checked_sub(1) {
                Some(last) => self.nth(view, last)?,
                None => None,
            }),
            ("get", Some(index)) => Operand::option(self.nth(view, self.whole_number(index)?)?),
            ("contains", Some(sought)) => {
                for at in 0..len {
                    if let Some(element) = self.nth(view, at)?
                        && self.equal(&element, sought)?
                    {
                        return Ok(Operand::bool(true));
                    }
                }
                Operand::bool(false)
            }
            ("starts_with" | "ends_with", Some(part)) => {
                Operand::bool(self.elements_stand(view, name == "ends_with", part)?)
            }
            ("capacity", _) => match view {
                View::Elements(elements) => capacity(elements.capacity)?,
                _ => return Err(unknown(name)),
            },
            ("as_ptr", _) => match operand.location() {
                _ if matches!(view, View::List(_)) => return Err(unknown(name)),
                _ => match view {
                    View::Elements(elements) => match &elements.start {
                        Location::Memory(at) => Operand::usize(at.0),
                        _ => return Err(ExprError::new("its elements have no address")),
                    },
                    _ => return Err(unknown(name)),
                },
            },
            _ => return Err(unknown(name)),
        })
    }

    fn elements_stand(&self, view: &View, at_end: bool, part: &Operand) -> Outcome<bool> {
        let (part, len) = (self.stripped(part)?, self.len(view)?);
        let wanted = self.len(&part)?;
        let Some(skip) = len.checked_sub(wanted) else { return Ok(false) };
        let from = if at_end { skip } else { 0 };
        for at in 0..wanted {
            let (a, b) = (self.nth(view, from.saturating_add(at))?, self.nth(&part, at)?);
            if let (Some(a), Some(b)) = (a, b)
                && !self.equal(&a, &b)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn of_entries(
        &self,
        view: &View,
        name: &str,
        arg: Option<&Operand>,
    ) -> Outcome<Operand> {
        let View::Entries(entries, part) = view else { return Err(unknown(name)) };
        Ok(match (name, arg) {
            ("len" | "count", _) => Operand::usize(entries.len),
            ("is_empty", _) => Operand::bool(entries.len == 0),
            ("contains_key" | "contains", Some(key)) => {
                Operand::bool(self.lookup(part, key)?.is_some())
            }
            ("get", Some(key)) => Operand::option(self.lookup(part, key)?.map(|(_, value)| value)),
            // What they would give has no place; the map itself shows it.
            ("keys" | "values", _) => Operand::Place(part.clone()),
            ("first" | "front", _) if !matches!(entries.kind, EntriesKind::Map(_)) => {
                match self.reader.shape_with(part.ty, &part.at, 1)? {
                    Shape::Entries(listed) => {
                        let first = listed.at.first().map(|(at, _)| {
                            let at = Location::Memory(*at);
                            Operand::Place(Part { ty: listed.key, at })
                        });
                        Operand::option(first)
                    }
                    _ => return Err(unknown(name)),
                }
            }
            _ => return Err(unknown(name)),
        })
    }
}

fn capacity(capacity: Option<u64>) -> Outcome<Operand> {
    let capacity =
        capacity.ok_or_else(|| ExprError::new("it does not grow: it has no capacity"))?;
    Ok(Operand::usize(capacity))
}
