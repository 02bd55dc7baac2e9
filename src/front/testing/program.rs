//! What to record, and recording it.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use clap::Parser;
use regex::Regex;

use super::marks::MARK;
use super::recording::Recording;
use crate::base::Event;
use crate::front::errors::UserError;
use crate::front::program;
use crate::front::target::TargetArgs;
use crate::session::{EntryPoint, Options, Run, Selection};
use crate::track::Stories;

/// Output of a program that is kept, in bytes of each stream.
const KEPT: u64 = 64 << 20;

/// A program to record: an executable, a source file, or a target of the package.
#[derive(Clone, Debug, Default)]
pub struct Program {
    target: Vec<OsString>,
    args: Vec<OsString>,
    follow: Vec<String>,
}

/// Why a program could not be recorded.
#[derive(Debug)]
pub struct RecordingError(UserError);

/// The words of a command line that name a target.
#[derive(Parser)]
struct Words {
    #[command(flatten)]
    target: TargetArgs,
}

impl Program {
    /// An executable, or one `.rs` file, which rustc compiles with debug information.
    pub fn file(path: impl AsRef<OsStr>) -> Program {
        Program { target: vec![path.as_ref().to_owned()], ..Program::default() }
    }

    /// A binary of the package in this directory, built by cargo.
    pub fn bin(name: &str) -> Program {
        Program::cargo(["--bin", name])
    }

    /// An example of the package in this directory, built by cargo.
    pub fn example(name: &str) -> Program {
        Program::cargo(["--example", name])
    }

    /// What these options of `freehold drops` name: `["--bin", "tool", "--release"]`, `["-O",
    /// "x.rs"]`.
    pub fn cargo<S: AsRef<OsStr>>(options: impl IntoIterator<Item = S>) -> Program {
        let target = options.into_iter().map(|option| option.as_ref().to_owned()).collect();
        Program { target, ..Program::default() }
    }

    /// Another argument for the program.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Program {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// A variable of the program's environment.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Program {
        self.target.extend(["--env".into(), format!("{key}={value}").into()]);
        self
    }

    /// The directory that it starts in; that of the recorder otherwise.
    #[must_use]
    pub fn cwd(mut self, dir: impl AsRef<OsStr>) -> Program {
        self.target.extend(["--cwd".into(), dir.as_ref().to_owned()]);
        self
    }

    /// Builds with optimisation: `-O` of rustc for a source file, cargo's release profile otherwise.
    #[must_use]
    pub fn optimised(mut self) -> Program {
        let file = self.target.first().is_some_and(|t| !t.as_encoded_bytes().starts_with(b"-"));
        self.target.push(if file { "-O" } else { "--release" }.into());
        self
    }

    /// Makes entries and returns of a function events, so that they are [`super::Point`]s. The
    /// function is named by the end of its path.
    #[must_use]
    pub fn follow(mut self, function: &str) -> Program {
        self.follow.push(function.to_owned());
        self
    }

    /// Builds the program where it has to be built, and runs it to its end. Its input is empty.
    ///
    /// # Panics
    /// Where that fails. [`Program::try_record`] returns the reason instead.
    #[track_caller]
    pub fn record(self) -> Recording {
        match self.try_record() {
            Ok(recording) => recording,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`Program::record`].
    ///
    /// # Errors
    /// [`RecordingError`] where the program is not found, does not build or cannot be traced.
    pub fn try_record(self) -> Result<Recording, RecordingError> {
        self.record_telling(|_| {})
    }

    /// As [`Program::try_record`], and tells of each event at once.
    pub(in crate::front) fn record_telling(
        self,
        mut tell: impl FnMut(&Event),
    ) -> Result<Recording, RecordingError> {
        let failed = |error: io::Error| UserError::new(format!("cannot make a pipe: {error}"));
        let words = std::iter::once("freehold".into()).chain(self.target);
        let words = Words::try_parse_from(words).map_err(|e| UserError::new(e.to_string()));
        let mut target = words.map_err(RecordingError)?.target;
        target.args = self.args;
        let resolved = target.resolve().map_err(RecordingError)?;
        let mut launch = program::launch(&resolved);
        let (stdout, out) = Pipe::open().map_err(failed).map_err(RecordingError)?;
        let (stderr, err) = Pipe::open().map_err(failed).map_err(RecordingError)?;
        let null = std::fs::File::open("/dev/null").map_err(failed).map_err(RecordingError)?;
        launch.stdio = [Some(null.into()), Some(out), Some(err)];
        let mut events = Vec::new();
        let run = Run::to_end(options(launch, &self.follow), &mut |event: &Event| {
            tell(event);
            events.push(event.clone());
        });
        let status = run.map_err(|error| RecordingError(program::explain(&error)))?;
        let mut stories = Stories::default();
        events.iter().for_each(|event| stories.take(event));
        Ok(Recording { events, stories, status, stdout: stdout.read(), stderr: stderr.read() })
    }
}

impl std::error::Error for RecordingError {}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(anstream::adapter::strip_str(&text).to_string().trim_end())
    }
}

/// One of the program's outputs, read while it runs so that it never waits for a reader.
struct Pipe(JoinHandle<Vec<u8>>);

impl Pipe {
    fn open() -> io::Result<(Pipe, OwnedFd)> {
        let (read, write) = io::pipe()?;
        Ok((Pipe(thread::spawn(move || kept(read))), write.into()))
    }

    /// All of it, once the program has ended.
    fn read(self) -> Vec<u8> {
        self.0.join().unwrap_or_default()
    }
}

fn kept(mut from: PipeReader) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What is more is read and forgotten.
    let read = from.by_ref().take(KEPT).read_to_end(&mut bytes);
    if read.is_ok() {
        let _ = io::copy(&mut from, &mut io::sink());
    }
    bytes
}

fn options(launch: crate::inferior::Launch, follow: &[String]) -> Options {
    let ends = follow.iter().map(String::as_str).chain([MARK]);
    let patterns: Vec<_> = ends.filter_map(|end| Regex::new(&by_its_end(end)).ok()).collect();
    Options {
        launch,
        calls: true,
        selection: Selection { patterns, may_be_none: follow.is_empty(), ..Selection::default() },
        entry: EntryPoint::AfterPrologue,
        ledger: true,
        drops: true,
        whole_stack: false,
        values: true,
        full: true,
        halt_on_signals: false,
        nameless_borrows: false,
        pin: true,
        max_depth: None,
    }
}

/// A pattern for the functions whose path ends so.
fn by_its_end(end: &str) -> String {
    format!("(^|::|<){}$", regex::escape(end))
}
