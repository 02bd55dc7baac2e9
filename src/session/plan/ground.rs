//! The frame that a plan steps in: its code, its rows, and the inlined calls at an address.

use std::sync::Arc;

use crate::base::{FileAddr, Range, VirtAddr};
use crate::dwarf::{Function, LineRow, Loaded, Origin, SourceLine};
use crate::frame::innermost_cfa;
use crate::inferior::Stopped;
use crate::session::run::Run;
use crate::session::skip::Skip;
use crate::session::symbolize::Place;

/// A line of a file.
pub(super) type Line = (Arc<str>, u32);

/// The physical frame that a plan steps in.
#[derive(Clone, Default)]
pub(super) struct Ground {
    /// The image; none where no file is mapped.
    pub loaded: Option<Loaded>,
    /// What the debug information says of the function.
    pub function: Option<Arc<Function>>,
    /// Its canonical frame address, where it is known.
    pub cfa: Option<VirtAddr>,
    ranges: Vec<Range<FileAddr>>,
    rows: Vec<LineRow>,
    /// The line of the function's head, where its body has lines of its own. Code in the middle of
    /// the function that is counted to it (to resume unwinding, to find where a coroutine goes on) is
    /// no statement.
    head: Option<Line>,
}

/// A function at an address: the one that has the code, or an inlined call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Level {
    /// Tells the calls of one function from each other; 0 for the function itself.
    pub id: usize,
    /// Whether the call begins at the address.
    pub begins: bool,
    /// Whether a plan may stop in it.
    pub visible: bool,
    /// Whether it is the part of std that catches panics.
    pub catches: bool,
    /// Where it stands: at the address, or at the call of the next level.
    pub line: Option<Line>,
}

/// Which code a plan may stop in.
#[derive(Clone, Default)]
pub(in crate::session) struct Sight {
    /// Code of std and of dependencies too.
    pub all: bool,
    /// Whether the plan began in such code, and so may come back to some.
    pub outside: bool,
    /// What is never stopped in.
    pub skips: Arc<[Skip]>,
}

impl Sight {
    /// Whether a plan may stop in a function.
    pub fn shows(&self, place: &Place) -> bool {
        let file = place.line.as_ref().map(|line| &*line.file);
        let skipped = self.skips.iter().any(|skip| skip.means(&place.function, file));
        !skipped && (self.all || place.origin == Origin::User)
    }
}

impl Ground {
    /// Whether an address is in the code of the function.
    pub fn contains(&self, at: VirtAddr) -> bool {
        self.file(at).is_some_and(|at| self.ranges.iter().any(|range| range.contains(at)))
    }

    /// Whether any line is known in the function.
    pub fn has_lines(&self) -> bool {
        self.rows.iter().any(|row| row.line.is_some())
    }

    /// Whether a statement begins at an address.
    pub fn starts_statement(&self, at: VirtAddr) -> bool {
        let Some(at) = self.file(at) else { return false };
        let behind = self.rows.partition_point(|row| row.at <= at);
        let row = behind.checked_sub(1).and_then(|index| self.rows.get(index));
        row.is_some_and(|row| row.at == at && row.is_stmt && self.is_of_body(row))
    }

    fn is_of_body(&self, row: &LineRow) -> bool {
        let head = |line: &SourceLine| {
            self.head.as_ref().is_some_and(|(file, head)| *file == line.file && *head == line.line)
        };
        row.line.as_ref().is_some_and(|line| !head(line))
    }

    /// Where its frame is complete, if that is not where it begins.
    pub fn behind_prologue(&self, entry: VirtAddr) -> Option<VirtAddr> {
        let (loaded, at) = (self.loaded.as_ref()?, self.file(entry)?);
        let range = self.ranges.iter().find(|range| range.contains(at))?;
        let behind = loaded.image.prologue_end(*range);
        (behind != at).then(|| loaded.bias.to_virt(behind))
    }

    /// Where statements of the function begin, with their lines.
    pub fn statements(&self) -> impl Iterator<Item = (VirtAddr, Line)> + '_ {
        let bias = self.loaded.as_ref().map(|loaded| loaded.bias).unwrap_or_default();
        self.rows.iter().filter(|row| row.is_stmt).filter_map(move |row| {
            let line = row.line.as_ref()?;
            Some((bias.to_virt(row.at), (line.file.clone(), line.line)))
        })
    }

    fn file(&self, at: VirtAddr) -> Option<FileAddr> {
        Some(self.loaded.as_ref()?.bias.to_file(at))
    }
}

/// The line of a function's head, where statements begin on other lines of its file too.
fn head(function: &Function, rows: &[LineRow]) -> Option<Line> {
    let declared = function.declared.as_ref()?;
    let of_body = |row: &LineRow| {
        let line = row.line.as_ref().filter(|line| line.file == declared.file);
        row.is_stmt && line.is_some_and(|line| line.line != declared.line)
    };
    rows.iter().any(of_body).then(|| (declared.file.clone(), declared.line))
}

impl Run {
    /// The frame in which a thread stands.
    pub(super) fn ground(&self, thread: &Stopped) -> Ground {
        let modules = self.inferior.modules();
        let registers = thread.registers();
        let cfa = innermost_cfa(modules, self.inferior.memory(), registers);
        self.ground_at(registers.pc(), cfa)
    }

    /// The frame of the function at an address.
    pub(super) fn ground_at(&self, at: VirtAddr, cfa: Option<VirtAddr>) -> Ground {
        let Some(loaded) = self.module_at(at) else { return Ground { cfa, ..Ground::default() } };
        let file = loaded.bias.to_file(at);
        let function = loaded.image.function_at(file);
        let described = function.as_ref().map(|function| function.ranges.clone());
        let symbol = || loaded.image.symbols().at(file).map(|symbol| vec![symbol.range]);
        let ranges = described.filter(|r| !r.is_empty()).or_else(symbol).unwrap_or_default();
        let mut rows: Vec<_> =
            ranges.iter().flat_map(|range| loaded.image.line_rows(*range)).collect();
        // The parts of a function need not be in order; within one the order of rows counts.
        rows.sort_by_key(|row| row.at);
        let head = function.as_ref().and_then(|function| head(function, &rows));
        Ground { loaded: Some(loaded), function, cfa, ranges, rows, head }
    }

    /// The function at an address of a frame and the inlined calls that lead there, outermost first.
    pub(super) fn levels(&mut self, ground: &Ground, at: VirtAddr, sight: &Sight) -> Vec<Level> {
        let places = self.symbolizer.places(self.inferior.modules(), at);
        let file = ground.file(at).unwrap_or_default();
        let scopes = ground.function.as_ref().map(|function| function.scopes_at(file));
        let calls = scopes.into_iter().flatten().filter_map(|scope| {
            let call = scope.inlined.as_ref()?;
            let begins = scope.ranges.iter().any(|range| range.start == file);
            Some((std::ptr::from_ref(call).addr(), begins))
        });
        let known = std::iter::once((0, false)).chain(calls);
        let level = |(place, (id, begins)): (&Place, (usize, bool))| Level {
            id,
            begins,
            visible: sight.shows(place),
            catches: place.function.contains("panicking::catch_unwind")
                || place.function.contains("panicking::try"),
            line: place.line.as_ref().map(|line| (line.file.clone(), line.line)),
        };
        let mut levels: Vec<_> = places.iter().rev().zip(known).map(level).collect();
        // Calls begin together from some level on: one that has begun has begun around the others.
        let begun = levels.iter().rposition(|level| !level.begins).unwrap_or(0);
        levels.iter_mut().take(begun).for_each(|level| level.begins = false);
        levels
    }
}
