//! What the text of a function says of a variable where control stands: a value that was given to it
//! before, and that nothing in between can have taken, is there; and one that a statement has moved,
//! which control has come through, is gone. That is so in every build: the optimiser keeps the calls
//! of a program in their order.
//!
//! The text is read as far as blocks, statements and calls. Whatever is not understood of a use of
//! the variable may have taken its value, and then nothing is said.

use super::source_text::{FunctionText, Use};

/// What is known of a variable where control stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Told {
    /// It was declared without a value, and has been given none.
    NotYet,
    /// It holds its value.
    Live(Changed),
    /// A statement has moved its value, on this line.
    Gone { line: u32 },
    /// Fields were moved out of it, each with the line, and the others hold their values.
    Partly(Vec<(String, u32)>, Changed),
}

/// How a value may be other than that which the variable was declared with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Changed {
    /// It is the same.
    No,
    /// It was given another one, and what it held was dropped then.
    Assigned,
    /// A part of it may have been taken, or replaced, through a reference.
    Within,
}

/// A variable of a function.
pub(super) struct Named<'a> {
    /// Its name, which no other variable of the function has.
    pub name: &'a str,
    /// The line that declares it.
    pub line: u32,
    pub parameter: bool,
    /// Whether its type is one of std.
    pub of_std: bool,
    /// Whether a field of it owns something.
    pub owns: &'a dyn Fn(&str) -> bool,
    /// Whether a variable of a name that is declared on a line needs to be dropped; none where no such
    /// variable is described.
    pub drops: &'a dyn Fn(&str, u32) -> Option<bool>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum State {
    Never,
    Live,
    Partly(Vec<(String, u32)>),
    Gone(u32),
    Unknown,
}

/// Where a variable can be named, and what it holds at the beginning.
struct Region {
    block: usize,
    from: usize,
    state: State,
}

/// One question.
pub(super) struct Asking<'a> {
    pub text: &'a FunctionText,
    /// The uses that may do something to where the value is, in their order.
    uses: Vec<(usize, Use)>,
    /// As for [`Named`].
    pub drops: &'a dyn Fn(&str, u32) -> Option<bool>,
}

impl FunctionText {
    /// What the text says of a variable when control stands in a call on a line. None where it does
    /// not tell.
    pub fn told(&self, variable: &Named<'_>, here: u32) -> Option<Told> {
        let names = self.names(variable.name);
        let (binding, uses): (Vec<usize>, Vec<usize>) =
            names.into_iter().partition(|at| self.binds(*at));
        let region = match (binding.as_slice(), variable.parameter) {
            ([], true) => {
                Region { block: self.body, from: self.body.checked_add(1)?, state: State::Live }
            }
            ([at], false) if self.line(*at) == variable.line => self.region(*at)?,
            _ => return None,
        };
        let uses = uses.into_iter().map(|at| (at, self.use_at(at, variable.of_std)));
        // A field that owns nothing is copied.
        let copies =
            |at: usize, what: Use| what == Use::MovesField && !(variable.owns)(self.behind(at, 2));
        let stays = |(at, what): &(usize, Use)| {
            matches!(what, Use::Looks | Use::Changes) || copies(*at, *what)
        };
        let (looks, uses): (Vec<_>, Vec<_>) = uses.partition(stays);
        let (first, last) = self.on_line(here)?;
        let end = self.mate(region.block)?;
        (region.from <= first && last < end).then_some(())?;
        let before = self.may_have_run(first, region.block);
        let run = looks.iter().chain(&uses).filter(|(at, _)| *at < before);
        let changed = run.map(|(_, what)| match what {
            Use::Changes | Use::AssignsField => Changed::Within,
            Use::Assigns => Changed::Assigned,
            _ => Changed::No,
        });
        let changed = changed.max().unwrap_or(Changed::No);
        // At the end of a block its variables are dropped.
        (first..=last).all(|at| self.text(at) != "}").then_some(())?;
        let asking = Asking { text: self, uses, drops: variable.drops };
        match asking.state_at(region, (first, last))? {
            State::Never => Some(Told::NotYet),
            State::Live => Some(Told::Live(changed)),
            State::Partly(parts) => Some(Told::Partly(parts, changed)),
            State::Gone(line) => Some(Told::Gone { line }),
            State::Unknown => None,
        }
    }

    /// Behind which token nothing has run yet of a block when control stands at a token: at the end of
    /// the outermost loop in it that this is in.
    fn may_have_run(&self, here: usize, block: usize) -> usize {
        let around = self.all_around(here).take_while(|open| *open != block);
        let repeats = |open: &usize| {
            let control = self.control(*open).map(|at| self.text(at));
            self.before(*open, 1) == "loop" || matches!(control, Some("for" | "while"))
        };
        let ends = around.filter(repeats).filter_map(|open| self.mate(open));
        ends.max().unwrap_or(here)
    }

    /// Where the variable that is bound at a token can be named.
    fn region(&self, at: usize) -> Option<Region> {
        let in_block =
            |block: usize| Some(Region { block, from: block.checked_add(1)?, state: State::Live });
        if let Some(arrow) = self.arm(at) {
            let block = arrow.checked_add(1)?;
            return (self.text(block) == "{").then(|| in_block(block))?;
        }
        let intro = self.intro(at)?;
        let plain =
            self.text(intro) == "let" && !matches!(self.before(intro, 1), "if" | "while" | "&&");
        if !plain {
            let mut open = at;
            loop {
                open = open.checked_add(1)?;
                match self.text(open) {
                    "{" => return in_block(open),
                    "(" | "[" => open = self.mate(open)?,
                    "match" | "unsafe" | "if" | "loop" | "|" | "||" | ";" | "" => return None,
                    _ => {}
                }
            }
        }
        let block = self.block_of(intro).filter(|open| self.is_plain(*open))?;
        let from = self.statement_end(intro, self.mate(block)?);
        let given = (at..from).any(|at| self.text(at) == "=");
        let state = if given { State::Live } else { State::Never };
        Some(Region { block, from, state })
    }

    /// Whether control leaves a block of statements at its end, and goes on elsewhere: with `return`,
    /// or with `break` or `continue` where `loops` says that these lead out of what is looked at.
    fn leaves(&self, open: usize, loops: bool) -> bool {
        let Some(end) = self.mate(open).filter(|_| self.is_plain(open)) else { return false };
        let mut at = open.saturating_add(1);
        let mut last = at;
        while at < end {
            last = at;
            at = self.statement_end(at, end).max(at.saturating_add(1));
        }
        match self.text(last) {
            "return" => true,
            "break" | "continue" => loops && !self.behind(last, 1).starts_with('\''),
            _ => false,
        }
    }
}

impl Asking<'_> {
    /// The state of the variable before the statement that a token lies in, which begins a line; the
    /// other is the last on that.
    fn state_at(&self, region: Region, (here, last): (usize, usize)) -> Option<State> {
        let text = self.text;
        let blocks = text.all_around(here).take_while(|open| *open != region.block);
        let mut inner: Vec<usize> = blocks.filter(|open| text.text(*open) == "{").collect();
        let Region { mut block, from: mut at, mut state } = region;
        loop {
            let end = text.mate(block)?;
            if text.before(block, 1) == "!" || !text.is_plain(block) {
                return None;
            }
            let is_match = text.control(block).is_some_and(|at| text.text(at) == "match")
                && text.before(block, 1) != "=>";
            let next = if is_match {
                // Of a `match` one arm runs.
                let open = inner.last().copied()?;
                let outside = |at: usize| text.block_of(at) == Some(block);
                let guards = self.within(block, open).any(|(at, _)| outside(at));
                (text.before(open, 1) == "=>" && text.around(open) == Some(block)).then_some(())?;
                if guards {
                    state = State::Unknown;
                } else if self.matched(block).is_some() {
                    state = self.in_arm(state, block, open);
                }
                open
            } else {
                let statement = loop {
                    let behind = text.statement_end(at, end).max(at.checked_add(1)?);
                    if here < behind {
                        break (at, behind);
                    }
                    (at < end).then_some(())?;
                    state = self.after(state, at, behind);
                    at = behind;
                };
                match inner.last().copied() {
                    None => {
                        let (begin, mut behind) = statement;
                        // Of the statements on a line any may be the one that runs.
                        while behind <= last && behind < end {
                            behind = text.statement_end(behind, end).max(behind.checked_add(1)?);
                        }
                        let used = self.within(begin, behind).next().is_some();
                        return Some(if used { State::Unknown } else { state });
                    }
                    Some(open) => {
                        state = self.state_inside(state, statement, open);
                        open
                    }
                }
            };
            inner.pop();
            block = next;
            at = next.checked_add(1)?;
        }
    }

    /// The uses from a token on, up to another.
    pub fn within(&self, from: usize, end: usize) -> impl Iterator<Item = (usize, Use)> + '_ {
        self.uses.iter().copied().filter(move |(at, _)| (from..end).contains(at))
    }

    /// The state where control comes to a block in a statement.
    fn state_inside(&self, state: State, statement: (usize, usize), open: usize) -> State {
        let text = self.text;
        let (start, end) = statement;
        let chain = text.text(start) == "if";
        let level = text.around(open);
        // The blocks of other branches did not run.
        let in_branch = |at: usize| {
            chain
                && text
                    .all_around(at)
                    .any(|of| of >= start && text.around(of) == level && text.text(of) == "{")
        };
        // Of what is matched on the pattern tells.
        let matched = self.matched(open);
        if let Some(on) = self.if_let(start, open) {
            return self.by_pattern(state, start, on);
        }
        let before = self.within(start, open).any(|(at, _)| !in_branch(at) && Some(at) != matched);
        let repeats = (start..open)
            .filter(|at| text.around(*at) == level)
            .any(|at| matches!(text.text(at), "for" | "while" | "loop"));
        // What a round does is done when the next begins.
        let again = repeats
            && self.within(start, end).any(|(at, what)| {
                // What has a value has one when it is given another.
                if what == Use::Assigns && state == State::Live {
                    return false;
                }
                let mut blocks = text.all_around(at).take_while(|of| *of > open);
                !blocks.any(|of| text.text(of) == "{" && text.leaves(of, false))
            });
        if before || again { State::Unknown } else { state }
    }

    /// The state behind a statement that control has come through.
    fn after(&self, state: State, start: usize, end: usize) -> State {
        let text = self.text;
        if self.within(start, start.saturating_add(1)).any(|(_, what)| what == Use::Assigns) {
            return State::Live;
        }
        if let Some(state) = self.after_block(&state, start, end) {
            return state;
        }
        let has = |words: &[&str]| (start..end).any(|at| words.contains(&text.text(at)));
        let branches = has(&[
            "{", "&&", "||", "return", "break", "continue", "=>", "if", "match", "while", "for",
            "loop", "else",
        ]);
        let loops = !has(&["while", "for", "loop"]);
        let closure = text.moving_closure(start, end);
        self.within(start, end).fold(state, |state, (at, what)| {
            let mut blocks = text.all_around(at).take_while(|of| *of >= start);
            let left = blocks.any(|of| text.text(of) == "{" && text.leaves(of, loops));
            let matched = (text.before(at, 1), text.behind(at, 1)) == ("=", "else");
            if text.text(start) == "let" && matched {
                return self.by_pattern(state, start, at);
            }
            if closure.is_some_and(|begin| begin < at) && text.behind(at, 1) != "." {
                return State::Gone(text.line(at));
            }
            match (what, state) {
                (_, state) if left => state,
                (Use::Moves, _) if !branches => State::Gone(text.line(at)),
                (Use::Assigns | Use::AssignsField, State::Live) => State::Live,
                (Use::AssignsField, State::Partly(parts)) => match self.is_among(&parts, at) {
                    true => State::Unknown,
                    false => State::Partly(parts),
                },
                (Use::MovesField, State::Live) if !branches => State::Partly(vec![self.field(at)]),
                (Use::MovesField, State::Partly(mut parts)) if !branches => {
                    parts.push(self.field(at));
                    State::Partly(parts)
                }
                _ => State::Unknown,
            }
        })
    }

    /// The field that a use names, with the line.
    fn field(&self, at: usize) -> (String, u32) {
        (format!(".{}", self.text.behind(at, 2)), self.text.line(at))
    }

    fn is_among(&self, parts: &[(String, u32)], at: usize) -> bool {
        let (field, _) = self.field(at);
        parts.iter().any(|(path, _)| *path == field)
    }

    /// The state behind a statement that is a block, whose statements all run.
    fn after_block(&self, state: &State, start: usize, end: usize) -> Option<State> {
        let text = self.text;
        let open = if text.text(start) == "unsafe" { start.checked_add(1)? } else { start };
        let close = text.mate(open).filter(|_| text.text(open) == "{")?;
        (close.checked_add(1)? == end).then_some(())?;
        let (mut state, mut at) = (state.clone(), open.checked_add(1)?);
        while at < close {
            let behind = text.statement_end(at, close).max(at.checked_add(1)?);
            state = self.after(state, at, behind);
            at = behind;
        }
        Some(state)
    }
}

#[cfg(test)]
mod tests;
