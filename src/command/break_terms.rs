//! Reading what stands behind `break`: options, a place, a thread, a condition.

use super::CommandError;
use super::words::{first, number};
use crate::base::ThreadNo;
use crate::session::{Condition, SessionError, Terms};

/// What a person wrote behind `break`.
#[derive(Debug)]
pub(super) struct Wish<'t> {
    /// The place; may be empty.
    pub place: &'t str,
    /// `--ret`.
    pub on_return: bool,
    /// `--pending`.
    pub pending: bool,
    /// The thread and the condition.
    pub terms: Terms,
}

/// Reads `[--ret] [--pending] PLACE [thread N] [if CONDITION]`.
///
/// # Errors
/// An option that there is not, a thread that is no number, and a condition that is no expression.
pub(super) fn wish(text: &str) -> Result<Wish<'_>, CommandError> {
    let mut text = text.trim();
    let (mut on_return, mut pending) = (false, false);
    while let Some(option) = text.strip_prefix("--") {
        let (name, rest) = first(option);
        match name {
            "ret" | "return" => on_return = true,
            "pending" => pending = true,
            _ => {
                return Err(CommandError::new(format!("there is no option `--{name}` here"))
                    .did_you_mean(name, ["ret", "pending"]));
            }
        }
        text = rest;
    }
    let (before, condition) = split_word(text, "if");
    let (place, thread) = split_word(before, "thread");
    let mut terms = Terms::default();
    if let Some(thread) = thread {
        let no = number(thread, "the number of a thread")?
            .ok_or_else(|| CommandError::new("`thread` needs a number"))?;
        terms.thread = Some(ThreadNo(u32::try_from(no).unwrap_or(u32::MAX)));
    }
    if let Some(text) = condition {
        terms.condition = Some(condition_of(text)?);
    }
    Ok(Wish { place: place.trim(), on_return, pending, terms })
}

/// Reads a condition.
///
/// # Errors
/// Where it is no expression.
pub(super) fn condition_of(text: &str) -> Result<Condition, CommandError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CommandError::new("`if` needs a condition").hint("as in `break f if x > 3`"));
    }
    let parsed = Condition::parse(text);
    parsed.map_err(|error| CommandError::about(SessionError::Expression(error), text))
}

/// What stands before a word and what behind it, where it stands alone.
fn split_word<'t>(text: &'t str, word: &str) -> (&'t str, Option<&'t str>) {
    for (at, _) in text.match_indices(word) {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at.saturating_add(word.len())..).unwrap_or_default();
        let alone = (before.is_empty() || before.ends_with(char::is_whitespace))
            && (behind.starts_with(|c: char| c.is_whitespace() || c == '(') || behind.is_empty());
        if alone {
            return (before.trim(), Some(behind.trim()));
        }
    }
    (text.trim(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_with_a_thread_and_a_condition() {
        let read = wish("--ret a::f thread 2 if v.len() > 3 && s == \"if\"").expect("a wish");
        assert_eq!((read.place, read.on_return, read.pending), ("a::f", true, false));
        assert_eq!(read.terms.thread, Some(ThreadNo(2)));
        let condition = read.terms.condition.expect("a condition");
        assert_eq!(condition.text(), "v.len() > 3 && s == \"if\"");
    }

    #[test]
    fn names_that_hold_the_words_are_names() {
        for place in ["life", "iffy::f", "spawn_thread", "<A as B>::f", "a.rs:12", "f::{closure#1}"]
        {
            let read = wish(place).expect("a wish");
            assert_eq!((read.place, read.terms), (place, Terms::default()));
        }
        assert_eq!(wish("f if(x)").expect("a wish").place, "f");
        assert_eq!(wish("").expect("a wish").place, "");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for wrong in ["f if", "f if 1 +", "f thread x", "--rte f", "f if x = 1"] {
            assert!(wish(wrong).is_err(), "{wrong}");
        }
    }
}
