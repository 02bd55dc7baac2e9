//! Errors of Rhai: what, in which file, line and column, and who has called that.

use std::ops::Range;

use rhai::{Dynamic, EvalAltResult, Position};

use super::asking::place;
use super::limits::why_ended;
use super::state::State;
use crate::command::{CommandError, InProgram};

/// An error of a command, for a script to catch.
pub(super) fn thrown(error: CommandError) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(error), Position::NONE))
}

/// What has failed, for a person: the places are told from the innermost on.
pub(super) fn explain(state: &State, error: &EvalAltResult) -> CommandError {
    let (mut source, mut places) = (String::new(), Vec::new());
    let inner = walk(error, &mut source, &mut places);
    let mut told = what(inner);
    if source.is_empty() {
        // A command that a person wrote has failed, and no script.
        return told;
    }
    let at = inner.position();
    let place = place(&source, at);
    places.reverse();
    places.dedup();
    if places.first() == Some(&place) {
        places.remove(0);
    }
    if told.span.is_none() {
        told.span = state.texts.borrow().get(&source).and_then(|text| line_at(text, at));
    }
    told.at = Some(Box::new(InProgram { place, called_at: places }));
    told
}

/// Goes to the innermost error; the places on the way are those of the calls.
fn walk<'e>(
    error: &'e EvalAltResult,
    source: &mut String,
    places: &mut Vec<String>,
) -> &'e EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, of, inner, at) => {
            if !at.is_none() {
                places.push(place(source, *at));
            }
            if !of.is_empty() {
                source.clone_from(of);
            }
            walk(inner, source, places)
        }
        EvalAltResult::ErrorInModule(file, inner, at) => {
            if !at.is_none() {
                places.push(place(source, *at));
            }
            source.clone_from(file);
            walk(inner, source, places)
        }
        inner => inner,
    }
}

/// Says in which script an error is.
pub(super) fn within(source: &str, error: Box<EvalAltResult>) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorInModule(source.to_owned(), error, Position::NONE))
}

fn what(error: &EvalAltResult) -> CommandError {
    if let Some((why, hint)) = why_ended(error) {
        return CommandError::new(why).hint(hint);
    }
    match error {
        EvalAltResult::ErrorRuntime(thrown, _) => match thrown.read_lock::<CommandError>() {
            Some(error) => error.clone(),
            None => CommandError::new(thrown.to_string()),
        },
        EvalAltResult::ErrorParsing(kind, _) => CommandError::new(small(&kind.to_string())),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let signature = signature.replace("inspect (", "print (");
            let plain = CommandError::new(format!("there is no function {signature}"));
            let name = signature.split(' ').next().unwrap_or_default();
            let verbs: Vec<_> = crate::command::COMMANDS
                .iter()
                .filter_map(|command| super::verbs::verb(command.name))
                .collect();
            plain.did_you_mean(name, verbs.iter().map(String::as_str))
        }
        other => CommandError::new(small(&without_place(&other.to_string(), other.position()))),
    }
}

/// A sentence as our errors have it: it does not begin with a capital.
fn small(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect::<String>().trim_end_matches('.').to_owned()
}

fn without_place(text: &str, at: Position) -> String {
    let (Some(line), column) = (at.line(), at.position().unwrap_or(0)) else {
        return text.to_owned();
    };
    text.trim_end_matches(&format!(" (line {line}, position {column})")).to_owned()
}

/// The line of a script, and the letter in it.
fn line_at(text: &str, at: Position) -> Option<(String, Range<usize>)> {
    let line = text.lines().nth(at.line()?.checked_sub(1)?)?;
    let column = at.position().unwrap_or(1).saturating_sub(1);
    let from = line.char_indices().nth(column).map_or(line.len(), |(from, _)| from);
    let word = line.get(from..)?.chars().take_while(|c| c.is_alphanumeric() || *c == '_');
    let len: usize = word.map(char::len_utf8).sum();
    Some((line.to_owned(), from..from.saturating_add(len)))
}
