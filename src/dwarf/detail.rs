//! How much the debug information says of some code: rustc's `-C debuginfo` and `-C
//! split-debuginfo` as they are seen in the file.

use gimli::{
    DW_AT_GNU_dwo_name, DW_AT_dwo_name, DW_TAG_base_type, DW_TAG_formal_parameter,
    DW_TAG_structure_type, DW_TAG_variable,
};

use super::dies::Unit;
use super::image::Image;
use crate::base::FileAddr;

/// How many dies of a unit are looked at: with types, one is found among the first few dozen.
const MAX_DIES: usize = 20_000;

/// How much the debug information says of some code, least first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Detail {
    /// No unit covers it, or the one that does cannot be read.
    Nothing,
    /// Functions and lines at most (`-C debuginfo=1`, `line-tables-only`).
    Lines,
    /// Lines here, and all else in a file of its own (`DW_AT_dwo_name`, DWARF 5, section 3.1.2).
    Elsewhere,
    /// Variables and types too.
    All,
}

impl Image {
    /// How much the debug information says of the code at an address.
    pub fn detail_at(&self, at: FileAddr) -> Detail {
        let Some((_, unit)) = self.unit_at(at) else { return Detail::Nothing };
        let root = unit.entry(unit.header.root_offset()).ok();
        let elsewhere = root.is_some_and(|root| {
            root.attr_value(DW_AT_GNU_dwo_name).is_some()
                || root.attr_value(DW_AT_dwo_name).is_some()
        });
        if elsewhere {
            return Detail::Elsewhere;
        }
        if has_variables_or_types(&unit) {
            return Detail::All;
        }
        match unit.line_program {
            Some(_) => Detail::Lines,
            None => Detail::Nothing,
        }
    }

    /// Whether the file has a table of all its symbols, and not only of those that it shares with
    /// libraries: `strip` removes it (`-C strip=symbols`).
    pub fn has_symbol_table(&self) -> bool {
        use object::Object;
        self.object.symbols().next().is_some()
    }
}

fn has_variables_or_types(unit: &Unit) -> bool {
    let telling =
        [DW_TAG_base_type, DW_TAG_structure_type, DW_TAG_variable, DW_TAG_formal_parameter];
    let Ok(mut entries) = unit.header.entries_raw(&unit.abbreviations, None) else { return false };
    for _ in 0..MAX_DIES {
        if entries.is_empty() {
            break;
        }
        // Damage ends the search: what follows cannot be found any more.
        let Ok(abbreviation) = entries.read_abbreviation() else { break };
        let Some(abbreviation) = abbreviation else { continue };
        if telling.contains(&abbreviation.tag()) {
            return true;
        }
        if entries.skip_attributes(abbreviation.attributes()).is_err() {
            break;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::sample;

    #[test]
    fn a_users_function_is_described_in_full_and_stds_by_lines() {
        let image = sample::debug();
        let detail = |name: &str| {
            let symbols = image.symbols().functions_named(name);
            image.detail_at(symbols.first().expect(name).range.start)
        };
        assert_eq!(detail("t::add"), Detail::All);
        assert_eq!(detail("__rustc::__rdl_alloc"), Detail::Lines);
        assert_eq!(detail("_start"), Detail::Nothing);
        assert!(image.has_symbol_table());
    }
}
