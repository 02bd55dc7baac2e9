//! How somebody wants a value shown: the suffix of `print/x`, `print/100s`, `print/raw`.

use thiserror::Error;

use super::Limits;

/// How a value is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// How numbers are written.
    pub radix: Radix,
    /// Whether std types are shown field by field, as the debug information describes them.
    pub raw: bool,
    /// Terminal columns of a line.
    pub width: usize,
    /// When a value is broken into lines.
    pub expand: Expand,
}

/// How numbers are written, in a value and in all of its parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Radix {
    /// As `{:?}` writes them.
    Natural,
    /// Integers, characters, addresses and the bits of floats as `0x2a`; what is negative in two's
    /// complement of its type's size.
    Hex,
    /// The same as `0b101010`.
    Binary,
    /// The same as `0o52`.
    Octal,
    /// Characters and addresses in decimal, too.
    Decimal,
    /// Integers as the characters whose code they are, where there is one.
    Char,
    /// Rows of bytes as text, and raw pointers to bytes as the C strings that they lead to.
    Str,
}

/// When a value is broken into lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expand {
    /// Never: one line, however long.
    Never,
    /// Where it does not fit the width.
    WhereNeeded,
    /// So many levels of parts always, as `{:#?}` does; below them where it does not fit.
    Levels(usize),
}

impl Default for Format {
    fn default() -> Self {
        Format { radix: Radix::Natural, raw: false, width: 80, expand: Expand::WhereNeeded }
    }
}

/// Why a format was not understood.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum FormatError {
    /// There is no such format.
    #[error("unknown format `/{0}`; known are {KNOWN}")]
    Unknown(String),
    /// The number before it is no width that a line can have.
    #[error("`/{0}`: a width is a number of columns from {NARROWEST} to {WIDEST}, as in `/100x`")]
    Width(String),
}

/// What an error and a help text list.
const KNOWN: &str = "/x (hexadecimal), /b or /t (binary), /o (octal), /d (decimal), /c (characters), \
                     /s (bytes as text), /raw (fields of std types), /line (one line), /# (all lines \
                     broken, as {:#?}), and a width in columns before any of them: /100x";

const NARROWEST: usize = 20;
const WIDEST: usize = 10_000;

impl Format {
    /// What there is to write behind the slash, for help texts.
    pub const KNOWN: &str = KNOWN;

    /// Understands what stands behind the slash: a format, a width and a format, or several of them
    /// with slashes between (`x/raw`). What is not said is as in `self`, where the caller puts the
    /// width of the terminal.
    ///
    /// # Errors
    /// [`FormatError`], which says what is known.
    pub fn with(self, suffix: &str) -> Result<Format, FormatError> {
        let suffix = suffix.trim().trim_start_matches('/');
        suffix.split('/').try_fold(self, |format, part| format.with_part(part, suffix))
    }

    /// The same on top of the default: 80 columns, broken where needed.
    ///
    /// # Errors
    /// As [`Format::with`].
    pub fn parse(suffix: &str) -> Result<Format, FormatError> {
        Format::default().with(suffix)
    }

    fn with_part(mut self, part: &str, whole: &str) -> Result<Format, FormatError> {
        let digits = part.len().saturating_sub(part.trim_start_matches(is_digit).len());
        let (width, name) = part.split_at_checked(digits).unwrap_or(("", part));
        if !width.is_empty() {
            let columns = width.parse().ok().filter(|n| (NARROWEST..=WIDEST).contains(n));
            self.width = columns.ok_or_else(|| FormatError::Width(whole.to_owned()))?;
        }
        match name {
            "x" => self.radix = Radix::Hex,
            "b" | "t" => self.radix = Radix::Binary,
            "o" => self.radix = Radix::Octal,
            "d" => self.radix = Radix::Decimal,
            "c" => self.radix = Radix::Char,
            "s" => self.radix = Radix::Str,
            "raw" | "r" => self.raw = true,
            "line" => self.expand = Expand::Never,
            "#" => self.expand = Expand::Levels(usize::MAX),
            "" if !width.is_empty() => {}
            _ => return Err(FormatError::Unknown(whole.to_owned())),
        }
        Ok(self)
    }

    /// The limits with which a value must be read to be shown so.
    pub fn limits(&self, limits: Limits) -> Limits {
        Limits { raw: self.raw, bytes_as_text: self.radix == Radix::Str, ..limits }
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_names_a_radix_a_width_and_what_is_shown() {
        let base = Format::default();
        assert_eq!(Format::parse("x"), Ok(Format { radix: Radix::Hex, ..base }));
        assert_eq!(Format::parse("/t"), Ok(Format { radix: Radix::Binary, ..base }));
        assert_eq!(Format::parse("40"), Ok(Format { width: 40, ..base }));
        let both = Format { radix: Radix::Octal, width: 100, raw: true, ..base };
        assert_eq!(Format::parse("100o/raw"), Ok(both));
        let open = Format { expand: Expand::Levels(usize::MAX), ..base };
        assert_eq!(Format::parse("#"), Ok(open));
        let wide = Format { width: 120, ..base };
        assert_eq!(wide.with("d"), Ok(Format { radix: Radix::Decimal, ..wide }));
    }

    #[test]
    fn what_is_not_known_is_answered_with_what_is() {
        let text = |suffix: &str| Format::parse(suffix).unwrap_err().to_string();
        assert!(text("q").starts_with("unknown format `/q`; known are /x (hexadecimal)"));
        assert!(text("").starts_with("unknown format `/`"));
        assert!(text("xx").contains("/raw (fields of std types)"));
        let width = "`/4x`: a width is a number of columns from 20 to 10000, as in `/100x`";
        assert_eq!(text("4x"), width);
        assert!(text("99999999999999999999x").contains("a width is a number"));
    }

    #[test]
    fn only_some_formats_change_what_is_read() {
        let limits = |suffix: &str| Format::parse(suffix).unwrap().limits(Limits::default());
        assert_eq!(limits("x"), Limits::default());
        assert!(limits("s").bytes_as_text && limits("raw").raw);
    }
}
