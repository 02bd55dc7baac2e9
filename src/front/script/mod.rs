//! Programs of Rhai that steer a session: `.rhai` files.
//!
//! The commands of [`COMMANDS`](crate::command::COMMANDS) are functions there, which answer with
//! data; `print` gives the value of an expression as a number, a text, an array or a map. Breakpoints
//! can have functions of a script, and scripts can add commands: so what a script has left behind is
//! kept here for as long as the session lasts.
//!
//! | file | what is there |
//! |---|---|
//! | `state` | what all scripts of a session share |
//! | `doing` | one command line: it is done, and so are the functions of breakpoints |
//! | `verbs` | the commands as functions |
//! | `asking` | functions that are no commands: `on_break`, `define_command`, `text`, … |
//! | `native` | values and answers as data of Rhai |
//! | `failure` | errors of Rhai with their places |
//! | `limits` | how long a script may run |

mod asking;
mod doing;
mod failure;
mod limits;
mod native;
mod state;
mod verbs;

use std::cell::RefCell;
use std::rc::Rc;

use rhai::{Engine, Token};

use crate::command::{Answer, CommandError, Program};
use crate::front::debug::Teller;
use crate::session::Session;
pub(super) use state::DefinedCommands;
use state::{Rhai, State};

/// The scripts of a session.
pub(super) struct Scripts {
    engine: Engine,
    state: Rc<State>,
}

impl Scripts {
    /// None yet. Commands that are defined by scripts are put into a list that others read.
    pub fn new(
        session: &Rc<RefCell<Session>>,
        teller: &Teller,
        defined: &DefinedCommands,
    ) -> Scripts {
        let state = Rc::new(State::new(session, teller, defined));
        let mut engine = Engine::new();
        name_tokens(&mut engine);
        limits::set(&mut engine, &state);
        verbs::register(&mut engine, &state);
        asking::register(&mut engine, &state);
        Scripts { engine, state }
    }

    /// Does a command line, and what scripts have to say to the stop that it leads to.
    ///
    /// # Errors
    /// Why it was not done, or what has failed in a script.
    pub fn line(&self, line: &str) -> Result<Answer, CommandError> {
        self.outermost(|| doing::line(&self.engine, &self.state, line))
    }

    /// Runs a program. [`Answer::Quit`] says that it wants to end the session.
    ///
    /// # Errors
    /// What has failed, with its place.
    pub fn run(&self, program: &Program) -> Result<Answer, CommandError> {
        self.outermost(|| {
            doing::program(&self.engine, &self.state, program).map(|_| Answer::Nothing)
        })
    }

    fn outermost(&self, work: impl FnOnce() -> Rhai<Answer>) -> Result<Answer, CommandError> {
        self.state.begin();
        work().or_else(|error| match limits::wants_to_quit(&error) {
            true => Ok(Answer::Quit),
            false => Err(failure::explain(&self.state, &error)),
        })
    }
}

/// `print` and `thread` are commands here, and not words that Rhai keeps for itself.
fn name_tokens(engine: &mut Engine) {
    // It is said to be deprecated because it may change: Cargo.toml asks for this version.
    #[allow(deprecated)]
    engine.on_parse_token(|token, _, _| match token {
        // What a function called `print` returns is lost: the other name of the command is meant.
        Token::Reserved(word) if word.as_str() == "print" => {
            Token::Identifier(Box::new("inspect".into()))
        }
        Token::Reserved(word) if word.as_str() == "thread" => Token::Identifier(word),
        other => other,
    });
}
