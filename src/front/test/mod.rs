//! `freehold test`: the tests of a package, each under the ledger.
//!
//! Each test runs in a process of its own, on a thread of its own as libtest does it. What is told
//! of it is what that thread and the threads that it started did: the rest is libtest's.

mod listing;
mod progress;
mod report;

use std::path::Path;
use std::process::Command;

use super::args::TestArgs;
use super::errors::{Outcome, UserError};
use super::exit::EXPECTATION_FAILED;
use super::narrator::{self, sink, width};
use super::target::TestBinary;
use super::testing::Program;
use crate::base::ExitStatus;
use listing::{Listed, tests_of};
use progress::Progress;
use report::Reporter;
pub(super) use report::{Counts, Tested};

/// The code of a run in which a test failed, as libtest and cargo have it.
const TESTS_FAILED: i32 = 101;

/// Runs the tests that the command line selects.
pub(super) fn run(args: &TestArgs) -> Outcome {
    if let Some((binary, rest)) = args.runner.split_first() {
        return run_as_runner(args, Path::new(binary), rest);
    }
    let binaries = args.targets.build()?;
    let mut all = Vec::new();
    for binary in &binaries {
        let tests = tests_of(&binary.executable, binary.dir.as_deref(), &[])?;
        let means = |test: &Listed, text: &str| {
            if args.exact { test.name == text } else { test.name.contains(text) }
        };
        let wanted = |test: &Listed| {
            args.filter.as_ref().is_none_or(|filter| means(test, filter))
                && !args.skip.iter().any(|skipped| means(test, skipped))
        };
        all.extend(tests.into_iter().filter(wanted).map(|test| (binary.clone(), test)));
    }
    if all.is_empty() {
        let what = args.filter.as_deref().map_or_else(String::new, |f| format!(" matches `{f}`"));
        return Err(UserError::nothing_matched(format!("no test{what}"))
            .hint("`cargo test -- --list` shows the tests there are"));
    }
    report(args, &all)
}

/// As cargo's runner and as nextest's debugger: a test executable with libtest's own arguments.
fn run_as_runner(args: &TestArgs, binary: &Path, rest: &[std::ffi::OsString]) -> Outcome {
    let asked_to_list = rest.iter().any(|word| word == "--list");
    let executable = binary.to_owned();
    let tests = if asked_to_list { None } else { Some(tests_of(&executable, None, rest)?) };
    let Some(tests) = tests.filter(|tests| !tests.is_empty()) else {
        // A list is for whoever runs us; an executable without tests of libtest runs as it is.
        let status = Command::new(binary).args(rest).status();
        let status = status.map_err(|error| UserError::io("run", binary, &error))?;
        return Ok(ExitStatus::Code(status.code().unwrap_or(TESTS_FAILED)));
    };
    let target = binary.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let binary = TestBinary { target, executable, dir: None };
    let all: Vec<_> = tests.into_iter().map(|test| (binary.clone(), test)).collect();
    report(args, &all)
}

fn report(args: &TestArgs, tests: &[(TestBinary, Listed)]) -> Outcome {
    let width = width(args.page.width, args.page.output.is_none());
    // Those of the terminal, wherever the report goes.
    let columns = narrator::width(None, true);
    let names = tests.iter().map(|(_, test)| test.name.chars().count()).max().unwrap_or(0);
    let mut reporter = Reporter::new(sink(&args.page)?, args.page.format, width, names);
    for (binary, test) in tests {
        if test.ignored && !args.include_ignored {
            reporter.ignored(binary, test);
            continue;
        }
        let mut program = Program::file(&binary.executable);
        if let Some(dir) = &binary.dir {
            let manifest = dir.to_string_lossy();
            program = program.cwd(dir).env("CARGO_MANIFEST_DIR", &manifest);
        }
        // What a panic says of its stack takes tens of thousands of blocks.
        program = program.env("RUST_BACKTRACE", "0");
        for word in ["--exact", &test.name, "--nocapture", "--include-ignored", "--test-threads=2"]
        {
            program = program.arg(word);
        }
        let progress = Progress::of(&test.name, columns);
        let recording = program.record_telling(|event| progress.event(event));
        drop(progress);
        let recording = recording.map_err(|error| UserError::new(error.to_string()))?;
        reporter.tested(&Tested::new(binary, test, &recording));
    }
    reporter.summary();
    Ok(ExitStatus::Code(match (reporter.failed(), reporter.lost()) {
        (0, 0) => 0,
        (0, _) if args.deny_leaks => i32::from(EXPECTATION_FAILED),
        (0, _) => 0,
        _ => TESTS_FAILED,
    }))
}
