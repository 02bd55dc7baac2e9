//! Running Freehold, with a limit of time, and making what it prints the same on every machine.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use assert_cmd::Command;
use regex::Regex;

use super::program::{build_dir, package};

/// No test of one program needs as long; two cores may be busy with other tests.
const LIMIT: Duration = Duration::from_secs(120);

/// What a run of Freehold left behind.
#[derive(Debug)]
pub struct Ran {
    /// The code it exited with, or 128 + n where signal n ended it.
    pub code: i32,
    /// Its standard output, which is the program's own.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs `freehold ARGS` in the package's directory.
#[track_caller]
pub fn freehold<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(args: I) -> Ran {
    freehold_in(package(), args, "")
}

/// Runs `freehold ARGS` in a directory, with some standard input.
#[track_caller]
pub fn freehold_in<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(
    dir: &Path,
    args: I,
    stdin: &str,
) -> Ran {
    // A run that fails is as good as one that succeeds: the test looks at the code.
    let output = command().current_dir(dir).args(args).write_stdin(stdin).output();
    Ran::of(output.expect("freehold starts, and ends within the limit"))
}

/// What `freehold debug` tells of a program where each of the commands is given in turn. It ends at
/// the first error.
#[track_caller]
pub fn at_prompt(commands: &[&str], executable: &Path) -> String {
    let commands = commands.iter().flat_map(|command| ["-e", command]);
    let args = ["debug", "--batch"].into_iter().chain(commands).map(OsStr::new);
    let ran = freehold(args.chain([executable.as_os_str()]));
    ran.stdout + &ran.stderr
}

impl Ran {
    /// What a finished process left behind.
    #[track_caller]
    pub fn of(output: std::process::Output) -> Ran {
        let status = output.status;
        Ran {
            code: status.code().or(status.signal().map(|n| 128 + n)).expect("it ended"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// `freehold` with an environment that is the same for everyone who runs the tests.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_freehold"));
    command.timeout(LIMIT).env("XDG_CACHE_HOME", cache_dir());
    // Nobody's own init file and history.
    for name in ["XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(name, build_dir().join("home"));
    }
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Where the tests keep what Freehold builds from `.rs` files.
pub fn cache_dir() -> PathBuf {
    build_dir().join("cache")
}

/// The text for a file of expected output: paths of source files become file names.
///
/// # Panics
/// If there is an address in it: expected output shows ordinals and names.
#[track_caller]
pub fn normalise(text: &str) -> String {
    static PATHS: OnceLock<Regex> = OnceLock::new();
    static ADDRESS: OnceLock<Regex> = OnceLock::new();
    let paths =
        PATHS.get_or_init(|| Regex::new(r"(?:[\w.+~-]*/)+([\w.+-]+\.rs)\b").expect("valid"));
    let address = ADDRESS.get_or_init(|| Regex::new("0x[0-9a-fA-F]{5,}").expect("valid"));
    if let Some(found) = address.find(text) {
        panic!("there is an address, {}, in:\n{text}", found.as_str());
    }
    paths.replace_all(text, "$1").into_owned()
}
