//! Compilation units, found by address and parsed when asked for.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use gimli::{DebugInfoOffset, UnitOffset, UnitType};
use rayon::prelude::*;

use super::image::{Image, Slice};
use super::intervals::Intervals;
use super::lines::LineTable;
use crate::base::{FileAddr, Range};

/// How many ranges of root dies are believed, of one unit and in all: a list of ranges can be made
/// endless by pointing many units at one list.
const MAX_RANGES_OF_A_UNIT: usize = 1 << 16;
const MAX_RANGES: usize = 1 << 22;

/// Names a unit: the offset of its header in `.debug_info`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitId(pub usize);

/// What is known of the units of an image so far.
#[derive(Default)]
pub(super) struct Units {
    headers: OnceLock<Vec<UnitHeader>>,
    listed: OnceLock<Intervals<UnitId>>,
    unlisted: OnceLock<Intervals<UnitId>>,
    parsed: Mutex<HashMap<UnitId, Option<Arc<gimli::Unit<Slice>>>>>,
    pub(super) lines: Mutex<HashMap<UnitId, Option<Arc<LineTable>>>>,
}

/// What the header of a unit says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UnitHeader {
    /// Its name.
    pub(super) id: UnitId,
    /// Whether it describes code, and not only types.
    pub(super) compilation: bool,
}

impl Image {
    /// The unit whose code contains the address.
    ///
    /// `.debug_aranges` (DWARF 4, section 6.1.2) is asked first. Only an address that it does not
    /// know makes the units that it does not list show their root dies.
    pub(super) fn unit_at(&self, at: FileAddr) -> Option<(UnitId, Arc<gimli::Unit<Slice>>)> {
        let id = self.unit_id_at(at)?;
        Some((id, self.unit(id)?))
    }

    /// The name of the unit whose code contains the address, without parsing it.
    pub fn unit_id_at(&self, at: FileAddr) -> Option<UnitId> {
        let listed = self.units.listed.get_or_init(|| Intervals::new(self.listed_ranges()));
        if let Some((_, id)) = listed.at(at) {
            return Some(*id);
        }
        if !self.is_code(at) {
            return None;
        }
        let unlisted = self.units.unlisted.get_or_init(|| Intervals::new(self.unlisted_ranges()));
        unlisted.at(at).map(|(_, id)| *id)
    }

    /// The unit with this header, parsed once: its abbreviations, its root die and the header of
    /// its line program, not its other dies.
    pub(super) fn unit(&self, id: UnitId) -> Option<Arc<gimli::Unit<Slice>>> {
        if let Some(known) = self.units.parsed.lock().ok()?.get(&id) {
            return known.clone();
        }
        // Parsed without the lock, so that many threads can parse many units.
        let unit = self.unit_unkept(id).map(Arc::new);
        self.units.parsed.lock().ok()?.entry(id).or_insert(unit).clone()
    }

    /// The unit that contains a die, by the die's offset in `.debug_info`, and the die's offset in
    /// the unit.
    pub(super) fn unit_of_die(&self, die: usize) -> Option<(Arc<gimli::Unit<Slice>>, UnitOffset)> {
        let headers = self.unit_headers();
        let behind = headers.partition_point(|header| header.id.0 <= die);
        let header = headers.get(behind.checked_sub(1)?)?;
        let unit = self.unit(header.id)?;
        let offset = UnitOffset(die.checked_sub(header.id.0)?);
        offset.is_in_bounds(&unit.header).then_some((unit, offset))
    }

    /// The headers of all units, in the order of `.debug_info`, which is also that of their ids.
    /// The list ends where a header cannot be read.
    pub(super) fn unit_headers(&self) -> &[UnitHeader] {
        self.units.headers.get_or_init(|| {
            let mut headers = Vec::new();
            let mut units = self.dwarf.debug_info.units();
            while let Ok(Some(header)) = units.next() {
                let Some(DebugInfoOffset(start)) = header.debug_info_offset() else { break };
                let compilation = matches!(
                    header.type_(),
                    UnitType::Compilation | UnitType::Partial | UnitType::Skeleton(_)
                );
                headers.push(UnitHeader { id: UnitId(start), compilation });
            }
            headers
        })
    }

    /// Whether an address lies in a section that holds code.
    ///
    /// The linker leaves the ranges of functions that it removed in the debug information, at
    /// address 0, 1 or all ones: no code lies there.
    pub(super) fn is_code(&self, at: FileAddr) -> bool {
        self.sections().iter().any(|section| section.executable && section.range.contains(at))
    }

    /// The unit with this header, parsed again each time: for passes over all units, which would
    /// otherwise keep thousands that nobody will ask for again.
    pub(super) fn unit_unkept(&self, id: UnitId) -> Option<gimli::Unit<Slice>> {
        let header = self.dwarf.debug_info.header_from_offset(DebugInfoOffset(id.0)).ok()?;
        self.dwarf.unit(header).ok()
    }

    fn listed_ranges(&self) -> Vec<(Range<FileAddr>, UnitId)> {
        let mut ranges = self.address_table();
        ranges.retain(|(range, _)| self.is_code(range.start));
        ranges
    }

    /// All ranges that `.debug_aranges` lists, of code and of data.
    pub(super) fn address_table(&self) -> Vec<(Range<FileAddr>, UnitId)> {
        let mut ranges = Vec::new();
        let mut tables = self.dwarf.debug_aranges.headers();
        while let Ok(Some(table)) = tables.next() {
            let id = UnitId(table.debug_info_offset().0);
            let mut entries = table.entries();
            while let Ok(Some(entry)) = entries.next() {
                ranges.push((file_range(entry.range()), id));
            }
        }
        ranges
    }

    /// The ranges of the units that `.debug_aranges` has no table for.
    fn unlisted_ranges(&self) -> Vec<(Range<FileAddr>, UnitId)> {
        let mut with_table = HashSet::new();
        let mut tables = self.dwarf.debug_aranges.headers();
        while let Ok(Some(table)) = tables.next() {
            with_table.insert(UnitId(table.debug_info_offset().0));
        }
        self.unit_headers()
            .par_iter()
            .filter(|header| header.compilation && !with_table.contains(&header.id))
            .flat_map_iter(|header| self.ranges_of(header.id).into_iter().map(|r| (r, header.id)))
            .take_any(MAX_RANGES)
            .collect()
    }

    /// `DW_AT_ranges`, or `DW_AT_low_pc` and `DW_AT_high_pc`, of the root die of a unit.
    fn ranges_of(&self, id: UnitId) -> Vec<Range<FileAddr>> {
        let mut ranges = Vec::new();
        let Some(unit) = self.unit_unkept(id) else { return ranges };
        let Ok(mut list) = self.dwarf.unit_ranges(&unit) else { return ranges };
        while let Ok(Some(range)) = list.next() {
            let range = file_range(range);
            if self.is_code(range.start) {
                ranges.push(range);
            }
            if ranges.len() >= MAX_RANGES_OF_A_UNIT {
                break;
            }
        }
        ranges
    }
}

fn file_range(range: gimli::Range) -> Range<FileAddr> {
    Range::new(FileAddr(range.begin), FileAddr(range.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{SymbolKind, sample};

    fn functions(image: &Image) -> impl Iterator<Item = FileAddr> {
        let functions = image.symbols().all().iter().filter(|s| s.kind == SymbolKind::Function);
        functions.map(|symbol| symbol.range.start)
    }

    /// The unit by a search through the ranges of all root dies.
    fn by_search(image: &Image) -> Intervals<UnitId> {
        let headers = image.unit_headers().iter();
        let ranges = headers.flat_map(|h| image.ranges_of(h.id).into_iter().map(|r| (r, h.id)));
        Intervals::new(ranges.collect())
    }

    #[test]
    fn units_are_found_as_a_search_through_all_of_them_finds_them() {
        for image in [sample::debug(), sample::optimised(), sample::plain()] {
            let all = by_search(image);
            let mut with_unit = 0;
            for at in functions(image) {
                assert_eq!(image.unit_id_at(at), all.at(at).map(|(_, id)| *id), "{at}");
                with_unit += usize::from(image.unit_id_at(at).is_some());
            }
            assert!(with_unit > 300, "std has line tables: {with_unit}");
        }
    }

    #[test]
    fn units_are_found_without_an_address_table_too() {
        let image = sample::debug();
        let mut bare = sample::debug_again();
        bare.dwarf.debug_aranges = gimli::DebugAranges::from(Slice::default());
        for at in functions(image) {
            assert_eq!(image.unit_id_at(at), bare.unit_id_at(at), "{at}");
        }
    }

    #[test]
    fn one_address_parses_one_unit() {
        let image = sample::debug_again();
        let at = image.symbols().functions_named("t::main")[0].range.start;
        let (_, unit) = image.unit_at(at).unwrap();
        let name = String::from_utf8_lossy(unit.name.unwrap().slice());
        assert!(name.contains("t.rs/@/t."), "{name}");
        assert_eq!(image.units.parsed.lock().unwrap().len(), 1);
        assert!(image.units.unlisted.get().is_none() && image.units.headers.get().is_none());
    }

    #[test]
    fn the_unit_of_each_of_its_dies_is_found() {
        for image in [sample::debug(), sample::optimised()] {
            let main = image.symbols().functions_named("t::main")[0].range.start;
            let (id, unit) = image.unit_at(main).unwrap();
            let mut dies = unit.entries();
            while let Some(die) = dies.next_dfs().unwrap() {
                let (found, offset) = image.unit_of_die(id.0 + die.offset().0).unwrap();
                assert_eq!(found.header.offset().0, id.0);
                assert_eq!(offset, die.offset());
            }
            assert!(image.unit_of_die(id.0).is_none(), "a header is not a die");
            assert!(image.unit_of_die(usize::MAX).is_none());
        }
    }

    #[test]
    fn addresses_without_code_have_no_unit() {
        let image = sample::debug();
        for at in [0, 1, u64::MAX, image.section_at(image.entry()).unwrap().range.end.0 + (1 << 30)]
        {
            assert_eq!(image.unit_id_at(FileAddr(at)), None);
        }
    }
}
