//! Floor 6: the only floor that prints, and the only one that knows of the command line.
//!
//! Arguments come in, a [`Resolved`] program is found or built, a view runs over it, and an exit
//! code goes out. Nothing here reads the program's bytes or speaks to the kernel about it: that is
//! done through the session below. Cargo and rustc are ordinary child processes and are started
//! here.

mod args;
mod asm;
mod debug;
mod drops;
mod errors;
mod exit;
mod folders;
mod generate;
mod layout;
mod narrator;
mod program;
mod script;
mod target;
mod test;
pub mod testing;
pub mod text;
mod trace;
mod watch;

use std::ffi::OsString;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

pub use args::{
    AsmArgs, AttachArgs, ColourArg, CompletionsArgs, CoreArgs, DebugArgs, DropsArgs, Format,
    LayoutArgs, ManArgs, OutputArgs, PageArgs, SessionArgs, TestArgs, TraceArgs, WatchArgs,
};
pub use errors::UserError;
pub use exit::{BUILD_FAILED, EXPECTATION_FAILED, NOTHING_MATCHED, TOOL_ERROR};
pub use target::{BuildKind, Resolved, Source, TargetArgs, TestBinary, TestTargets};

use args::{Cli, Command};
use errors::Outcome;

/// Runs Freehold with a command line (the first word is the program's name) and returns the code
/// to exit with: the program's own, or one of those of the `exit` module.
///
/// Errors are printed to stderr. A panic inside Freehold is caught and explained; the program that
/// was being run ends with its tracer (`PTRACE_O_EXITKILL`, ptrace(2)).
pub fn run(args: Vec<OsString>) -> ExitCode {
    exit::explain_panics();
    panic::catch_unwind(AssertUnwindSafe(|| dispatch(args)))
        .unwrap_or_else(|_| ExitCode::from(TOOL_ERROR))
}

fn dispatch(args: Vec<OsString>) -> ExitCode {
    // clap prints its own errors before `--color` is parsed, so the choice is looked up first.
    let colour = args::colour_choice(&args);
    colour.write_global();
    let command = Cli::command().color(args::clap_colour(colour));
    let parsed =
        command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let outcome: Outcome = match &cli.command {
        Command::Watch(args) => watch::run(args),
        Command::Trace(args) => trace::run(args),
        Command::Drops(args) => drops::run(args),
        Command::Debug(args) => debug::debug(args),
        Command::Attach(args) => debug::attach(args),
        Command::Core(args) => debug::core(args),
        Command::Test(args) => test::run(args),
        Command::Layout(args) => layout::run(args),
        Command::Asm(args) => asm::run(args),
        Command::Completions(args) => generate::completions(args),
        Command::Man(args) => generate::man(args),
    };
    match outcome {
        Ok(status) => exit::of_program(status),
        Err(error) => report(&error),
    }
}

/// Prints what clap has to say: help and version go to stdout with code 0, errors to stderr with 2.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be done about a terminal that is gone.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(TOOL_ERROR) } else { ExitCode::SUCCESS }
}

fn report(error: &UserError) -> ExitCode {
    let _ = write!(anstream::stderr(), "{error}");
    ExitCode::from(error.exit_code())
}
