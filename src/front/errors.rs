//! Errors for people: what happened, where, and what to do about it.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::exit::{BUILD_FAILED, EXPECTATION_FAILED, NOTHING_MATCHED, TOOL_ERROR};
use super::text::wrap;
use crate::base::{ExitStatus, did_you_mean};
use crate::dwarf::ImageError;

/// Columns below which a text is not squeezed.
const NARROWEST: usize = 20;

/// What a command ends with: how the program ended, or why Freehold could not show it.
pub(super) type Outcome = Result<ExitStatus, UserError>;

/// An error that a person reads, and the code that Freehold then exits with.
///
/// Its text is `error: WHAT`, a line `  at: WHERE` if there is a place to name, and a line
/// `  help: HINT` for each thing that can be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserError {
    what: String,
    /// The text that it is about, and which bytes of it.
    text: Option<Box<(String, Range<usize>)>>,
    place: Option<String>,
    hints: Vec<String>,
    /// What was expected and what is, a line each, with what stands in front of it.
    sides: Box<[(String, String)]>,
    /// Whether it is only a note: nothing failed.
    note: bool,
    /// Columns of a line; none where lines are not broken.
    width: Option<usize>,
    exit_code: u8,
}

impl UserError {
    /// An error that ends Freehold with code 2.
    pub fn new(what: impl Into<String>) -> UserError {
        UserError {
            what: what.into(),
            text: None,
            place: None,
            hints: Vec::new(),
            sides: Box::default(),
            note: false,
            width: None,
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

    /// An expectation that does not hold: code 1.
    pub fn expectation(what: impl Into<String>) -> UserError {
        UserError { exit_code: EXPECTATION_FAILED, ..UserError::new(what) }
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
        self.sides = sides.into();
        self
    }

    /// Shows the part of a text that it is about.
    #[must_use]
    pub fn in_text(mut self, text: &str, span: Range<usize>) -> UserError {
        self.text = Some(Box::new((text.to_owned(), span)));
        self
    }

    /// Breaks what does not fit into so many columns.
    #[must_use]
    pub fn within(mut self, width: usize) -> UserError {
        self.width = Some(width);
        self
    }

    /// A text in lines that begin under its first word, which stands in that column.
    fn broken(&self, text: &str, column: usize) -> String {
        let Some(width) = self.width else { return text.to_owned() };
        let lines = wrap(text, width.saturating_sub(column).max(NARROWEST));
        lines.join(&format!("\n{:column$}", ""))
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
        mut self,
        wanted: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> UserError {
        self.hints.extend(did_you_mean(wanted, names));
        self
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
            true => writeln!(f, "{cyan}note:{cyan:#} {}", self.broken(&self.what, 6))?,
            false => {
                writeln!(f, "{red}error:{red:#} {bold}{}{bold:#}", self.broken(&self.what, 7))?;
            }
        }
        if let Some((text, span)) = self.text.as_deref() {
            writeln!(f, "    {text}")?;
            let before = text.get(..span.start).unwrap_or(text).width();
            let under = text.get(span.clone()).unwrap_or("").width().max(1);
            writeln!(f, "    {:before$}{red}{}{red:#}", "", "^".repeat(under))?;
        }
        if let Some(place) = &self.place {
            writeln!(f, "  {cyan}at:{cyan:#} {place}")?;
        }
        let column = self.sides.iter().map(|(sign, _)| sign.chars().count()).max().unwrap_or(0);
        for (sign, text) in &self.sides {
            writeln!(f, "{}", format!("    {sign:<column$} {text}").trim_end())?;
        }
        for hint in &self.hints {
            writeln!(f, "  {cyan}help:{cyan:#} {}", self.broken(hint, 8))?;
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
    fn the_part_of_a_text_that_is_wrong_is_underlined() {
        let error = UserError::new("no").in_text("é + usr.x", 5..8).hint("h");
        assert_eq!(plain(&error), "error: no\n    é + usr.x\n        ^^^\n  help: h\n");
        let end = UserError::new("no").in_text("1 +", 3..3);
        assert_eq!(plain(&end), "error: no\n    1 +\n       ^\n");
    }

    #[test]
    fn long_sentences_are_broken_between_words_where_the_width_is_known() {
        let error = UserError::new("one two three four five six").hint("a b").within(30);
        assert_eq!(plain(&error), "error: one two three four five\n       six\n  help: a b\n");
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
