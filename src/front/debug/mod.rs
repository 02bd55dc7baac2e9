//! `freehold debug`: commands at a prompt, from a file or from the command line.

mod after_stop;
mod opening;
mod reading;
mod telling;

use std::io::IsTerminal;

use super::args::SessionArgs;
use super::errors::{Outcome, UserError};
use crate::base::ExitStatus;
use crate::command::{Answer, Context, opened, run_line};
use crate::session::Session;
pub(super) use opening::{attach, core, debug};
use reading::{Lines, Source};
use telling::Teller;

/// Does in a session what the command line asks for.
fn work(args: &SessionArgs, mut session: Session) -> Outcome {
    let mut teller = Teller::new(&args.page)?;
    session.interrupter().on_terminal_interrupt();
    let mut lines = Lines::new(args)?;
    // What was attached to or opened stands somewhere already.
    let mut observer = teller.observer();
    let answer = opened(&mut Context { session: &mut session, observer: &mut observer });
    answer.iter().for_each(|answer| teller.answer(answer, &session));
    let mut failed = None;
    while let Some((source, line)) = lines.next() {
        let mut observer = teller.observer();
        let mut context = Context { session: &mut session, observer: &mut observer };
        match run_line(&mut context, &line) {
            Ok(Answer::Quit) => break,
            Ok(answer) => {
                let due = lines.after_answer(&answer, session.take_due_commands());
                teller.answer(if due.silent { &Answer::Nothing } else { &answer }, &session);
            }
            Err(error) if source.is_breakpoint() && !args.batch => {
                teller.error(&error, Some((&source, &line)));
                lines.drop_breakpoint_commands();
            }
            Err(error) if source.is_prompt() => teller.error(&error, None),
            Err(error) => {
                teller.error(&error, Some((&source, &line)));
                failed = Some(error);
                if !args.keep_going {
                    break;
                }
            }
        }
    }
    match failed {
        Some(_) if args.batch => Err(UserError::told()),
        _ => Ok(teller.ended().unwrap_or(ExitStatus::Code(0))),
    }
}

/// Whether a person sits at the other end.
fn is_interactive() -> bool {
    std::io::stdin().is_terminal()
}

impl Source {
    /// Whether a person wrote the line just now, who can write another.
    fn is_prompt(&self) -> bool {
        matches!(self, Source::Prompt)
    }
}
