//! `set`: settings, and writing to the program.

use super::settings::{setting, setting_names};
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
    if let Some(error) = no_setting(word, rest) {
        return Err(error);
    }
    if text.is_empty() {
        return Err(CommandError::new("`set` needs what to set").hint("as in `set x = 5`"));
    }
    assign(context, text)
}

/// Where a line is no assignment, but begins with a word as a setting does: that there is none of
/// that name.
fn no_setting(word: &str, rest: &str) -> Option<CommandError> {
    let is_name = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let assigns = rest.is_empty() || rest.contains('=') || matches!(word, "var" | "variable");
    if !is_name || assigns {
        return None;
    }
    let begins = setting_names().filter(|name| name.starts_with(word));
    let hints = begins.map(|name| format!("did you mean `{name}`?")).collect::<Vec<_>>();
    let error = CommandError::new(format!("there is no setting `{word}`"));
    let error = match hints.is_empty() {
        true => error.did_you_mean(word, setting_names()),
        false => hints.into_iter().fold(error, CommandError::hint),
    };
    Some(error.hint("`show` lists the settings"))
}

/// Does an assignment.
pub(super) fn assign(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let assigned = context.session.assign(text);
    assigned.map_err(|error| CommandError::about(error, text))?;
    Ok(Answer::Nothing)
}
