//! `break` and its kin: where the program stops.

use super::break_ownership::ownership;
use super::break_terms::{self, Wish};
use super::words::first;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::{LogMessage, Target, Terms, Where};

/// `break`.
pub(super) static BREAK: Command = Command {
    name: "break",
    aliases: &["b", "br"],
    topic: Topic::Breakpoints,
    usage: "[--ret] [--pending] [FUNCTION | FILE:LINE | LINE | *ADDRESS | alloc [> SIZE] | \
            realloc [> SIZE] | free [#BLOCK | > SIZE] | drop TYPE | drop EXPR | move EXPR] [thread N] \
            [if CONDITION]",
    about: "Stop the program at a place",
    details: "A function is named by its path or the end of it: `f`, `module::f`, `Type::method`, \
              `<T as Trait>::method`, `f::{closure}`, `f::{closure#1}`, `max::<i32>`. Every instance \
              of it is meant, and every place where it was inlined. A line without code stands for \
              the next one that has some; without a place, it is where the frame stands. --ret stops \
              where the function returns, with the value; --pending waits for a library that has the \
              place. A condition is a Rust expression, evaluated where the program stops: `break f \
              if v.len() > 3 && s == \"x\"`. What happens to blocks and values stops, too: `break \
              alloc > 1 MiB` (>, >=, <, <=, ==, in B, KiB, MiB, GiB) behind an allocation, `break \
              realloc` behind one with the new size, `break free #3` and `break free` before the block \
              ends; `break drop Guard` before each value of the type is dropped, `break drop g` before \
              that one is: the one that lies in the place of `g`, or has its block; `break move s` at \
              the instructions that move the variable away, as its function's code says (inferred, \
              and only without optimisation). They select your frame. Functions of these names are \
              meant by their path: `break crate::alloc`.",
    run: |context, text| set(context, text, false),
};

/// `tbreak`.
pub(super) static TBREAK: Command = Command {
    name: "tbreak",
    aliases: &["tb"],
    topic: Topic::Breakpoints,
    usage: "[--ret] [--pending] [FUNCTION | FILE:LINE | LINE | *ADDRESS | alloc [> SIZE] | \
            realloc [> SIZE] | free [#BLOCK | > SIZE] | drop TYPE | drop EXPR | move EXPR] [thread N] \
            [if CONDITION]",
    about: "Stop the program at a place, once",
    details: "As `break`; the breakpoint is deleted when it has stopped the program.",
    run: |context, text| set(context, text, true),
};

/// `rbreak`.
pub(super) static RBREAK: Command = Command {
    name: "rbreak",
    aliases: &["rb"],
    topic: Topic::Breakpoints,
    usage: "[--ret] [--pending] REGEX [thread N] [if CONDITION]",
    about: "Stop the program in all functions whose path matches",
    details: "The path is that of the function without hash, `krate::module::f`; `^krate::` are all \
              functions of a crate. They are one breakpoint.",
    run: |context, text| {
        let Wish { place, on_return, pending, terms } = break_terms::wish(text)?;
        if place.is_empty() {
            return Err(CommandError::new("`rbreak` needs a regular expression")
                .hint("as in `rbreak ^krate::module::`"));
        }
        let wanted = Where::Matching(place.to_owned());
        let target = if on_return { Target::Return(wanted) } else { Target::Place(wanted) };
        add(context, target, terms, pending)
    },
};

/// `logpoint`.
pub(super) static LOGPOINT: Command = Command {
    name: "logpoint",
    aliases: &["dprintf", "log"],
    topic: Topic::Breakpoints,
    usage: "PLACE \"MESSAGE\" [thread N] [if CONDITION]",
    about: "Say something each time that the program comes to a place, without stopping",
    details: "Expressions stand in braces: `logpoint f \"x is {x}, len {v.len()}\"`, with a format \
              behind a colon: `{n:x}`. `{{` and `}}` stand for braces.",
    run: log,
};

fn set(context: &mut Context<'_>, text: &str, temporary: bool) -> Result<Answer, CommandError> {
    let Wish { place, on_return, pending, mut terms } = break_terms::wish(text)?;
    terms.temporary = temporary;
    if !on_return
        && !pending
        && let Some(stop) = ownership(context, place)?
    {
        return Ok(Answer::Breakpoint(context.session.break_on_ownership(stop, terms)?));
    }
    let wanted = match place {
        "" => Where::Address(context.session.frame()?.pc),
        place => Where::parse(place)?,
    };
    let target = if on_return { Target::Return(wanted) } else { Target::Place(wanted) };
    add(context, target, terms, pending)
}

fn log(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let usage = || {
        CommandError::new("`logpoint` needs a place and a message in quotes")
            .hint("as in `logpoint f \"x is {x}\"`")
    };
    let (place, rest) = text.split_once('"').ok_or_else(usage)?;
    let place = place.trim().trim_end_matches(',').trim();
    let (message, rest) = quoted(rest).ok_or_else(usage)?;
    let (word, _) = first(place);
    if word.is_empty() {
        return Err(usage());
    }
    // What stands behind the message are terms, as behind a place.
    let Wish { place: behind, mut terms, .. } = break_terms::wish(rest)?;
    if !behind.is_empty() {
        return Err(CommandError::new(format!("what is `{behind}` behind the message?"))
            .hint("arguments stand in the message itself: \"x is {x}\""));
    }
    let (pending, place) = match place.strip_prefix("--pending") {
        Some(rest) => (true, rest.trim()),
        None => (false, place),
    };
    let message = message.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\");
    let parsed = LogMessage::parse(&message);
    let parsed = parsed.map_err(|error| CommandError::about(error.into(), &message))?;
    terms.log = Some(parsed);
    if !pending && let Some(stop) = ownership(context, place)? {
        return Ok(Answer::Breakpoint(context.session.break_on_ownership(stop, terms)?));
    }
    let target = Target::Place(Where::parse(place)?);
    add(context, target, terms, pending)
}

fn add(
    context: &mut Context<'_>,
    target: Target,
    terms: Terms,
    pending: bool,
) -> Result<Answer, CommandError> {
    let added = context.session.add_breakpoint(target, terms, pending);
    added.map(Answer::Breakpoint).map_err(|error| {
        let told = CommandError::from(error.clone());
        match error.may_come() {
            true => told.hint("with --pending, a library that is loaded later may have it"),
            false => told,
        }
    })
}

/// What stands before the quote that ends a text, and what behind it. Expressions in braces have
/// quotes of their own.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut escaped, mut first) = (0usize, false, None);
    for (at, c) in text.char_indices() {
        if c == '"' && !escaped {
            first = first.or(Some(at));
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth = depth.saturating_add(1),
            '}' => depth = depth.saturating_sub(1),
            '"' if depth == 0 => return around(text, at),
            _ => {}
        }
    }
    // A brace that is not closed is the message's own mistake.
    around(text, first?)
}

fn around(text: &str, at: usize) -> Option<(&str, &str)> {
    Some((text.get(..at)?, text.get(at.checked_add(1)?..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_at_its_quote_and_not_at_one_in_an_expression() {
        assert_eq!(quoted("x is {x}\" if x > 3"), Some(("x is {x}", " if x > 3")));
        assert_eq!(quoted("{m[\"k\"]}\""), Some(("{m[\"k\"]}", "")));
        assert_eq!(quoted(r#"a \"b\" c" d"#), Some((r#"a \"b\" c"#, " d")));
        assert_eq!(quoted("no end"), None);
    }
}
