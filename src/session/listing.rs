//! Which source was listed last, and which source a place means.

use std::sync::{Arc, Weak};

use super::debugger::Session;
use super::places::{PlaceError, Where};
use super::stack::Stack;
use crate::base::At;

/// Lines of source that were listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedSource {
    /// The path of the file.
    pub file: String,
    /// The first line, from 1.
    pub first: u32,
    /// The last line.
    pub last: u32,
}

/// What was listed, and in sight of what.
#[derive(Default)]
pub(super) struct LastListed {
    listed: Option<ListedSource>,
    stack: Weak<Stack>,
    frame: usize,
}

impl Session {
    /// What was listed last; none since the program moved or another frame was looked at.
    pub fn listed(&self) -> Option<&ListedSource> {
        let last = &self.stage.listed;
        let same = match &self.selected.stack {
            Some(stack) => std::ptr::eq(last.stack.as_ptr(), Arc::as_ptr(stack)),
            None => last.stack.strong_count() == 0,
        };
        last.listed.as_ref().filter(|_| same && last.frame == self.selected.frame)
    }

    /// Remembers what was listed.
    pub fn set_listed(&mut self, listed: ListedSource) {
        let stack = self.selected.stack.as_ref().map(Arc::downgrade).unwrap_or_default();
        let frame = self.selected.frame;
        self.stage.listed = LastListed { listed: Some(listed), stack, frame };
    }

    /// The source that a place means: of several, the first.
    ///
    /// # Errors
    /// [`PlaceError`] says what is wrong with it.
    pub fn source_of(&mut self, place: &Where) -> Result<At, PlaceError> {
        let here = self.file_looked_at();
        let place = &place.in_file(here.as_deref());
        let line = match place {
            Where::Line { line, .. } => Some(*line),
            _ => None,
        };
        let found = self.places(place)?;
        let nothing = || match place {
            Where::Function(name) => PlaceError::NoFunction { name: name.clone(), known: vec![] },
            Where::Matching(text) => PlaceError::NoMatch(text.clone()),
            Where::Line { file, line } => {
                let file = file.clone().unwrap_or_default();
                PlaceError::BehindTheEnd { file, line: *line, last: 0 }
            }
            Where::Address(at) => PlaceError::NoCode(*at),
        };
        let at = found.into_iter().next().ok_or_else(nothing)?.at;
        // A line without code has source all the same.
        Ok(At { line: line.or(at.line), ..at })
    }
}
