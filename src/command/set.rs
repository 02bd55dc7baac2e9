//! `set`: settings, and writing to the program.

use super::settings::setting;
use super::words::first;
use super::{Answer, Command, CommandError, Context, Topic};

/// `set`.
pub(super) static SET: Command = Command {
    name: "set",
    aliases: &[],
    topic: Topic::Data,
    usage: "PLACE = VALUE | NAME VALUE",
    about: "Assign to a scalar of the program, or change a setting",
    details: "Scalars, characters, enums without data, raw pointers, their fields and elements, and \
              registers can be written. What owns memory cannot: what it owned would leak, and what \
              it is given would be freed twice. `show` lists the settings.",
    run: set,
};

fn set(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (word, rest) = first(text);
    if let Some(setting) = setting(word)
        && !rest.starts_with('=')
    {
        (setting.set)(context.session, rest)?;
        return Ok(Answer::Nothing);
    }
    // gdb's habit: `set var x = 1`.
    let text = if matches!(word, "var" | "variable") { rest } else { text };
    if text.is_empty() {
        return Err(CommandError::new("`set` needs what to set").hint("as in `set x = 5`"));
    }
    assign(context, text)
}

/// Does an assignment.
pub(super) fn assign(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let assigned = context.session.assign(text);
    assigned.map_err(|error| CommandError::about(error, text))?;
    Ok(Answer::Nothing)
}
