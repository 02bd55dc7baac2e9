//! The code that drops values: drop glue and `Drop::drop`, out of line and inlined; and which code
//! was optimised, where less is known of what is dropped.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::aggregates::parts;
use super::drop_names::{DropPart, dropped_by, may_drop};
use super::functions::{InlinedCall, Scope, Variable};
use super::image::Image;
use super::names::{crate_of, demangle, is_rust_symbol};
use super::origin::Origin;
use super::symbols::SymbolKind;
use super::types::{TypeKind, TypeRef, Types};
use super::units::UnitId;
use crate::base::{FileAddr, Range};

/// Which code is asked for, by its part and the full name of its type.
type Wanted<'a> = dyn Fn(DropPart, &str) -> bool + Sync + 'a;

/// One piece of code that drops values of one type.
#[derive(Clone, Debug)]
pub struct DropCode {
    /// Which part of a drop it is.
    pub part: DropPart,
    /// The type's full name: as the debug information gives it, or else as the linker name does.
    pub type_name: Arc<str>,
    /// The type, where the debug information describes it.
    pub ty: Option<TypeRef>,
    /// Where it is entered.
    pub entry: FileAddr,
    /// Where its instructions lie: for an inlined call, those of the call.
    pub ranges: Vec<Range<FileAddr>>,
    /// How many inlined calls lead to it within its function, itself included; 0 where it is the
    /// function that has the code.
    pub inlined: usize,
    /// Whether the pointer to the value is passed as the psABI says, as the first argument: not in
    /// an inlined call, nor where the optimiser changed what the function takes
    /// (`DW_CC_nocall`; DWARF 4, section 3.3.1.1).
    pub by_convention: bool,
    /// The parameter that points to the value, where it is not passed by convention.
    pub pointer: Option<Variable>,
    /// Whether it lies in a unit of std, where std alone calls it.
    pub of_std: bool,
}

impl Image {
    /// All code that drops values, as far as it is `wanted`, by its part and the full name of its type. Those at one
    /// address stand in the order of the calls, outermost first.
    ///
    /// Inlined calls are found in the units of all crates but std's. This walks over all functions
    /// of those units, in parallel.
    pub fn drop_code(&self, wanted: &Wanted<'_>) -> Vec<DropCode> {
        let mut found = self.out_of_line(wanted);
        let units = self.units_without_std().into_par_iter();
        let inlined = units.flat_map_iter(|unit| self.inlined_in(unit, wanted));
        found.extend(inlined.collect::<Vec<_>>());
        found.sort_by_key(|code| (code.entry, code.inlined));
        found
    }

    /// Whether there is such code. Most types have some out of line, which is found at once.
    pub fn has_drop_code(&self, wanted: &Wanted<'_>) -> bool {
        let inlined = |unit| !self.inlined_in(unit, wanted).is_empty();
        !self.out_of_line(wanted).is_empty()
            || self.units_without_std().into_par_iter().any(inlined)
    }

    fn units_without_std(&self) -> Vec<UnitId> {
        let units = self.unit_headers().iter().filter(|header| header.compilation);
        units.map(|header| header.id).filter(|id| !self.is_of_std(Some(*id))).collect()
    }

    /// The units with code of the user's that was optimised, as it shows: a variable that is no
    /// parameter has no place, or several in several parts of the code; or a drop was inlined.
    /// Without optimisation neither is so, but for functions that ask to be inlined in every build.
    pub fn optimised_units(&self) -> Vec<UnitId> {
        let units = self.unit_headers().par_iter().filter(|header| header.compilation);
        let users = units.map(|header| header.id).filter(|id| !self.is_of_std(Some(*id)));
        users.filter(|id| self.is_optimised(*id)).collect()
    }

    fn is_optimised(&self, id: UnitId) -> bool {
        let functions = self.unit(id).and_then(|unit| self.unit_index(&unit));
        let functions = functions.and_then(|index| Some(index.get()?.functions()));
        let is_users = |die: &usize| {
            let name = self.function_name(*die);
            // What a closure has captured lies where its own parameter says.
            !name.contains("{closure") && self.origin_of_crate(crate_of(&name)) == Origin::User
        };
        functions.unwrap_or_default().into_iter().filter(is_users).any(|die| {
            let Some(scope) = self.read_scope(die) else { return false };
            own_variables(&scope).into_iter().filter_map(|die| self.die(die)).any(|die| {
                let location = die.value(gimli::DW_AT_location);
                location.is_none_or(|location| location.exprloc_value().is_none())
            }) || scope.inner.iter().any(has_inlined_drop)
        })
    }

    /// The full name of the type whose glue an inlined call is; none for another call.
    pub fn dropped_by_call(&self, call: &InlinedCall) -> Option<Arc<str>> {
        let (part, of_path) = dropped_by(&call.name)?;
        (part == DropPart::Glue).then_some(())?;
        let ty = call.origin.and_then(|origin| self.dropped_type_of(origin, part));
        Some(self.named(ty, of_path).1)
    }

    fn is_of_std(&self, unit: Option<UnitId>) -> bool {
        unit.and_then(|unit| self.origin_of_unit(unit)) == Some(Origin::Std)
    }

    fn out_of_line(&self, wanted: &Wanted<'_>) -> Vec<DropCode> {
        let symbols = self.symbols().all().par_iter().with_min_len(512);
        let found: Vec<DropCode> = symbols
            .filter(|symbol| symbol.kind == SymbolKind::Function && may_drop(symbol.name))
            .filter(|symbol| is_rust_symbol(symbol.name))
            .filter_map(|symbol| {
                let path = demangle(symbol.name);
                let (part, of_path) = dropped_by(&path)?;
                let ty = self.type_dropped_by(symbol.range.start, symbol.name, part);
                let (ty, type_name) = self.named(ty, of_path);
                let unit = self.unit_id_at(symbol.range.start);
                if !wanted(part, &type_name) {
                    return None;
                }
                let changed = self.takes_other_arguments(symbol.range.start);
                let described = || self.function_at(symbol.range.start);
                let pointer = changed.then(described).flatten();
                Some(DropCode {
                    part,
                    type_name,
                    ty,
                    entry: symbol.range.start,
                    ranges: vec![symbol.range],
                    inlined: 0,
                    by_convention: !changed,
                    pointer: pointer.and_then(|function| first_parameter(&function.scope)),
                    of_std: self.is_of_std(unit),
                })
            })
            .collect();
        folded(found)
    }

    /// Whether the optimiser changed what a function takes: it says so, or its first parameter is
    /// described and has no place anywhere.
    fn takes_other_arguments(&self, at: FileAddr) -> bool {
        let die = || {
            let (_, unit) = self.unit_at(at)?;
            self.unit_index(&unit)?.get()?.function_at(at)
        };
        let chain = die().map_or_else(Vec::new, |die| self.chain(die));
        let convention = chain.iter().find_map(|die| die.value(gimli::DW_AT_calling_convention));
        let says_so = matches!(
            convention,
            Some(gimli::AttributeValue::CallingConvention(gimli::DW_CC_nocall))
        );
        let parts = chain.first().and_then(|die| parts(self, die).ok()).unwrap_or_default();
        let first = parts.iter().find(|part| part.tag() == gimli::DW_TAG_formal_parameter);
        says_so || first.is_some_and(|first| first.value(gimli::DW_AT_location).is_none())
    }

    /// The type that a function drops, from its die.
    fn type_dropped_by(&self, at: FileAddr, linkage_name: &str, part: DropPart) -> Option<TypeRef> {
        let (_, unit) = self.unit_at(at)?;
        let die = self.unit_index(&unit)?.get()?.function_at(at)?;
        let chain = self.chain(die);
        // Where the linker has folded functions, the die can be that of another one.
        (self.linkage_name(&chain)? == linkage_name).then_some(())?;
        self.dropped_type_of(die, part)
    }

    /// The argument `T` of drop glue, and what the `self` of a `Drop::drop` points to.
    fn dropped_type_of(&self, die: usize, part: DropPart) -> Option<TypeRef> {
        self.chain(die).iter().find_map(|die| {
            let parts = parts(self, die).ok()?;
            match part {
                DropPart::Glue => parts
                    .iter()
                    .find(|part| part.tag() == gimli::DW_TAG_template_type_parameter)?
                    .type_ref(),
                DropPart::Body => {
                    let own = parts
                        .iter()
                        .find(|part| part.tag() == gimli::DW_TAG_formal_parameter)?
                        .type_ref()?;
                    match self.get(own).ok()?.kind {
                        TypeKind::Pointer { to, .. } => to,
                        _ => None,
                    }
                }
            }
        })
    }

    /// A type with its name. rustc describes a slice as its elements are: it is named by the path.
    fn named(&self, ty: Option<TypeRef>, of_path: &str) -> (Option<TypeRef>, Arc<str>) {
        let is_slice = |name: &str| name.starts_with('[');
        let described = ty.and_then(|ty| Some((ty, self.get(ty).ok()?.name.clone())));
        match described.filter(|(_, name)| is_slice(of_path) == is_slice(name)) {
            Some((ty, name)) => (Some(ty), name),
            None => (None, of_path.into()),
        }
    }

    fn inlined_in(&self, unit: UnitId, wanted: &Wanted<'_>) -> Vec<DropCode> {
        let mut found = Vec::new();
        let Some(parsed) = self.unit(unit) else { return found };
        let Some(index) = self.unit_index(&parsed) else { return found };
        // Many calls have one origin.
        let mut origins: HashMap<usize, (Option<TypeRef>, Arc<str>)> = HashMap::new();
        for die in index.get().map_or_else(Vec::new, |index| index.functions()) {
            let Some(scope) = self.read_scope(die) else { continue };
            let mut open = vec![(&scope, 0)];
            while let Some((scope, depth)) = open.pop() {
                let depth = depth + usize::from(scope.inlined.is_some());
                open.extend(scope.inner.iter().map(|inner| (inner, depth)));
                let Some((part, of_path, origin)) = drop_of(scope) else { continue };
                let (ty, type_name) = origins
                    .entry(origin)
                    .or_insert_with(|| self.named(self.dropped_type_of(origin, part), of_path))
                    .clone();
                if wanted(part, &type_name) {
                    found.extend(inlined(scope, depth, part, type_name, ty));
                }
            }
        }
        found
    }
}

/// Whether a scope of a function is, or holds, an inlined drop that the function itself makes.
fn has_inlined_drop(scope: &Scope) -> bool {
    match &scope.inlined {
        Some(call) => dropped_by(&call.name).is_some(),
        None => scope.inner.iter().any(has_inlined_drop),
    }
}

/// The dies of the variables that a function declares itself, without its parameters. Those of calls that are inlined are
/// not: some functions ask to be inlined in every build.
fn own_variables(scope: &Scope) -> Vec<usize> {
    let mut open = vec![scope];
    let mut found = Vec::new();
    while let Some(scope) = open.pop() {
        let variables = scope.variables.iter().filter(|variable| !variable.parameter);
        found.extend(variables.map(|variable| variable.die));
        open.extend(scope.inner.iter().filter(|inner| inner.inlined.is_none()));
    }
    found
}

fn first_parameter(scope: &Scope) -> Option<Variable> {
    scope.variables.iter().find(|variable| variable.parameter).cloned()
}

/// What an inlined call drops: the part, the type as its path names it, and the origin's die.
fn drop_of(scope: &Scope) -> Option<(DropPart, &str, usize)> {
    let call = scope.inlined.as_ref()?;
    let (part, ty) = dropped_by(&call.name)?;
    Some((part, ty, call.origin?))
}

fn inlined(
    scope: &Scope,
    depth: usize,
    part: DropPart,
    type_name: Arc<str>,
    ty: Option<TypeRef>,
) -> Option<DropCode> {
    let entry = scope.ranges.first()?.start;
    Some(DropCode {
        part,
        type_name,
        ty,
        entry,
        ranges: scope.ranges.clone(),
        inlined: depth,
        by_convention: false,
        pointer: first_parameter(scope),
        of_std: false,
    })
}

/// Where the linker or the optimiser made one function of those for several types, which of them is
/// dropped cannot be told: they are all named, and none is described.
fn folded(mut found: Vec<DropCode>) -> Vec<DropCode> {
    found.sort_by(|a, b| (a.entry, &a.type_name).cmp(&(b.entry, &b.type_name)));
    let mut one: Vec<DropCode> = Vec::with_capacity(found.len());
    for code in found {
        match one.last_mut().filter(|last| last.entry == code.entry) {
            Some(last) if last.type_name == code.type_name => {}
            Some(last) => {
                last.type_name = format!("{} or {}", last.type_name, code.type_name).into();
                last.ty = None;
            }
            None => one.push(code),
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(entry: u64, name: &str) -> DropCode {
        DropCode {
            part: DropPart::Glue,
            type_name: name.into(),
            ty: Some(TypeRef(1)),
            entry: FileAddr(entry),
            ranges: Vec::new(),
            inlined: 0,
            by_convention: true,
            pointer: None,
            of_std: false,
        }
    }

    #[test]
    fn types_whose_glue_was_folded_into_one_are_all_named() {
        let found = folded(vec![code(8, "b"), code(4, "c"), code(8, "a"), code(4, "c")]);
        let found: Vec<_> =
            found.iter().map(|code| (&*code.type_name, code.ty.is_some())).collect();
        assert_eq!(found, [("c", true), ("a or b", false)]);
    }
}
