//! The type behind a `dyn`: rustc describes each vtable as a static of its unit, whose type names
//! the concrete type in `DW_AT_containing_type`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::image::Image;
use super::statics::StaticAt;
use super::types::{TypeRef, Types};
use super::units::UnitId;
use crate::base::{FileAddr, Range};

/// How many units may claim the same data. Identical vtables of two units are folded into one.
const MAX_CLAIMS: usize = 16;

/// What is known of the vtables of an image so far.
#[derive(Default)]
pub(super) struct Vtables {
    data: OnceLock<Vec<(Range<FileAddr>, UnitId)>>,
    units: Mutex<HashMap<UnitId, Arc<OfUnit>>>,
}

/// The vtables of a unit: the concrete types by address.
type OfUnit = HashMap<FileAddr, Vec<TypeRef>>;

impl Image {
    /// The concrete type whose vtable lies at an address.
    ///
    /// `.debug_aranges` lists data as well as code, so that only units are walked whose vtables
    /// are asked for. None where no unit lists the address, and where the linker folded the
    /// vtables of different types into one: which of them is meant cannot be told.
    pub fn vtable_type(&self, vtable: FileAddr) -> Option<TypeRef> {
        let data = self.vtables.data.get_or_init(|| self.data_ranges());
        let claims = data.iter().filter(|(range, _)| range.contains(vtable)).take(MAX_CLAIMS);
        let units = claims.filter_map(|(_, unit)| self.vtables_of(*unit));
        let types: Vec<TypeRef> =
            units.flat_map(|unit| unit.get(&vtable).cloned().unwrap_or_default()).collect();
        let first = *types.first()?;
        let name = self.get(first).ok()?.name.clone();
        let same = |ty: &TypeRef| self.get(*ty).is_ok_and(|ty| ty.name == name);
        types.iter().all(same).then_some(first)
    }

    fn vtables_of(&self, id: UnitId) -> Option<Arc<OfUnit>> {
        if let Some(known) = self.vtables.units.lock().ok()?.get(&id) {
            return Some(known.clone());
        }
        // Read without the lock, so that other units stay within reach.
        let read = Arc::new(self.read_vtables(id));
        Some(self.vtables.units.lock().ok()?.entry(id).or_insert(read).clone())
    }

    fn read_vtables(&self, id: UnitId) -> OfUnit {
        let mut found = OfUnit::new();
        let Some(cell) = self.unit(id).and_then(|unit| self.unit_index(&unit)) else {
            return found;
        };
        for die in cell.get().map(|index| index.variables.as_slice()).unwrap_or_default() {
            if let Some((at, ty)) = self.read_vtable(*die) {
                found.entry(at).or_default().push(ty);
            }
        }
        found
    }

    /// Where a vtable lies and what it is for; none for every other static.
    fn read_vtable(&self, offset: usize) -> Option<(FileAddr, TypeRef)> {
        let die = self.die(offset)?;
        let concrete = self.die(die.type_ref()?.0)?.reference(gimli::DW_AT_containing_type)?;
        match self.static_place(&die)? {
            StaticAt::Address(at) => Some((at, TypeRef(concrete))),
            StaticAt::ThreadLocal(_) => None,
        }
    }

    /// The ranges of `.debug_aranges` (DWARF 4, section 6.1.2) that hold no code, and were not
    /// removed by the linker.
    fn data_ranges(&self) -> Vec<(Range<FileAddr>, UnitId)> {
        let mut ranges = self.address_table();
        ranges.retain(|(range, _)| !self.is_code(range.start));
        ranges.retain(|(range, _)| self.section_at(range.start).is_some());
        ranges
    }
}

#[cfg(test)]
mod tests {
    use object::{Object, ObjectSection};

    use super::super::fixture::{Build, builds};
    use super::*;

    /// The names of the concrete types of all vtables, looked for at every word of the section that
    /// vtables lie in.
    fn found(build: &Build) -> Vec<String> {
        let section = build.image.object.section_by_name(".data.rel.ro").expect("a section");
        let words = (section.address()..section.address() + section.size()).step_by(8);
        let types = words.filter_map(|at| build.image.vtable_type(FileAddr(at)));
        types.map(|ty| build.ty(ty).name.to_string()).collect()
    }

    #[test]
    fn a_vtable_names_the_concrete_type_in_every_build() {
        for build in builds() {
            let names = found(build);
            assert!(names.iter().any(|name| name == "i32"), "{names:?}");
        }
    }

    #[test]
    fn what_is_no_vtable_has_no_concrete_type() {
        for build in builds() {
            let main = build.address("program::main");
            for at in [FileAddr(0), FileAddr(u64::MAX), main] {
                assert_eq!(build.image.vtable_type(at), None);
            }
            let statics = build.image.statics_of_unit(build.function("program::main").unit);
            let places = statics.iter().filter_map(|found| match found.at {
                StaticAt::Address(at) => Some(at),
                StaticAt::ThreadLocal(_) => None,
            });
            assert!(places.into_iter().all(|at| build.image.vtable_type(at).is_none()));
        }
    }
}
