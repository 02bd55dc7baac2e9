//! Exit codes, and what is said when Freehold itself is at fault.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::{self, PanicHookInfo};
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
        let _ = anstream::stderr().write_all(explanation(info).as_bytes());
    }));
}

fn explanation(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("it gave no reason");
    let at = info.location().map(|at| format!(" ({}:{})", at.file(), at.line()));
    let mut text = format!(
        "error: Freehold found a mistake in itself and stopped: {what}{}\n  \
         help: the program it was running has been ended with it\n  \
         help: please report this text, the command line and the output of `freehold --version`\n",
        at.unwrap_or_default()
    );
    // Only where RUST_BACKTRACE asks for one.
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => text.push_str(&format!("{backtrace}\n")),
        _ => text.push_str("  help: RUST_BACKTRACE=1 adds a backtrace\n"),
    }
    text
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
}
