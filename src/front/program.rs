//! What every command that runs a program does: launch it, follow it, explain what went wrong.

use super::errors::{Outcome, UserError};
use super::target::Resolved;
use crate::inferior::{CoreError, Launch, LaunchError};
use crate::session::{Observer, Options, Run, SessionError};

/// The launch of a resolved target: its own stdin, stdout and stderr, and address space layout
/// randomisation off unless it was asked for.
pub(super) fn launch(resolved: &Resolved) -> Launch {
    let mut launch = Launch::new(&resolved.executable);
    launch.args = resolved.args.clone();
    launch.cwd = resolved.cwd.clone();
    launch.aslr = resolved.aslr;
    launch.env = environment(resolved);
    launch
}

/// The environment of the program, or nothing where it is ours.
fn environment(resolved: &Resolved) -> Option<Vec<(std::ffi::OsString, std::ffi::OsString)>> {
    if resolved.env.is_empty() {
        return None;
    }
    let mut all: std::collections::BTreeMap<_, _> = std::env::vars_os().collect();
    all.extend(resolved.env.iter().cloned());
    Some(all.into_iter().collect())
}

/// Runs a session to the end of the program.
pub(super) fn session(options: Options, observer: &mut dyn Observer) -> Outcome {
    // The terminal sends Ctrl-C to the program and to us alike. It is meant for the program: we
    // stay, and tell how it ended.
    crate::os::stay_on_interrupt();
    Run::to_end(options, observer).map_err(|error| explain(&error))
}

/// What went wrong, for a person.
pub(super) fn explain(error: &SessionError) -> UserError {
    match error {
        SessionError::Launch(error) => launch_error(error),
        SessionError::Inferior(error) => UserError::new(error.to_string())
            .hint("the program has been ended; run it again, and report this if it comes again"),
        SessionError::Attach(error) => {
            let told = UserError::new(error.to_string());
            error.hint().into_iter().fold(told, UserError::hint)
        }
        SessionError::Core(error) => core_error(error),
        SessionError::NothingChosen { wanted, known, stripped } => {
            let plain = UserError::nothing_matched(format!("no function matches {wanted}"));
            if *stripped {
                return plain
                    .hint("the program has no symbol table, so that no function has a name")
                    .hint("build it without -C strip=symbols (cargo: strip = false)");
            }
            let of_crate = wanted.starts_with("crate ");
            let wanted = wanted.trim_start_matches("crate ");
            let last = |name: &String| name.rsplit("::").next().unwrap_or(name).to_owned();
            let short: Vec<_> = known.iter().map(last).collect();
            let names = known.iter().chain(&short).map(String::as_str);
            let plain = plain.did_you_mean(wanted, names);
            match of_crate {
                true => plain.hint("a crate is named as in a path, with underscores"),
                false => {
                    plain.hint("functions are named by their whole path: krate::module::function")
                }
            }
        }
        other => UserError::new(other.to_string()),
    }
}

fn core_error(error: &CoreError) -> UserError {
    let told = UserError::new(error.to_string());
    match error {
        CoreError::Executable(_) => {
            told.hint("name it, if it is elsewhere: freehold core FILE TARGET")
        }
        CoreError::NotCore { .. } => told.hint(
            "a core file is written by the kernel when a program dies (`ulimit -c unlimited` allows \
             it), and by `gcore`",
        ),
        CoreError::File { .. } => told,
    }
}

fn launch_error(error: &LaunchError) -> UserError {
    match error {
        LaunchError::Image { program, reason } => UserError::image(program, reason),
        LaunchError::Library(path) => UserError::library(path),
        other => UserError::new(other.to_string()),
    }
}
