//! `break`, `tbreak`: where the program stops.

use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::Where;

/// `break`.
pub(super) static BREAK: Command = Command {
    name: "break",
    aliases: &["b", "br"],
    topic: Topic::Breakpoints,
    usage: "FUNCTION | FILE:LINE | LINE | *ADDRESS",
    about: "Stop the program at a place",
    details: "A function is named by its path or the end of it: `f`, `module::f`, `Type::method`, \
              `<T as Trait>::method`; every instance of a generic function is meant. A line without \
              code stands for the next one that has some.",
    run: |context, text| set(context, text, false),
};

/// `tbreak`.
pub(super) static TBREAK: Command = Command {
    name: "tbreak",
    aliases: &["tb"],
    topic: Topic::Breakpoints,
    usage: "FUNCTION | FILE:LINE | LINE | *ADDRESS",
    about: "Stop the program at a place, once",
    details: "",
    run: |context, text| set(context, text, true),
};

fn set(context: &mut Context<'_>, text: &str, temporary: bool) -> Result<Answer, CommandError> {
    let breakpoint = context.session.break_at(Where::parse(text)?, temporary)?;
    Ok(Answer::Breakpoint(breakpoint.clone()))
}
