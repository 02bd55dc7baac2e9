//! `freehold debug`: commands at a prompt, from a file or from the command line.

mod completing;
mod desk;
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

use super::args::DebugArgs;
use super::errors::{Outcome, UserError};
use super::narrator::width;
use super::program;
use crate::session::{Session, Settings};
use desk::Desk;
use reading::Lines;
use telling::Teller;

/// Runs the session that the command line asks for.
pub(super) fn run(args: &DebugArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let settings = Settings {
        ledger: !args.no_ledger,
        pin: !args.no_pin,
        width: width(args.page.width, args.page.output.is_none()),
        ..Settings::default()
    };
    let session = Session::open(program::launch(&resolved), settings);
    let mut session = session.map_err(|error| program::explain(&error))?;
    if let Some(tty) = &args.tty {
        let path = std::path::Path::new(tty);
        let set = session.set_tty(Some(tty));
        set.map_err(|error| UserError::io("use as a terminal", path, &error).at("--tty"))?;
    }
    let startup = startup::read(args)?;
    let teller = Teller::new(&args.page)?;
    startup.notes.iter().for_each(|note| teller.note(note));
    crate::os::stay_on_interrupt();
    let session = Rc::new(RefCell::new(session));
    let lines = Lines::new(args, startup.lines, &session)?;
    Desk::new(args, session, lines, teller)?.work()
}

/// Whether a person sits at the other end.
fn is_interactive() -> bool {
    std::io::stdin().is_terminal()
}
