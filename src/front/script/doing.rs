//! One command line, as a person writes it: it is done, and so are the functions of breakpoints.

use std::rc::Rc;

use rhai::{Dynamic, Engine};

use super::failure::{self, thrown};
use super::limits::{interrupted, nested, quit};
use super::state::{Function, Rhai, State};
use crate::command::{Answer, CommandError, Context, Program, command_word, find, go_on, run_line};
use crate::front::debug::gather;
use crate::session::Halt;

/// Does a command line: a command of a script's, or one of ours.
///
/// # Errors
/// Why it was not done; a script may catch that.
pub(super) fn line(engine: &Engine, state: &Rc<State>, line: &str) -> Rhai<Answer> {
    nested(state, || {
        let text = line.trim();
        let word = command_word(text);
        let defined = state.commands.borrow().get(word).cloned();
        if let Some(function) = defined {
            let rest = text.get(word.len()..).unwrap_or_default().trim();
            return call(engine, state, &function, (rest.to_owned(),)).map(|_| Answer::Nothing);
        }
        if let Some(about) = help(state, word, text) {
            return Ok(Answer::Rows(vec![about]));
        }
        let mut answer = ours(state, |context| run_line(context, text))?;
        while answers_go_on(engine, state, &answer)? {
            answer = ours(state, go_on)?;
        }
        Ok(answer)
    })
}

/// What a line says about a command of a script's, where it asks for that.
fn help(state: &State, word: &str, text: &str) -> Option<(String, String)> {
    let wanted = text.get(word.len()..)?.trim();
    let defined = state.defined.borrow();
    let found = defined.iter().find(|command| command.name == wanted)?;
    let asks = find(word).is_ok_and(|command| command.name == "help");
    asks.then(|| (found.name.clone(), found.about.clone()))
}

/// Does a command line for a script: what it leads to is done as well.
///
/// # Errors
/// As [`line`]; a script that asks to quit, and one that was interrupted, end here.
pub(super) fn line_of_script(engine: &Engine, state: &Rc<State>, text: &str) -> Rhai<Answer> {
    let answer = line(engine, state, text)?;
    match answer {
        Answer::Quit => Err(quit()),
        Answer::Stopped(stopped) if matches!(stopped.halt, Halt::Interrupted { .. }) => {
            show(state, &Answer::Stopped(stopped));
            Err(interrupted())
        }
        Answer::Script(script) => {
            let mut lines = script.into_iter().map(|line| line.text);
            while let Some(first) = lines.next() {
                let block = gather(first, || lines.next());
                shown(engine, state, &block)?;
            }
            Ok(Answer::Nothing)
        }
        Answer::Program(script) => {
            nested(state, || program(engine, state, &script)).map(|_| Answer::Nothing)
        }
        Answer::Transcript(_) => Err("only a person's commands can be written to a file".into()),
        answer => with_due(engine, state, answer),
    }
}

/// The same, and its answer is shown as at the prompt.
///
/// # Errors
/// As [`line_of_script`].
pub(super) fn shown(engine: &Engine, state: &Rc<State>, text: &str) -> Rhai<Answer> {
    let answer = line_of_script(engine, state, text)?;
    show(state, &answer);
    Ok(answer)
}

/// Runs a script from its beginning to its end.
///
/// # Errors
/// What has failed in it.
pub(super) fn program(engine: &Engine, state: &Rc<State>, program: &Program) -> Rhai<Dynamic> {
    state.texts.borrow_mut().insert(program.file.clone(), program.text.clone());
    let compiled = engine.compile(&program.text);
    let mut script =
        compiled.map_err(|error| failure::within(&program.file, Box::new(error.into())))?;
    script.set_source(program.file.as_str());
    let script = Rc::new(script);
    within(state, &script, || engine.eval_ast::<Dynamic>(&script))
}

/// Calls a function of a script.
///
/// # Errors
/// What has failed in it.
pub(super) fn call(
    engine: &Engine,
    state: &State,
    function: &Function,
    args: impl rhai::FuncArgs,
) -> Rhai<Dynamic> {
    let Function { pointer, script } = function;
    within(state, script, || pointer.call(engine, script, args))
}

fn within<T>(state: &State, script: &Rc<rhai::AST>, work: impl FnOnce() -> Rhai<T>) -> Rhai<T> {
    state.running.borrow_mut().push(script.clone());
    let done = work();
    state.running.borrow_mut().pop();
    done.map_err(|error| failure::within(script.source().unwrap_or_default(), error))
}

/// Does one of our commands.
fn ours(
    state: &State,
    work: impl FnOnce(&mut Context<'_>) -> Result<Answer, CommandError>,
) -> Rhai<Answer> {
    let mut session = state.session.try_borrow_mut().map_err(|_| "the session is in use")?;
    let teller = &state.teller;
    teller.fit(&mut session);
    let mut observer = teller.observer(&session);
    let mut context = Context { session: &mut session, observer: &mut observer };
    let answer = work(&mut context);
    session.pass_output_on();
    session.take_terminal();
    teller.look(&session);
    answer.map_err(thrown)
}

/// Whether the program goes on from a stop, because all breakpoints that it is for have functions
/// that say so. Each of them is called.
fn answers_go_on(engine: &Engine, state: &Rc<State>, answer: &Answer) -> Rhai<bool> {
    let Answer::Stopped(stopped) = answer else { return Ok(false) };
    let hit = stopped.halt.hit();
    let mut all = !hit.is_empty();
    for id in hit {
        let function = state.callbacks.borrow().get(&id).cloned();
        all &= match function {
            Some(function) => call(engine, state, &function, ())?.as_bool() == Ok(true),
            None => false,
        };
    }
    // The function may have let the program run itself: it stands elsewhere then.
    let same = state.session.borrow().halt() == Some(&stopped.halt);
    Ok(all && same)
}

/// Does the commands of the breakpoints that a stop is for.
fn with_due(engine: &Engine, state: &Rc<State>, mut answer: Answer) -> Rhai<Answer> {
    if !matches!(answer, Answer::Stopped(_)) {
        return Ok(answer);
    }
    let due = state.session.borrow_mut().take_due_commands();
    for command in due.into_iter().flat_map(|due| due.commands) {
        if command == "silent" {
            continue;
        }
        if let Answer::Stopped(stopped) = shown(engine, state, &command)? {
            answer = Answer::Stopped(stopped);
        }
    }
    Ok(answer)
}

/// Shows an answer as at the prompt.
pub(super) fn show(state: &State, answer: &Answer) {
    state.teller.answer(answer);
}
