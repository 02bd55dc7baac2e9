//! The form of a value on as many lines as it needs.
//!
//! `doc` turns a value into a document: what may stand on one line and where it may be broken.
//! `layout` breaks it where it does not fit. `numbers` writes scalars in the radix that was asked
//! for. Nothing here may read memory: what was not read is told as such.

mod doc;
mod layout;
mod numbers;

use unicode_width::UnicodeWidthStr;

use super::format::Format;
use super::model::Value;
use super::naming::Naming;

/// A piece of text with what it is, so that a front end can colour it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// The text, without line ends or control characters.
    pub text: String,
}

/// What a piece of text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// The name of a field.
    Name,
    /// The name of a type or of an enum's variant.
    Type,
    /// A number, a `bool`, or what else stands for a number.
    Number,
    /// A text or a character, quoted.
    Text,
    /// Brackets, commas, colons, spaces.
    Punctuation,
    /// What is not there: what was cut, what cannot be read, and why.
    Dim,
    /// Where a pointer leads.
    Address,
}

/// A value in lines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pretty {
    /// The lines, indented by spaces.
    pub lines: Vec<Vec<Token>>,
    /// What is not shown because a limit was reached, in the order of the lines.
    pub cut: Vec<CutAt>,
}

/// Something that a limit cut off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutAt {
    /// The part it belongs to, as in [`HeapPart::path`](super::HeapPart::path).
    pub path: String,
    /// How many of them are shown.
    pub shown: u64,
    /// How many there are; none where nobody counted, as below the limit on depth.
    pub of: Option<u64>,
    /// What is counted.
    pub unit: CutUnit,
}

/// What is counted where a limit cuts something off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CutUnit {
    /// Elements or entries.
    Elements,
    /// Fields.
    Fields,
    /// Bytes of a text.
    Bytes,
    /// Levels of parts.
    Levels,
}

impl Value {
    /// The value as `{:#?}` would print it, as far as it was read: on one line where it fits into
    /// the width of the format, otherwise with a line for each part that does. Rows of numbers fill
    /// their lines. The width of `naming` does not count.
    ///
    /// A text that is too long for a line goes on in the next one behind a `\`, as in Rust's source.
    pub fn pretty(&self, naming: &Naming<'_>, format: &Format) -> Pretty {
        let (doc, cut) = doc::build(self, naming, format);
        Pretty { lines: layout::lines(&doc, format), cut }
    }
}

impl Pretty {
    /// A text that was made before, broken at its spaces into lines of so many columns.
    pub fn plain(text: &str, width: usize) -> Pretty {
        let mut lines = vec![String::new()];
        for word in text.split_inclusive(' ') {
            let Some(line) = lines.last_mut() else { break };
            if !line.is_empty() && line.width() + word.trim_end().width() > width {
                lines.push(word.to_owned());
            } else {
                line.push_str(word);
            }
        }
        let line = |text: String| vec![Token::new(TokenKind::Name, text)];
        Pretty { lines: lines.into_iter().map(line).collect(), cut: Vec::new() }
    }

    /// Adds a line that says how to see more of what was cut.
    pub fn hint(&mut self, text: &str) {
        self.lines.push(vec![Token::new(TokenKind::Dim, text)]);
    }
}

/// The lines without colours, each with its end.
impl std::fmt::Display for Pretty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.lines {
            for token in line {
                f.write_str(&token.text)?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

impl Token {
    fn new(kind: TokenKind, text: impl Into<String>) -> Token {
        // Everything of the program's comes escaped, except for names in its debug information.
        let mut text = text.into();
        text.retain(|c| !c.is_control());
        Token { kind, text }
    }
}

#[cfg(test)]
mod tests;
