//! `freehold debug`: commands at a prompt, from a file or from the command line.

mod reading;
mod telling;

use std::io::IsTerminal;

use super::args::{DebugArgs, Format};
use super::errors::{Outcome, UserError};
use super::narrator::width;
use super::program;
use crate::base::ExitStatus;
use crate::command::{Answer, Context, run_line};
use crate::session::{Session, Settings};
use reading::{Lines, Source};
use telling::Teller;

/// Runs the session that the command line asks for.
pub(super) fn run(args: &DebugArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let settings = Settings {
        ledger: !args.no_ledger,
        pin: !args.no_pin,
        width: width(args.page.width, args.page.output.is_none()),
        parts: args.page.format == Format::Json,
        ..Settings::default()
    };
    let session = Session::open(program::launch(&resolved), settings);
    let mut session = session.map_err(|error| program::explain(&error))?;
    let mut teller = Teller::new(&args.page)?;
    crate::os::stay_on_interrupt();
    let mut lines = Lines::new(args)?;
    let mut failed = None;
    while let Some((source, line)) = lines.next() {
        let mut observer = teller.observer();
        let mut context = Context { session: &mut session, observer: &mut observer };
        match run_line(&mut context, &line) {
            Ok(Answer::Quit) => break,
            Ok(answer) => teller.answer(&answer, &session),
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
