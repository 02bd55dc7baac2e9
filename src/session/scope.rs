//! What the names of an expression stand for in a frame.

use std::collections::BTreeSet;

use super::looking::Looking;
use crate::base::{Register, Unreadable};
use crate::dwarf::{Location, StaticAt, TypeRef, Types, UnitId, crate_of};
use crate::expr::{History, Lookup, Operand, Partly, RegisterValue, Scope, Which};
use crate::frame::slots::Placed;
use crate::value::{Part, Reader};

/// The names of a frame, of the program's items, and of what was shown before.
pub(super) struct FrameScope<'a> {
    /// The frame.
    pub looking: &'a Looking<'a>,
    /// What was shown before, the first as `$1`.
    pub history: &'a [Operand],
}

impl Scope for FrameScope<'_> {
    fn variable(&self, name: &str, which: Which) -> Lookup {
        variable_among(self.looking, &self.looking.variables, name, which)
    }

    fn partly(&self, name: &str, which: Which) -> Option<Partly> {
        let found = chosen(&self.looking.variables, name, which)?;
        let (ty, at, gone) = self.looking.left_of(found)?;
        Some(Partly { whole: Part { ty, at }, gone })
    }

    fn item(&self, path: &str) -> Lookup {
        let path = self.of_this_crate(path);
        let near = self.unit();
        let image = self.looking.image;
        let statics = image.statics_named(&path, near);
        if let Some(found) = self.nearest(&statics, |found| &found.name) {
            let Some(ty) = found.ty else {
                return Lookup::Unreadable(Unreadable::NotDescribed("it has no type".to_owned()));
            };
            let reader = self.looking.reader;
            let in_memory = |at| Part { ty, at: Location::Memory(at) };
            let part = match found.at {
                StaticAt::Address(at) => Ok(in_memory(reader.bias.to_virt(at))),
                StaticAt::ThreadLocal(offset) => {
                    let at = self.looking.thread_local(offset);
                    at.and_then(|at| reader.declared(in_memory(at)))
                }
            };
            return match part {
                Ok(part) => Lookup::Found(part),
                Err(why) => Lookup::Unreadable(why),
            };
        }
        let constants = image.constants_named(&path, near);
        let constant = self.nearest(&constants, |found| &found.name);
        match constant.map(|constant| (constant.ty, constant.value.clone())) {
            Some((Some(ty), Ok(bytes))) => Lookup::Found(Part { ty, at: Location::Value(bytes) }),
            Some((None, Ok(_))) => {
                Lookup::Unreadable(Unreadable::NotDescribed("it has no type".to_owned()))
            }
            Some((_, Err(why))) => Lookup::Unreadable(why),
            None => Lookup::Missing,
        }
    }

    fn type_named(&self, path: &str) -> Option<TypeRef> {
        let path = self.of_this_crate(path);
        let image = self.looking.image;
        let named = |id: TypeRef| Some((id, image.get(id).ok()?.name.clone()));
        let types: Vec<_> =
            image.types_named(&path, self.unit()).into_iter().filter_map(named).collect();
        self.nearest(&types, |(_, name)| name).map(|(id, _)| *id)
    }

    fn register(&self, name: &str) -> Option<RegisterValue> {
        let (register, size) = match name {
            "pc" => (Register::RIP, 8),
            "sp" => (Register::RSP, 8),
            "eflags" => return Some(self.flags()),
            name => part_of(name).or_else(|| Some((Register::named(name)?, 8)))?,
        };
        let size = if register >= Register::XMM0 { 16 } else { size };
        let lost = || Unreadable::RegisterLost { register: register.name() };
        let value = (self.looking.reader.registers)(register).ok_or_else(lost);
        let kept = if size >= 16 { u128::MAX } else { (1 << (size * 8)) - 1 };
        Some(RegisterValue {
            value: value.map(|value| value & kept),
            size,
            register: (size >= 8).then_some(register),
        })
    }

    fn history(&self, which: History) -> Option<Operand> {
        let index = match which {
            History::Number(n) => usize::try_from(n).ok()?.checked_sub(1)?,
            History::Back(n) => {
                self.history.len().checked_sub(usize::try_from(n).ok()?.checked_add(1)?)?
            }
        };
        self.history.get(index).cloned()
    }

    fn reader(&self) -> &Reader<'_> {
        self.looking.reader
    }

    fn names(&self) -> Vec<String> {
        let variables = self.looking.variables.iter().filter(|variable| !variable.over);
        let mut names: BTreeSet<String> =
            variables.map(|variable| variable.name.to_string()).collect();
        for path in self.looking.image.static_names() {
            names.extend(path.rsplit("::").next().map(str::to_owned));
        }
        names.into_iter().collect()
    }
}

impl FrameScope<'_> {
    /// The path with the name of the crate for the word `crate`.
    fn of_this_crate(&self, path: &str) -> String {
        let function = self.looking.function.map(|function| crate_of(&function.name));
        match (path.strip_prefix("crate::"), function) {
            (Some(rest), Some(krate)) if !krate.is_empty() => format!("{krate}::{rest}"),
            (Some(rest), _) => rest.to_owned(),
            (None, _) => path.to_owned(),
        }
    }

    /// The one of several things of a name whose path has most in common with that of the function:
    /// what is in the same module comes before what is in the crate, and that before all else.
    fn nearest<'t, T>(&self, found: &'t [T], path: impl Fn(&T) -> &str) -> Option<&'t T> {
        let function = self.looking.function.map(|function| &*function.name).unwrap_or_default();
        let shared = |path: &str| {
            let segments = path.split("::").zip(function.split("::"));
            segments.take_while(|(a, b)| a == b).count()
        };
        // Of equals the first is taken.
        found.iter().rev().max_by_key(|thing| shared(path(thing)))
    }

    fn unit(&self) -> Option<UnitId> {
        self.looking.function.map(|function| function.unit)
    }

    /// The flags are those of the innermost frame: calls do not preserve them (psABI, 3.2.1).
    fn flags(&self) -> RegisterValue {
        let lost = Unreadable::RegisterLost { register: "eflags" };
        let value = self.looking.flags().map(u128::from).ok_or(lost);
        RegisterValue { value, size: 8, register: None }
    }
}

/// What the name of a variable stands for, given the variables in the order of their declaration.
pub(super) fn variable_among(
    looking: &Looking<'_>,
    variables: &[Placed],
    name: &str,
    which: Which,
) -> Lookup {
    match chosen(variables, name, which).map(|variable| looking.place_of(variable)) {
        None => Lookup::Missing,
        Some(Ok((ty, at))) => Lookup::Found(Part { ty, at }),
        Some(Err(why)) => Lookup::Unreadable(why),
    }
}

/// The variable that a name means, given the variables in the order of their declaration.
fn chosen<'p>(variables: &'p [Placed], name: &str, which: Which) -> Option<&'p Placed> {
    let all: Vec<_> = variables.iter().filter(|variable| &*variable.name == name).collect();
    let visible = |variable: &&&Placed| variable.in_scope && !variable.shadowed;
    let found = match which {
        // One that is not in scope says why there is no value.
        Which::Innermost => all.iter().rfind(visible).or_else(|| nearest_to_scope(&all)),
        Which::Nth(n) => usize::try_from(n).ok().and_then(|n| all.get(n.checked_sub(1)?)),
        Which::Line(line) => all.iter().rfind(|variable| variable.line == Some(line)),
    };
    found.copied()
}

/// The one of several variables out of scope that a person at the place most likely means: the
/// first that has not begun, otherwise the last that has ended.
fn nearest_to_scope<'a, 'p>(all: &'a [&'p Placed]) -> Option<&'a &'p Placed> {
    all.iter().find(|variable| !variable.over).or(all.last())
}

/// The register that a name for a part of one means, and the bytes of the part (Intel SDM, volume
/// 1, section 3.4.1.1).
fn part_of(name: &str) -> Option<(Register, u64)> {
    const LOW: [&str; 8] = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp"];
    let whole = |low: &str| Register::named(&format!("r{low}"));
    if let Some(low) = name.strip_prefix('e').filter(|low| LOW.contains(low)) {
        return Some((whole(low)?, 4));
    }
    if LOW.contains(&name) {
        return Some((whole(name)?, 2));
    }
    let byte = match name {
        "al" | "bl" | "cl" | "dl" => format!("{}x", name.get(..1)?),
        "sil" | "dil" | "bpl" | "spl" => name.get(..2)?.to_owned(),
        _ => {
            let (size, number) = match name.as_bytes().last()? {
                b'd' => (4, name.strip_suffix('d')?),
                b'w' => (2, name.strip_suffix('w')?),
                b'b' => (1, name.strip_suffix('b')?),
                _ => return None,
            };
            return Some((Register::named(number).filter(|r| (8..16).contains(&r.0))?, size));
        }
    };
    Some((whole(&byte)?, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_registers_have_their_own_names() {
        let part = |name| part_of(name).map(|(register, size)| (register.name(), size));
        let cases = [
            ("eax", Some(("rax", 4))),
            ("esi", Some(("rsi", 4))),
            ("sp", Some(("rsp", 2))),
            ("bl", Some(("rbx", 1))),
            ("dil", Some(("rdi", 1))),
            ("r9d", Some(("r9", 4))),
            ("r15b", Some(("r15", 1))),
            ("rax", None),
            ("r7d", None),
            ("xmm0b", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(part(name), expected, "{name}");
        }
    }
}
