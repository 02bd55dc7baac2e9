//! Call frame information: how to find the caller's registers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use gimli::{
    BaseAddresses, DebugFrame, EhFrame, EhFrameHdr, EhFrameOffset, FrameDescriptionEntry,
    ParsedEhFrameHdr, UnwindContext, UnwindExpression, UnwindSection,
};
use object::{Object, ObjectSection};

use super::image::{Image, Slice, uncompressed};
use super::intervals::Intervals;
use crate::base::{FileAddr, Range, Register};

/// How many rows are kept. A program stops at far fewer addresses; the limit is for one that jumps
/// around on purpose.
const MAX_ROWS: usize = 1 << 16;

/// What was found of `.eh_frame` and `.debug_frame`.
pub(super) struct Cfi {
    tables: OnceLock<Tables>,
    rows: Mutex<HashMap<FileAddr, Option<Arc<UnwindRow>>>>,
}

/// The rules for one address (DWARF 4, section 6.4.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnwindRow {
    /// How to compute the canonical frame address.
    pub cfa: CfaRule,
    /// How to restore registers; those not listed keep their value if the psABI calls them
    /// callee-saved, and are unknown otherwise.
    pub registers: Vec<(Register, RegisterRule)>,
    /// The column of the return address.
    pub return_address: Register,
    /// Whether the function is a signal trampoline (augmentation `S`): its caller was interrupted,
    /// so that the caller's pc is not looked up at minus one.
    pub signal_frame: bool,
    /// The table that says which calls of the function have a landing pad (`.gcc_except_table`).
    pub lsda: Option<FileAddr>,
}

/// How to compute the canonical frame address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CfaRule {
    /// A register plus an offset.
    RegisterAndOffset(Register, i64),
    /// A DWARF expression.
    Expression(&'static [u8]),
}

/// How to restore one register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RegisterRule {
    /// It cannot be restored.
    Undefined,
    /// It was not changed.
    SameValue,
    /// It was saved at CFA + offset.
    Offset(i64),
    /// It is CFA + offset.
    ValueOffset(i64),
    /// It was saved in another register.
    Register(Register),
    /// It was saved at the address that a DWARF expression computes.
    Expression(&'static [u8]),
    /// It is what a DWARF expression computes.
    ValueExpression(&'static [u8]),
}

impl Image {
    /// The rules for an instruction, or nothing where no CFI covers it. Rows are cached.
    ///
    /// `.eh_frame` is asked first, by the binary search table of `.eh_frame_hdr` where the linker
    /// made one (Linux Standard Base, section 10.6), then `.debug_frame`.
    pub fn unwind_row(&self, at: FileAddr) -> Option<Arc<UnwindRow>> {
        if let Some(known) = self.cfi.rows.lock().ok()?.get(&at) {
            return known.clone();
        }
        let tables = self.cfi.tables.get_or_init(|| Tables::find(&self.object));
        let row = tables.row(at).map(Arc::new);
        let mut rows = self.cfi.rows.lock().ok()?;
        if rows.len() >= MAX_ROWS {
            rows.clear();
        }
        rows.insert(at, row.clone());
        row
    }
}

impl Cfi {
    /// Reads nothing yet.
    pub(super) fn new(_object: &object::File<'static>) -> Cfi {
        Cfi { tables: OnceLock::new(), rows: Mutex::default() }
    }

    /// The rules for one address out of the entry of a section that covers it.
    fn row_of<S>(
        section: &S,
        bases: &BaseAddresses,
        fde: &FrameDescriptionEntry<Slice>,
        at: FileAddr,
    ) -> Option<UnwindRow>
    where
        S: UnwindSection<Slice>,
    {
        let mut context = UnwindContext::new();
        let row = fde.unwind_info_for_address(section, bases, &mut context, at.0).ok()?;
        let bytes = |expression: &UnwindExpression<usize>| {
            expression.get(section).ok().map(|expression| expression.0.slice())
        };
        let cfa = match row.cfa() {
            gimli::CfaRule::RegisterAndOffset { register, offset } => {
                CfaRule::RegisterAndOffset(Register(register.0), *offset)
            }
            gimli::CfaRule::Expression(expression) => CfaRule::Expression(bytes(expression)?),
        };
        let rules = row.registers().map(|(register, rule)| {
            let rule = match rule {
                gimli::RegisterRule::SameValue => Some(RegisterRule::SameValue),
                gimli::RegisterRule::Offset(offset) => Some(RegisterRule::Offset(*offset)),
                gimli::RegisterRule::ValOffset(offset) => Some(RegisterRule::ValueOffset(*offset)),
                gimli::RegisterRule::Register(other) => {
                    Some(RegisterRule::Register(Register(other.0)))
                }
                gimli::RegisterRule::Expression(e) => bytes(e).map(RegisterRule::Expression),
                gimli::RegisterRule::ValExpression(e) => {
                    bytes(e).map(RegisterRule::ValueExpression)
                }
                // The others are not used on x86-64.
                _ => None,
            };
            (Register(register.0), rule.unwrap_or(RegisterRule::Undefined))
        });
        Some(UnwindRow {
            cfa,
            registers: rules.collect(),
            return_address: Register(fde.cie().return_address_register().0),
            signal_frame: fde.is_signal_trampoline(),
            lsda: fde.lsda().and_then(|pointer| pointer.direct().ok()).map(FileAddr),
        })
    }
}

/// The sections, and where the entries for an address are in them.
struct Tables {
    bases: BaseAddresses,
    eh_frame: EhFrame<Slice>,
    search_table: Option<ParsedEhFrameHdr<Slice>>,
    debug_frame: DebugFrame<Slice>,
    /// For files without a search table, and for what it does not list.
    eh_frame_index: OnceLock<Intervals<usize>>,
    debug_frame_index: OnceLock<Intervals<usize>>,
}

impl Tables {
    fn find(object: &object::File<'static>) -> Tables {
        let address = |name| object.section_by_name(name).map_or(0, |section| section.address());
        let bytes = |name| uncompressed(object, name);
        let bases = BaseAddresses::default()
            .set_eh_frame(address(".eh_frame"))
            .set_eh_frame_hdr(address(".eh_frame_hdr"))
            .set_text(address(".text"))
            .set_got(address(".got"));
        let header = bytes(".eh_frame_hdr");
        // A count that the section has no room for would overflow in the search.
        let believable = |table: &ParsedEhFrameHdr<Slice>| {
            let rows = table.table().and_then(|table| table.iter(&bases).size_hint().1);
            rows.is_some_and(|rows| rows <= header.len())
        };
        let search_table = EhFrameHdr::from(header).parse(&bases, 8).ok().filter(believable);
        Tables {
            bases,
            eh_frame: EhFrame::from(bytes(".eh_frame")),
            search_table,
            debug_frame: DebugFrame::from(bytes(".debug_frame")),
            eh_frame_index: OnceLock::new(),
            debug_frame_index: OnceLock::new(),
        }
    }

    fn row(&self, at: FileAddr) -> Option<UnwindRow> {
        self.by_search_table(at)
            .or_else(|| self.by_index(&self.eh_frame, &self.eh_frame_index, at))
            .or_else(|| self.by_index(&self.debug_frame, &self.debug_frame_index, at))
    }

    fn by_search_table(&self, at: FileAddr) -> Option<UnwindRow> {
        let table = self.search_table.as_ref()?.table()?;
        let entry = table.lookup(at.0, &self.bases).ok()?.direct().ok()?;
        // Not by the table's own conversion, which trusts the entry to lie behind the section's start.
        let offset =
            entry.checked_sub(self.search_table.as_ref()?.eh_frame_ptr().direct().ok()?)?;
        let offset = EhFrameOffset(usize::try_from(offset).ok()?);
        let cie = EhFrame::cie_from_offset;
        let fde = self.eh_frame.fde_from_offset(&self.bases, offset, cie).ok()?;
        // The search gives a neighbour where nothing covers the address.
        if !fde.contains(at.0) {
            return None;
        }
        Cfi::row_of(&self.eh_frame, &self.bases, &fde, at)
    }

    fn by_index<S>(
        &self,
        section: &S,
        index: &OnceLock<Intervals<usize>>,
        at: FileAddr,
    ) -> Option<UnwindRow>
    where
        S: UnwindSection<Slice, Offset: From<usize>>,
    {
        let index = index.get_or_init(|| self.index(section));
        let (_, offset) = index.at(at)?;
        let fde =
            section.fde_from_offset(&self.bases, (*offset).into(), S::cie_from_offset).ok()?;
        Cfi::row_of(section, &self.bases, &fde, at)
    }

    /// Where each entry of a section is, by the addresses that it covers.
    fn index<S: UnwindSection<Slice>>(&self, section: &S) -> Intervals<usize> {
        let mut found = Vec::new();
        let mut entries = section.entries(&self.bases);
        while let Ok(Some(entry)) = entries.next() {
            let gimli::CieOrFde::Fde(partial) = entry else { continue };
            let Ok(fde) = partial.parse(S::cie_from_offset) else { continue };
            let start = FileAddr(fde.initial_address());
            found.push((Range::new(start, FileAddr(fde.end_address())), fde.offset()));
        }
        Intervals::new(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{Symbol, SymbolKind, sample};

    fn functions(image: &Image) -> impl Iterator<Item = &Symbol> {
        image.symbols().all().iter().filter(|symbol| symbol.kind == SymbolKind::Function)
    }

    #[test]
    fn at_its_first_instruction_a_function_has_only_its_return_address() {
        for image in [sample::debug(), sample::optimised()] {
            for path in ["t::main", "t::add", "t::Foo::new", "exported"] {
                let at = image.symbols().functions_named(path)[0].range.start;
                let row = image.unwind_row(at).unwrap();
                assert_eq!(row.cfa, CfaRule::RegisterAndOffset(Register::RSP, 8));
                assert_eq!(row.registers, [(Register::RIP, RegisterRule::Offset(-8))]);
                assert_eq!(row.return_address, Register::RIP);
                assert!(!row.signal_frame);
            }
        }
    }

    #[test]
    fn the_entry_point_has_no_caller() {
        let image = sample::debug();
        let row = image.unwind_row(image.entry()).unwrap();
        let rule = row.registers.iter().find(|(register, _)| *register == Register::RIP);
        assert_eq!(rule, Some(&(Register::RIP, RegisterRule::Undefined)));
    }

    #[test]
    fn the_search_table_and_a_search_through_all_entries_agree() {
        for image in [sample::debug(), sample::optimised()] {
            let tables = Tables::find(&image.object);
            assert!(tables.search_table.is_some());
            let mut rows = 0;
            for symbol in functions(image) {
                let middle = FileAddr((symbol.range.start.0 + symbol.range.end.0) / 2);
                let quick = tables.by_search_table(middle);
                let slow = tables.by_index(&tables.eh_frame, &tables.eh_frame_index, middle);
                assert_eq!(quick, slow, "{}", symbol.name);
                rows += usize::from(quick.is_some());
            }
            assert!(rows > 500, "std has rules");
        }
    }

    #[test]
    fn rules_are_found_in_debug_frame_where_eh_frame_has_none() {
        let image = sample::c_library();
        let add = image.symbols().by_linkage_name("add").next().unwrap().range;
        let tables = Tables::find(&image.object);
        assert_eq!(tables.by_search_table(add.start), None);
        let first = image.unwind_row(add.start).unwrap();
        assert_eq!(first.cfa, CfaRule::RegisterAndOffset(Register::RSP, 8));
        let behind_push = image.unwind_row(add.start + 10).unwrap();
        assert!(behind_push.registers.contains(&(Register::RBP, RegisterRule::Offset(-16))));
    }

    #[test]
    fn a_function_that_saves_registers_says_where() {
        let image = sample::optimised();
        let main = image.symbols().functions_named("t::main")[0].range;
        let middle = FileAddr((main.start.0 + main.end.0) / 2);
        let row = image.unwind_row(middle).unwrap();
        let saved = row.registers.iter().filter(|(register, rule)| {
            Register::CALLEE_SAVED.contains(register) && matches!(rule, RegisterRule::Offset(_))
        });
        assert!(saved.count() > 0, "main keeps values over its calls: {row:?}");
    }

    #[test]
    fn where_no_code_is_there_are_no_rules() {
        let image = sample::debug();
        for at in [0, 1, u64::MAX] {
            assert_eq!(image.unwind_row(FileAddr(at)), None);
        }
    }
}
