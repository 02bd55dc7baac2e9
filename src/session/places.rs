//! Places as people name them, and the addresses of a file that they mean.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use regex::Regex;
use serde::Serialize;
use thiserror::Error;

use super::symbolize::file_name;
use crate::asm::first_reached;
use crate::base::{At, FileAddr, Range, VirtAddr};
use crate::dwarf::{
    Called, Image, InlinedCopy, LineInFunction, LineSearch, Origin, crate_of, demangle,
};

/// A place in the program, as a person names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// Every instance of the functions that a name means, inlined copies too.
    Function(String),
    /// The same of all functions whose path matches a regular expression.
    Matching(String),
    /// A line of a file; of the file that is looked at where none is named.
    Line {
        /// The end of the file's path.
        file: Option<String>,
        /// The line, from 1.
        line: u32,
    },
    /// An address of the running program.
    Address(VirtAddr),
}

impl Where {
    /// Reads what a person wrote: `f`, `module::f`, `file.rs:12`, `12`, `*0x55…`.
    ///
    /// # Errors
    /// [`PlaceError::NotAPlace`].
    pub fn parse(text: &str) -> Result<Where, PlaceError> {
        let text = text.trim();
        let not_a_place = || PlaceError::NotAPlace(text.to_owned());
        if let Some(address) = text.strip_prefix('*') {
            let digits = address.trim().strip_prefix("0x").ok_or_else(not_a_place)?;
            let at = u64::from_str_radix(digits, 16).map_err(|_| not_a_place())?;
            return Ok(Where::Address(VirtAddr(at)));
        }
        if let Ok(line) = text.parse() {
            return Ok(Where::Line { file: None, line });
        }
        if let Some((file, line)) = text.rsplit_once(':')
            && let Ok(line) = line.trim().parse()
            && !file.ends_with(':')
        {
            return Ok(Where::Line { file: Some(file.trim().to_owned()), line });
        }
        if text.is_empty() || text.ends_with(':') {
            return Err(not_a_place());
        }
        Ok(Where::Function(text.to_owned()))
    }
}

impl Where {
    /// The same place, where a line without a file is one of this file.
    pub(super) fn in_file(&self, here: Option<&str>) -> Where {
        match self {
            Where::Line { file: None, line } => {
                Where::Line { file: here.map(str::to_owned), line: *line }
            }
            other => other.clone(),
        }
    }
}

/// As it is written in a command, but for [`Where::Matching`], which has a command of its own.
impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Where::Function(name) | Where::Matching(name) => f.write_str(name),
            Where::Line { file: Some(file), line } => write!(f, "{file}:{line}"),
            Where::Line { file: None, line } => line.fmt(f),
            Where::Address(at) => write!(f, "*{at}"),
        }
    }
}

/// Where a breakpoint stops.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BreakPlace {
    /// The address in its file.
    #[serde(skip)]
    pub address: FileAddr,
    /// The function and the line.
    #[serde(flatten)]
    pub at: At,
    /// The path of the library that it is in; none for the executable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub library: Option<String>,
    /// Whether it is the beginning of a call that was inlined there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub inlined: bool,
    /// Whether the function has just been entered there: its parameters hold what was passed.
    #[serde(skip)]
    pub(super) entry: bool,
}

impl BreakPlace {
    /// Where it is the beginning of a call that was inlined there: how many inlined calls that are
    /// made within that one begin there too.
    pub(super) fn inlined_calls_within(&self, image: &Image) -> Option<usize> {
        let function = image.function_at(self.address).filter(|_| self.inlined)?;
        let chain = function.inline_chain(self.address, None);
        chain.iter().position(|frame| *frame.name == *self.at.function)
    }
}

/// Why a place cannot be stopped at.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PlaceError {
    /// The text names no place.
    #[error("`{0}` is not a place: name a function, FILE:LINE, LINE or *ADDRESS")]
    NotAPlace(String),
    /// A line without a file, where no file is looked at.
    #[error("line {0} of which file?")]
    WhichFile(u32),
    /// No function is called so.
    #[error("no function is called `{name}`")]
    NoFunction {
        /// The name.
        name: String,
        /// The names of the user's functions.
        known: Vec<String>,
    },
    /// No function's path matches.
    #[error("no function matches `{0}`")]
    NoMatch(String),
    /// The text is no regular expression.
    #[error("`{pattern}` is not a regular expression: {why}")]
    NotAPattern {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// No file of the program is called so.
    #[error("no file of the program is called `{name}`")]
    NoFile {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The file ends before the line.
    #[error("{file} has no code at line {line} or behind it: the last line with code is {last}")]
    BehindTheEnd {
        /// The file.
        file: String,
        /// The line.
        line: u32,
        /// The last line that has code.
        last: u32,
    },
    /// The functions have no instruction by which they return.
    #[error(
        "`{0}` is inlined wherever it is called, or never returns: it has no return to stop at"
    )]
    NoReturn(String),
    /// An address, before the program runs.
    #[error("the address {0} means nothing before the program runs")]
    NotRunning(VirtAddr),
    /// Nothing can be patched there.
    #[error("the program has no code at {0}")]
    NoCode(VirtAddr),
}

impl PlaceError {
    /// Whether a library that is loaded later may have the place.
    pub fn may_come(&self) -> bool {
        matches!(
            self,
            PlaceError::NoFunction { .. } | PlaceError::NoMatch(_) | PlaceError::NoFile { .. }
        )
    }
}

/// The places of a function or a line in an image, by address.
///
/// # Errors
/// [`PlaceError`] says what is not there, and what is.
pub(super) fn places(image: &Image, wanted: &Where) -> Result<Vec<BreakPlace>, PlaceError> {
    let found = match wanted {
        Where::Function(name) => match of_code(image, &image.code_called(name)) {
            none if none.is_empty() => {
                let known = users(image);
                return Err(PlaceError::NoFunction { name: name.clone(), known });
            }
            places => places,
        },
        Where::Matching(text) => match of_code(image, &image.code_matching(&pattern(text)?)) {
            none if none.is_empty() => return Err(PlaceError::NoMatch(text.clone())),
            places => places,
        },
        Where::Line { file, line } => {
            let file = file.as_deref().ok_or(PlaceError::WhichFile(*line))?;
            return of_line(image, file, *line);
        }
        Where::Address(at) => return Err(PlaceError::NotRunning(*at)),
    };
    Ok(found)
}

/// The functions with code of their own that a place means.
///
/// # Errors
/// As [`places`], and for a place that is not a function's.
pub(super) fn functions(
    image: &Image,
    wanted: &Where,
) -> Result<Vec<crate::dwarf::Symbol>, PlaceError> {
    let symbols = match wanted {
        Where::Function(name) => image.functions_called(name),
        Where::Matching(text) => image.symbols().functions_matching(&pattern(text)?),
        Where::Line { .. } | Where::Address(_) => {
            return Err(PlaceError::NotAPlace(wanted.to_string()));
        }
    };
    if symbols.is_empty() {
        places(image, wanted)?;
        return Err(PlaceError::NoReturn(wanted.to_string()));
    }
    Ok(symbols.into_iter().copied().collect())
}

/// A regular expression, on the paths of functions or on something else.
///
/// # Errors
/// [`PlaceError::NotAPattern`] says what is wrong with it.
pub fn pattern(text: &str) -> Result<Regex, PlaceError> {
    Regex::new(text).map_err(|error| {
        // The last line of the message says what is wrong; the others draw the pattern.
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim();
        let why = why.strip_prefix("error: ").unwrap_or(why).to_owned();
        PlaceError::NotAPattern { pattern: text.to_owned(), why }
    })
}

fn of_code(image: &Image, code: &Called<'_>) -> Vec<BreakPlace> {
    let own = code.functions.iter().map(|symbol| image.prologue_end(symbol.range));
    let entries = own.map(|at| BreakPlace { entry: true, ..place(image, at) });
    let inlined = code.inlined.iter().flat_map(|copy| {
        let starts = first_of_copy(image, copy);
        starts.into_iter().map(|at| inlined_place(image, at, &copy.name))
    });
    let all = entries.chain(inlined).map(|place| (place.address, place));
    // A copy can begin where the function around it counts as entered: that is one stop.
    all.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// Where control comes to an inlined call.
fn first_of_copy(image: &Image, copy: &InlinedCopy) -> Vec<FileAddr> {
    let around = copy.starts.first().and_then(|at| image.symbols().at(*at));
    match (around.map(|symbol| symbol.range), copy.starts.as_slice()) {
        (_, [one]) => vec![*one],
        (Some(around), starts) => first_in(image, around, starts),
        (None, starts) => starts.iter().min().copied().into_iter().collect(),
    }
}

fn inlined_place(image: &Image, at: FileAddr, name: &Arc<str>) -> BreakPlace {
    let here = place(image, at);
    let declared = image.function_at(at).and_then(|function| {
        let chain = function.inline_chain(at, image.line_at(at));
        chain.into_iter().find(|frame| frame.name == *name && frame.inlined.is_some())?.at
    });
    let (file, line) = match declared {
        Some(line) => (Some(line.file.to_string()), Some(line.line)),
        None => (here.at.file, here.at.line),
    };
    let at = At { function: name.to_string(), file, line };
    BreakPlace { at, inlined: true, ..here }
}

fn of_line(image: &Image, file: &str, line: u32) -> Result<Vec<BreakPlace>, PlaceError> {
    match image.code_of_line(file, line) {
        LineSearch::Found(found) => {
            let functions = found.iter().flat_map(|code| &code.functions);
            Ok(functions.flat_map(|within| of_line_in(image, within)).collect())
        }
        LineSearch::BehindTheEnd(last) => {
            Err(PlaceError::BehindTheEnd { file: file.to_owned(), line, last })
        }
        LineSearch::NoFile(known) => Err(PlaceError::NoFile { name: file.to_owned(), known }),
    }
}

/// Where control first comes to a line of a function.
fn of_line_in(image: &Image, within: &LineInFunction) -> Vec<BreakPlace> {
    let first = first_in(image, within.function, &within.starts);
    first.into_iter().map(|at| place(image, at)).collect()
}

fn first_in(image: &Image, function: Range<FileAddr>, starts: &[FileAddr]) -> Vec<FileAddr> {
    match image.bytes(function) {
        Some(code) => first_reached(code, function, starts),
        None => starts.to_vec(),
    }
}

/// What is at an address of an image.
pub(super) fn place(image: &Image, at: FileAddr) -> BreakPlace {
    // Calls that are inlined there have not begun: it is the line of the function itself that counts.
    let line = image.line_at(at);
    let function = image.function_at(at);
    let own = function.as_ref().and_then(|f| f.inline_chain(at, line.clone()).pop()?.at);
    let line = own.or(line);
    let function = function_name(image, at).to_string();
    let (file, line) = line.map(|line| (line.file.to_string(), line.line)).unzip();
    let at_place = At { function, file, line };
    BreakPlace { address: at, at: at_place, library: None, inlined: false, entry: false }
}

fn function_name(image: &Image, at: FileAddr) -> Arc<str> {
    match image.symbols().at(at) {
        Some(symbol) => demangle(symbol.name).as_ref().into(),
        None => file_name(image.path()).into(),
    }
}

/// The names of the user's functions: whole, and their last segments.
fn users(image: &Image) -> Vec<String> {
    let mut names = Vec::new();
    for symbol in image.symbols().all().iter().filter(|symbol| image.may_be_users(symbol.name)) {
        let path = demangle(symbol.name);
        if image.origin_of_crate(crate_of(&path)) == Origin::User {
            names.extend(path.rsplit("::").next().map(str::to_owned));
            names.push(path.into_owned());
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_functions_lines_and_addresses() {
        let function = |name: &str| Ok(Where::Function(name.to_owned()));
        let line =
            |file: Option<&str>, line| Ok(Where::Line { file: file.map(str::to_owned), line });
        assert_eq!(Where::parse("main"), function("main"));
        assert_eq!(Where::parse("a::b"), function("a::b"));
        assert_eq!(Where::parse("<A as B>::c"), function("<A as B>::c"));
        assert_eq!(Where::parse("src/a.rs:12"), line(Some("src/a.rs"), 12));
        assert_eq!(Where::parse(" 12 "), line(None, 12));
        assert_eq!(Where::parse("*0x1000"), Ok(Where::Address(VirtAddr(0x1000))));
        for wrong in ["", "*12", "*0xzz", "a.rs:"] {
            assert_eq!(Where::parse(wrong), Err(PlaceError::NotAPlace(wrong.to_owned())));
        }
        for text in ["a::b", "src/a.rs:12", "12", "*0x1000"] {
            assert_eq!(Where::parse(text).map(|place| place.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn a_wrong_pattern_says_what_is_wrong_with_it() {
        let Err(error) = pattern("a(b") else { panic!("it is no pattern") };
        assert_eq!(error.to_string(), "`a(b` is not a regular expression: unclosed group");
    }
}
