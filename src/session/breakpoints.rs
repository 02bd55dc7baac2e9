//! What the user asked to stop at, and the addresses that it means.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

use super::symbolize::file_name;
use crate::asm::first_reached;
use crate::base::{At, FileAddr, VirtAddr};
use crate::dwarf::{Image, LineInFunction, LineSearch, Origin, crate_of, demangle};

/// Names a breakpoint, from 1. Numbers are not given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct BreakpointId(pub u32);

impl fmt::Display for BreakpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in the program, as a person names it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// Every instance of the functions that a name means.
    Function(String),
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

/// Where a breakpoint stops.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BreakPlace {
    /// The address in the executable.
    #[serde(skip)]
    pub address: FileAddr,
    /// The function and the line.
    #[serde(flatten)]
    pub at: At,
}

/// A breakpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Breakpoint {
    /// Its number.
    pub id: BreakpointId,
    /// What was asked for.
    pub wanted: Where,
    /// The places that it means, by address.
    pub places: Vec<BreakPlace>,
    /// Whether it goes when it is reached.
    pub temporary: bool,
    /// Whether the program stops there.
    pub enabled: bool,
    /// How often it was reached.
    pub hits: u64,
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
    /// An address, before the program runs.
    #[error("the address {0} means nothing before the program runs")]
    NotRunning(VirtAddr),
    /// Nothing can be patched there.
    #[error("the program has no code at {0}")]
    NoCode(VirtAddr),
}

/// The places of a function or a line in an image, by address. `here` is the file that is looked
/// at.
///
/// # Errors
/// [`PlaceError`] says what is not there, and what is.
pub(super) fn places(
    image: &Image,
    wanted: &Where,
    here: Option<&str>,
) -> Result<Vec<BreakPlace>, PlaceError> {
    let place = |at| place(image, at);
    match wanted {
        Where::Function(name) => {
            let found = image.functions_called(name);
            let places: Vec<_> =
                found.iter().map(|symbol| place(image.prologue_end(symbol.range))).collect();
            match places.is_empty() {
                true => Err(PlaceError::NoFunction { name: name.clone(), known: users(image) }),
                false => Ok(places),
            }
        }
        Where::Line { file, line } => {
            let file = file.as_deref().or(here).ok_or(PlaceError::WhichFile(*line))?;
            match image.code_of_line(file, *line) {
                LineSearch::Found(found) => {
                    let functions = found.iter().flat_map(|code| &code.functions);
                    Ok(functions.flat_map(|within| first_of(image, within)).map(place).collect())
                }
                LineSearch::BehindTheEnd(last) => {
                    Err(PlaceError::BehindTheEnd { file: file.to_owned(), line: *line, last })
                }
                LineSearch::NoFile(known) => {
                    Err(PlaceError::NoFile { name: file.to_owned(), known })
                }
            }
        }
        Where::Address(at) => Err(PlaceError::NotRunning(*at)),
    }
}

/// Where control first comes to a line of a function.
fn first_of(image: &Image, within: &LineInFunction) -> Vec<FileAddr> {
    match image.bytes(within.function) {
        Some(code) => first_reached(code, within.function, &within.starts),
        None => within.starts.clone(),
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
    BreakPlace { address: at, at: At { function, file, line } }
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
    }
}
