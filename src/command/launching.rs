//! `cd`, `pwd`, `tty`, `unset` and what `run` and `set` share: how the program is started.

use std::ffi::OsStr;

use super::error::CommandError;
use super::shell_words;
use super::words::{first, nothing};
use super::{Answer, Command, Topic};
use crate::session::Session;

/// `cd`.
pub(super) static CD: Command = Command {
    name: "cd",
    aliases: &[],
    topic: Topic::Session,
    usage: "[FOLDER]",
    about: "Change the folder that the program starts in and that paths are relative to",
    details: "Without FOLDER, it is the home.",
    run: |context, text| {
        let folder = if text.is_empty() { "~" } else { text };
        let done = context.session.set_folder(folder);
        done.map_err(|error| CommandError::io("enter", folder, &error))?;
        Ok(Answer::Said(context.session.folder().display().to_string()))
    },
};

/// `pwd`.
pub(super) static PWD: Command = Command {
    name: "pwd",
    aliases: &[],
    topic: Topic::Session,
    usage: "",
    about: "Show the folder that the program starts in and that paths are relative to",
    details: "",
    run: |context, text| {
        nothing(text, "pwd")?;
        Ok(Answer::Said(context.session.folder().display().to_string()))
    },
};

/// `tty`.
pub(super) static TTY: Command = Command {
    name: "tty",
    aliases: &[],
    topic: Topic::Running,
    usage: "[FILE]",
    about: "Give the program another terminal, from the next run on",
    details: "FILE is one that `tty` in that terminal prints, as /dev/pts/3. Without FILE, the \
              program shares this one.",
    run: |context, text| {
        set_tty(context.session, text)?;
        Ok(Answer::Nothing)
    },
};

/// `unset`.
pub(super) static UNSET: Command = Command {
    name: "unset",
    aliases: &[],
    topic: Topic::Running,
    usage: "env NAME",
    about: "Take a variable out of the environment of the program, from the next run on",
    details: "",
    run: |context, text| match first(text) {
        ("env" | "environment", name) if !name.is_empty() => {
            context.session.set_environment(OsStr::new(name), None);
            Ok(Answer::Nothing)
        }
        _ => {
            Err(CommandError::new("`unset` needs what to take away").hint("as in `unset env NAME`"))
        }
    },
};

/// Takes arguments and redirections for the next run, where there are any.
///
/// # Errors
/// What a shell would not understand either.
pub(super) fn set_args(session: &mut Session, text: &str) -> Result<(), CommandError> {
    let line = shell_words::read(text, |path| session.path(path))?;
    session.set_args(line.args);
    session.set_redirections(line.redirections);
    Ok(())
}

/// The arguments and redirections, as they are written.
pub(super) fn show_args(session: &Session) -> String {
    shell_words::write(session.args(), session.redirections())
}

/// Sets a variable of the environment: `NAME=VALUE`, or gdb's `NAME VALUE`.
///
/// # Errors
/// Where there is no name.
pub(super) fn set_env(session: &mut Session, text: &str) -> Result<(), CommandError> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name.trim(), value.trim()),
        None => first(text),
    };
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(CommandError::new("`set env` needs a name and a value")
            .hint("as in `set env RUST_LOG=debug`"));
    }
    session.set_environment(OsStr::new(name), Some(value.into()));
    Ok(())
}

/// The environment, a variable a line.
pub(super) fn show_env(session: &Session) -> String {
    let line = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        format!("{}={}", name.to_string_lossy(), value.to_string_lossy())
    };
    session.environment().into_iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Gives the program another terminal; an empty text, ours.
///
/// # Errors
/// Where it is none.
pub(super) fn set_tty(session: &mut Session, text: &str) -> Result<(), CommandError> {
    let path = Some(text).filter(|text| !text.is_empty());
    session.set_tty(path).map_err(|error| CommandError::io("use as a terminal", text, &error))
}
