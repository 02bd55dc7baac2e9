//! The terminal: whose turn it is, and how it treats what is typed.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::sys::signal::{SigHandler, Signal, raise, signal};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

use crate::base::Tid;

/// The controlling terminal of this process, which one process group at a time may read.
#[derive(Debug)]
pub struct Terminal {
    file: OwnedFd,
}

/// How a terminal treats what is typed and what is written: `termios(3)`.
#[derive(Clone, Debug)]
pub struct TerminalModes(Termios);

impl Terminal {
    /// The terminal at standard input; none where that is no terminal, or is another's to read now.
    pub fn of_stdin() -> Option<Terminal> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return None;
        }
        let file = stdin.as_fd().try_clone_to_owned().ok()?;
        let terminal = Terminal { file };
        terminal.is_ours().then_some(terminal)
    }

    /// Whether our own process group may read.
    pub fn is_ours(&self) -> bool {
        self.reader() == Some(Tid(getpgrp().as_raw()))
    }

    /// The process group that may read; none where the terminal is gone.
    pub fn reader(&self) -> Option<Tid> {
        tcgetpgrp(&self.file).ok().map(|group| Tid(group.as_raw()))
    }

    /// Lets a process group read (`tcsetpgrp(3)`). The group is named by its first process.
    ///
    /// # Errors
    /// Where there is no such group in this session, or the terminal is gone.
    pub fn give(&self, group: Tid) -> io::Result<()> {
        Ok(tcsetpgrp(&self.file, Pid::from_raw(group.0))?)
    }

    /// Lets ourselves read.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn take(&self) -> io::Result<()> {
        Ok(tcsetpgrp(&self.file, getpgrp())?)
    }

    /// How it treats what is typed.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn modes(&self) -> io::Result<TerminalModes> {
        Ok(TerminalModes(tcgetattr(&self.file)?))
    }

    /// Changes that, once what was written has been shown. What was typed and not yet read stays.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn set_modes(&self, modes: &TerminalModes) -> io::Result<()> {
        Ok(tcsetattr(&self.file, SetArg::TCSADRAIN, &modes.0)?)
    }
}

/// From now on this process may write to its terminal and set its modes while another process
/// group reads it: the kernel would stop it by SIGTTOU otherwise (`tcsetpgrp(3)`). What it starts
/// has the signal's default again.
pub fn write_from_background() {
    // SAFETY: no handler is installed.
    let _ = unsafe { signal(Signal::SIGTTOU, SigHandler::SigIgn) };
}

/// Stops this process by `SIGTSTP`, as Ctrl-Z does; returns when it is continued.
pub fn suspend() {
    let _ = raise(Signal::SIGTSTP);
}

/// Opens a terminal for somebody else; it does not become ours.
///
/// # Errors
/// Where it cannot be opened, or is no terminal (`ENOTTY`).
pub fn open_terminal(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).custom_flags(libc::O_NOCTTY).open(path)?;
    match file.is_terminal() {
        true => Ok(file),
        false => Err(io::Error::from_raw_os_error(libc::ENOTTY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_terminal_is_refused() {
        let error = open_terminal(Path::new("/dev/null")).expect_err("it is none");
        assert_eq!(error.raw_os_error(), Some(libc::ENOTTY));
        let error = open_terminal(Path::new("/no/such")).expect_err("it is not there");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
