//! `locals`, `args`: the variables of a frame.

use super::answer::{INDENT, VariableShown};
use super::words::nothing;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::value::Format;

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
    let width = context.session.settings.width.saturating_sub(INDENT);
    let variables = context.session.variables(&Format { width, ..Format::default() })?;
    let wanted = variables.into_iter().filter(|variable| wanted(variable.parameter));
    let shown = wanted.map(|variable| {
        let (value, unreadable) = match variable.value {
            Ok(value) => (Some(value), None),
            Err(why) => (None, Some(why)),
        };
        let (value, pretty) = value.map(|value| (value.shown, value.pretty)).unzip();
        let value = value.flatten();
        VariableShown {
            name: variable.name,
            expression: variable.expression,
            type_name: variable.type_name,
            value,
            pretty,
            unreadable,
            shadowed: variable.shadowed,
            borrowed: variable.borrowed,
            doubt: variable.doubt,
        }
    });
    Ok(shown.collect())
}
