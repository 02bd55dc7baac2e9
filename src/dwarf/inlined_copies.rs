//! Where functions were inlined: an index over the inlined calls of all units, made in parallel
//! when somebody asks for a function that has no code of its own or was optimised.

use std::sync::{Arc, OnceLock};

use gimli::{AttributeValue, DW_AT_abstract_origin, DW_TAG_inlined_subroutine};
use rayon::prelude::*;

use super::demangle;
use super::dies::{Attribute, Unit, reference, section_offset};
use super::image::{Image, Slice};
use crate::base::FileAddr;

/// How many inlined calls are kept. Programs with 200 MB of debug information have a million.
const MAX_CALLS: usize = 1 << 23;
/// How many copies of one answer are given.
const MAX_COPIES: usize = 1 << 16;
/// How many dies of a unit are looked at to find out whether it was optimised.
const MAX_DIES: usize = 20_000;

/// The inlined calls of an image, once they were asked for: the function's abstract die and the die
/// of the call, sorted.
#[derive(Default)]
pub(super) struct InlinedCalls(OnceLock<Vec<(usize, usize)>>);

/// A call that was inlined, as a place to stop at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InlinedCopy {
    /// The demangled path without hash of the function that was inlined.
    pub name: Arc<str>,
    /// Where the ranges of its code begin; control comes to one of them first.
    pub starts: Vec<FileAddr>,
}

impl Image {
    /// The copies of the functions whose path is wanted. `required` is text that is in their linker
    /// names; `instance` is asked about the name that the debug information gives to the instance.
    pub(super) fn inlined_where(
        &self,
        required: Option<&str>,
        wanted: &(dyn Fn(&str) -> bool + Sync),
        instance: &(dyn Fn(&str) -> bool + Sync),
    ) -> Vec<InlinedCopy> {
        let functions: Vec<&[(usize, usize)]> =
            self.inlined_calls().chunk_by(|a, b| a.0 == b.0).collect();
        let copies_of = |calls: &&[(usize, usize)]| {
            let (function, _) = *calls.first()?;
            let name = self.wanted_name(function, required, wanted)?;
            instance(&self.name_of_instance(function)?).then_some(())?;
            let copy = |(_, call): &(usize, usize)| {
                let die = self.die(*call)?;
                let ranges = self.ranges(&die.unit, die.entry.attrs());
                let starts = ranges.iter().map(|range| range.start);
                let starts: Vec<_> = starts.filter(|at| self.is_code(*at)).collect();
                (!starts.is_empty()).then(|| InlinedCopy { name: name.clone(), starts })
            };
            Some(calls.iter().filter_map(copy).collect::<Vec<_>>())
        };
        let mut copies: Vec<_> = functions
            .par_iter()
            .with_min_len(64)
            .filter_map(copies_of)
            .flatten_iter()
            .take_any(MAX_COPIES)
            .collect();
        copies.sort_by(|a, b| a.starts.cmp(&b.starts));
        copies.dedup_by(|a, b| a.starts == b.starts && a.name == b.name);
        copies
    }

    /// The path of an instance as the debug information names it, with generic arguments and the
    /// numbers of closures: `krate::max<i32>`.
    pub(super) fn name_of_instance(&self, die: usize) -> Option<String> {
        let chain = self.chain(die);
        let (named, name) = chain.iter().rev().find_map(|die| Some((die, self.name(die)?)))?;
        Some(self.qualified(named, name))
    }

    /// The same, for the function whose code holds an address.
    pub(super) fn name_of_instance_at(&self, at: FileAddr) -> Option<String> {
        let (_, unit) = self.unit_at(at)?;
        let die = self.unit_index(&unit)?.get()?.function_at(at)?;
        self.name_of_instance(die)
    }

    /// Whether the code at an address was optimised, as far as its unit tells. Code without debug
    /// information counts as not optimised, because nothing is known to be inlined there either.
    pub fn is_optimised_at(&self, at: FileAddr) -> bool {
        self.unit_at(at).is_some_and(|(_, unit)| looks_optimised(&unit))
    }

    fn wanted_name(
        &self,
        function: usize,
        required: Option<&str>,
        wanted: &(dyn Fn(&str) -> bool + Sync),
    ) -> Option<Arc<str>> {
        let chain = self.chain(function);
        let Some(linkage) = self.linkage_name(&chain) else {
            let name = self.name_of_instance(function)?;
            return wanted(&name).then(|| name.into());
        };
        if required.is_some_and(|text| !linkage.contains(text)) {
            return None;
        }
        let path = demangle(linkage);
        wanted(&path).then(|| path.as_ref().into())
    }

    fn inlined_calls(&self) -> &[(usize, usize)] {
        self.inlined.0.get_or_init(|| {
            let headers = self.unit_headers().par_iter().filter(|header| header.compilation);
            let units = headers.filter_map(|header| self.unit_unkept(header.id));
            let mut calls: Vec<_> =
                units.flat_map_iter(|unit| calls_of(&unit)).take_any(MAX_CALLS).collect();
            calls.par_sort_unstable();
            calls
        })
    }
}

/// The inlined calls of a unit. A die that cannot be read ends the walk; what came before stays.
fn calls_of(unit: &Unit) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let Ok(mut raw) = unit.header.entries_raw(&unit.abbreviations, None) else { return found };
    let mut attributes = Vec::new();
    while !raw.is_empty() {
        match call(unit, &mut raw, &mut attributes) {
            Ok(call) => found.extend(call),
            Err(_) => break,
        }
    }
    found
}

fn call(
    unit: &Unit,
    raw: &mut gimli::EntriesRaw<'_, Slice>,
    attributes: &mut Vec<Attribute>,
) -> gimli::Result<Option<(usize, usize)>> {
    let offset = raw.next_offset();
    let Some(abbreviation) = raw.read_abbreviation()? else { return Ok(None) };
    if abbreviation.tag() != DW_TAG_inlined_subroutine {
        raw.skip_attributes(abbreviation.attributes())?;
        return Ok(None);
    }
    raw.read_attributes(abbreviation.attributes(), attributes)?;
    let origin = attributes.iter().find(|a| a.name() == DW_AT_abstract_origin);
    let origin = origin.and_then(|origin| reference(unit, origin.value()));
    Ok(origin.zip(section_offset(unit, offset)))
}

/// Whether a unit was optimised. Most variables of optimised code have lists of places (two thirds,
/// where code that is not has less than a tenth, by rustc 1.95); where variables are not described,
/// it has more inlined calls than functions.
fn looks_optimised(unit: &Unit) -> bool {
    let mut seen = Seen::default();
    if let Ok(mut raw) = unit.header.entries_raw(&unit.abbreviations, None) {
        let mut attributes = Vec::new();
        for _ in 0..MAX_DIES {
            if raw.is_empty() || seen.next(&mut raw, &mut attributes).is_err() {
                break;
            }
        }
    }
    match seen.lists + seen.fixed {
        0 => seen.inlined > seen.functions,
        _ => seen.lists * 4 > seen.fixed,
    }
}

/// What there is in a unit.
#[derive(Default)]
struct Seen {
    /// Variables with a list of places.
    lists: usize,
    /// Variables with one place.
    fixed: usize,
    inlined: usize,
    functions: usize,
}

impl Seen {
    fn next(
        &mut self,
        raw: &mut gimli::EntriesRaw<'_, Slice>,
        attributes: &mut Vec<Attribute>,
    ) -> gimli::Result<()> {
        let Some(abbreviation) = raw.read_abbreviation()? else { return Ok(()) };
        match abbreviation.tag() {
            gimli::DW_TAG_variable | gimli::DW_TAG_formal_parameter => {
                raw.read_attributes(abbreviation.attributes(), attributes)?;
                let location = attributes.iter().find(|a| a.name() == gimli::DW_AT_location);
                match location.map(Attribute::value) {
                    Some(
                        AttributeValue::LocationListsRef(_)
                        | AttributeValue::DebugLocListsIndex(_)
                        | AttributeValue::SecOffset(_),
                    ) => self.lists += 1,
                    Some(_) => self.fixed += 1,
                    None => {}
                }
                return Ok(());
            }
            gimli::DW_TAG_inlined_subroutine => self.inlined += 1,
            gimli::DW_TAG_subprogram => self.functions += 1,
            _ => {}
        }
        raw.skip_attributes(abbreviation.attributes())
    }
}

#[cfg(test)]
mod tests {
    use crate::dwarf::fixture::{debug_builds, optimised_builds};
    use crate::dwarf::sample;

    #[test]
    fn optimised_code_is_told_from_other_code() {
        let optimised = |build: &crate::dwarf::fixture::Build| {
            let function = build.function("program::inlining");
            build.image.is_optimised_at(function.ranges[0].start)
        };
        assert!(debug_builds().all(|build| !optimised(build)));
        assert!(optimised_builds().all(optimised));
    }

    #[test]
    fn every_copy_of_a_function_begins_within_a_call_of_it() {
        for build in optimised_builds().chain(debug_builds()) {
            let called = build.image.code_called("program::doubled");
            assert!(!called.inlined.is_empty(), "doubled was inlined");
            for copy in &called.inlined {
                assert_eq!(&*copy.name, "program::doubled");
                for at in &copy.starts {
                    let function = build.image.function_at(*at).expect("a function");
                    let chain = function.inline_chain(*at, None);
                    assert!(chain.iter().any(|frame| *frame.name == *copy.name), "{chain:?}");
                }
            }
        }
    }

    #[test]
    fn instances_are_told_by_their_arguments_and_closures_by_their_numbers() {
        for image in [sample::debug(), sample::optimised()] {
            let count = |name: &str| image.functions_called(name).len();
            assert_eq!((count("t::show"), count("show::<u8>")), (3, 1));
            assert_eq!(count("show::<i128>"), 0);
        }
    }
}
