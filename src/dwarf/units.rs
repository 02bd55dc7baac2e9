//! Compilation units, found by address and parsed when asked for.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use gimli::DebugInfoOffset;

use super::image::{Image, Slice};
use crate::base::{FileAddr, Range};

/// Names a unit: the offset of its header in `.debug_info`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitId(pub usize);

/// What is known of the units of an image so far.
#[derive(Default)]
pub(super) struct Units {
    ranges: OnceLock<Vec<(Range<FileAddr>, UnitId)>>,
    parsed: Mutex<HashMap<UnitId, Option<Arc<gimli::Unit<Slice>>>>>,
}

impl Image {
    /// The unit whose code contains the address.
    pub(super) fn unit_at(&self, at: FileAddr) -> Option<(UnitId, Arc<gimli::Unit<Slice>>)> {
        let ranges = self.units.ranges.get_or_init(|| {
            let mut out = Vec::new();
            let mut headers = self.dwarf.units();
            while let Ok(Some(header)) = headers.next() {
                let Some(offset) = header.debug_info_offset() else { continue };
                let id = UnitId(offset.0);
                let Some(unit) = self.unit(id) else { continue };
                let Ok(root) = unit.header.entry(&unit.abbreviations, unit.header.root_offset())
                else {
                    continue;
                };
                for range in self.ranges(&unit, root.attrs()) {
                    out.push((range, id));
                }
            }
            out
        });
        let id = ranges.iter().find(|(range, _)| range.contains(at))?.1;
        Some((id, self.unit(id)?))
    }

    /// The unit with this header, parsed once.
    pub(super) fn unit(&self, id: UnitId) -> Option<Arc<gimli::Unit<Slice>>> {
        let mut parsed = self.units.parsed.lock().ok()?;
        parsed
            .entry(id)
            .or_insert_with(|| {
                let header =
                    self.dwarf.debug_info.header_from_offset(DebugInfoOffset(id.0)).ok()?;
                self.dwarf.unit(header).ok().map(Arc::new)
            })
            .clone()
    }

    /// The unit that contains a die, by the die's offset in `.debug_info`, and the die's offset in
    /// the unit.
    pub(super) fn unit_of_die(
        &self,
        die: usize,
    ) -> Option<(Arc<gimli::Unit<Slice>>, gimli::UnitOffset)> {
        let mut headers = self.dwarf.units();
        while let Ok(Some(header)) = headers.next() {
            let offset = header.debug_info_offset()?.0;
            if offset <= die && die - offset < header.length_including_self() {
                return Some((self.unit(UnitId(offset))?, gimli::UnitOffset(die - offset)));
            }
        }
        None
    }
}
