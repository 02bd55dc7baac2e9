//! What names stand for: variables, items, variants, registers, values shown before.

use std::sync::Arc;

use super::super::error::{ExprError, Outcome};
use super::super::integer::Integer;
use super::super::operand::{Made, Operand};
use super::super::scalar::{Float, FloatType, Scalar};
use super::super::scope::{History, Lookup, Which};
use super::super::tree::{Node, Path};
use super::super::types::IntType;
use super::Eval;
use crate::dwarf::{TypeKind, TypeRef};

impl Eval<'_> {
    pub(super) fn path(&mut self, path: &Path) -> Outcome<Operand> {
        match self.known_path(path)? {
            Some(operand) => Ok(operand),
            None => Err(self.unknown(path)),
        }
    }

    /// What a path stands for, if for anything.
    pub(super) fn known_path(&mut self, path: &Path) -> Outcome<Option<Operand>> {
        let text = path.text();
        if let [name] = path.segments.as_slice() {
            let mut bound = self.bindings.iter().rev();
            if path.which == Which::Innermost
                && let Some((_, operand)) = bound.find(|(bound, _)| **bound == **name)
            {
                return Ok(Some(operand.clone()));
            }
            if let Some(found) = found(&text, self.scope.variable(name, path.which))? {
                return Ok(Some(found));
            }
            if path.which != Which::Innermost {
                return Err(self.no_such_variable(name, path.which));
            }
        }
        if let Some(found) = found(&text, self.scope.item(&text))? {
            return Ok(Some(found));
        }
        Ok(self.variant(path, Vec::new(), true).or_else(|| constant(&path.segments)))
    }

    fn no_such_variable(&self, name: &str, which: Which) -> ExprError {
        let error = match which {
            Which::Nth(n) => ExprError::new(format!("there is no `{name}` number {n}")),
            Which::Line(line) => ExprError::new(format!("no `{name}` is declared on line {line}")),
            Which::Innermost => ExprError::new(format!("there is no variable `{name}`")),
        };
        error.hint("`s@1` is the first `s` of the function, `s@:12` the one of line 12")
    }

    fn unknown(&self, path: &Path) -> ExprError {
        let text = path.text();
        let names = self.scope.names();
        let names = names.iter().map(String::as_str);
        if let [.., of, variant] = path.segments.as_slice()
            && let Some(ty) = self.type_of_path(path)
            && let Some(variants) = self.variants(ty)
        {
            return ExprError::new(format!("the enum {of} has no variant `{variant}`"))
                .did_you_mean(variant, variants.iter().map(|name| &**name));
        }
        ExprError::new(format!("nothing is called `{text}` here")).did_you_mean(&text, names)
    }

    /// The type in front of the last segment of a path.
    fn type_of_path(&self, path: &Path) -> Option<TypeRef> {
        let (_, of) = path.segments.split_last().filter(|(_, of)| !of.is_empty())?;
        self.scope.type_named(&of.join("::"))
    }

    /// The variant of an enum that a path names, or the struct.
    fn variant(
        &self,
        path: &Path,
        fields: Vec<(Arc<str>, Operand)>,
        tuple: bool,
    ) -> Option<Operand> {
        let name: Arc<str> = path.last().into();
        let made = |of: Option<&str>, ty, known| {
            let (of, name, fields) = (of.map(Into::into), name.clone(), fields.clone());
            Some(Operand::Made(Made { of, ty, name, fields, tuple, known }))
        };
        let starts_high = |name: &str| name.starts_with(char::is_uppercase);
        match path.segments.as_slice() {
            [_] if matches!(&*name, "None" | "Some") => made(Some("Option"), None, true),
            [_] if matches!(&*name, "Ok" | "Err") => made(Some("Result"), None, true),
            [one] => {
                let ty = self.scope.type_named(one).filter(|ty| self.variants(*ty).is_none());
                // Without fields only a struct that has none is a value.
                let whole = |ty| {
                    let ty = self.reader.types.get(ty);
                    !fields.is_empty() || ty.is_ok_and(|ty| ty.fields().is_empty())
                };
                let ty = ty.filter(|ty| whole(*ty));
                ty.and_then(|ty| made(Some(one), Some(ty), true))
            }
            [.., of, last] => match self.type_of_path(path) {
                Some(ty) => {
                    let variants = self.variants(ty)?;
                    let known = variants.iter().any(|variant| **variant == **last);
                    known.then(|| made(Some(of), Some(ty), true)).flatten()
                }
                // A generic enum has as many types as instances: what it is beside will tell.
                None => {
                    let whole = self.scope.type_named(&path.text());
                    if let Some(ty) = whole.filter(|ty| self.variants(*ty).is_none()) {
                        return made(Some(last), Some(ty), true);
                    }
                    let likely = starts_high(of) && starts_high(last);
                    likely.then(|| made(Some(of), None, false)).flatten()
                }
            },
            [] => None,
        }
    }

    /// The names of an enum's variants; none for another type.
    pub(in crate::expr) fn variants(&self, ty: TypeRef) -> Option<Vec<Arc<str>>> {
        match &self.reader.types.get(ty).ok()?.kind {
            TypeKind::Enum(part) => Some(part.variants.iter().map(|v| v.name.clone()).collect()),
            TypeKind::CLike { enumerators, .. } => {
                Some(enumerators.iter().map(|(name, _)| name.clone()).collect())
            }
            _ => None,
        }
    }

    pub(super) fn construct(
        &mut self,
        path: &Path,
        fields: &[(Arc<str>, Node)],
        tuple: bool,
    ) -> Outcome<Operand> {
        let made = |(name, node): &(Arc<str>, Node)| Ok((name.clone(), self.eval(node)?));
        let fields = fields.iter().map(made).collect::<Outcome<Vec<_>>>()?;
        self.variant(path, fields, tuple).ok_or_else(|| self.unknown(path))
    }

    pub(super) fn register(&self, name: &str) -> Outcome<Operand> {
        let register = self.scope.register(name).ok_or_else(|| no_register(name))?;
        let value = register.value.map_err(|reason| {
            let message = format!("${name} is {reason}");
            ExprError { message, ..ExprError::from(reason) }
        })?;
        let ty = IntType::of_size(false, register.size).unwrap_or(IntType::U64);
        Ok(Operand::Scalar(Scalar::Int(Integer::truncated(value, ty))))
    }

    pub(super) fn history(&self, which: History) -> Outcome<Operand> {
        self.scope.history(which).ok_or_else(|| match which {
            History::Number(n) => ExprError::new(format!("no value ${n} has been shown")),
            History::Back(0) => ExprError::new("no value has been shown yet"),
            History::Back(n) => {
                ExprError::new(format!("no more than {n} values have been shown yet"))
            }
        })
    }
}

/// That there is no register of that name.
pub(in crate::expr) fn no_register(name: &str) -> ExprError {
    const NAMES: [&str; 19] = [
        "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15", "rip", "eflags", "xmm0",
    ];
    ExprError::new(format!("there is no register `${name}`")).did_you_mean(name, NAMES)
}

/// The operand of a name that was looked up, if it exists.
fn found(name: &str, lookup: Lookup) -> Outcome<Option<Operand>> {
    match lookup {
        Lookup::Found(part) => Ok(Some(Operand::Place(part))),
        Lookup::Unreadable(reason) => {
            let message = format!("`{name}` is {reason}");
            Err(ExprError { message, ..ExprError::from(reason) })
        }
        Lookup::Withheld(why) => Err(ExprError::new(format!("`{name}` {why}"))),
        Lookup::Missing => Ok(None),
    }
}

/// The constants of the primitive types: `u8::MAX`, `f64::INFINITY`.
fn constant(segments: &[String]) -> Option<Operand> {
    let [ty, name] = segments else { return None };
    if let Some(ty) = IntType::named(ty) {
        let unused = 128_u32.saturating_sub(ty.bits());
        let ones = u128::MAX >> unused;
        let int = match (name.as_str(), ty.is_signed()) {
            ("MAX", true) => Integer::truncated(ones >> 1, ty),
            ("MAX", false) => Integer::truncated(ones, ty),
            ("MIN", true) => Integer::truncated((ones >> 1).wrapping_add(1), ty),
            ("MIN", false) => Integer::truncated(0, ty),
            ("BITS", _) => Integer::new(ty.bits().into(), Some(IntType::U32))?,
            _ => return None,
        };
        return Some(Operand::Scalar(Scalar::Int(int)));
    }
    let single = match ty.as_str() {
        "f32" => true,
        "f64" => false,
        _ => return None,
    };
    let value = match (name.as_str(), single) {
        ("INFINITY", _) => f64::INFINITY,
        ("NEG_INFINITY", _) => f64::NEG_INFINITY,
        ("NAN", _) => f64::NAN,
        ("MAX", true) => f32::MAX.into(),
        ("MAX", false) => f64::MAX,
        ("MIN", true) => f32::MIN.into(),
        ("MIN", false) => f64::MIN,
        ("EPSILON", true) => f32::EPSILON.into(),
        ("EPSILON", false) => f64::EPSILON,
        _ => return None,
    };
    let ty = Some(if single { FloatType::F32 } else { FloatType::F64 });
    Some(Operand::Scalar(Scalar::Float(Float { value, ty })))
}
