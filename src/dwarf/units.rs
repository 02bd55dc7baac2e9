//! Compilation units, found by address and parsed when asked for.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use gimli::{DebugInfoOffset, UnitOffset, UnitType};
use rayon::prelude::*;

use super::image::{Image, Slice};
use super::intervals::Intervals;
use super::lines::LineTable;
use crate::base::{FileAddr, Range};

/// How many ranges of one unit are believed: a list of ranges can be made endless by pointing many
/// units at one list.
const MAX_RANGES_OF_A_UNIT: usize = 1 << 20;

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
        let mut ranges = Vec::new();
        let mut tables = self.dwarf.debug_aranges.headers();
        while let Ok(Some(table)) = tables.next() {
            let id = UnitId(table.debug_info_offset().0);
            let mut entries = table.entries();
            while let Ok(Some(entry)) = entries.next() {
                ranges.push((file_range(entry.range()), id));
            }
        }
        ranges.retain(|(range, _)| self.is_code(range.start));
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
