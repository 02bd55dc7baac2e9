//! The blocks of a recording: each with its history, and chosen by where it came from.

use super::history::{name_fits, of_blocks};
use crate::base::At;
use crate::track::{Moment, Story};

/// Some of the blocks of a recording.
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    /// What they have in common, for messages: `allocated in make`.
    what: Vec<String>,
    list: Vec<&'a Story>,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(list: Vec<&'a Story>) -> Blocks<'a> {
        Blocks { what: Vec::new(), list }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The blocks, in the order of their allocation.
    pub fn iter(&self) -> impl Iterator<Item = &'a Story> + '_ {
        self.list.iter().copied()
    }

    /// Bytes that they had when they were allocated, in all.
    pub fn bytes(&self) -> u64 {
        self.list.iter().map(|block| block.size).sum()
    }

    /// Those of which `keep` holds; `what` says in messages what that is.
    pub fn that(mut self, what: &str, keep: impl Fn(&Story) -> bool) -> Blocks<'a> {
        self.what.push(what.to_owned());
        self.list.retain(|block| keep(block));
        self
    }

    /// Those that a line of this function of the user's allocated. It is named by the end of its
    /// path: `make`, `Reader::new`, `krate::reader::Reader::new`.
    pub fn allocated_in(self, function: &str) -> Blocks<'a> {
        self.that(&format!("allocated in `{function}`"), |block| fits(&block.allocated, function))
    }

    /// Those that a line of this file allocated, named by the end of its path, with or without the
    /// line: `src/reader.rs`, `reader.rs:12`.
    pub fn allocated_at(self, place: &str) -> Blocks<'a> {
        self.that(&format!("allocated at {place}"), |block| lies_at(&block.allocated, place))
    }

    /// Those that this function of the user's freed.
    pub fn freed_in(self, function: &str) -> Blocks<'a> {
        let ended = |block: &Story| block.freed.first().is_some_and(|f| fits(&f.moment, function));
        self.that(&format!("freed in `{function}`"), ended)
    }

    /// Asserts that there are some, and that a line of this function freed each of them.
    ///
    /// # Panics
    /// Where that does not hold, with the history of the blocks that were freed elsewhere or not.
    #[track_caller]
    pub fn assert_freed_in(&self, function: &str) {
        let wrong =
            |block: &&Story| !block.freed.first().is_some_and(|f| fits(&f.moment, function));
        self.assert_all(&format!("was freed in `{function}`"), wrong);
    }

    /// Asserts that there are some, and that each was freed exactly once.
    ///
    /// # Panics
    /// Where that does not hold, with the history of the others.
    #[track_caller]
    pub fn assert_freed_once(&self) {
        self.assert_all("was freed exactly once", |block| block.freed.len() != 1);
    }

    /// Asserts that there are some, and that none was freed.
    ///
    /// # Panics
    /// Where that does not hold, with the history of those that were.
    #[track_caller]
    pub fn assert_never_freed(&self) {
        self.assert_all("is alive at the end", |block| !block.freed.is_empty());
    }

    /// Asserts that there are none.
    ///
    /// # Panics
    /// Where there are some, with their history.
    #[track_caller]
    pub fn assert_none(&self) {
        assert!(
            self.list.is_empty(),
            "expected no block{}; there {}\n{}",
            self.words(),
            counted(self.list.len()),
            of_blocks(&self.list)
        );
    }

    #[track_caller]
    fn assert_all(&self, claim: &str, wrong: impl Fn(&&Story) -> bool) {
        assert!(
            !self.list.is_empty(),
            "expected that each block{} {claim}; there are none",
            self.words()
        );
        let wrong: Vec<&Story> = self.list.iter().copied().filter(wrong).collect();
        assert!(
            wrong.is_empty(),
            "expected that each block{} {claim}; of {} that is not so for {}\n{}",
            self.words(),
            self.list.len(),
            wrong.len(),
            of_blocks(&wrong)
        );
    }

    /// What they have in common, to stand behind "block".
    fn words(&self) -> String {
        self.what.iter().map(|what| format!(" {what}")).collect::<Vec<_>>().join(" and")
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "is 1".to_owned() } else { format!("are {count}") }
}

fn fits(moment: &Moment, function: &str) -> bool {
    moment.at.as_ref().is_some_and(|at| name_fits(&at.function, function))
}

fn lies_at(moment: &Moment, place: &str) -> bool {
    let Some(At { file: Some(file), line, .. }) = &moment.at else { return false };
    let (path, wanted) = match place.rsplit_once(':') {
        Some((path, number)) if number.parse::<u32>().is_ok() => (path, number.parse().ok()),
        _ => (place, None),
    };
    let ends = file.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    ends && (wanted.is_none() || *line == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{BlockId, Seq, ThreadNo};
    use crate::track::Freed;

    fn moment(seq: u64, function: &str, line: u32) -> Moment {
        let at =
            At { function: function.into(), file: Some("/p/src/x.rs".into()), line: Some(line) };
        Moment { seq: Seq(seq), thread: ThreadNo(1), at: Some(at) }
    }

    fn block(id: u64, made: &str, freed: &[&str]) -> Story {
        let freed = freed
            .iter()
            .zip(10..)
            .map(|(f, seq)| Freed { moment: moment(seq, f, 20), realloc: None });
        Story {
            id: BlockId(id),
            size: 8,
            align: 8,
            allocated: moment(id, made, 3),
            resized: Vec::new(),
            moved: Vec::new(),
            lent: Vec::new(),
            freed: freed.collect(),
            later: 0,
        }
    }

    fn message(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = std::panic::catch_unwind(assertion).expect_err("it does not hold");
        panic.downcast_ref::<String>().cloned().unwrap_or_default()
    }

    #[test]
    fn blocks_are_chosen_by_where_they_came_from() {
        let all = [block(1, "k::m::make", &["k::main"]), block(2, "k::remake", &[])];
        let blocks = Blocks::new(all.iter().collect());
        assert_eq!(blocks.clone().allocated_in("make").len(), 1);
        assert_eq!(blocks.clone().allocated_in("m::make").len(), 1);
        assert_eq!(blocks.clone().allocated_in("k::remake").len(), 1);
        assert_eq!(blocks.clone().allocated_at("src/x.rs").len(), 2);
        assert_eq!(blocks.clone().allocated_at("x.rs:3").len(), 2);
        assert_eq!(blocks.clone().allocated_at("x.rs:4").len(), 0);
        assert_eq!(blocks.clone().allocated_at("/x.rs").len(), 0, "a part of a name is no file");
        assert_eq!(blocks.freed_in("main").len(), 1);
    }

    #[test]
    fn what_does_not_hold_shows_the_history() {
        let all = [block(1, "k::make", &["k::main"])];
        let said = message(|| Blocks::new(all.iter().collect()).assert_freed_in("consume"));
        assert_eq!(
            said,
            "expected that each block was freed in `consume`; of 1 that is not so for 1\n  \
               #1  8 B\n    allocated  x.rs:3   make\n    freed      x.rs:20  main"
        );
    }

    #[test]
    fn blocks_that_are_not_there_satisfy_nothing() {
        let said = message(|| Blocks::new(Vec::new()).allocated_in("f").assert_freed_once());
        assert_eq!(
            said,
            "expected that each block allocated in `f` was freed exactly once; there are none"
        );
    }

    #[test]
    fn a_block_that_is_freed_twice_was_not_freed_once() {
        let all = [block(1, "k::make", &["k::a", "k::b"])];
        let said = message(|| Blocks::new(all.iter().collect()).assert_freed_once());
        assert!(said.contains("freed again"), "{said}");
    }
}
