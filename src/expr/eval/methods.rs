//! Methods that are evaluated on the data: none of them runs code of the program.

use super::super::error::{ExprError, Outcome};
use super::super::operand::Operand;
use super::super::scalar::{Float, Integer, Scalar};
use super::super::tree::{Binary, Kind, Node};
use super::super::types::IntType;
use super::view::{MOST_LEVELS, Text, is_raw};
use super::{Eval, View};
use crate::value::{EntriesKind, Shape};

/// Methods by what they are for: their names, and how many arguments each takes.
type Methods = &'static [(&'static str, usize)];

const TEXT: Methods = &[
    ("len", 0),
    ("is_empty", 0),
    ("contains", 1),
    ("starts_with", 1),
    ("ends_with", 1),
    ("eq_ignore_ascii_case", 1),
    ("is_char_boundary", 1),
    ("capacity", 0),
    ("as_ptr", 0),
    ("as_str", 0),
];
const ELEMENTS: Methods = &[
    ("len", 0),
    ("is_empty", 0),
    ("first", 0),
    ("last", 0),
    ("front", 0),
    ("back", 0),
    ("get", 1),
    ("contains", 1),
    ("starts_with", 1),
    ("ends_with", 1),
    ("count", 0),
    ("capacity", 0),
    ("as_ptr", 0),
    ("as_slice", 0),
];
const ENTRIES: Methods = &[
    ("len", 0),
    ("is_empty", 0),
    ("contains_key", 1),
    ("contains", 1),
    ("get", 1),
    ("count", 0),
    ("keys", 0),
    ("values", 0),
    ("first", 0),
    ("front", 0),
];
const ENUM: Methods = &[
    ("is_some", 0),
    ("is_none", 0),
    ("is_ok", 0),
    ("is_err", 0),
    ("unwrap", 0),
    ("expect", 1),
    ("unwrap_err", 0),
    ("unwrap_or", 1),
];
const INT: Methods = &[
    ("abs", 0),
    ("signum", 0),
    ("min", 1),
    ("max", 1),
    ("pow", 1),
    ("abs_diff", 1),
    ("count_ones", 0),
    ("count_zeros", 0),
    ("leading_zeros", 0),
    ("trailing_zeros", 0),
    ("is_power_of_two", 0),
    ("is_positive", 0),
    ("is_negative", 0),
    ("wrapping_add", 1),
    ("wrapping_sub", 1),
    ("wrapping_mul", 1),
];
const FLOAT: Methods = &[
    ("abs", 0),
    ("min", 1),
    ("max", 1),
    ("floor", 0),
    ("ceil", 0),
    ("round", 0),
    ("trunc", 0),
    ("sqrt", 0),
    ("is_nan", 0),
    ("is_finite", 0),
    ("is_infinite", 0),
];
const CHAR: Methods = &[
    ("is_alphabetic", 0),
    ("is_numeric", 0),
    ("is_alphanumeric", 0),
    ("is_whitespace", 0),
    ("is_uppercase", 0),
    ("is_lowercase", 0),
    ("is_ascii", 0),
    ("is_ascii_digit", 0),
    ("len_utf8", 0),
];
const POINTER: Methods = &[("strong_count", 0), ("weak_count", 0)];
const RAW: Methods = &[("is_null", 0), ("addr", 0)];
const INSIDE: Methods = &[
    ("get", 0),
    ("load", 1),
    ("borrow", 0),
    ("borrow_mut", 0),
    ("lock", 0),
    ("read", 0),
    ("write", 0),
    ("is_poisoned", 0),
];

/// Methods that give the value itself, or something that stands for it here.
const SAME: [&str; 14] = [
    "clone",
    "as_ref",
    "as_mut",
    "as_deref",
    "deref",
    "borrow",
    "borrow_mut",
    "to_owned",
    "iter",
    "into_iter",
    "copied",
    "cloned",
    "to_string",
    "into",
];

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
        Err(ExprError::new(format!("`{name}` of a {ty} is not evaluated"))
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
            (View::Scalar(Scalar::Char(c)), _) => of_char(*c, name),
            (View::Pointer(pointee), _) => match name {
                "is_null" => Ok(Operand::bool(pointee.target.0 == 0)),
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
                _ => Ok(Operand::Place(part.clone())),
            },
            _ => Err(unknown(name)),
        }
    }

    fn of_text(
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

    fn of_elements(
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
                        crate::dwarf::Location::Memory(at) => Operand::usize(at.0),
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

    fn of_entries(&self, view: &View, name: &str, arg: Option<&Operand>) -> Outcome<Operand> {
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
                            let at = crate::dwarf::Location::Memory(*at);
                            Operand::Place(crate::value::Part { ty: listed.key, at })
                        });
                        Operand::option(first)
                    }
                    _ => return Err(unknown(name)),
                }
            }
            _ => return Err(unknown(name)),
        })
    }

    fn of_int(&self, int: Integer, name: &str, arg: Option<&Operand>) -> Outcome<Operand> {
        let other = match arg.map(|arg| self.stripped(arg)).transpose()? {
            Some(View::Scalar(Scalar::Int(other))) => Some(other),
            Some(_) => return Err(ExprError::new(format!("`{name}` takes an integer"))),
            None => None,
        };
        let ty = int.ty().unwrap_or(IntType::I32);
        let unused = 128_u32.saturating_sub(ty.bits());
        // The bits of the type alone, without those that the sign fills up.
        let bits = int.bits() << unused >> unused;
        let count = |n: u32| Integer::truncated(n.into(), IntType::U32);
        let negative = int.signed().is_some_and(|value| value < 0);
        let int = match (name, other) {
            ("is_positive", _) => return Ok(Operand::bool(!negative && int.bits() != 0)),
            ("is_negative", _) => return Ok(Operand::bool(negative)),
            ("is_power_of_two", _) => return Ok(Operand::bool(bits.is_power_of_two())),
            ("abs", _) => {
                if negative {
                    int.negated()?
                } else {
                    int
                }
            }
            ("signum", _) => {
                let sign = if negative { u128::MAX } else { u128::from(bits != 0) };
                Integer::truncated(sign, ty)
            }
            ("count_ones", _) => count(bits.count_ones()),
            ("count_zeros", _) => count(ty.bits().saturating_sub(bits.count_ones())),
            ("leading_zeros", _) => count(bits.leading_zeros().saturating_sub(unused)),
            ("trailing_zeros", _) => count(bits.trailing_zeros().min(ty.bits())),
            ("min" | "max" | "abs_diff", Some(other)) => {
                let (a, b) = super::super::scalar::same_type(int, Binary::Sub, other)?;
                let (low, high) = if a.compare(b).is_le() { (a, b) } else { (b, a) };
                match name {
                    "min" => low,
                    "max" => high,
                    _ => {
                        let bytes = u64::from(ty.bits() / 8);
                        let unsigned = match ty {
                            IntType::Isize | IntType::Usize => Some(IntType::Usize),
                            _ => IntType::of_size(false, bytes),
                        };
                        let unsigned = unsigned.unwrap_or(IntType::U128);
                        Integer::truncated(high.bits().wrapping_sub(low.bits()), unsigned)
                    }
                }
            }
            ("pow", Some(by)) => power(int, by)?,
            ("wrapping_add", Some(by)) => wrapped(int, by, u128::wrapping_add)?,
            ("wrapping_sub", Some(by)) => wrapped(int, by, u128::wrapping_sub)?,
            ("wrapping_mul", Some(by)) => wrapped(int, by, u128::wrapping_mul)?,
            _ => return Err(unknown(name)),
        };
        Ok(Operand::Scalar(Scalar::Int(int)))
    }

    fn of_float(&self, float: Float, name: &str, arg: Option<&Operand>) -> Outcome<Operand> {
        let Float { value, ty } = float;
        let other = match arg.map(|arg| self.stripped(arg)).transpose()? {
            Some(View::Scalar(other)) => super::float_beside(float, other).map(|f| f.value),
            _ => None,
        };
        let value = match (name, other) {
            ("is_nan", _) => return Ok(Operand::bool(value.is_nan())),
            ("is_finite", _) => return Ok(Operand::bool(value.is_finite())),
            ("is_infinite", _) => return Ok(Operand::bool(value.is_infinite())),
            ("abs", _) => value.abs(),
            ("floor", _) => value.floor(),
            ("ceil", _) => value.ceil(),
            ("round", _) => value.round(),
            ("trunc", _) => value.trunc(),
            ("sqrt", _) => value.sqrt(),
            ("min", Some(other)) => value.min(other),
            ("max", Some(other)) => value.max(other),
            _ => return Err(ExprError::new(format!("`{name}` takes a float"))),
        };
        let float = Float { value, ty };
        Ok(Operand::Scalar(Scalar::Float(ty.map_or(float, |ty| float.converted(ty)))))
    }
}

/// The methods of a value, the nearest first.
fn methods_of(view: &View) -> Vec<Methods> {
    match view {
        View::Text(_) => vec![TEXT],
        View::Elements(_) | View::List(_) => vec![ELEMENTS],
        View::Entries(..) => vec![ENTRIES],
        View::Enum(variant, _) if matches!(&**variant, "Some" | "None" | "Ok" | "Err") => {
            vec![ENUM]
        }
        View::Scalar(Scalar::Int(_)) => vec![INT],
        View::Scalar(Scalar::Float(_)) => vec![FLOAT],
        View::Scalar(Scalar::Char(_)) => vec![CHAR],
        View::Pointer(pointee) if is_raw(pointee.flavour) => vec![RAW],
        View::Pointer(pointee) if !pointee.counts.is_empty() => vec![POINTER],
        View::Inside(..) => vec![INSIDE],
        _ => Vec::new(),
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

fn of_char(c: char, name: &str) -> Outcome<Operand> {
    Ok(Operand::bool(match name {
        "is_alphabetic" => c.is_alphabetic(),
        "is_numeric" => c.is_numeric(),
        "is_alphanumeric" => c.is_alphanumeric(),
        "is_whitespace" => c.is_whitespace(),
        "is_uppercase" => c.is_uppercase(),
        "is_lowercase" => c.is_lowercase(),
        "is_ascii" => c.is_ascii(),
        "is_ascii_digit" => c.is_ascii_digit(),
        "len_utf8" => return Ok(Operand::usize(c.len_utf8() as u64)),
        _ => return Err(unknown(name)),
    }))
}

/// `int.pow(by)`, one factor after the other.
fn power(int: Integer, by: Integer) -> Outcome<Integer> {
    let by = by.index().and_then(|by| u32::try_from(by).ok());
    let by = by.ok_or_else(|| ExprError::new("the exponent is out of range"))?;
    let one = Integer::new(1, int.ty()).unwrap_or(int);
    // 0, 1 and -1 are the same after two or three factors; all others overflow before 128.
    let same_after = if by % 2 == 0 { 128 } else { 129 };
    let mut power = one;
    for _ in 0..by.min(same_after) {
        power = power.operate(Binary::Mul, int)?;
    }
    Ok(power)
}

fn wrapped(a: Integer, b: Integer, how: fn(u128, u128) -> u128) -> Outcome<Integer> {
    let (a, b) = super::super::scalar::same_type(a, Binary::Add, b)?;
    let ty = a.ty().unwrap_or(IntType::I32);
    Ok(Integer::truncated(how(a.bits(), b.bits()), ty))
}

fn capacity(capacity: Option<u64>) -> Outcome<Operand> {
    let capacity =
        capacity.ok_or_else(|| ExprError::new("it does not grow: it has no capacity"))?;
    Ok(Operand::usize(capacity))
}

fn unknown(name: &str) -> ExprError {
    ExprError::new(format!("`{name}` is not evaluated here"))
}
