//! Exit codes, and what is said when Freehold itself is at fault.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic;
use std::process::ExitCode;

use crate::base::ExitStatus;

/// An expectation or a drop snapshot does not hold.
pub const EXPECTATION_FAILED: u8 = 1;
/// The command line is wrong, or Freehold could not do its work.
pub const TOOL_ERROR: u8 = 2;
/// A filter matched nothing, so that there was nothing to show.
pub const NOTHING_MATCHED: u8 = 4;
/// rustc or cargo could not build the program (cargo itself ends with this code).
pub const BUILD_FAILED: u8 = 101;

/// The code to exit with after a program that ended so: its own, or 128 + n for signal n.
pub(super) fn of_program(status: ExitStatus) -> ExitCode {
    // A code is one byte (exit(3)), and there is no signal above 64, so that the mask loses nothing.
    ExitCode::from((status.shell_code() & 0xff) as u8)
}

/// From now on a panic prints what happened in plain words, instead of Rust's own message.
pub(super) fn explain_panics() {
    panic::set_hook(Box::new(|info| {
        let what = info.payload_as_str().unwrap_or("it gave no reason");
        let at = info.location().map(|at| format!(" ({}:{})", at.file(), at.line()));
        let text = explanation(what, &at.unwrap_or_default(), &Backtrace::capture());
        let _ = anstream::stderr().write_all(text.as_bytes());
    }));
}

/// Where the environment asks for a backtrace (`RUST_BACKTRACE`), it is added.
fn explanation(what: &str, at: &str, backtrace: &Backtrace) -> String {
    let end = match backtrace.status() {
        BacktraceStatus::Captured => backtrace.to_string(),
        _ => "  help: RUST_BACKTRACE=1 adds a backtrace".to_owned(),
    };
    format!(
        "error: Freehold found a mistake in itself and stopped: {what}{at}\n  \
         help: the program it was running has been ended with it\n  \
         help: please report this text, the command line and the output of `freehold --version`\n\
         {end}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_ends_freehold_with_its_own_code() {
        let same = |status, code: u8| {
            assert_eq!(format!("{:?}", of_program(status)), format!("{:?}", ExitCode::from(code)));
        };
        same(ExitStatus::Code(0), 0);
        same(ExitStatus::Code(7), 7);
        same(ExitStatus::Code(255), 255);
        same(ExitStatus::Signal(11), 139);
    }

    #[test]
    fn a_mistake_of_ours_is_explained_calmly() {
        assert_eq!(
            explanation("index out of bounds", " (src/a.rs:5)", &Backtrace::disabled()),
            "error: Freehold found a mistake in itself and stopped: index out of bounds \
             (src/a.rs:5)\n  help: the program it was running has been ended with it\n  \
             help: please report this text, the command line and the output of \
             `freehold --version`\n  help: RUST_BACKTRACE=1 adds a backtrace\n"
        );
    }
}
