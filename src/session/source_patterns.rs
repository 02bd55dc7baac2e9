//! What patterns do to a variable that is matched on: its value goes to what they bind.

use super::source_flow::{Asking, State};

impl Asking<'_> {
    /// The use of the variable that is all that a `match` is on, given the brace of that.
    pub fn matched(&self, open: usize) -> Option<usize> {
        let control = self.text.control(open).filter(|at| self.text.text(*at) == "match")?;
        let on = control.checked_add(1)?;
        (on.checked_add(1)? == open).then_some(())?;
        self.within(on, open).next().map(|(at, _)| at)
    }

    /// The state in an arm of a `match` on the variable: its value has gone to what the pattern binds,
    /// if that has to be dropped.
    pub fn in_arm(&self, state: State, block: usize, open: usize) -> State {
        let text = self.text;
        let Some(arrow) = open.checked_sub(1) else { return State::Unknown };
        let outside =
            |at: &usize| text.around(*at) == Some(block) && matches!(text.text(*at), "," | "}");
        let start = (block.saturating_add(1)..arrow).rev().find(outside);
        let start = start.map_or(block, |at| at).saturating_add(1);
        let guard = (start..arrow).find(|at| text.text(*at) == "if").unwrap_or(arrow);
        self.by_pattern(state, start, guard)
    }

    /// The state behind a pattern that has matched the variable: gone, if the pattern binds what needs
    /// to be dropped. It is not known where a name in it is not described.
    pub fn by_pattern(&self, state: State, start: usize, end: usize) -> State {
        let text = self.text;
        let is_name = |at: &usize| {
            let word = text.text(*at);
            let begins = word.starts_with(|c: char| c.is_lowercase() || c == '_');
            begins && !matches!(word, "_" | "let" | "mut" | "ref" | "if" | "true" | "false")
        };
        let mut names = (start..end).filter(is_name).filter(|at| text.behind(*at, 1) != "::");
        names
            .try_fold(state, |state, at| match (self.drops)(text.text(at), text.line(at))? {
                true => Some(State::Gone(text.line(start))),
                false => Some(state),
            })
            .unwrap_or(State::Unknown)
    }

    /// The use of the variable by `if let … = v` before a block; none where the block has no such
    /// head, or another condition.
    pub fn if_let(&self, start: usize, open: usize) -> Option<usize> {
        let text = self.text;
        (text.text(start) == "if" && text.behind(start, 1) == "let").then_some(())?;
        let mut uses = self.within(start, open);
        let (on, _) = uses.next()?;
        let is_value = text.before(on, 1) == "=" && matches!(text.behind(on, 1), "{" | "&&");
        let alone = uses.next().is_none() && !(start..open).any(|at| text.text(at) == "{");
        (is_value && alone && text.intro(on.checked_sub(1)?).is_some()).then_some(())?;
        Some(on)
    }
}
