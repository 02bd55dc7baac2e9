//! `freehold debug`: commands at a prompt, from a file or from the command line.

mod after_stop;
mod completing;
mod desk;
mod opening;
mod pager;
mod prompt;
mod reading;
mod repeating;
mod startup;
mod telling;
mod transcript;
mod trust;

use std::cell::RefCell;
use std::io::IsTerminal;
use std::rc::Rc;

use super::args::SessionArgs;
use super::errors::Outcome;
use super::script::DefinedCommands;
use crate::session::Session;
pub(super) use after_stop::gather;
use desk::Desk;
pub(super) use opening::{attach, core, debug};
use reading::Lines;
pub(super) use telling::Teller;

/// Does in a session what the command line asks for. `capture` says whether it asks to keep what the
/// program writes.
fn work(args: &SessionArgs, session: Session, capture: bool) -> Outcome {
    let startup = startup::read(args)?;
    let teller = Teller::new(&args.page)?;
    startup.notes.iter().for_each(|note| teller.note(note));
    session.interrupter().on_terminal_interrupt();
    let session = Rc::new(RefCell::new(session));
    let defined = DefinedCommands::default();
    let lines = Lines::new(args, startup.lines, &session, &defined)?;
    Desk::new(args, session, lines, (teller, defined), capture)?.work()
}

/// Whether a person sits at the other end.
fn is_interactive() -> bool {
    std::io::stdin().is_terminal()
}
