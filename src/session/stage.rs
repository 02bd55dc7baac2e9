//! What a run is set on: its arguments and environment, where its input and output lead, and whose
//! turn it is at the terminal.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::capture::Capture;
use super::debugger::Session;
use super::error::SessionError;
use super::listing::LastListed;
use super::turns::Turns;
use crate::inferior::{Launch, Seat};
use crate::os;

/// What a run is set on, beside its [`Launch`].
#[derive(Default)]
pub(super) struct Stage {
    pub redirections: Redirections,
    /// Another terminal for the program.
    pub tty: Option<PathBuf>,
    /// Our own terminal, where the program is to have its turns.
    pub turns: Option<Rc<Turns>>,
    /// What the program wrote, where that is kept.
    pub capture: Option<Capture>,
    /// The folder that paths are relative to, where `cd` went to one.
    pub folder: Option<PathBuf>,
    pub listed: LastListed,
}

/// Files in the place of the program's standard input, output and error, opened at each start.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Redirections {
    /// What the program reads: `< FILE`.
    pub input: Option<PathBuf>,
    /// Where it writes: `> FILE`.
    pub output: Option<Written>,
    /// Where it complains: `2> FILE`.
    pub errors: Option<Written>,
    /// Whether it complains where it writes: `2>&1`.
    pub errors_to_output: bool,
}

/// A file that a program writes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Whether what is in it stays: `>>`.
    pub append: bool,
}

impl Session {
    /// The arguments of the program, without its own name.
    pub fn args(&self) -> &[OsString] {
        &self.launch.args
    }

    /// Changes the arguments, for runs to come.
    pub fn set_args(&mut self, args: Vec<OsString>) {
        self.launch.args = args;
    }

    /// Where the program's input and output lead.
    pub fn redirections(&self) -> &Redirections {
        &self.stage.redirections
    }

    /// Changes where they lead, for runs to come.
    pub fn set_redirections(&mut self, redirections: Redirections) {
        self.stage.redirections = redirections;
    }

    /// The environment of the program, by name.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let ours = || std::env::vars_os().collect();
        let mut all: Vec<_> = self.launch.env.clone().unwrap_or_else(ours);
        all.sort();
        all
    }

    /// Sets a variable of the environment for runs to come; none takes it away.
    pub fn set_environment(&mut self, name: &OsStr, value: Option<OsString>) {
        let mut all = self.environment();
        all.retain(|(known, _)| known != name);
        all.extend(value.map(|value| (name.to_owned(), value)));
        self.launch.env = Some(all);
    }

    /// The folder in which the program starts, and which paths in commands are relative to.
    pub fn folder(&self) -> PathBuf {
        let ours = || std::env::current_dir().unwrap_or_default();
        self.stage.folder.clone().unwrap_or_else(ours)
    }

    /// Changes that folder.
    ///
    /// # Errors
    /// Where it is no folder that can be entered.
    pub fn set_folder(&mut self, path: &str) -> io::Result<()> {
        let folder = self.path(path).canonicalize()?;
        if !folder.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        self.launch.cwd = Some(folder.clone());
        self.stage.folder = Some(folder);
        Ok(())
    }

    /// The file that a path in a command means: relative to the folder, with `~` for the home.
    pub fn path(&self, text: &str) -> PathBuf {
        let home = std::env::var_os("HOME");
        match (text.strip_prefix('~').map(|rest| rest.trim_start_matches('/')), home) {
            (Some(rest), Some(home)) if text == "~" || text.starts_with("~/") => {
                Path::new(&home).join(rest)
            }
            _ => self.folder().join(text),
        }
    }

    /// The terminal of its own that the program has; none where it shares ours.
    pub fn tty(&self) -> Option<&Path> {
        self.stage.tty.as_deref()
    }

    /// Gives the program another terminal, in runs to come; none lets it share ours.
    ///
    /// # Errors
    /// Where that cannot be opened or is no terminal.
    pub fn set_tty(&mut self, path: Option<&str>) -> io::Result<()> {
        let path = path.map(|path| self.path(path));
        path.as_deref().map(os::open_terminal).transpose()?;
        self.stage.tty = path;
        Ok(())
    }

    /// The launch of the next run, with its files opened.
    pub(super) fn next_launch(&mut self) -> Result<Launch, SessionError> {
        let mut launch = self.launch.again()?;
        launch.seat = match (&self.stage.tty, &self.stage.turns) {
            (Some(_), Some(turns)) => turns.begin_elsewhere(),
            (Some(_), None) => Seat::Apart,
            (None, Some(turns)) => turns.begin(),
            (None, None) => launch.seat,
        };
        if let Some(tty) = &self.stage.tty {
            let file = os::open_terminal(tty).map_err(|error| unusable("open", tty, error))?;
            let share = || file.try_clone().map_err(|error| unusable("open", tty, error));
            launch.stdio = [Some(share()?.into()), Some(share()?.into()), Some(share()?.into())];
        }
        if let Some(capture) = &self.stage.capture {
            launch.stdio[1] = Some(
                capture
                    .end()
                    .map_err(|error| unusable("give the program", Path::new("a pipe"), error))?,
            );
        }
        self.stage.redirections.open(&mut launch.stdio)?;
        Ok(launch)
    }
}

impl Redirections {
    /// Opens the files.
    fn open(&self, stdio: &mut [Option<OwnedFd>; 3]) -> Result<(), SessionError> {
        let [input, output, errors] = stdio;
        if let Some(path) = &self.input {
            let file = File::open(path).map_err(|error| unusable("read", path, error))?;
            *input = Some(file.into());
        }
        if let Some(written) = &self.output {
            *output = Some(written.open()?);
        }
        if let Some(written) = &self.errors {
            *errors = Some(written.open()?);
        }
        if self.errors_to_output {
            let shared = match output {
                Some(output) => output.try_clone(),
                None => {
                    let stdout = io::stdout();
                    std::os::fd::AsFd::as_fd(&stdout).try_clone_to_owned()
                }
            };
            let shared = shared.map_err(|error| unusable("share", Path::new("stdout"), error))?;
            *errors = Some(shared);
        }
        Ok(())
    }
}

impl Written {
    fn open(&self) -> Result<OwnedFd, SessionError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).append(self.append).truncate(!self.append);
        let file = options.open(&self.path);
        Ok(file.map_err(|error| unusable("write", &self.path, error))?.into())
    }
}

fn unusable(doing: &'static str, path: &Path, error: io::Error) -> SessionError {
    SessionError::File { doing, path: path.to_owned(), error }
}
