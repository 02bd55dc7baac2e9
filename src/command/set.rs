//! `set`: settings, and writing to the program.

use super::print::{LIMITS, set_limit};
use super::words::{first, number};
use super::{Answer, Command, CommandError, Context, Topic, following};

/// `set`.
pub(super) static SET: Command = Command {
    name: "set",
    aliases: &[],
    topic: Topic::Data,
    usage: "PLACE = VALUE | elements N | depth N | bytes N | width N | NAME on|off",
    about: "Assign to a scalar of the program, or change how much is shown",
    details: "Scalars, characters, enums without data, raw pointers, their fields and elements, and \
              registers can be written. What owns memory cannot: what it owned would leak, and what \
              it is given would be freed twice. `set context-at-stop on` shows the `context` at each \
              stop, `set addresses on` prints addresses beside the names of what lies there. \
              `follow-fork-mode parent` or `child` says which process to go on with after a fork, and \
              `follow-exec-mode same` or `new` which program `run` starts after an exec.",
    run: set,
};

fn set(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (word, rest) = first(text);
    if let Some(name) = LIMITS.iter().find(|name| **name == word)
        && !rest.starts_with('=')
    {
        let value = number(rest, "a number of things")?
            .ok_or_else(|| CommandError::new(format!("`set {name}` needs a number")))?;
        let settings = &mut context.session.settings;
        set_limit(name, value, &mut settings.limits, &mut settings.width);
        return Ok(Answer::Nothing);
    }
    if let Some(done) = following::set(context, word, rest) {
        return done;
    }
    let settings = &mut context.session.settings;
    let switch = match word {
        "context-at-stop" => Some(&mut settings.context_at_stop),
        "step-into-all" if !rest.starts_with('=') => Some(&mut settings.step_into_all),
        "addresses" if !rest.starts_with('=') => Some(&mut settings.addresses),
        _ => None,
    };
    if let Some(switch) = switch {
        *switch = on_or_off(word, rest)?;
        return Ok(Answer::Nothing);
    }
    // gdb's habit: `set var x = 1`.
    let text = if matches!(word, "var" | "variable") { rest } else { text };
    if text.is_empty() {
        return Err(CommandError::new("`set` needs what to set").hint("as in `set x = 5`"));
    }
    assign(context, text)
}

fn on_or_off(name: &str, text: &str) -> Result<bool, CommandError> {
    match text {
        "on" | "" => Ok(true),
        "off" => Ok(false),
        other => Err(CommandError::new(format!("`set {name}` takes on or off, not `{other}`"))),
    }
}

/// Does an assignment.
pub(super) fn assign(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let assigned = context.session.assign(text);
    assigned.map_err(|error| CommandError::about(error, text))?;
    Ok(Answer::Nothing)
}
