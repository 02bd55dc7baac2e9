//! What one walk over a unit leaves behind, so that the unit need not be walked again: where its
//! functions are, which die lies in which, and which variables are statics.
//!
//! rustc writes no `DW_AT_sibling`, so there is no way around reading every die once. The walk
//! decodes the attributes of functions only and skips all others.

use std::sync::{Arc, OnceLock};

use super::dies::{Attribute, Unit, section_offset, unit_id};
use super::image::{Image, Slice};
use crate::base::{FileAddr, Range};

/// The index of one unit.
#[derive(Default)]
pub(super) struct UnitIndex {
    /// Sorted by the start of the range.
    functions: Vec<Indexed>,
    /// Sorted by offset, because that is the order of the walk.
    containers: Vec<Container>,
    /// Offsets in `.debug_info` of the variables that lie in no function.
    pub variables: Vec<usize>,
}

/// A range of a function.
struct Indexed {
    range: Range<FileAddr>,
    die: usize,
    /// The largest end of this range and all before it: where a search backwards may stop.
    reach: FileAddr,
}

/// A die that others lie in: from its offset up to the offset behind its last child.
struct Container {
    start: usize,
    end: usize,
    parent: Option<usize>,
}

impl UnitIndex {
    /// The die of the function whose code contains an address: where several claim it (identical
    /// functions folded into one by the linker), the one that starts last.
    pub fn function_at(&self, at: FileAddr) -> Option<usize> {
        let until = self.functions.partition_point(|function| function.range.start <= at);
        let candidates = self.functions.get(..until)?.iter().rev();
        candidates
            .take_while(|function| function.reach > at)
            .find(|function| function.range.contains(at))
            .map(|function| function.die)
    }

    /// The dies of all functions that have code.
    pub fn functions(&self) -> Vec<usize> {
        let mut dies: Vec<usize> = self.functions.iter().map(|function| function.die).collect();
        dies.sort_unstable();
        dies.dedup();
        dies
    }

    /// The dies around a die, innermost first, without the unit's own.
    pub fn parents(&self, die: usize) -> impl Iterator<Item = usize> + '_ {
        let before = self.containers.partition_point(|container| container.start < die);
        let innermost = before.checked_sub(1).and_then(|index| self.containers.get(index));
        let up = |container: &&Container| container.parent.and_then(|up| self.containers.get(up));
        // A parent has a smaller index than its child, so that this ends.
        std::iter::successors(innermost, up)
            .filter(move |container| container.start < die && die < container.end)
            .map(|container| container.start)
    }
}

impl Image {
    /// The index of a unit, made when it is first asked for.
    pub(super) fn unit_index(&self, unit: &Unit) -> Option<Arc<OnceLock<UnitIndex>>> {
        let id = unit_id(unit)?;
        let cell = self.functions.indices.lock().ok()?.entry(id).or_default().clone();
        // The lock is not held while the unit is walked: other units stay within reach.
        cell.get_or_init(|| Walk::new(self, unit).run());
        Some(cell)
    }
}

struct Walk<'a> {
    image: &'a Image,
    unit: &'a Unit,
    index: UnitIndex,
    /// The containers that are open, with their depth, and whether each is a function.
    open: Vec<(isize, usize, bool)>,
    attributes: Vec<Attribute>,
}

impl<'a> Walk<'a> {
    fn new(image: &'a Image, unit: &'a Unit) -> Self {
        let index = UnitIndex::default();
        Walk { image, unit, index, open: Vec::new(), attributes: Vec::new() }
    }

    fn run(mut self) -> UnitIndex {
        if let Ok(mut raw) = self.unit.header.entries_raw(&self.unit.abbreviations, None) {
            // A die that cannot be read ends the walk; what came before it stays.
            while !raw.is_empty() && self.step(&mut raw).is_ok() {}
            let end = section_offset(self.unit, raw.next_offset()).unwrap_or(usize::MAX);
            self.close(isize::MIN, end);
        }
        let functions = &mut self.index.functions;
        functions.sort_by_key(|function| (function.range.start, function.die));
        let mut reach = FileAddr(0);
        for function in functions {
            reach = reach.max(function.range.end);
            function.reach = reach;
        }
        self.index
    }

    fn step(&mut self, raw: &mut gimli::EntriesRaw<'_, Slice>) -> gimli::Result<()> {
        let depth = raw.next_depth();
        let Some(offset) = section_offset(self.unit, raw.next_offset()) else {
            return Err(gimli::Error::UnsupportedOffset);
        };
        let Some(abbreviation) = raw.read_abbreviation()? else { return Ok(()) };
        self.close(depth, offset);
        let function = abbreviation.tag() == gimli::DW_TAG_subprogram;
        if function {
            raw.read_attributes(abbreviation.attributes(), &mut self.attributes)?;
            self.add_function(offset);
        } else {
            raw.skip_attributes(abbreviation.attributes())?;
        }
        match abbreviation.tag() {
            gimli::DW_TAG_variable if !self.open.iter().any(|(_, _, function)| *function) => {
                self.index.variables.push(offset);
            }
            tag if abbreviation.has_children() && (function || is_path_segment(tag)) => {
                let parent = self.open.last().map(|(_, index, _)| *index);
                self.open.push((depth, self.index.containers.len(), function));
                self.index.containers.push(Container { start: offset, end: usize::MAX, parent });
            }
            _ => {}
        }
        Ok(())
    }

    fn add_function(&mut self, die: usize) {
        for range in self.image.ranges(self.unit, &self.attributes) {
            self.index.functions.push(Indexed { range, die, reach: range.end });
        }
    }

    /// Closes the containers that a die at this depth and offset is not in.
    fn close(&mut self, depth: isize, offset: usize) {
        while let Some((_, index, _)) = self.open.pop_if(|(opened, _, _)| *opened >= depth) {
            if let Some(container) = self.index.containers.get_mut(index) {
                container.end = offset;
            }
        }
    }
}

/// Whether the die's name is a part of the path of what lies in it.
pub(super) fn is_path_segment(tag: gimli::DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_namespace
            | gimli::DW_TAG_module
            | gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
    )
}
