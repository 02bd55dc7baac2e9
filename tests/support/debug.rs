//! Sessions of `freehold debug`: commands in, answers out.

use serde_json::Value;

use super::program::Program;
use super::run::{Ran, freehold};

/// Runs commands where the program stands at a marker, and gives their answers in JSON; what the
/// program printed, in all, is in `Ran::stdout`.
///
/// # Panics
/// Unless the marker is reached and each command has one answer of version 1.
#[track_caller]
pub fn answers(program: &Program, marker: &str, commands: &[&str]) -> (Vec<Value>, Ran) {
    answers_with(program, &[], marker, commands)
}

/// The same with arguments for the program.
#[track_caller]
pub fn answers_with(
    program: &Program,
    args: &[&str],
    marker: &str,
    commands: &[&str],
) -> (Vec<Value>, Ran) {
    let options = ["--format", "json", "--width", "80"];
    let ran = session(program, args, marker, commands, &options);
    let lines = ran.stderr.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let mut told: Vec<Value> = lines.filter(|line| line.get("answer").is_some()).collect();
    assert!(told.iter().all(|answer| answer["v"] == 1), "{told:#?}");
    assert_eq!(told.len(), commands.len() + 2, "{told:#?}");
    assert_eq!(told[1]["data"]["halt"], "breakpoint", "{}", told[1]);
    (told.split_off(2), ran)
}

/// The same as text of 80 columns, without what the first two commands, which lead to the marker,
/// have said.
#[track_caller]
pub fn text(program: &Program, marker: &str, commands: &[&str]) -> String {
    let ran = session(program, &[], marker, commands, &["--width", "80"]);
    let source = program.source.file_name().expect("a file").to_string_lossy();
    let stop = "Breakpoint 1, ";
    let here = ran.stderr.lines().position(|line| line.starts_with(stop));
    let here = here.unwrap_or_else(|| panic!("{marker} of {source} was not reached: {ran:?}"));
    let behind = ran.stderr.lines().skip(here + 1);
    // The line of the source is not shown where it cannot be found.
    behind.skip_while(|line| line.contains(" │ ")).map(|line| format!("{line}\n")).collect()
}

fn session(
    program: &Program,
    program_args: &[&str],
    marker: &str,
    commands: &[&str],
    options: &[&str],
) -> Ran {
    let file = program.source.file_name().expect("a file").to_string_lossy().into_owned();
    let stop = format!("break {file}:{}", program.line(marker));
    let mut args: Vec<String> = ["debug", "--batch", "--keep-going"].map(str::to_owned).into();
    args.extend(options.iter().map(|option| (*option).to_owned()));
    for command in [stop.as_str(), "run"].iter().chain(commands) {
        args.extend(["-e".to_owned(), (*command).to_owned()]);
    }
    args.extend([program.executable.display().to_string(), "--".to_owned()]);
    args.extend(program_args.iter().map(|arg| (*arg).to_owned()));
    freehold(args)
}

/// The value that `print` shows, on one line.
#[track_caller]
pub fn shown(answer: &Value) -> &str {
    match answer["data"]["pretty"].as_str() {
        Some(text) => text.trim_end(),
        None => panic!("no value: {answer}"),
    }
}

/// What an error says, with its hints.
#[track_caller]
pub fn refused(answer: &Value) -> String {
    assert_eq!(answer["answer"], "error", "{answer}");
    let hints = answer["data"]["hints"].as_array().expect("hints").iter().map(|hint| hint.as_str());
    let what = std::iter::once(answer["data"]["what"].as_str());
    what.chain(hints).flatten().collect::<Vec<_>>().join("; ")
}
