//! Whether a value matches a pattern, and what the pattern binds.

use std::sync::Arc;

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::tree::{Comparison, Ends, Path, Pattern, PatternKind};
use super::{Eval, Fields, View};

impl Eval<'_> {
    /// Whether a value matches; what the pattern binds is known from then on. Nothing is bound
    /// where it does not match.
    pub(super) fn matches(&mut self, pattern: &Pattern, of: &Operand) -> Outcome<bool> {
        let before = self.bindings.len();
        let matched = self.work(1).and_then(|()| self.fits(pattern, of));
        if !matches!(matched, Ok(true)) {
            self.bindings.truncate(before);
        }
        matched.map_err(|error| error.at(&pattern.span))
    }

    fn fits(&mut self, pattern: &Pattern, of: &Operand) -> Outcome<bool> {
        match &pattern.kind {
            PatternKind::Anything | PatternKind::Rest => Ok(true),
            PatternKind::Name(name, inner) => self.fits_name(name, inner.as_deref(), of),
            PatternKind::Value(node) => {
                let value = self.eval(node)?;
                self.equal(of, &value)
            }
            PatternKind::Range(ends) => self.within(ends, of),
            PatternKind::Either(cases) => {
                for case in cases {
                    if self.matches(case, of)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            PatternKind::Tuple(parts) => match self.stripped(of)? {
                View::Struct(fields) => self.fits_parts(parts, &fields),
                _ => Err(self.no_such(of, "tuple")),
            },
            PatternKind::Slice(parts) => self.fits_slice(parts, of),
            PatternKind::Fields { path, fields } => {
                let Some(found) = self.fields_if(path, of)? else { return Ok(false) };
                for (name, pattern) in fields {
                    let field = found.get(name).ok_or_else(|| {
                        ExprError::new(format!("{} has no field `{name}`", path.text()))
                            .did_you_mean(name, found.list.iter().map(|(name, _)| &**name))
                    })?;
                    if !self.matches(pattern, &field?)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            PatternKind::Parts { path, parts } => match self.fields_if(path, of)? {
                Some(found) => self.fits_parts(parts, &found),
                None => Ok(false),
            },
            PatternKind::Path(path) => {
                if let View::Enum(..) = self.stripped(of)? {
                    return Ok(self.fields_if(path, of)?.is_some());
                }
                let value = self.path(path)?;
                self.equal(of, &value)
            }
        }
    }

    /// A single name: a variant of the value's enum, a constant, or else a binding.
    fn fits_name(
        &mut self,
        name: &Arc<str>,
        inner: Option<&Pattern>,
        of: &Operand,
    ) -> Outcome<bool> {
        if let Some(inner) = inner {
            let matched = self.matches(inner, of)?;
            self.bindings.push((name.clone(), of.clone()));
            return Ok(matched);
        }
        if name.starts_with(char::is_uppercase) {
            let (left, view) = self.stripped_with(of)?;
            if let View::Enum(variant, _) = view {
                let variants = match &left {
                    Operand::Place(part) => self.variants(part.ty),
                    _ => None,
                };
                if *name == variant || variants.is_some_and(|all| all.contains(name)) {
                    return Ok(*name == variant);
                }
            }
            if let Some(value) = self.known_path(&Path::of(name))? {
                return self.equal(of, &value);
            }
        }
        self.bindings.push((name.clone(), of.clone()));
        Ok(true)
    }

    /// Whether a value lies in a range.
    pub(super) fn within(&mut self, ends: &Ends, of: &Operand) -> Outcome<bool> {
        if let Some(start) = &ends.start {
            let start = self.eval(start)?;
            if !self.compare(Comparison::GreaterOrEqual, of, &start)? {
                return Ok(false);
            }
        }
        let Some(end) = &ends.end else { return Ok(true) };
        let end = self.eval(end)?;
        let how = if ends.inclusive { Comparison::LessOrEqual } else { Comparison::Less };
        self.compare(how, of, &end)
    }

    /// The fields of the value, if it is of the variant or struct that the path names.
    fn fields_if(&mut self, path: &Path, of: &Operand) -> Outcome<Option<Fields>> {
        let (left, view) = self.stripped_with(of)?;
        let name = path.last();
        match view {
            View::Enum(variant, fields) => {
                self.check_path(path, &left)?;
                Ok((*variant == *name).then_some(fields))
            }
            View::Struct(fields) => {
                let ty = match &left {
                    Operand::Place(part) => Some(self.reader.types.get(part.ty)?.base_name.clone()),
                    Operand::Made(made) => Some(made.name.clone()),
                    _ => None,
                };
                match ty.is_some_and(|ty| &*ty == name) {
                    true => Ok(Some(fields)),
                    false => Err(self.no_such(of, &path.text())),
                }
            }
            _ => Err(self.no_such(of, &path.text())),
        }
    }

    /// That the enum has the variant that a pattern names.
    fn check_path(&self, path: &Path, of: &Operand) -> Outcome<()> {
        let Operand::Place(part) = of else { return Ok(()) };
        let ty = self.reader.types.get(part.ty)?;
        let name = path.last();
        if let [.., written, _] = path.segments.as_slice()
            && **written != *ty.base_name
        {
            return Err(self.no_such(of, &path.text()));
        }
        match self.variants(part.ty) {
            Some(variants) if !variants.iter().any(|variant| **variant == *name) => {
                let of = &ty.base_name;
                Err(ExprError::new(format!("the enum {of} has no variant `{name}`"))
                    .did_you_mean(name, variants.iter().map(|name| &**name)))
            }
            _ => Ok(()),
        }
    }

    /// Patterns for fields in their order, of which one may be `..`.
    fn fits_parts(&mut self, parts: &[Pattern], fields: &Fields) -> Outcome<bool> {
        let places = places(parts, fields.list.len()).ok_or_else(|| {
            let (patterns, fields) = (parts.len(), fields.list.len());
            ExprError::new(format!("{patterns} patterns for {fields} fields"))
        })?;
        for (pattern, at) in places {
            let Some(field) = fields.get(&at.to_string()) else {
                return Err(ExprError::new("its fields have names: write them in braces"));
            };
            if !self.matches(pattern, &field?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn fits_slice(&mut self, parts: &[Pattern], of: &Operand) -> Outcome<bool> {
        let view = self.stripped(of)?;
        if !matches!(view, View::Elements(_) | View::List(_)) {
            return Err(self.no_such(of, "slice"));
        }
        let len = usize::try_from(self.len(&view)?).unwrap_or(usize::MAX);
        let Some(places) = places(parts, len) else { return Ok(false) };
        for (pattern, at) in places {
            let Some(element) = self.nth(&view, at as u64)? else { return Ok(false) };
            if !self.matches(pattern, &element)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn no_such(&self, of: &Operand, pattern: &str) -> ExprError {
        let ty = of.short_type(self.reader);
        ExprError::new(format!("`{ty}` cannot match the pattern {pattern}"))
    }
}

/// Which pattern is for which of so many parts; none where the numbers do not go together.
fn places(parts: &[Pattern], len: usize) -> Option<Vec<(&Pattern, usize)>> {
    let rest = parts.iter().position(|part| matches!(part.kind, PatternKind::Rest));
    let Some(rest) = rest else {
        return (parts.len() == len).then(|| parts.iter().zip(0..).collect());
    };
    let (front, back) = parts.split_at(rest);
    let back = back.get(1..).unwrap_or_default();
    let first_of_back = len.checked_sub(back.len()).filter(|at| *at >= front.len())?;
    Some(front.iter().zip(0..).chain(back.iter().zip(first_of_back..)).collect())
}
