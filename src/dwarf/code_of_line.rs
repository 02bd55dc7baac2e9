//! Source lines to the addresses of their code.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::image::Image;
use super::lines::{LineTable, SourceLine};
use super::units::UnitId;
use crate::base::{FileAddr, Range};

/// The code of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineCode {
    /// The line that has code: the one that was asked for, or the next behind it.
    pub line: SourceLine,
    /// The functions that have some of its code, by address.
    pub functions: Vec<LineInFunction>,
}

/// The code of a line in one function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineInFunction {
    /// The function's code.
    pub function: Range<FileAddr>,
    /// Where statements of the line begin, by address: one for each time that the compiler came
    /// back to it, and none at the start of the function before its prologue.
    pub starts: Vec<FileAddr>,
}

/// What is known of the lines asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineSearch {
    /// The code. Several files can end with the same path.
    Found(Vec<LineCode>),
    /// The file has code, but none at the line nor behind it; this is its last line with code.
    BehindTheEnd(u32),
    /// No file of that name has code. The names that there are, without folders.
    NoFile(Vec<String>),
}

impl Image {
    /// The code of a line of a file. `file` is the end of its path, in whole components.
    ///
    /// A line without code stands for the next one that has some. Where the line is that of a
    /// function's head, its code begins behind the prologue.
    pub fn code_of_line(&self, file: &str, line: u32) -> LineSearch {
        let tables: Vec<_> = self
            .unit_headers()
            .par_iter()
            .filter(|header| header.compilation && self.unit_has_file(header.id, file))
            .filter_map(|header| self.line_table(header.id))
            .collect();
        let mut rows: BTreeMap<std::sync::Arc<str>, BTreeMap<u32, Vec<Start>>> = BTreeMap::new();
        let mut last = None;
        for table in &tables {
            for (source, start) in table.starts(self, file) {
                last = last.max(Some(source.line));
                if source.line >= line {
                    rows.entry(source.file)
                        .or_default()
                        .entry(source.line)
                        .or_default()
                        .push(start);
                }
            }
        }
        let found: Vec<_> = rows
            .into_iter()
            .filter_map(|(file, lines)| {
                let (line, starts) = lines.into_iter().next()?;
                let column = starts.first()?.column;
                let functions = self.by_function(starts);
                Some(LineCode { line: SourceLine { file, line, column }, functions })
            })
            .collect();
        match (found.is_empty(), last) {
            (false, _) => LineSearch::Found(found),
            (true, Some(last)) => LineSearch::BehindTheEnd(last),
            (true, None) => LineSearch::NoFile(self.source_file_names()),
        }
    }

    /// The names without folders of all files that the user's units mention.
    pub fn source_file_names(&self) -> Vec<String> {
        let names = self.unit_headers().par_iter().filter(|header| header.compilation);
        let mut names: Vec<String> = names
            .filter_map(|header| self.unit_unkept(header.id))
            .flat_map_iter(|unit| {
                let name = unit.name.map(|name| String::from_utf8_lossy(name.slice()).into_owned());
                // rustc calls a unit `src/main.rs/@/name.hash-cgu.0`.
                name.and_then(|name| Some(last(name.split("/@/").next()?).to_owned()))
            })
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn unit_has_file(&self, id: UnitId, file: &str) -> bool {
        let Some(unit) = self.unit_unkept(id) else { return false };
        let Some(program) = &unit.line_program else { return false };
        let name = last(file).as_bytes();
        program.header().file_names().iter().any(|entry| {
            let path = self.dwarf.attr_string(&unit, entry.path_name());
            path.is_ok_and(|path| path.slice().ends_with(name))
        })
    }

    fn by_function(&self, starts: Vec<Start>) -> Vec<LineInFunction> {
        let mut by_function: BTreeMap<FileAddr, LineInFunction> = BTreeMap::new();
        for Start { at, .. } in starts {
            let symbol = self.symbols().at(at);
            let function = symbol.map_or(Range::new(at, at), |symbol| symbol.range);
            let at = if at == function.start { self.prologue_end(function) } else { at };
            let known = by_function.entry(function.start);
            let empty = || LineInFunction { function, starts: Vec::new() };
            known.or_insert_with(empty).starts.push(at);
        }
        let mut functions: Vec<_> = by_function.into_values().collect();
        for function in &mut functions {
            function.starts.sort_unstable();
            function.starts.dedup();
        }
        functions
    }
}

/// Where a line begins to have code.
struct Start {
    at: FileAddr,
    column: u32,
}

impl LineTable {
    /// The rows of a file at which a statement of another line than before begins.
    fn starts<'t>(
        &'t self,
        image: &'t Image,
        file: &'t str,
    ) -> impl Iterator<Item = (SourceLine, Start)> + 't {
        self.statements().filter_map(move |(at, row)| {
            let source = self.source_line(image, row)?;
            ends_with_path(&source.file, file).then(|| {
                let column = source.column;
                (source, Start { at, column })
            })
        })
    }
}

/// Whether a path ends with another, in whole components.
pub fn ends_with_path(path: &str, end: &str) -> bool {
    let end = end.trim_start_matches("./");
    path.strip_suffix(end)
        .is_some_and(|before| before.is_empty() || before.ends_with('/') || end.starts_with('/'))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{debug_builds, line_of};
    use super::*;

    #[test]
    fn a_line_is_found_in_its_function_and_the_head_of_one_behind_its_prologue() {
        for build in debug_builds() {
            let line = line_of("let x = black_box(\"inner\");");
            let LineSearch::Found(found) = build.image.code_of_line("program.rs", line) else {
                panic!("no code");
            };
            let function = build.function("program::shadowing");
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].line.line, found[0].functions.len()), (line, 1));
            let within = &found[0].functions[0];
            assert!(within.starts.iter().all(|at| function.ranges[0].contains(*at)));
            assert!(!within.starts.is_empty());
            let head = line_of("pub fn shadowing(x: i32) -> i32 {");
            let LineSearch::Found(found) = build.image.code_of_line("program.rs", head) else {
                panic!("no code");
            };
            let starts = &found[0].functions[0].starts;
            assert_eq!(starts, &[build.image.prologue_end(function.ranges[0])]);
        }
    }

    #[test]
    fn a_line_without_code_slides_to_the_next_and_what_is_not_there_is_said() {
        for build in debug_builds() {
            let head = line_of("pub fn shadowing(x: i32) -> i32 {");
            let before = build.image.code_of_line("program.rs", head - 1);
            let LineSearch::Found(found) = before else { panic!("no code") };
            assert_eq!(found[0].line.line, head);
            let behind = build.image.code_of_line("program.rs", 1_000_000);
            assert!(matches!(behind, LineSearch::BehindTheEnd(last) if last > head));
            let missing = build.image.code_of_line("progam.rs", 1);
            let LineSearch::NoFile(names) = missing else { panic!("a file of that name") };
            assert!(names.iter().any(|name| name == "program.rs"), "{names:?}");
        }
    }

    #[test]
    fn a_file_is_named_by_the_end_of_its_path_in_whole_components() {
        assert!(ends_with_path("/a/src/main.rs", "main.rs"));
        assert!(ends_with_path("/a/src/main.rs", "src/main.rs"));
        assert!(ends_with_path("/a/src/main.rs", "./src/main.rs"));
        assert!(ends_with_path("/a/src/main.rs", "/a/src/main.rs"));
        assert!(!ends_with_path("/a/src/domain.rs", "main.rs"));
    }
}
