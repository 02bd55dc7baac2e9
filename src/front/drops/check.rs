//! The regression test: comparing a run with a snapshot, and writing it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::super::args::{DropsArgs, Format};
use super::super::errors::{Outcome, UserError};
use super::super::narrator::sink;
use super::super::program;
use super::compare::{Comparison, compare};
use super::recording::Recording;
use super::snapshot::Snapshot;
use super::{format, hidden, options, reading};
use crate::base::ExitStatus;
use crate::session::Options;

/// How many differences are printed.
const MOST_TOLD: usize = 50;

/// Runs the program and compares its drops with the snapshot in a file, or writes that.
pub(super) fn run(args: &DropsArgs, file: &Path) -> Outcome {
    // Before the program runs: whoever may not write need not wait to hear it.
    may_write(args)?;
    let expected = if args.accept { None } else { read(file, args.review)? };
    let resolved = args.target.resolve()?;
    // Calls are no part of a snapshot: in an optimised build many of them are inlined.
    let options = Options { calls: false, ..options(args, &resolved) };
    let mut recording = Recording::default();
    program::session(options, &mut recording)?;
    if recording.overfull {
        return Err(UserError::new("the program drops more values than a snapshot holds")
            .hint("let it do less: a snapshot is there to be read"));
    }
    let seen = recording.finish();
    let name = resolved.executable.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = format::write(&seen, &name, args.lines);
    if args.accept {
        return write(file, &text);
    }
    let compared = match &expected {
        Some(expected) => compare(expected, &seen, args.strict),
        None => Comparison {
            differences: vec![format!("{} is new", file.display())],
            ..Comparison::default()
        },
    };
    tell(args, &compared)?;
    let differences = &compared.differences;
    if differences.is_empty() {
        return Ok(ExitStatus::Code(0));
    }
    if args.review && asks(file)? {
        return write(file, &text);
    }
    let places = match differences.len() {
        1 => "1 place".to_owned(),
        n => format!("{n} places"),
    };
    Err(UserError::expectation(format!("the drops differ from {} in {places}", file.display()))
        .hint("if they are as they should be, write the snapshot anew with --accept"))
}

/// Whether a snapshot may be written here, where that was asked for.
fn may_write(args: &DropsArgs) -> Result<(), UserError> {
    let writes = args.accept || args.review;
    let on_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
    if writes && on_ci {
        return Err(UserError::new("a snapshot is not written on a CI server (CI is set)")
            .hint("write it where you develop, look at the difference and commit it"));
    }
    if args.review && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(UserError::new("--review asks a question, and this is no terminal")
            .hint("--check shows the difference, and --accept writes without asking"));
    }
    Ok(())
}

/// The snapshot of a file; none where there is no file yet, and that is no mistake.
fn read(file: &Path, may_be_new: bool) -> Result<Option<Snapshot>, UserError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if may_be_new && error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let plain = UserError::io("read", file, &error);
            return Err(match error.kind() {
                io::ErrorKind::NotFound => plain.hint("write it first, with --accept"),
                _ => plain,
            });
        }
    };
    reading::read(&text).map(Some).map_err(|(line, what)| {
        UserError::new(format!("{} is no snapshot of drops: {what}", file.display()))
            .at(format!("{}:{line}", file.display()))
            .hint("write it anew with --accept")
    })
}

fn write(file: &Path, text: &str) -> Outcome {
    fs::write(file, text).map_err(|error| UserError::io("write", file, &error))?;
    Ok(ExitStatus::Code(0))
}

/// Prints how the drops differ, a line or an object each, and what optimised code can have hidden.
fn tell(args: &DropsArgs, compared: &Comparison) -> Result<(), UserError> {
    let mut sink = sink(&args.output.page)?;
    let mut text = String::new();
    for difference in compared.differences.iter().take(MOST_TOLD) {
        match args.output.page.format {
            Format::Text => text.push_str(difference),
            Format::Json => {
                let object = serde_json::json!({ "v": 1, "difference": difference });
                text.push_str(&object.to_string());
            }
        }
        text.push('\n');
    }
    let more = compared.differences.len().saturating_sub(MOST_TOLD);
    if more > 0 && args.output.page.format == Format::Text {
        text.push_str(&format!("… {more} more\n"));
    }
    text.push_str(&match args.output.page.format {
        Format::Text => hidden::text(compared),
        Format::Json => hidden::json(compared),
    });
    // Nothing can be done about a reader that has gone: the exit code says it too.
    let _ = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
    Ok(())
}

/// Asks at the terminal whether to write the snapshot.
fn asks(file: &Path) -> Result<bool, UserError> {
    let mut stderr = anstream::stderr();
    let question = format!("Write {} as the program drops now? [y/N] ", file.display());
    let asked = stderr.write_all(question.as_bytes()).and_then(|()| stderr.flush());
    let mut answer = String::new();
    asked
        .and_then(|()| io::stdin().read_line(&mut answer))
        .map_err(|error| UserError::new(format!("the question could not be asked: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
