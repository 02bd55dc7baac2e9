//! What a session is on: a program that is to be run, a process that runs already, a core file.

use std::path::Path;

use super::work;
use crate::front::args::{AttachArgs, CoreArgs, DebugArgs, Format, SessionArgs};
use crate::front::errors::{Outcome, UserError};
use crate::front::narrator::width;
use crate::front::program::{explain, launch};
use crate::session::{Session, Settings};

/// `freehold debug`: a program that does not run yet.
pub(in crate::front) fn debug(args: &DebugArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let (ledger, pin) = (!args.no_ledger, !args.no_pin);
    let record = args.record;
    let settings = Settings { ledger, pin, record, ..settings(&args.session) };
    let session = Session::open(launch(&resolved), settings);
    let mut session = session.map_err(|error| explain(&error))?;
    if let Some(tty) = &args.tty {
        let set = session.set_tty(Some(tty));
        let refuse = |error| UserError::io("use as a terminal", Path::new(tty), &error).at("--tty");
        set.map_err(refuse)?;
    }
    work(&args.session, session, args.capture)
}

/// `freehold attach`: a process that runs already.
pub(in crate::front) fn attach(args: &AttachArgs) -> Outcome {
    let settings = Settings { ledger: args.ledger, ..settings(&args.session) };
    let process = Session::process_called(&args.process);
    let session = process.and_then(|process| Session::attach(process, settings));
    work(&args.session, session.map_err(|error| explain(&error))?, false)
}

/// `freehold core`: what is left of a process.
pub(in crate::front) fn core(args: &CoreArgs) -> Outcome {
    let session =
        Session::open_core(&args.core, args.executable.as_deref(), settings(&args.session));
    work(&args.session, session.map_err(|error| explain(&error))?, false)
}

/// What all sessions begin with.
fn settings(args: &SessionArgs) -> Settings {
    Settings {
        // A script prints the same in every run.
        addresses: !args.batch,
        parts: args.page.format == Format::Json,
        width: width(args.page.width, args.page.output.is_none()),
        ..Settings::default()
    }
}
