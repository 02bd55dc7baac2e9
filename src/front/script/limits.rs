//! How long a script may run, and how large its data may get.

use std::rc::Rc;

use rhai::{Dynamic, Engine, EvalAltResult};

use super::state::{Rhai, State};
use crate::value::Limits;

/// Operations that a script may do without saying more: some seconds.
pub(super) const OPERATIONS: u64 = 50_000_000;

/// Command lines that may wait for each other: functions of breakpoints that let the program run, and
/// scripts that run scripts. Each takes some of our own stack.
const DEPTH: usize = 16;

/// Levels of calls, and of brackets, in a script.
const CALLS: usize = 48;
const NESTED: usize = 64;

/// What a script is ended for.
const QUIT: &str = "quit";
const TOO_LONG: &str = "too long";
const INTERRUPTED: &str = "interrupted";

/// Sets the limits of an engine.
pub(super) fn set(engine: &mut Engine, state: &Rc<State>) {
    engine.set_max_call_levels(CALLS);
    engine.set_max_expr_depths(NESTED, NESTED);
    engine.set_max_string_size(16 << 20);
    engine.set_max_array_size(Limits::MOST_PARTS);
    engine.set_max_map_size(Limits::MOST_PARTS);
    let shared = state.clone();
    engine.on_progress(move |_| {
        let done = shared.operations.get().saturating_add(1);
        shared.operations.set(done);
        if shared.interrupter.take_missed() {
            return Some(INTERRUPTED.into());
        }
        (done > shared.most_operations.get()).then(|| TOO_LONG.into())
    });
    let shared = state.clone();
    engine.register_fn("unlimited", move || shared.most_operations.set(u64::MAX));
}

/// Lets a command line wait for the one that is done inside.
///
/// # Errors
/// Where too many wait already.
pub(super) fn nested<T>(state: &State, work: impl FnOnce() -> Rhai<T>) -> Rhai<T> {
    let depth = state.depth.get();
    if depth >= DEPTH {
        return Err(format!(
            "{DEPTH} scripts and functions of breakpoints wait for each other: does one lead to \
             itself?"
        )
        .into());
    }
    state.depth.set(depth + 1);
    let done = work();
    state.depth.set(depth);
    done
}

/// Ends all scripts, and the session.
pub(super) fn quit() -> Box<EvalAltResult> {
    ended(QUIT)
}

/// Ends all scripts, because a person wants that.
pub(super) fn interrupted() -> Box<EvalAltResult> {
    ended(INTERRUPTED)
}

/// Whether a script was ended because the session is to end.
pub(super) fn wants_to_quit(error: &EvalAltResult) -> bool {
    token(error).as_deref() == Some(QUIT)
}

/// Why a script was ended, and what can be done, where it has not failed itself.
pub(super) fn why_ended(error: &EvalAltResult) -> Option<(&'static str, &'static str)> {
    match token(error)?.as_str() {
        TOO_LONG => Some((
            "the script has done too much without an end",
            "a script that is to go on for ever says `unlimited()`",
        )),
        INTERRUPTED => Some(("the script was interrupted", "the program stands still")),
        _ => None,
    }
}

fn ended(why: &str) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorTerminated(Dynamic::from(why.to_owned()), rhai::Position::NONE))
}

fn token(error: &EvalAltResult) -> Option<String> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorTerminated(token, _) => token.clone().into_string().ok(),
        _ => None,
    }
}
