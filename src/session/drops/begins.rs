//! Where the inlined drops of a program begin, each time that they are run.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use rayon::prelude::*;

use crate::asm::has_effect;
use crate::asm::uses::{Begins, Piece};
use crate::base::{FileAddr, Range, Whose};
use crate::dwarf::{DropCode, DropPart, Function, Image};
use crate::session::callees::with_code;
use crate::track::drops::plain_name;

/// The most inlined drops of a function that are looked at one by one; its size is that of a program.
const MOST: usize = 1 << 12;

/// Where a piece of code is entered.
pub(super) struct Entered {
    /// Its first instruction; of an inlined drop that of its first part that does anything.
    pub entry: FileAddr,
    /// Where it begins, each time that it is run: a function at its first instruction, an inlined
    /// drop wherever its work does; nowhere, where it has none.
    pub begins: Vec<FileAddr>,
    /// The function that it is inlined into.
    pub function: Option<Arc<Function>>,
}

/// Where each piece of code is entered, in the order of the code.
pub(super) fn entered(image: &Image, code: &[DropCode]) -> Vec<Entered> {
    let mut entered: Vec<Entered> = code
        .iter()
        .map(|code| {
            let entry = entry(image, code);
            let function = (code.inlined > 0).then(|| image.function_at(code.entry)).flatten();
            Entered { entry, begins: vec![entry], function }
        })
        .collect();
    let mut functions: HashMap<FileAddr, (&Function, Vec<usize>)> = HashMap::new();
    for (index, function) in entered.iter().enumerate() {
        let function = function.function.as_deref();
        let Some((function, range)) = function.and_then(|f| Some((f, f.ranges.first()?))) else {
            continue;
        };
        functions.entry(range.start).or_insert((function, Vec::new())).1.push(index);
    }
    let found: Vec<_> = functions
        .into_par_iter()
        .filter(|(_, (_, pieces))| pieces.len() <= MOST)
        .filter_map(|(_, (function, pieces))| in_function(image, function, code, &entered, pieces))
        .flatten()
        .collect();
    for (index, found) in found {
        if let Some(entered) = entered.get_mut(index) {
            entered.begins = found;
        }
    }
    entered
}

/// The first of the pieces of an inlined drop that does anything: what only loads or reckons in
/// registers is moved out of loops.
fn entry(image: &Image, code: &DropCode) -> FileAddr {
    let does = |range: &&_| image.bytes(**range).is_none_or(|bytes| has_effect(bytes, **range));
    let first = code.ranges.iter().find(does).filter(|_| code.inlined > 0);
    first.map_or(code.entry, |range| range.start)
}

/// Where the inlined drops of a function begin, by index.
fn in_function(
    image: &Image,
    function: &Function,
    code: &[DropCode],
    entered: &[Entered],
    mut pieces: Vec<usize>,
) -> Option<Vec<(usize, Vec<FileAddr>)>> {
    let ways = with_code(image, *function.ranges.first()?, Begins::of)?;
    // What is within another is found first: the other begins no later.
    let depth = |index: &usize| code.get(*index).map_or(0, |code| code.inlined);
    pieces.sort_by_key(|index| std::cmp::Reverse(depth(index)));
    let mut found: Vec<(usize, Vec<FileAddr>)> = Vec::new();
    for alike in pieces.chunk_by(|one, other| depth(one) == depth(other)) {
        let begins = |index: &usize| {
            let (piece, own) = (code.get(*index)?, entered.get(*index)?);
            Some((*index, begins_of(image, function, code, piece, own.entry, &ways, &found)))
        };
        let mut level: Vec<_> = alike.iter().filter_map(begins).collect();
        add_idle(image, function, code, entered, &mut level);
        found.extend(level);
    }
    Some(found)
}

/// Where an inlined drop begins its work; nowhere, where it has none. `found` are those within it.
fn begins_of(
    image: &Image,
    function: &Function,
    code: &[DropCode],
    piece: &DropCode,
    entry: FileAddr,
    ways: &Begins,
    found: &[(usize, Vec<FileAddr>)],
) -> Vec<FileAddr> {
    let within = |(other, _): &&(usize, Vec<FileAddr>)| {
        code.get(*other).is_some_and(|other| is_within(other, piece))
    };
    let inner = found.iter().filter(within);
    let inner: Vec<(FileAddr, usize)> =
        inner.flat_map(|(other, at)| at.iter().map(|at| (*at, *other))).collect();
    ways.of_piece(&Piece {
        ranges: &piece.ranges,
        entry,
        inner: &inner,
        once: own_body(code, piece, &inner),
        source: &|at| match piece.part {
            DropPart::Body => source(image, function, at),
            // Of each field that it drops, glue says the same line.
            DropPart::Glue => None,
        },
    })
}

/// Decides where the pieces begin of which no work was found. What only frees has its work in the code
/// of another drop then, and begins there; and what the optimiser has moved away from a piece that
/// has the work of the same call in the source, begins with that. The others begin where they are
/// entered.
fn add_idle(
    image: &Image,
    function: &Function,
    code: &[DropCode],
    entered: &[Entered],
    level: &mut [(usize, Vec<FileAddr>)],
) {
    let call = |index: usize| {
        let (piece, own) = (code.get(index)?, entered.get(index)?);
        let call = call_of(image, function, own.entry, piece.inlined)?;
        Some((piece.type_name.clone(), piece.part, call))
    };
    let is_idle = |(_, begins): &&(usize, Vec<FileAddr>)| begins.is_empty();
    if !level.iter().any(|one| is_idle(&one)) {
        return;
    }
    let working: HashSet<_> =
        level.iter().filter(|one| !is_idle(one)).filter_map(|(index, _)| call(*index)).collect();
    for (index, begins) in level.iter_mut().filter(|(_, begins)| begins.is_empty()) {
        let Some((piece, own)) = code.get(*index).zip(entered.get(*index)) else { continue };
        let only_frees = super::whose(image, &piece.type_name) == Some(Whose::Std);
        let moved = || call(*index).is_some_and(|call| working.contains(&call));
        if !only_frees && !moved() {
            begins.push(own.entry);
        }
    }
}

fn is_within(code: &DropCode, outer: &DropCode) -> bool {
    let begin = code.ranges.first().map(|range| range.start);
    code.inlined > outer.inlined
        && begin.is_some_and(|at| outer.ranges.iter().any(|range: &Range<_>| range.contains(at)))
}

/// The type's own `drop` within its glue.
fn own_body(code: &[DropCode], glue: &DropCode, inner: &[(FileAddr, usize)]) -> Option<usize> {
    let bodies = inner.iter().filter_map(|(_, index)| Some((*index, code.get(*index)?)));
    let own = bodies.filter(|(_, body)| {
        glue.part == DropPart::Glue
            && body.part == DropPart::Body
            && plain_name(&body.type_name) == plain_name(&glue.type_name)
    });
    own.min_by_key(|(_, body)| body.inlined).map(|(index, _)| index)
}

/// What tells an inlined call of some depth from those at other places in the source: the lines and
/// columns of the calls around it, and of itself.
fn call_of(image: &Image, function: &Function, at: FileAddr, depth: usize) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let chain = function.inline_chain(at, image.line_at(at));
    for call in chain.iter().rev().take(depth) {
        let line = call.at.as_ref().filter(|line| line.line > 0)?;
        (&call.name, line.line, line.column).hash(&mut hasher);
    }
    Some(hasher.finish())
}

/// What tells a place in the source from others: its line and column, and those of the inlined calls
/// around it.
fn source(image: &Image, function: &Function, at: FileAddr) -> Option<u64> {
    let line = image.line_at(at)?;
    let mut hasher = DefaultHasher::new();
    for call in function.inline_chain(at, Some(line)) {
        let line = call.at.filter(|line| line.line > 0)?;
        (call.name, line.line, line.column).hash(&mut hasher);
    }
    Some(hasher.finish())
}
