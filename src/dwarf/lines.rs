//! The line table: addresses to source lines.
//!
//! A unit's table is read in whole when the first of its addresses is asked for (a line program
//! cannot be entered in the middle) and kept. Tables of other units are not touched.

use std::sync::Arc;

use gimli::{AttributeValue, ColumnType};

use super::image::{Image, Slice};
use super::intervals::Intervals;
use super::units::UnitId;
use crate::base::{FileAddr, Range};

/// How many rows of one unit are believed. Each takes at least one byte of `.debug_line`.
const MAX_ROWS: usize = 1 << 24;

/// A line of source.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SourceLine {
    /// The path as the compiler recorded it, made absolute by the unit's `DW_AT_comp_dir` unless it
    /// already is; `/rustc/HASH/library/…` for std.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1; 0 where it is not known.
    pub column: u32,
}

/// One row of the line table (DWARF 4, section 6.2.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineRow {
    /// The address of the first instruction that it describes.
    pub at: FileAddr,
    /// The line; none for instructions that the compiler made without one (line 0).
    pub line: Option<SourceLine>,
    /// Whether it is a recommended place for a breakpoint.
    pub is_stmt: bool,
    /// Whether the prologue of the function ends here.
    pub prologue_end: bool,
}

/// The line table of one unit.
pub(super) struct LineTable {
    unit: Arc<gimli::Unit<Slice>>,
    /// The rows of each sequence, as indices into `rows`.
    sequences: Intervals<std::ops::Range<usize>>,
    rows: Vec<Row>,
}

#[derive(Clone, Copy)]
pub(super) struct Row {
    at: FileAddr,
    file: u32,
    line: u32,
    column: u32,
    is_stmt: bool,
    prologue_end: bool,
}

impl Image {
    /// The source line of the instruction at `at`; nothing where the compiler gave it none.
    pub fn line_at(&self, at: FileAddr) -> Option<SourceLine> {
        let table = self.line_table(self.unit_id_at(at)?)?;
        let row = *table.row_at(at)?;
        table.source_line(self, row)
    }

    /// The rows of the line table that begin in `range`, by address. Several rows can share one
    /// address; the last of them is in force. Empty without debug information.
    ///
    /// `range` is (a part of) one function: rows of other sequences than that of its start are not
    /// looked for.
    pub fn line_rows(&self, range: Range<FileAddr>) -> Vec<LineRow> {
        let table = self.unit_id_at(range.start).and_then(|id| self.line_table(id));
        let Some(table) = table else { return Vec::new() };
        let rows = table.rows_in(range).iter();
        rows.map(|row| LineRow {
            at: row.at,
            line: table.source_line(self, *row),
            is_stmt: row.is_stmt,
            prologue_end: row.prologue_end,
        })
        .collect()
    }

    /// Where the prologue of the function ends.
    ///
    /// That is the first row in `range` marked `prologue_end` (DWARF 4, section 6.2.2). Where rustc
    /// marked none there is no prologue to skip: optimised code has its parameters in registers at
    /// the start of the range. GCC never marks any; for its code, as in gdb, it is the address of
    /// the second row. Without a line table it is the start.
    pub fn prologue_end(&self, range: Range<FileAddr>) -> FileAddr {
        let table = self.unit_id_at(range.start).and_then(|id| self.line_table(id));
        let Some(table) = table else { return range.start };
        let rows = table.rows_in(range);
        if let Some(row) = rows.iter().find(|row| row.prologue_end) {
            return row.at;
        }
        if self.is_rust_unit(&table.unit) {
            return range.start;
        }
        rows.iter().find(|row| row.at > range.start).map_or(range.start, |row| row.at)
    }

    /// The path of the file of the line row at `at`, also where the row has no line.
    pub(super) fn file_at(&self, at: FileAddr) -> Option<Arc<str>> {
        let table = self.line_table(self.unit_id_at(at)?)?;
        let file = table.row_at(at)?.file;
        self.file(&table.unit, file.into())
    }

    /// Whether the root die says that the unit is Rust (`DW_AT_language`).
    pub(super) fn is_rust_unit(&self, unit: &gimli::Unit<Slice>) -> bool {
        let root = unit.entry(unit.header.root_offset());
        let language = root.ok().and_then(|root| root.attr_value(gimli::DW_AT_language));
        language == Some(AttributeValue::Language(gimli::DW_LANG_Rust))
    }

    pub(super) fn line_table(&self, id: UnitId) -> Option<Arc<LineTable>> {
        if let Some(known) = self.units.lines.lock().ok()?.get(&id) {
            return known.clone();
        }
        let table = self.unit(id).and_then(|unit| LineTable::read(self, unit)).map(Arc::new);
        self.units.lines.lock().ok()?.entry(id).or_insert(table).clone()
    }
}

impl LineTable {
    fn read(image: &Image, unit: Arc<gimli::Unit<Slice>>) -> Option<LineTable> {
        let mut program = unit.line_program.clone()?.rows();
        let (mut rows, mut sequences, mut first) = (Vec::new(), Vec::new(), 0);
        // A damaged program ends the table; what was read before the damage stays.
        while let Ok(Some((_, row))) = program.next_row() {
            if !row.end_sequence() {
                rows.push(Row::new(row));
                if rows.len() >= MAX_ROWS {
                    break;
                }
                continue;
            }
            match finish_sequence(&mut rows[first..], FileAddr(row.address())) {
                Some(range) if image.is_code(range.start) => {
                    sequences.push((range, first..rows.len()));
                    first = rows.len();
                }
                // The linker removed this function.
                _ => rows.truncate(first),
            }
        }
        rows.shrink_to_fit();
        Some(LineTable { unit, sequences: Intervals::new(sequences), rows })
    }

    /// The rows of the sequence that covers an address.
    fn sequence_at(&self, at: FileAddr) -> Option<&[Row]> {
        let (_, indices) = self.sequences.at(at)?;
        self.rows.get(indices.clone())
    }

    /// The row in force at an address.
    fn row_at(&self, at: FileAddr) -> Option<&Row> {
        let rows = self.sequence_at(at)?;
        let behind = rows.partition_point(|row| row.at <= at);
        rows.get(behind.checked_sub(1)?)
    }

    /// The rows at which a statement begins, in no order.
    pub(super) fn statements(&self) -> impl Iterator<Item = (FileAddr, Row)> + '_ {
        let rows = self.sequences.all().filter_map(|(_, indices)| self.rows.get(indices.clone()));
        rows.flatten().filter(|row| row.is_stmt).map(|row| (row.at, *row))
    }

    fn rows_in(&self, range: Range<FileAddr>) -> &[Row] {
        let rows = self.sequence_at(range.start).unwrap_or_default();
        let from = rows.partition_point(|row| row.at < range.start);
        let to = rows.partition_point(|row| row.at < range.end);
        rows.get(from..to).unwrap_or_default()
    }

    pub(super) fn source_line(&self, image: &Image, row: Row) -> Option<SourceLine> {
        if row.line == 0 {
            return None;
        }
        let file = image.file(&self.unit, row.file.into())?;
        Some(SourceLine { file, line: row.line, column: row.column })
    }
}

impl Row {
    fn new(row: &gimli::LineRow) -> Row {
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Row {
            at: FileAddr(row.address()),
            file: small(row.file_index()),
            line: row.line().map_or(0, |line| small(line.get())),
            column: match row.column() {
                ColumnType::LeftEdge => 0,
                ColumnType::Column(column) => small(column.get()),
            },
            is_stmt: row.is_stmt(),
            prologue_end: row.prologue_end(),
        }
    }
}

/// Puts the rows of a sequence in order, which well-made ones are in already, and says what they
/// cover.
fn finish_sequence(rows: &mut [Row], end: FileAddr) -> Option<Range<FileAddr>> {
    if !rows.is_sorted_by_key(|row| row.at) {
        rows.sort_by_key(|row| row.at);
    }
    rows.first().map(|row| Range::new(row.at, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::{SymbolKind, sample};

    fn function(image: &Image, path: &str) -> Range<FileAddr> {
        image.symbols().functions_named(path)[0].range
    }

    #[test]
    fn lines_agree_with_addr2line() {
        for image in [sample::debug(), sample::optimised()] {
            let sections = gimli::Dwarf::load(|id| {
                Ok::<_, gimli::Error>(match id {
                    gimli::SectionId::DebugAranges => Slice::default(),
                    _ => section_of(image, id),
                })
            });
            let oracle = addr2line::Context::from_dwarf(sections.unwrap()).unwrap();
            let mut lines = 0;
            let functions = image.symbols().all().iter();
            for symbol in functions.filter(|s| s.kind == SymbolKind::Function) {
                for at in
                    [symbol.range.start, FileAddr((symbol.range.start.0 + symbol.range.end.0) / 2)]
                {
                    let ours = image.line_at(at).map(|l| (l.file.to_string(), l.line));
                    let theirs = oracle.find_location(at.0).unwrap();
                    let theirs = theirs.and_then(|l| Some((l.file?.to_owned(), l.line?)));
                    assert_eq!(
                        ours,
                        theirs.filter(|(_, line)| *line != 0),
                        "{at} in {}",
                        symbol.name
                    );
                    lines += usize::from(ours.is_some());
                }
            }
            assert!(lines > 1000, "std has line tables");
        }
    }

    fn section_of(image: &Image, id: gimli::SectionId) -> Slice {
        use object::{Object, ObjectSection};
        let section = image.object.section_by_name(id.name());
        let data = section.and_then(|section| section.data().ok()).unwrap_or_default();
        Slice::new(data, gimli::LittleEndian)
    }

    #[test]
    fn a_breakpoint_behind_the_prologue_stands_on_the_first_line_of_the_body() {
        let image = sample::debug();
        let cases = [
            ("t::main", "main"),
            ("t::add", "add"),
            ("t::Foo::new", "new"),
            ("t::show", "show"),
            ("exported", "exported"),
        ];
        for (path, marker) in cases {
            let range = function(image, path);
            let behind = image.prologue_end(range);
            assert!(range.start < behind && behind < range.end, "{path} has a prologue");
            let line = image.line_at(behind).unwrap();
            assert_eq!(line.line, sample::line(marker), "{path}");
            assert!(line.file.starts_with('/') && line.file.ends_with("/t.rs"), "{}", line.file);
        }
    }

    #[test]
    fn the_prologue_of_c_ends_at_its_second_row() {
        let image = sample::c_library();
        let add = image.symbols().by_linkage_name("add").next().unwrap().range;
        let behind = image.prologue_end(add);
        assert!(behind > add.start);
        assert_eq!(image.line_at(add.start).unwrap().line, 2);
        assert_eq!(image.line_at(behind).unwrap().line, 3);
    }

    #[test]
    fn an_optimised_function_has_its_prologue_end_inside() {
        let image = sample::optimised();
        for path in ["t::main", "t::add", "t::Foo::new", "t::show", "exported"] {
            let range = function(image, path);
            let behind = image.prologue_end(range);
            assert!(range.contains(behind), "{path}");
            assert!(image.line_at(behind).is_some(), "{path}");
        }
    }

    #[test]
    fn the_rows_of_a_function_are_in_it_and_name_its_lines() {
        for image in [sample::debug(), sample::optimised()] {
            let range = function(image, "t::main");
            let rows = image.line_rows(range);
            assert!(rows.is_sorted_by_key(|row| row.at));
            assert!(rows.iter().all(|row| range.contains(row.at)));
            assert_eq!(rows.first().unwrap().at, range.start);
            let lines = rows.iter().filter_map(|row| row.line.as_ref());
            let own = lines.filter(|line| line.file.ends_with("/t.rs"));
            assert!(own.clone().any(|line| line.line == sample::line("main")));
            assert!(own.count() > 5);
            for (row, next) in rows.iter().zip(&rows[1..]) {
                if row.at < next.at {
                    assert_eq!(image.line_at(row.at), row.line);
                }
            }
        }
    }

    #[test]
    fn without_a_line_table_there_is_no_line_and_no_prologue() {
        let image = sample::plain();
        let range = function(image, "t::add");
        assert_eq!(image.line_at(range.start), None);
        assert_eq!(image.prologue_end(range), range.start);
        assert_eq!(image.line_rows(range), []);
        let std = function(image, "std::rt::lang_start_internal");
        assert!(image.line_at(std.start).unwrap().file.starts_with("/rustc/"));
    }

    #[test]
    fn rows_out_of_order_are_sorted() {
        let row = |at, line| Row {
            at: FileAddr(at),
            file: 1,
            line,
            column: 0,
            is_stmt: true,
            prologue_end: false,
        };
        let mut rows = [row(30, 1), row(10, 2), row(20, 3)];
        let range = finish_sequence(&mut rows, FileAddr(40));
        assert_eq!(range, Some(Range::new(FileAddr(10), FileAddr(40))));
        assert_eq!(rows.map(|row| row.line), [2, 3, 1]);
        assert_eq!(finish_sequence(&mut [], FileAddr(40)), None);
    }
}
