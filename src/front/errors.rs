//! Errors for people: what happened, where, and what to do about it.

use std::fmt;
use std::io;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use super::exit::{BUILD_FAILED, NOTHING_MATCHED, TOOL_ERROR};
use crate::base::{ExitStatus, nearest};
use crate::dwarf::ImageError;

/// What a command ends with: how the program ended, or why Freehold could not show it.
pub(super) type Outcome = Result<ExitStatus, UserError>;

/// An error that a person reads, and the code that Freehold then exits with.
///
/// Its text is `error: WHAT`, a line `  at: WHERE` if there is a place to name, and a line
/// `  help: HINT` for each thing that can be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserError {
    what: String,
    place: Option<String>,
    hints: Vec<String>,
    /// What was expected and what is, a line each, with what stands in front of it.
    sides: Vec<(String, String)>,
    /// Whether it is only a note: nothing failed.
    note: bool,
    exit_code: u8,
}

impl UserError {
    /// An error that ends Freehold with code 2.
    pub fn new(what: impl Into<String>) -> UserError {
        UserError {
            what: what.into(),
            place: None,
            hints: Vec::new(),
            sides: Vec::new(),
            note: false,
            exit_code: TOOL_ERROR,
        }
    }

    /// An error of rustc or cargo, which have already said more: code 101.
    pub fn build(what: impl Into<String>) -> UserError {
        UserError { exit_code: BUILD_FAILED, ..UserError::new(what) }
    }

    /// An error of which all has been said.
    pub fn told(exit_code: u8) -> UserError {
        UserError { exit_code, ..UserError::new("") }
    }

    /// Something that a person should know, and that is no error.
    pub fn note(what: impl Into<String>) -> UserError {
        UserError { note: true, ..UserError::new(what) }
    }

    /// A filter that matched nothing: code 4.
    pub fn nothing_matched(what: impl Into<String>) -> UserError {
        UserError { exit_code: NOTHING_MATCHED, ..UserError::new(what) }
    }

    /// A file or directory that cannot be used, with the system's own reason.
    pub fn io(doing: &str, path: &Path, error: &io::Error) -> UserError {
        UserError::new(format!("cannot {doing} {}: {}", path.display(), reason(error)))
    }

    /// A file that is no program for this debugger.
    pub fn image(path: &Path, error: &ImageError) -> UserError {
        let plain = UserError::new(format!("cannot debug {}: {error}", path.display()));
        match error {
            ImageError::NotElf(_) => plain.hint(
                "TARGET is an executable, a Rust source file (NAME.rs), or is left out to use the \
                 package in this directory",
            ),
            ImageError::OtherMachine(_) => {
                plain.hint("build it for this machine: --target x86_64-unknown-linux-gnu")
            }
            ImageError::Damaged(_) => {
                plain.hint("build it again: the file may have been cut short")
            }
            ImageError::NotRunnable(_) => plain.hint("name the executable that was linked from it"),
        }
    }

    /// A shared library, which has no place to begin.
    pub fn library(path: &Path) -> UserError {
        UserError::new(format!(
            "cannot run {}: it is a shared library, not a program",
            path.display()
        ))
        .hint("name a program that loads it")
    }

    /// Adds the place it is about: a file with a line, a function, an option.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> UserError {
        self.place = Some(place.into());
        self
    }

    /// Adds what was expected and what is.
    #[must_use]
    pub fn sides(mut self, sides: Vec<(String, String)>) -> UserError {
        self.sides = sides;
        self
    }

    /// Adds something to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> UserError {
        self.hints.push(hint.into());
        self
    }

    /// Adds the suggestion to use the nearest of some names, where one is near enough.
    #[must_use]
    pub fn did_you_mean<'a>(
        self,
        wanted: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> UserError {
        match nearest(wanted, names) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// The code to exit with.
    pub fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl fmt::Display for UserError {
    /// With colours: print it through `anstream`, which takes them out where they are not wanted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let red = AnsiColor::Red.on_default().bold();
        let cyan = AnsiColor::Cyan.on_default();
        let bold = Style::new().bold();
        if self.what.is_empty() {
            return Ok(());
        }
        match self.note {
            true => writeln!(f, "{cyan}note:{cyan:#} {}", self.what)?,
            false => writeln!(f, "{red}error:{red:#} {bold}{}{bold:#}", self.what)?,
        }
        if let Some(place) = &self.place {
            writeln!(f, "  {cyan}at:{cyan:#} {place}")?;
        }
        let column = self.sides.iter().map(|(sign, _)| sign.chars().count()).max().unwrap_or(0);
        for (sign, text) in &self.sides {
            writeln!(f, "{}", format!("    {sign:<column$} {text}").trim_end())?;
        }
        for hint in &self.hints {
            writeln!(f, "  {cyan}help:{cyan:#} {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UserError {}

/// The system's reason without its number: "No such file or directory" becomes "no such file or
/// directory".
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = plain.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(error: &UserError) -> String {
        anstream::adapter::strip_str(&error.to_string()).to_string()
    }

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let error = UserError::new("no function `mian`")
            .at("demo")
            .did_you_mean("mian", ["main", "map", "f"])
            .hint("`--all` watches every function");
        assert_eq!(
            plain(&error),
            "error: no function `mian`\n  at: demo\n  help: did you mean `main`?\n  \
             help: `--all` watches every function\n"
        );
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn each_kind_of_error_has_its_exit_code() {
        assert_eq!(UserError::build("x").exit_code(), 101);
        assert_eq!(UserError::nothing_matched("x").exit_code(), 4);
        assert_eq!(UserError::image(Path::new("a"), &elf("MZ")).exit_code(), 2);
    }

    fn elf(begin: &str) -> ImageError {
        ImageError::NotElf(format!("\"{begin}\""))
    }

    #[test]
    fn a_system_error_is_read_without_its_number() {
        let error = io::Error::from_raw_os_error(13);
        assert_eq!(
            plain(&UserError::io("open", Path::new("a/b"), &error)),
            "error: cannot open a/b: permission denied\n"
        );
    }
}
