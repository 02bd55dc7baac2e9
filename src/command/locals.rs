//! `locals`, `args`: the variables of a frame.

use super::answer::VariableShown;
use super::words::nothing;
use super::{Answer, Command, CommandError, Context, Topic};

/// `locals`.
pub(super) static LOCALS: Command = Command {
    name: "locals",
    aliases: &["lo"],
    topic: Topic::Data,
    usage: "",
    about: "Show the variables of the frame, parameters included",
    details: "A variable that has no value now says why: not yet initialised, moved, dropped, \
              optimised out.",
    run: |context, text| {
        nothing(text, "locals")?;
        variables(context, |_| true)
    },
};

/// `args`.
pub(super) static ARGS: Command = Command {
    name: "args",
    aliases: &[],
    topic: Topic::Data,
    usage: "",
    about: "Show the parameters of the frame",
    details: "",
    run: |context, text| {
        nothing(text, "args")?;
        variables(context, |parameter| parameter)
    },
};

/// The variables of the frame for which `wanted` holds, given whether it is a parameter.
pub(super) fn variables(
    context: &mut Context<'_>,
    wanted: fn(bool) -> bool,
) -> Result<Answer, CommandError> {
    Ok(Answer::Variables(shown(context, wanted)?))
}

/// The same, as they are listed.
pub(super) fn shown(
    context: &mut Context<'_>,
    wanted: fn(bool) -> bool,
) -> Result<Vec<VariableShown>, CommandError> {
    let variables = context.session.variables()?;
    let mut shown = Vec::new();
    for variable in variables.into_iter().filter(|variable| wanted(variable.parameter)) {
        let (value, unreadable) = match variable.value {
            Ok(value) => (Some(context.session.show(&value)?), None),
            Err(why) => (None, Some(why)),
        };
        shown.push(VariableShown {
            name: variable.name,
            type_name: variable.type_name,
            value,
            unreadable,
            shadowed: variable.shadowed,
        });
    }
    Ok(shown)
}
