//! The JSON form of a run: every line is checked when it is read.

use std::ffi::OsStr;

use serde_json::Value;

use super::run::{Ran, command};

/// A run of Freehold with `--format json --output FILE`.
#[derive(Debug)]
pub struct Told {
    /// What it left behind; its stderr is the program's own.
    pub ran: Ran,
    /// The events.
    pub events: Vec<Value>,
}

impl Told {
    /// The events of a kind.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["event"] == kind)
    }

    /// A number of the totals at the end.
    #[track_caller]
    pub fn total(&self, name: &str) -> u64 {
        let end = self.of("exit").last().expect("an exit event");
        end["totals"][name].as_u64().unwrap_or_else(|| panic!("no {name} in {end}"))
    }

    /// The notes, one a line.
    pub fn notes(&self) -> String {
        self.of("note").filter_map(|note| note["text"].as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// Runs `freehold ARGS --format json` of a program, with some standard input.
///
/// # Panics
/// Unless every line is an object of version 1, the numbers rise, and the last one is the exit.
#[track_caller]
pub fn told<S: AsRef<OsStr>>(args: &[&str], program: S, stdin: &str) -> Told {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join("events");
    let mut freehold = command();
    freehold.args(args).args(["--format", "json", "--output"]).arg(&file).arg(program);
    let output = freehold.write_stdin(stdin).output().expect("it ends within the limit");
    let ran = Ran::of(output);
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let mut last = 0;
    for event in &events {
        let seq = event["seq"].as_u64().expect("a number");
        assert!(event["v"] == 1 && last < seq, "{last}, then {event}");
        last = seq;
    }
    let exits = events.iter().filter(|event| event["event"] == "exit").count();
    let ends = events.last().is_some_and(|event| event["event"] == "exit");
    assert!(events.is_empty() || (ends && exits == 1), "{ran:?}");
    Told { ran, events }
}
