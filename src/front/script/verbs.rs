//! The commands as functions: each of [`COMMANDS`] under its name and its other names.

use std::rc::Rc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use super::doing::{line, line_of_script};
use super::native;
use super::state::{Rhai, State};
use crate::command::{Answer, COMMANDS};

/// The function that a command is, where its name is a word that Rhai keeps for itself or does
/// something else with.
const OWN_NAMES: &[(&str, &str)] = &[("break", "break_at"), ("continue", "cont")];

/// Names that mean something else in a script: `exit` ends it, and those of [`super::asking`].
const NOT_VERBS: &[&str] = &["exit", "echo", "expect", "expect-output", "locals", "args", "lo"];

/// Gives a script the commands.
pub(super) fn register(engine: &mut Engine, state: &Rc<State>) {
    for command in COMMANDS {
        let names = std::iter::once(&command.name).chain(command.aliases);
        for name in names.filter(|name| !NOT_VERBS.contains(name)) {
            let Some(verb) = verb(name) else { continue };
            add(engine, state, &verb, command.name);
        }
    }
}

/// What a command is called in a script; none where that can be no name.
pub(super) fn verb(name: &str) -> Option<String> {
    if let Some((_, own)) = OWN_NAMES.iter().find(|(known, _)| *known == name) {
        return Some((*own).to_owned());
    }
    let name = name.replace('-', "_");
    match name.as_str() {
        // These are mapped when a script is read.
        "print" | "thread" => Some(name),
        _ if rhai::is_valid_function_name(&name) => Some(name),
        _ if rhai::is_valid_identifier(&name) => Some(name + "_"),
        _ => None,
    }
}

/// A function for each number of arguments. One text is a case of its own, because Rhai has
/// functions of texts with names of commands: `split`, `clear`.
fn add(engine: &mut Engine, state: &Rc<State>, verb: &str, command: &'static str) {
    let shared = state.clone();
    engine
        .register_fn(verb, move |context: NativeCallContext| done(&context, &shared, command, &[]));
    let shared = state.clone();
    engine.register_fn(verb, move |context: NativeCallContext, text: ImmutableString| {
        done(&context, &shared, command, &[text.into()])
    });
    let shared = state.clone();
    engine.register_fn(verb, move |context: NativeCallContext, one: Dynamic| {
        done(&context, &shared, command, &[one])
    });
    let shared = state.clone();
    engine.register_fn(verb, move |context: NativeCallContext, one: Dynamic, two: Dynamic| {
        done(&context, &shared, command, &[one, two])
    });
    let shared = state.clone();
    let three = move |context: NativeCallContext, one: Dynamic, two: Dynamic, three: Dynamic| {
        done(&context, &shared, command, &[one, two, three])
    };
    engine.register_fn(verb, three);
}

fn done(
    context: &NativeCallContext<'_>,
    state: &Rc<State>,
    command: &'static str,
    args: &[Dynamic],
) -> Rhai<Dynamic> {
    let args: Vec<_> = args.iter().map(ToString::to_string).collect();
    let args = args.join(" ");
    if command == "print" && !is_special(&args) {
        return native::printed(state, &args);
    }
    let answer = line_of_script(context.engine(), state, &format!("{command} {args}"))?;
    native::answer(state, &answer)
}

/// Whether `print` is asked for more than a value: for a format, with options, or to assign.
fn is_special(text: &str) -> bool {
    let assigns = || crate::expr::Expression::parse(text).is_ok_and(|read| read.is_assignment());
    text.starts_with(['/', '-']) && !is_number(text) || assigns()
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|rest| !rest.starts_with('-'))
}

/// Does a command line and shows its answer; gives it as data, too.
pub(super) fn command(
    context: &NativeCallContext<'_>,
    state: &Rc<State>,
    text: &str,
) -> Rhai<Dynamic> {
    let answer = super::doing::shown(context.engine(), state, text)?;
    native::answer(state, &answer)
}

/// Does a command line and gives its answer as it would be shown, without colours.
pub(super) fn text(
    context: &NativeCallContext<'_>,
    state: &Rc<State>,
    command: &str,
) -> Rhai<String> {
    let answer: Answer = line(context.engine(), state, command)?;
    let drawn = state.teller.drawn(&answer);
    Ok(anstream::adapter::strip_str(&drawn).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_a_function_of_a_name_that_rhai_can_call() {
        for command in COMMANDS {
            assert!(verb(command.name).is_some(), "{}", command.name);
        }
        let named = |name| verb(name).unwrap_or_default();
        assert_eq!((named("break"), named("continue")), ("break_at".into(), "cont".into()));
        assert_eq!(
            (named("until"), named("expect-output")),
            ("until_".into(), "expect_output".into())
        );
        assert_eq!((named("print"), verb(".")), ("print".into(), None));
    }

    #[test]
    fn a_number_is_no_option() {
        assert!(!is_special("-5") && !is_special("-x") && !is_special("v[0]"));
        assert!(is_special("/x v") && is_special("--depth 2 v") && is_special("x = 5"));
    }
}
