//! What a script can do that is no command.

use std::rc::Rc;

use rhai::{Dynamic, Engine, FnPtr, ImmutableString, NativeCallContext, Position};

use super::doing::{line_of_script, show};
use super::failure::thrown;
use super::native;
use super::state::{Defined, Rhai, State};
use super::verbs;
use crate::command::{Answer, COMMANDS, CommandError, command_word};
use crate::session::{BreakpointId, Where};

/// Gives a script these functions.
pub(super) fn register(engine: &mut Engine, state: &Rc<State>) {
    lines(engine, state);
    values(engine, state);
    expectations(engine, state);
    engine.register_type_with_name::<CommandError>("error");
    engine.register_fn("to_string", |error: &mut CommandError| error.what.clone());
    engine.register_fn("to_debug", |error: &mut CommandError| error.to_string());
    let shared = state.clone();
    engine.register_fn("on_break", move |place: ImmutableString, function: FnPtr| {
        on_place(&shared, &place, function)
    });
    let shared = state.clone();
    engine.register_fn("on_break", move |number: i64, function: FnPtr| {
        on_number(&shared, number, function)
    });
    let shared = state.clone();
    let define = move |name: ImmutableString, about: ImmutableString, function: FnPtr| {
        define_command(&shared, &name, &about, function)
    };
    engine.register_fn("define_command", define);
}

/// Command lines, and texts for a person.
fn lines(engine: &mut Engine, state: &Rc<State>) {
    let shared = state.clone();
    engine.register_fn("cmd", move |context: NativeCallContext, text: ImmutableString| {
        verbs::command(&context, &shared, &text)
    });
    let shared = state.clone();
    engine.register_fn("text", move |context: NativeCallContext, text: ImmutableString| {
        verbs::text(&context, &shared, &text)
    });
    let shared = state.clone();
    engine.register_fn("echo", move |what: Dynamic| {
        show(&shared, &Answer::Said(what.to_string()));
    });
    let shared = state.clone();
    engine.on_debug(move |text, source, at| {
        let place = source.map(|source| format!("{source}:{at}: ")).unwrap_or_default();
        show(&shared, &Answer::Said(format!("{place}{text}")));
    });
}

/// What is there to look at.
fn values(engine: &mut Engine, state: &Rc<State>) {
    let shared = state.clone();
    engine.register_fn("locals", move || native::locals(&shared, |_| true));
    let shared = state.clone();
    engine.register_fn("args", move || native::locals(&shared, |parameter| parameter));
    let shared = state.clone();
    engine.register_fn("stop", move || native::stop(&shared));
    let shared = state.clone();
    engine.register_fn("alive", move || shared.session.borrow().is_alive());
    let shared = state.clone();
    engine.register_fn("holds", move |condition: ImmutableString| {
        shared.session.borrow_mut().holds(&condition).map_err(|error| thrown(error.into()))
    });
    let shared = state.clone();
    engine.register_fn("output", move || {
        shared.session.borrow_mut().output().map_err(|error| thrown(error.into()))
    });
}

/// What a script demands of the program.
fn expectations(engine: &mut Engine, state: &Rc<State>) {
    fn demand(holds: bool, what: &str) -> Rhai<()> {
        if holds { Ok(()) } else { Err(thrown(CommandError::unmet(what))) }
    }
    engine.register_fn("expect", |holds: bool| demand(holds, "an expectation does not hold"));
    engine.register_fn("expect", |holds: bool, what: ImmutableString| demand(holds, &what));
    let shared = state.clone();
    engine.register_fn("expect", move |context: NativeCallContext, text: ImmutableString| {
        line_of_script(context.engine(), &shared, &format!("expect {text}")).map(drop)
    });
    let shared = state.clone();
    engine.register_fn(
        "expect_output",
        move |context: NativeCallContext, text: ImmutableString| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            line_of_script(context.engine(), &shared, &format!("expect-output \"{text}\""))
                .map(drop)
        },
    );
}

/// Stops at a place, and calls a function there; the number of the breakpoint.
fn on_place(state: &State, place: &str, function: FnPtr) -> Rhai<i64> {
    let function = state.function(function)?;
    let added = Where::parse(place).map_err(Into::into).and_then(|place| {
        let mut session = state.session.borrow_mut();
        session.keep_steps(true);
        session.break_at(place)
    });
    let id = added.map_err(|error| thrown(error.into()))?.id;
    state.callbacks.borrow_mut().insert(id, function);
    Ok(i64::from(id.0))
}

/// Calls a function at a breakpoint, watchpoint or catchpoint that there is.
fn on_number(state: &State, number: i64, function: FnPtr) -> Rhai<i64> {
    let function = state.function(function)?;
    let mut session = state.session.borrow_mut();
    let known = session.breakpoints().into_iter().map(|breakpoint| breakpoint.id);
    let id = u32::try_from(number).ok().map(BreakpointId);
    let Some(id) = id.filter(|id| known.into_iter().any(|known| known == *id)) else {
        let error = CommandError::new(format!("there is no breakpoint {number}"));
        return Err(thrown(error.hint("`info breakpoints` lists them")));
    };
    session.keep_steps(true);
    state.callbacks.borrow_mut().insert(id, function);
    Ok(number)
}

/// Adds a command.
fn define_command(state: &State, name: &str, about: &str, function: FnPtr) -> Rhai<()> {
    let function = state.function(function)?;
    let refused = |why: String| Err(thrown(CommandError::new(why)));
    if name.is_empty() || command_word(name) != name {
        return refused(format!("`{name}` is no name for a command: letters, digits, - and _"));
    }
    if COMMANDS.iter().any(|command| command.name == name || command.aliases.contains(&name)) {
        return refused(format!("`{name}` is a command already"));
    }
    state.commands.borrow_mut().insert(name.to_owned(), function);
    let mut defined = state.defined.borrow_mut();
    defined.retain(|command| command.name != name);
    defined.push(Defined { name: name.to_owned(), about: about.to_owned() });
    Ok(())
}

/// A place in a script, as an error names it.
pub(super) fn place(source: &str, at: Position) -> String {
    match (at.line(), at.position()) {
        (Some(line), Some(column)) => format!("{source}:{line}:{column}"),
        (Some(line), None) => format!("{source}:{line}"),
        _ => source.to_owned(),
    }
}
