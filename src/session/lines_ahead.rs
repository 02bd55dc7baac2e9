//! Which lines of its source the code of a function can still come to, in builds of any kind: a
//! variable that is named on none of them is used no more, and one that is named on one is used there.
//!
//! Optimised code keeps no slot for a reference, and makes it anew where it is used. But a line is
//! ahead where an instruction of it is, and behind it stands what the program says. What was merged
//! from several lines has none, and may be of any.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::followed::{Followed, Frame};
use super::mentions::Mentions;
use super::plain::is_coroutine;
use crate::asm::uses::{Mention, Reachable, Work};
use crate::base::FileAddr;
use crate::dwarf::{LocationContext, SourceLine};
use crate::frame::slots::Placed;
use crate::track::{Doubt, Need};
use crate::value::needs_drop;

/// For how many places of one function what is ahead is kept.
const MAX_KNOWN: usize = 256;

/// The ways through a function, with their lines.
pub(super) struct LinesAhead {
    ways: Reachable,
    known: RefCell<HashMap<FileAddr, Option<Rc<Lines>>>>,
    mentions: RefCell<HashMap<usize, Option<Rc<Mentions>>>>,
}

/// The lines of instructions, and what those work on.
type Lines = HashSet<(Option<SourceLine>, Work)>;

impl Followed {
    /// Whether a variable is used ahead, as far as lines tell it.
    pub(super) fn need_by_lines(&self, frame: &Frame<'_>, variable: &Placed) -> Option<Need> {
        // What an async function holds when it waits, it uses in another call.
        (!is_coroutine(frame.image, frame.function)).then_some(())?;
        let known = self.lines_of(frame)?;
        let mentions = known.mentions.borrow().get(&variable.die).cloned();
        let mentions = mentions.unwrap_or_else(|| {
            let found = self.mentions_of(frame, variable).map(Rc::new);
            known.mentions.borrow_mut().insert(variable.die, found.clone());
            found
        })?;
        let at = frame.context.bias_to_file();
        let stands = frame.own_line(at);
        let mut perhaps = false;
        for (line, work) in known.ahead(frame, at)?.iter() {
            let line = line.as_ref();
            // Calls stay in their order. A load may have been put off, and what was computed for one
            // line may serve for another.
            let runs = match work {
                Work::Call => true,
                Work::Memory => mentions.is_behind(line, stands.as_ref()),
                Work::Registers => false,
            };
            match mentions.on(line, stands.as_ref()) {
                Mention::Certain if mentions.once && runs => return Some(Need::Certain),
                Mention::Certain => perhaps = true,
                // The end of a statement that has begun, and what has no line: it uses nothing
                // unless it does something.
                Mention::Perhaps => {
                    let rest = line.is_none() || line == stands.as_ref();
                    perhaps |= *work > Work::Registers || !rest;
                }
                Mention::Never => {}
            }
        }
        let drops = variable.ty.is_none_or(|ty| needs_drop(frame.image, ty));
        match (perhaps, drops) {
            (true, _) => None,
            (false, true) => Some(Need::Perhaps(Doubt::Drop)),
            (false, false) => Some(Need::No),
        }
    }

    fn lines_of(&self, frame: &Frame<'_>) -> Option<Rc<LinesAhead>> {
        // Where a function is in several pieces, the ways between them are not followed.
        let [range] = frame.function.ranges[..] else { return None };
        let start = frame.context.bias().to_virt(range.start);
        if let Some(known) = self.lines.borrow().get(&start) {
            return known.clone();
        }
        let found = frame.with_code(range, Reachable::of).map(|ways| {
            let (known, mentions) = (RefCell::default(), RefCell::default());
            Rc::new(LinesAhead { ways, known, mentions })
        });
        self.lines.borrow_mut().insert(start, found.clone());
        found
    }
}

impl LinesAhead {
    fn ahead(&self, frame: &Frame<'_>, at: FileAddr) -> Option<Rc<Lines>> {
        if let Some(known) = self.known.borrow().get(&at) {
            return known.clone();
        }
        let ahead = self.ways.ahead(at);
        let lines = ahead.map(|ahead| {
            let lines = ahead.iter().map(|step| (frame.own_line(step.at), step.work));
            Rc::new(lines.collect::<Lines>())
        });
        let mut known = self.known.borrow_mut();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(at, lines.clone());
        lines
    }
}
