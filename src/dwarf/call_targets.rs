//! What a call leads to: the function that begins there, or the one that a slot of the global
//! offset table holds.

use std::collections::HashMap;
use std::sync::OnceLock;

use object::{Object, ObjectSymbol, ObjectSymbolTable, RelocationTarget};

use super::aggregates::parts;
use super::image::Image;
use super::names::demangle;
use super::types::TypeRef;
use crate::base::{FileAddr, Range};

/// What the dynamic linker puts into slots, by slot.
pub(super) type Slots = OnceLock<HashMap<u64, Slot>>;

/// What the dynamic linker puts into one slot.
pub(super) enum Slot {
    /// The address of a symbol of this linker name, of whatever file has it.
    Named(&'static str),
    /// An address of the file itself.
    Own(FileAddr),
}

/// The function that a call leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallTarget {
    /// Where it begins; none where it is in another file.
    pub at: Option<FileAddr>,
    /// Its demangled path without hash: `core::ptr::drop_in_place<krate::Guard>`, `memcpy`.
    pub path: String,
}

impl Image {
    /// The function that begins at an address, or that the stub of the procedure linkage table
    /// there jumps to. None where nothing begins.
    pub fn called_at(&self, at: FileAddr) -> Option<CallTarget> {
        if self.section_at(at)?.name.starts_with(".plt") {
            return self.called_through(self.slot_of_stub(at)?);
        }
        let symbol = self.symbols().at(at).filter(|symbol| symbol.range.start == at)?;
        Some(CallTarget { at: Some(at), path: demangle(symbol.name).into_owned() })
    }

    /// The function whose address the dynamic linker puts into a slot, or the linker has put there.
    pub fn called_through(&self, slot: FileAddr) -> Option<CallTarget> {
        match self.call_slots.get_or_init(|| self.read_slots()).get(&slot.0) {
            Some(Slot::Named(name)) => {
                Some(CallTarget { at: None, path: demangle(name).into_owned() })
            }
            Some(Slot::Own(at)) => self.called_at(*at),
            None => {
                let bytes = self.bytes(Range::new(slot, FileAddr(slot.0.checked_add(8)?)))?;
                let at = FileAddr(u64::from_le_bytes(*bytes.first_chunk()?));
                self.section_at(at)?.executable.then(|| self.called_at(at))?
            }
        }
    }

    /// The type of the values that the function at an address drops: the `T` of
    /// `core::ptr::drop_in_place::<T>`. None where it is another function, or not described.
    pub fn dropped_type(&self, at: FileAddr) -> Option<TypeRef> {
        let (_, unit) = self.unit_at(at)?;
        let function = self.unit_index(&unit)?.get()?.function_at(at)?;
        let chain = self.chain(function);
        let glue = |name: &str| name.starts_with("drop_in_place<");
        chain.iter().find_map(|die| self.name(die)).filter(|name| glue(name))?;
        let of_die = |die| parts(self, die).ok()?.into_iter().find(|part| self.is_t(part));
        chain.iter().find_map(of_die)?.type_ref()
    }

    fn is_t(&self, part: &super::dies::Die) -> bool {
        part.tag() == gimli::DW_TAG_template_type_parameter && self.name(part) == Some("T")
    }

    fn read_slots(&self) -> HashMap<u64, Slot> {
        let symbols = self.object.dynamic_symbol_table();
        let relocations = self.object.dynamic_relocations().into_iter().flatten();
        let slot = |(at, relocation): (u64, object::Relocation)| {
            let slot = match relocation.target() {
                RelocationTarget::Symbol(index) => {
                    let symbol = symbols.as_ref()?.symbol_by_index(index).ok()?;
                    Slot::Named(symbol.name().ok()?)
                }
                // `R_X86_64_RELATIVE` and its like.
                _ => Slot::Own(FileAddr(relocation.addend().cast_unsigned())),
            };
            Some((at, slot))
        };
        relocations.filter_map(slot).collect()
    }

    /// The slot that the stub of the procedure linkage table at an address jumps through
    /// (`jmp [rip+slot]`, psABI, section 5.2), which may begin with `endbr64` or `bnd`.
    fn slot_of_stub(&self, at: FileAddr) -> Option<FileAddr> {
        let code = self.bytes(Range::new(at, FileAddr(at.0.checked_add(16)?)))?;
        let jump = code.windows(2).position(|two| two == [0xff, 0x25]).filter(|at| *at <= 5)?;
        let end = jump.checked_add(6)?;
        let displacement = code.get(..end)?.last_chunk().map(|four| i32::from_le_bytes(*four))?;
        let next = at.0.checked_add(u64::try_from(end).ok()?)?;
        Some(FileAddr(next.wrapping_add_signed(i64::from(displacement))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::builds;
    use super::super::sample;
    use super::super::types::Types;
    use super::*;

    #[test]
    fn a_function_is_called_by_its_path_and_nothing_is_called_in_its_middle() {
        for build in builds() {
            let six = build.address("program::six");
            let target = CallTarget { at: Some(six), path: "program::six".to_owned() };
            assert_eq!(build.image.called_at(six), Some(target));
            assert_eq!(build.image.called_at(FileAddr(six.0 + 1)), None);
            assert_eq!(build.image.called_at(FileAddr(0)), None);
        }
    }

    #[test]
    fn the_slots_of_the_c_library_have_its_names() {
        for image in [sample::debug(), sample::optimised()] {
            let slots = image.call_slots.get_or_init(|| image.read_slots());
            let named = |name| {
                let mut found = slots.iter();
                found.find(|(_, slot)| matches!(slot, Slot::Named(n) if *n == name))
            };
            let (at, _) = named("memcpy").expect("std copies");
            let target = image.called_through(FileAddr(*at));
            let expected = CallTarget { at: None, path: "memcpy".to_owned() };
            assert_eq!(target, Some(expected));
        }
    }

    #[test]
    fn stubs_of_the_linkage_table_lead_to_their_functions() {
        for image in [sample::debug(), sample::optimised()] {
            let section = image.sections().iter().find(|section| section.name == ".plt");
            let Some(section) = section else { continue };
            let stubs = (section.range.start.0..section.range.end.0).step_by(16);
            let called = stubs.filter_map(|at| image.called_at(FileAddr(at)));
            let paths: Vec<String> = called.map(|target| target.path).collect();
            assert!(paths.iter().any(|path| path == "_Unwind_Resume"), "{paths:?}");
        }
    }

    #[test]
    fn drop_glue_says_what_it_drops_and_other_functions_drop_nothing() {
        for image in [sample::debug(), sample::optimised()] {
            let symbols = image.symbols().all();
            let glue = symbols.iter().filter(|s| demangle(s.name).contains("drop_in_place"));
            let types: Vec<_> = glue.filter_map(|s| image.dropped_type(s.range.start)).collect();
            let names: Vec<_> =
                types.iter().filter_map(|ty| Some(image.get(*ty).ok()?.name.clone())).collect();
            assert!(names.iter().any(|name| name.contains("::")), "{names:?}");
            assert_eq!(image.dropped_type(image.entry()), None);
        }
    }
}
