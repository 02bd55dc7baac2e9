//! What is made from the declaration of the command line: completion for shells, and manual pages.

use std::fs;
use std::io::{self, Write};

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::errors::{Outcome, UserError};
use super::exit::TOOL_ERROR;
use crate::base::ExitStatus;

/// Prints the completion of a shell.
pub(super) fn completions(args: &CompletionsArgs) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "freehold", &mut text);
    print(&text)
}

/// Prints the manual page, or writes all of them.
pub(super) fn man(args: &ManArgs) -> Outcome {
    let Some(folder) = &args.folder else {
        let mut text = Vec::new();
        let made = clap_mangen::Man::new(Cli::command()).render(&mut text);
        made.map_err(|error| UserError::new(format!("cannot make the page: {error}")))?;
        return print(&text);
    };
    let written =
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| UserError::io("write pages into", folder, &error))?;
    Ok(ExitStatus::Code(0))
}

fn print(text: &[u8]) -> Outcome {
    match io::stdout().write_all(text).and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(ExitStatus::Code(0)),
        // A reader that has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(UserError::told(TOOL_ERROR)),
        Err(error) => Err(UserError::new(format!("cannot write to standard output: {error}"))),
    }
}
