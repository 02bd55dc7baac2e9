//! Full paths of functions, statics and types, and the files they were declared in.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use super::dies::{Die, Unit, Value, unit_id};
use super::image::Image;
use super::lines::SourceLine;
use super::names;

/// How many namespaces deep a path may be.
const MAX_SEGMENTS: usize = 64;

impl Image {
    /// The names of the namespaces and types around a die, outermost first.
    pub(super) fn path_around(&self, die: &Die) -> Vec<&'static str> {
        let Some(cell) = self.unit_index(&die.unit) else { return Vec::new() };
        let Some(index) = cell.get() else { return Vec::new() };
        let parents = index.parents(die.offset).take(MAX_SEGMENTS);
        let mut path: Vec<_> =
            parents.filter_map(|at| self.die(at)).filter_map(|die| self.name(&die)).collect();
        path.reverse();
        path
    }

    /// A name behind the path that leads to its die.
    pub(super) fn qualified(&self, die: &Die, name: &str) -> String {
        let mut path = self.path_around(die);
        path.push(name);
        path.join("::")
    }

    /// `DW_AT_linkage_name` of a function or static, or of the die it is an instance of.
    pub(super) fn linkage_name(&self, chain: &[Die]) -> Option<&'static str> {
        let attributes = [gimli::DW_AT_linkage_name, gimli::DW_AT_MIPS_linkage_name];
        chain
            .iter()
            .find_map(|die| attributes.iter().find_map(|at| self.string(&die.unit, die.value(*at))))
    }

    /// The path of a function: its demangled linkage name, and where it has none, its name behind
    /// the namespaces around it. Cached, because an inlined function is met at each of its calls.
    pub(super) fn function_name(&self, die: usize) -> Arc<str> {
        let cached = self.functions.names.lock().ok().and_then(|names| names.get(&die).cloned());
        cached.unwrap_or_else(|| {
            let name = self.read_function_name(die);
            if let Ok(mut names) = self.functions.names.lock() {
                names.insert(die, name.clone());
            }
            name
        })
    }

    fn read_function_name(&self, die: usize) -> Arc<str> {
        let chain = self.chain(die);
        if let Some(linkage) = self.linkage_name(&chain) {
            return match names::demangle(linkage) {
                Cow::Borrowed(name) => name.into(),
                Cow::Owned(name) => name.into(),
            };
        }
        let named = chain.iter().rev().find_map(|die| Some((die, self.name(die)?)));
        match named {
            Some((die, name)) => self.qualified(die, name).into(),
            None => "{unnamed}".into(),
        }
    }

    /// Where a variable was declared, given the offset of its die. None where the debug information
    /// does not say.
    pub fn declared_at(&self, die: usize) -> Option<SourceLine> {
        self.declared(&self.chain(die))
    }

    /// Where a die, or the one it is an instance of, was declared.
    pub(super) fn declared(&self, chain: &[Die]) -> Option<SourceLine> {
        chain.iter().find_map(|die| {
            let place = [gimli::DW_AT_decl_file, gimli::DW_AT_decl_line, gimli::DW_AT_decl_column];
            self.source_line(&die.unit, place.map(|at| die.value(at)))
        })
    }

    /// A file index, line and column of a die, as a place.
    pub(super) fn source_line(
        &self,
        unit: &Unit,
        [file, line, column]: [Option<Value>; 3],
    ) -> Option<SourceLine> {
        let file = match file? {
            Value::FileIndex(index) => index,
            other => other.udata_value()?,
        };
        let number = |value: Option<Value>| u32::try_from(value?.udata_value()?).ok();
        let line = number(line)?;
        let file = self.file(unit, file)?;
        Some(SourceLine { file, line, column: number(column).unwrap_or(0) })
    }

    /// The path of a file of the unit's line table (DWARF 4, section 6.2.4), absolute as
    /// [`SourceLine::file`] describes.
    pub(super) fn file(&self, unit: &Unit, index: u64) -> Option<Arc<str>> {
        let key = (unit_id(unit)?, index);
        let mut files = self.functions.files.lock().ok()?;
        files.entry(key).or_insert_with(|| self.read_file_name(unit, index)).clone()
    }

    fn read_file_name(&self, unit: &Unit, index: u64) -> Option<Arc<str>> {
        let header = unit.line_program.as_ref()?.header();
        let entry = header.file(index)?;
        let text = |value| {
            let bytes = self.dwarf.attr_string(unit, value).ok()?;
            Some(String::from_utf8_lossy(bytes.slice()).into_owned())
        };
        // Joining replaces what is there by an absolute path, as it should here.
        let mut path = PathBuf::new();
        if let Some(dir) = unit.comp_dir {
            path.push(String::from_utf8_lossy(dir.slice()).as_ref());
        }
        if let Some(dir) = entry.directory(header).and_then(text) {
            path.push(dir);
        }
        path.push(text(entry.path_name())?);
        Some(path.to_string_lossy().into())
    }
}
