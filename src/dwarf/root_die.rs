//! The name and the directory of a unit, without parsing the unit.
//!
//! To parse a unit is first to read all of its abbreviations, some hundred. Those who only want to
//! know whose unit it is, and ask it of many, read the one abbreviation that the root die uses.

use std::borrow::Cow;

use gimli::{
    Abbreviations, AttributeValue, DebugAbbrev, DebugAbbrevOffset, DebugInfoOffset, LittleEndian,
    Reader, Section,
};

use super::image::{Image, Slice};
use super::units::UnitId;

/// What the root die of a unit says of its source.
pub(super) struct RootDie {
    /// `DW_AT_name`: for Rust, the main file of the crate, `/@/`, and the part of the crate.
    pub name: Cow<'static, str>,
    /// `DW_AT_comp_dir`: the directory in which the compiler ran.
    pub directory: Option<Cow<'static, str>>,
}

impl Image {
    /// The name and the directory of a unit; nothing where it has no name.
    pub(super) fn root_die(&self, unit: UnitId) -> Option<RootDie> {
        // In DWARF 5 a name can be an index, whose base stands in the unit.
        self.root_die_alone(unit).or_else(|| {
            let unit = self.unit_unkept(unit)?;
            Some(RootDie { name: text(unit.name?), directory: unit.comp_dir.map(text) })
        })
    }

    fn root_die_alone(&self, unit: UnitId) -> Option<RootDie> {
        let header = self.dwarf.debug_info.header_from_offset(DebugInfoOffset(unit.0)).ok()?;
        let abbreviations = self.first_abbreviation(header.debug_abbrev_offset())?;
        let mut entries = header.entries_raw(&abbreviations, None).ok()?;
        let abbreviation = entries.read_abbreviation().ok()??;
        let mut attributes = Vec::new();
        entries.read_attributes(abbreviation.attributes(), &mut attributes).ok()?;
        let string = |name| {
            let attribute = attributes.iter().find(|attribute| attribute.name() == name);
            attribute.map(|attribute| self.string_without_unit(attribute.value()))
        };
        let directory = match string(gimli::DW_AT_comp_dir) {
            Some(directory) => Some(directory?),
            None => None,
        };
        Some(RootDie { name: string(gimli::DW_AT_name)??, directory })
    }

    /// The first of the abbreviations at an offset: the one of the root die in all that compilers
    /// write.
    fn first_abbreviation(&self, at: DebugAbbrevOffset) -> Option<Abbreviations> {
        let bytes = self.dwarf.debug_abbrev.reader().slice().get(at.0..)?;
        let mut rest = Slice::new(bytes, LittleEndian);
        skip_abbreviation(&mut rest).ok()?;
        let first = bytes.get(..bytes.len().checked_sub(rest.len())?)?;
        DebugAbbrev::new(first, LittleEndian).abbreviations(DebugAbbrevOffset(0)).ok()
    }

    fn string_without_unit(&self, value: AttributeValue<Slice>) -> Option<Cow<'static, str>> {
        let bytes = match value {
            AttributeValue::String(bytes) => bytes,
            AttributeValue::DebugStrRef(offset) => self.dwarf.string(offset).ok()?,
            AttributeValue::DebugLineStrRef(offset) => self.dwarf.line_string(offset).ok()?,
            _ => return None,
        };
        Some(text(bytes))
    }
}

/// A declaration of `.debug_abbrev` (DWARF 4, section 7.5.3): code, tag, whether there are children,
/// and pairs of name and form up to a pair of zeros.
fn skip_abbreviation(bytes: &mut Slice) -> gimli::Result<()> {
    bytes.read_uleb128()?;
    bytes.read_uleb128()?;
    bytes.read_u8()?;
    loop {
        let (name, form) = (bytes.read_uleb128()?, bytes.read_uleb128()?);
        if form == u64::from(gimli::DW_FORM_implicit_const.0) {
            bytes.read_sleb128()?;
        }
        if (name, form) == (0, 0) {
            return Ok(());
        }
    }
}

fn text(bytes: Slice) -> Cow<'static, str> {
    String::from_utf8_lossy(bytes.slice())
}

#[cfg(test)]
mod tests {
    use crate::dwarf::sample;

    #[test]
    fn the_root_die_says_what_the_parsed_unit_says() {
        for image in [sample::debug(), sample::optimised(), sample::plain()] {
            let (mut named, mut alone) = (0, 0);
            for header in image.unit_headers() {
                let unit = image.unit_unkept(header.id).unwrap();
                let Some(name) = unit.name else { continue };
                let root = image.root_die(header.id).unwrap();
                assert_eq!(root.name.as_bytes(), name.slice());
                let directory = unit.comp_dir.map(|directory| directory.slice());
                assert_eq!(root.directory.as_deref().map(str::as_bytes), directory);
                named += 1;
                alone += usize::from(image.root_die_alone(header.id).is_some());
            }
            assert!(named > 10 && alone * 2 > named, "{alone} of {named} without the unit");
        }
    }

    #[test]
    fn where_no_unit_begins_there_is_no_root_die() {
        let image = sample::debug();
        for at in [1, usize::MAX] {
            assert!(image.root_die(super::UnitId(at)).is_none());
        }
    }
}
