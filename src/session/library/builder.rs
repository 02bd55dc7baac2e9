//! Opening a program.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use crate::inferior::Launch;
use crate::session::{Observer, Session, SessionError, Settings};

/// A program that is to be opened, and how.
///
/// ```no_run
/// # fn main() -> Result<(), freehold::SessionError> {
/// let mut session = freehold::Session::builder("target/debug/server")
///     .arg("--once")
///     .env("RUST_LOG", "debug")
///     .capture_output()
///     .open()?;
/// # Ok(())
/// # }
/// ```
pub struct Builder {
    launch: Launch,
    settings: Settings,
    env: Vec<(OsString, OsString)>,
    input: Option<PathBuf>,
    captures: bool,
    observer: Option<Box<dyn Observer>>,
}

impl Session {
    /// Begins to open a program: the path of an executable, best one that was built with `-g`.
    pub fn builder(program: impl Into<PathBuf>) -> Builder {
        Builder {
            launch: Launch::new(program),
            settings: Settings::default(),
            env: Vec::new(),
            input: None,
            captures: false,
            observer: None,
        }
    }
}

impl Builder {
    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Builder {
        self.launch.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Builder {
        self.launch.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment, which is this process's own otherwise.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Builder {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Lets it start in another folder than this process's own.
    #[must_use]
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Builder {
        self.launch.cwd = Some(folder.into());
        self
    }

    /// Lets it read its standard input from a file. It reads this process's own otherwise.
    #[must_use]
    pub fn input(mut self, file: impl Into<PathBuf>) -> Builder {
        self.input = Some(file.into());
        self
    }

    /// Keeps what it writes to its standard output, for [`Session::output`], instead of passing it
    /// on.
    #[must_use]
    pub fn capture_output(mut self) -> Builder {
        self.captures = true;
        self
    }

    /// Changes how the session behaves. `ledger: false` makes programs that allocate much faster;
    /// what was moved and freed is not known then.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Builder {
        self.settings = settings;
        self
    }

    /// Lets somebody know what happens while the program runs: a closure `|event: &Event| …`.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer + 'static) -> Builder {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Opens the program. Nothing of it runs yet.
    ///
    /// # Errors
    /// [`SessionError::Launch`] says what is wrong with the file.
    pub fn open(self) -> Result<Session, SessionError> {
        let mut session = Session::open(self.launch, self.settings)?;
        for (name, value) in self.env {
            session.set_environment(&name, Some(value));
        }
        session.stage.redirections.input = self.input;
        if self.captures {
            session.capture_output(Box::new(io::sink()))?;
        }
        session.observer = self.observer;
        Ok(session)
    }
}
