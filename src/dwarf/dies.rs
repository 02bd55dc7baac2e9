//! One die (debugging information entry) with the unit it lies in, and its attributes as Rust values.
//!
//! Every number here is the file's word: offsets are added with checks, lists have an end, and a
//! reference that leads nowhere is nothing.

use std::sync::Arc;

use gimli::{AttributeValue, DwAt, DwTag};

use super::image::{Image, Slice};
use super::types::TypeRef;
use super::units::UnitId;
use crate::base::{FileAddr, Range};

pub(super) type Unit = gimli::Unit<Slice>;
pub(super) type Entry = gimli::DebuggingInformationEntry<Slice>;
pub(super) type Attribute = gimli::Attribute<Slice>;
pub(super) type Value = AttributeValue<Slice>;

/// How many ranges one die may have. A function of a real program has a handful.
const MAX_RANGES: usize = 4096;
/// How many children one die may have; the largest enums have some thousand variants.
const MAX_CHILDREN: usize = 1 << 16;
/// How long a chain of `DW_AT_specification` and `DW_AT_abstract_origin` may be. Three is usual.
const MAX_CHAIN: usize = 8;

/// A die, read.
pub(super) struct Die {
    /// The unit that contains it.
    pub unit: Arc<Unit>,
    /// Its offset in `.debug_info`.
    pub offset: usize,
    /// Its tag and attributes.
    pub entry: Entry,
}

impl Die {
    pub fn tag(&self) -> DwTag {
        self.entry.tag()
    }

    pub fn value(&self, at: DwAt) -> Option<Value> {
        self.entry.attr_value(at)
    }

    /// An attribute of class constant that cannot be negative (DWARF 4, section 7.5.4).
    pub fn unsigned(&self, at: DwAt) -> Option<u64> {
        self.value(at)?.udata_value()
    }

    pub fn flag(&self, at: DwAt) -> bool {
        matches!(self.value(at), Some(Value::Flag(true)))
    }

    /// An attribute of class reference, as an offset in `.debug_info`.
    pub fn reference(&self, at: DwAt) -> Option<usize> {
        reference(&self.unit, self.value(at)?)
    }

    pub fn type_ref(&self) -> Option<TypeRef> {
        self.reference(gimli::DW_AT_type).map(TypeRef)
    }

    /// The die that this one completes or is an instance of.
    pub fn origin(&self) -> Option<usize> {
        self.reference(gimli::DW_AT_abstract_origin)
            .or_else(|| self.reference(gimli::DW_AT_specification))
    }
}

/// The unit's name: where its header lies.
pub(super) fn unit_id(unit: &Unit) -> Option<UnitId> {
    unit.header.debug_info_offset().map(|offset| UnitId(offset.0))
}

/// The offset in `.debug_info` of a die that is named by its offset in the unit.
pub(super) fn section_offset(unit: &Unit, offset: gimli::UnitOffset) -> Option<usize> {
    unit.header.debug_info_offset()?.0.checked_add(offset.0)
}

/// A reference within the unit, or to another one (`DW_FORM_ref_addr`).
pub(super) fn reference(unit: &Unit, value: Value) -> Option<usize> {
    match value {
        AttributeValue::UnitRef(offset) => section_offset(unit, offset),
        AttributeValue::DebugInfoRef(offset) => Some(offset.0),
        _ => None,
    }
}

impl Image {
    /// Reads the die at an offset in `.debug_info`.
    pub(super) fn die(&self, offset: usize) -> Option<Die> {
        let (unit, in_unit) = self.unit_of_die(offset)?;
        let entry = unit.header.entry(&unit.abbreviations, in_unit).ok()?;
        Some(Die { unit, offset, entry })
    }

    /// A die and those it refers to for what it does not say itself, nearest first.
    pub(super) fn chain(&self, offset: usize) -> Vec<Die> {
        let mut dies = Vec::new();
        let mut next = Some(offset);
        while let Some(die) = next.and_then(|at| self.die(at)) {
            next = die.origin().filter(|_| dies.len() < MAX_CHAIN);
            dies.push(die);
        }
        dies
    }

    /// The children of a die, without theirs.
    pub(super) fn children(&self, of: &Die) -> gimli::Result<Vec<Die>> {
        let mut children = Vec::new();
        let unit = &of.unit;
        let Some(in_unit) = unit_id(unit).and_then(|id| of.offset.checked_sub(id.0)) else {
            return Ok(children);
        };
        let in_unit = gimli::UnitOffset(in_unit);
        let mut raw = unit.header.entries_raw(&unit.abbreviations, Some(in_unit))?;
        let mut entry = Entry::null();
        if !raw.read_entry(&mut entry)? || !entry.has_children() {
            return Ok(children);
        }
        let level = raw.next_depth();
        while raw.next_depth() >= level && children.len() < MAX_CHILDREN {
            if raw.next_depth() > level {
                if let Some(abbreviation) = raw.read_abbreviation()? {
                    raw.skip_attributes(abbreviation.attributes())?;
                }
                continue;
            }
            let offset = raw.next_offset();
            let mut entry = Entry::null();
            if raw.read_entry(&mut entry)?
                && let Some(offset) = section_offset(unit, offset)
            {
                children.push(Die { unit: unit.clone(), offset, entry });
            }
        }
        Ok(children)
    }

    /// An attribute of class string. What is not UTF-8 is not a Rust name, and is left out.
    pub(super) fn string(&self, unit: &Unit, value: Option<Value>) -> Option<&'static str> {
        let bytes = self.dwarf.attr_string(unit, value?).ok()?;
        std::str::from_utf8(bytes.slice()).ok()
    }

    /// `DW_AT_name`.
    pub(super) fn name(&self, die: &Die) -> Option<&'static str> {
        self.string(&die.unit, die.value(gimli::DW_AT_name))
    }

    /// The code of a die: `DW_AT_ranges`, or `DW_AT_low_pc` and `DW_AT_high_pc` (DWARF 4, section
    /// 2.17). Empty ranges and those that the linker left at address zero are dropped.
    pub(super) fn ranges(&self, unit: &Unit, attributes: &[Attribute]) -> Vec<Range<FileAddr>> {
        let find = |name| attributes.iter().find(|a| a.name() == name).map(Attribute::value);
        let ranges = match find(gimli::DW_AT_ranges) {
            Some(list) => self.range_list(unit, list),
            None => find(gimli::DW_AT_low_pc)
                .zip(find(gimli::DW_AT_high_pc))
                .and_then(|(low, high)| self.low_to_high(unit, low, high))
                .into_iter()
                .collect(),
        };
        ranges.into_iter().filter(|range| range.start.0 != 0 && !range.is_empty()).collect()
    }

    fn low_to_high(&self, unit: &Unit, low: Value, high: Value) -> Option<Range<FileAddr>> {
        let low = self.dwarf.attr_address(unit, low).ok()??;
        let high = match high.udata_value() {
            // A constant is the length, an address the end.
            Some(length) => low.checked_add(length)?,
            None => self.dwarf.attr_address(unit, high).ok()??,
        };
        Some(Range::new(FileAddr(low), FileAddr(high)))
    }

    fn range_list(&self, unit: &Unit, list: Value) -> Vec<Range<FileAddr>> {
        let Ok(Some(mut list)) = self.dwarf.attr_ranges(unit, list) else { return Vec::new() };
        let mut ranges = Vec::new();
        while ranges.len() < MAX_RANGES
            && let Ok(Some(range)) = list.next()
        {
            ranges.push(Range::new(FileAddr(range.begin), FileAddr(range.end)));
        }
        ranges
    }
}
