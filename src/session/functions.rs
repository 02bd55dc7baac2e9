//! The functions that were chosen, and where each is entered and left.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use regex::Regex;

use super::error::SessionError;
use super::options::{EntryPoint, Selection};
use crate::asm::{Exit, exits, frame_made, jumps_into, last_outside_loops};
use crate::base::{FileAddr, Range, VirtAddr};
use crate::dwarf::{
    Function, Image, Loaded, Origin, Scope, Symbol, SymbolKind, crate_of, demangle,
    text_required_by_pattern,
};

/// How many symbols are worth another thread: about a millisecond's work.
const SYMBOLS_A_THREAD: usize = 8192;

/// A chosen function: one instance, with code of its own.
pub(super) struct Chosen {
    /// The demangled path.
    pub name: Arc<str>,
    /// Where its image is loaded.
    pub loaded: Loaded,
    /// What its symbol covers.
    pub range: Range<FileAddr>,
    /// Whether its exits have sites.
    pub exits_planted: bool,
    described: OnceLock<Option<Arc<Function>>>,
    reentered: OnceLock<bool>,
}

impl Chosen {
    fn new(loaded: &Loaded, symbol: &Symbol) -> Chosen {
        Chosen {
            name: demangle(symbol.name).as_ref().into(),
            loaded: loaded.clone(),
            range: symbol.range,
            exits_planted: false,
            described: OnceLock::new(),
            reentered: OnceLock::new(),
        }
    }

    /// What the debug information says of it.
    pub fn described(&self) -> Option<&Arc<Function>> {
        self.described.get_or_init(|| self.loaded.image.function_at(self.range.start)).as_ref()
    }

    /// Where it counts as entered.
    pub fn entry(&self, point: EntryPoint) -> VirtAddr {
        let at = match point {
            EntryPoint::AfterPrologue => self.behind_prologue(),
            EntryPoint::FirstInstruction => self.range.start,
        };
        self.loaded.bias.to_virt(at)
    }

    /// Where its frame is complete: by the line table, and by the code where there is none.
    fn behind_prologue(&self) -> FileAddr {
        let image = &self.loaded.image;
        let by_lines = image.prologue_end(self.range);
        if by_lines > self.range.start || image.line_at(self.range.start).is_some() {
            return by_lines;
        }
        image.bytes(self.range).map_or(by_lines, |code| frame_made(code, self.range))
    }

    /// The last instruction at which the variables that the function declares one after the other
    /// are in scope, where there is one that runs once a call.
    ///
    /// Each `let` opens a block within that of the one before, so that the last block in the last
    /// block, and so on, holds them all; the drops at the closing brace come behind it. A block that
    /// ends in a loop does not end once, and then the one around it is taken.
    pub fn scope_end(&self) -> Option<FileAddr> {
        let function = self.described()?;
        let code = self.loaded.image.bytes(self.range)?;
        let mut chain = Vec::new();
        let mut scope = &function.scope;
        while let Some(inner) = last_block(scope) {
            chain.push(inner);
            scope = inner;
        }
        let with_variables = chain.iter().rev().filter(|block| !block.variables.is_empty());
        let ends = with_variables.flat_map(|block| {
            let mut ends: Vec<_> = block.ranges.iter().map(|range| range.end).collect();
            ends.sort_unstable_by(|a, b| b.cmp(a));
            ends
        });
        last_outside_loops(code, self.range, &ends.collect::<Vec<_>>())
    }

    /// Whether its own code jumps to where it counts as entered, or before: then a thread can come
    /// there again within one call.
    pub fn jumps_to_its_entry(&self) -> bool {
        *self.reentered.get_or_init(|| {
            let entry = self.behind_prologue();
            let code = self.loaded.image.bytes(self.range).unwrap_or_default();
            jumps_into(code, self.range, Range::new(self.range.start, entry + 1))
        })
    }

    /// Every instruction by which it can be left, in all of its parts.
    pub fn exits(&self) -> Vec<Exit> {
        Chosen::exits_of(&self.loaded.image, self.range)
    }

    /// Every instruction by which the function can be left whose symbol covers a range.
    pub fn exits_of(image: &Image, symbol: Range<FileAddr>) -> Vec<Exit> {
        let described = image.function_at(symbol.start).map(|function| function.ranges.clone());
        let mut ranges = described.filter(|r| !r.is_empty()).unwrap_or_else(|| vec![symbol]);
        if !ranges.contains(&symbol) && !ranges.iter().any(|r| r.contains(symbol.start)) {
            ranges.push(symbol);
        }
        let code = |range: &Range<FileAddr>| image.bytes(*range);
        ranges
            .iter()
            .filter_map(|range| Some(exits(code(range)?, *range, &ranges).list))
            .flatten()
            .collect()
    }
}

/// The functions of the executable that a selection means, by address.
///
/// # Errors
/// [`SessionError::NothingChosen`] where the user asked for something that there is not. A program
/// without any function of the user's is not an error: its allocations can still be watched.
pub(super) fn choose(main: &Loaded, selection: &Selection) -> Result<Vec<Chosen>, SessionError> {
    let cheap = Cheap::new(selection);
    let wanted: Vec<&Symbol> = main
        .image
        .symbols()
        .all()
        .par_iter()
        .with_min_len(SYMBOLS_A_THREAD)
        .filter(|symbol| symbol.kind == SymbolKind::Function && !symbol.range.is_empty())
        .filter(|symbol| cheap.may_be_wanted(main, symbol))
        .filter(|symbol| is_wanted(main, selection, symbol))
        .collect();
    let mut seen = HashSet::new();
    let chosen: Vec<_> = wanted
        .into_iter()
        .filter(|symbol| seen.insert(symbol.range.start))
        .map(|symbol| Chosen::new(main, symbol))
        .collect();
    if chosen.is_empty() && !selection.is_default() && !selection.may_be_none {
        return Err(nothing_chosen(main, selection));
    }
    Ok(chosen)
}

/// The last block that a scope declares: that of its last `let`, or of a statement behind it.
fn last_block(scope: &Scope) -> Option<&Scope> {
    scope.inner.iter().rfind(|inner| inner.inlined.is_none() && !inner.ranges.is_empty())
}

/// A test by the linker name that turns most symbols away before they are demangled, which takes
/// ten times as long.
enum Cheap {
    /// There is none.
    None,
    /// By the crate.
    Users,
    /// By texts of which one must be in the linker name.
    Texts(Regex),
}

impl Cheap {
    fn new(selection: &Selection) -> Cheap {
        if selection.is_default() {
            return Cheap::Users;
        }
        let crates = selection.crates.iter().map(|name| name.replace('-', "_"));
        let crates = crates.map(|name| name.is_ascii().then(|| regex::escape(&name)));
        let patterns = selection
            .patterns
            .iter()
            .map(|pattern| text_required_by_pattern(pattern.as_str()).map(regex::escape));
        let texts: Option<Vec<_>> = crates.chain(patterns).collect();
        let texts = texts.filter(|_| !selection.all);
        let any = texts.and_then(|texts| Regex::new(&texts.join("|")).ok());
        any.map_or(Cheap::None, Cheap::Texts)
    }

    fn may_be_wanted(&self, main: &Loaded, symbol: &Symbol) -> bool {
        match self {
            Cheap::None => true,
            Cheap::Users => main.image.may_be_users(symbol.name),
            Cheap::Texts(any) => any.is_match(symbol.name),
        }
    }
}

fn is_wanted(main: &Loaded, selection: &Selection, symbol: &Symbol) -> bool {
    if selection.all {
        return true;
    }
    let path = demangle(symbol.name);
    selection.means(&path, || match crate_of(&path) {
        "" => Origin::Foreign,
        krate => main.image.origin_of_crate(krate),
    })
}

fn nothing_chosen(main: &Loaded, selection: &Selection) -> SessionError {
    let patterns = selection.patterns.iter().map(|pattern| pattern.as_str().to_owned());
    let crates = selection.crates.iter().map(|name| format!("crate {name}"));
    let wanted: Vec<_> = patterns.chain(crates).collect();
    let mut names = HashSet::new();
    for symbol in main.image.symbols().all() {
        if symbol.kind != SymbolKind::Function {
            continue;
        }
        let path = demangle(symbol.name);
        let krate = crate_of(&path);
        if !selection.crates.is_empty() && !krate.is_empty() {
            names.insert(krate.to_owned());
        }
        if !selection.patterns.is_empty() && main.image.origin_of_crate(krate) == Origin::User {
            names.insert(path.into_owned());
        }
    }
    SessionError::NothingChosen {
        wanted: wanted.join(" or "),
        known: names.into_iter().collect(),
        stripped: !main.image.has_symbol_table(),
    }
}
