//! The line table: addresses to source lines.
//!
//! A unit's table is read in whole when the first of its addresses is asked for (a line program
//! cannot be entered in the middle) and kept. Tables of other units are not touched.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

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
    files: Mutex<HashMap<u64, Option<Arc<str>>>>,
}

#[derive(Clone, Copy)]
struct Row {
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
        table.file(self, file.into())
    }

    /// The path of a file by its number in a unit (`DW_AT_decl_file`, `DW_AT_call_file`), made
    /// absolute.
    pub(super) fn source_file(&self, unit: UnitId, number: u64) -> Option<Arc<str>> {
        match self.units.lines.lock().ok()?.get(&unit) {
            Some(Some(table)) => return table.file(self, number),
            Some(None) => return None,
            None => {}
        }
        // A name does not need the rows, which are most of the work.
        path_of(self, &*self.unit(unit)?, number).map(Arc::from)
    }

    /// Whether the root die says that the unit is Rust (`DW_AT_language`).
    pub(super) fn is_rust_unit(&self, unit: &gimli::Unit<Slice>) -> bool {
        let root = unit.entry(unit.header.root_offset());
        let language = root.ok().and_then(|root| root.attr_value(gimli::DW_AT_language));
        language == Some(AttributeValue::Language(gimli::DW_LANG_Rust))
    }

    fn line_table(&self, id: UnitId) -> Option<Arc<LineTable>> {
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
        Some(LineTable {
            unit,
            sequences: Intervals::new(sequences),
            rows,
            files: Mutex::default(),
        })
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

    fn rows_in(&self, range: Range<FileAddr>) -> &[Row] {
        let rows = self.sequence_at(range.start).unwrap_or_default();
        let from = rows.partition_point(|row| row.at < range.start);
        let to = rows.partition_point(|row| row.at < range.end);
        rows.get(from..to).unwrap_or_default()
    }

    fn source_line(&self, image: &Image, row: Row) -> Option<SourceLine> {
        if row.line == 0 {
            return None;
        }
        let file = self.file(image, row.file.into())?;
        Some(SourceLine { file, line: row.line, column: row.column })
    }

    fn file(&self, image: &Image, number: u64) -> Option<Arc<str>> {
        let mut files = self.files.lock().ok()?;
        let path = || path_of(image, &self.unit, number).map(Arc::from);
        files.entry(number).or_insert_with(path).clone()
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

/// The path of a file of a unit's line table, made absolute by its directory and the unit's.
fn path_of(image: &Image, unit: &gimli::Unit<Slice>, number: u64) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(number)?;
    let text = |value| {
        let bytes = image.dwarf.attr_string(unit, value).ok()?;
        Some(String::from_utf8_lossy(bytes.slice()).into_owned())
    };
    let comp_dir = unit.comp_dir.map(|dir| String::from_utf8_lossy(dir.slice()).into_owned());
    let mut path = text(file.path_name())?;
    for directory in [file.directory(header).and_then(text), comp_dir].into_iter().flatten() {
        if path.starts_with('/') {
            break;
        }
        path = format!("{}/{path}", directory.trim_end_matches('/'));
    }
    Some(path)
}
