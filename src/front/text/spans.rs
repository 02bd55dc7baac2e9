//! Text with colours, measured in terminal columns.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a piece of text is, and so how it is coloured. The sixteen terminal colours alone, and none
/// of them that is hard to read on light or on dark ground.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ink {
    /// The terminal's own colour.
    Plain,
    /// Names that the eye looks for.
    Strong,
    /// What is there for completeness.
    Faint,
    /// What came.
    New,
    /// What went.
    Gone,
    /// What changed.
    Changed,
    /// A heap block's ordinal.
    Block,
    /// A type.
    Type,
    /// A number in a value.
    Number,
    /// A text in a value.
    Text,
}

impl Ink {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Ink::Plain => Style::new(),
            Ink::Strong => Style::new().bold(),
            Ink::Faint => Style::new().dimmed(),
            Ink::New => colour(AnsiColor::Green),
            Ink::Gone => colour(AnsiColor::Red),
            Ink::Changed => colour(AnsiColor::Yellow),
            Ink::Block => colour(AnsiColor::Magenta).bold(),
            Ink::Type => colour(AnsiColor::Cyan),
            Ink::Number => colour(AnsiColor::Magenta),
            Ink::Text => colour(AnsiColor::Green),
        }
    }
}

/// A run of text pieces that stands on one line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Line {
    spans: Vec<(Ink, String)>,
    width: usize,
}

impl Line {
    /// An empty line.
    pub fn new() -> Line {
        Line::default()
    }

    /// Adds text. Control characters would break the line and the terminal: they are left out
    /// (values come escaped already).
    pub fn push(&mut self, ink: Ink, text: impl AsRef<str>) -> &mut Line {
        let text: String = text.as_ref().chars().filter(|c| !c.is_control()).collect();
        self.width += text.width();
        self.spans.push((ink, text));
        self
    }

    fn put(&mut self, (ink, text): (Ink, String)) {
        self.push(ink, text);
    }

    /// Adds text cut to a number of columns, with `…` where something is missing.
    pub fn push_cut(&mut self, ink: Ink, text: &str, columns: usize) -> &mut Line {
        self.push(ink, cut(text, columns))
    }

    /// Adds another line's pieces.
    pub fn append(&mut self, other: Line) -> &mut Line {
        self.width += other.width;
        self.spans.extend(other.spans);
        self
    }

    /// Adds spaces up to a column; none where the line is longer already.
    pub fn pad_to(&mut self, column: usize) -> &mut Line {
        self.fill(Ink::Plain, ' ', column)
    }

    /// Adds a character up to a column.
    pub fn fill(&mut self, ink: Ink, with: char, column: usize) -> &mut Line {
        let missing = column.saturating_sub(self.width);
        self.push(ink, with.to_string().repeat(missing))
    }

    /// Whether its last character is a space.
    pub fn ends_blank(&self) -> bool {
        self.spans.last().is_some_and(|(_, text)| text.ends_with(' '))
    }

    /// Columns that it takes.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Cuts it to a number of columns, with `…` where something is missing.
    pub fn fit(mut self, columns: usize) -> Line {
        if self.width <= columns {
            return self;
        }
        let mut fitted = Line::new();
        for (ink, text) in self.spans.drain(..) {
            let left = columns - fitted.width;
            if text.width() <= left.saturating_sub(1) {
                fitted.push(ink, text);
            } else {
                // This piece or what follows it is cut; the mark stands in its ink.
                let kept = cut(&format!("{text}…"), left);
                fitted.push(ink, kept);
                break;
            }
        }
        fitted
    }

    /// On as many lines as it takes, broken between words; those behind the first are indented.
    pub fn folded(self, columns: usize, indent: usize) -> Vec<Line> {
        if self.width <= columns {
            return vec![self];
        }
        let mut lines = vec![Line::new()];
        for word in words(self.spans) {
            let text: String = word.iter().map(|(_, text)| text.as_str()).collect();
            let Some(line) = lines.last_mut() else { break };
            let begun = line.width > 0 && line.width != indent;
            if begun && line.width + text.trim_end().width() > columns {
                let mut next = Line::new();
                next.pad_to(indent);
                lines.push(next);
            }
            let Some(line) = lines.last_mut() else { break };
            if line.width != indent || !text.trim().is_empty() {
                word.into_iter().for_each(|piece| line.put(piece));
            }
        }
        lines.into_iter().map(Line::trimmed).collect()
    }

    /// Without the spaces at its end.
    fn trimmed(mut self) -> Line {
        while let Some((_, text)) = self.spans.last_mut() {
            let kept = text.trim_end().len();
            let spaces = text.len() - kept;
            text.truncate(kept);
            self.width -= spaces;
            if kept > 0 {
                break;
            }
            self.spans.pop();
        }
        self
    }

    /// Without its first columns, which are spaces or marks.
    pub fn without_first(self, columns: usize) -> Line {
        let mut left = columns;
        let mut rest = Line::new();
        for (ink, text) in self.spans {
            let skipped = text.chars().take(left).count();
            left -= skipped;
            rest.push(ink, text.chars().skip(skipped).collect::<String>());
        }
        rest
    }

    /// Without colours.
    #[cfg(test)]
    pub fn plain(&self) -> String {
        self.spans.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// With colours and a line end. The stream takes the colours out where they are not wanted.
    pub fn render(&self, into: &mut String) {
        let end = self.spans.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        let spans = end.map_or(&self.spans[..0], |end| &self.spans[..=end]);
        for (index, (ink, text)) in spans.iter().enumerate() {
            let text = if Some(index) == end { text.trim_end() } else { text };
            let style = ink.style();
            // Writing to a string cannot fail.
            let _ = write!(into, "{style}{text}{style:#}");
        }
        into.push('\n');
    }
}

/// Pieces of text in words, each with the space behind it.
fn words(spans: Vec<(Ink, String)>) -> Vec<Vec<(Ink, String)>> {
    let mut words: Vec<Vec<(Ink, String)>> = Vec::new();
    let mut open = false;
    for (ink, text) in spans {
        for piece in text.split_inclusive(' ') {
            let piece = (ink, piece.to_owned());
            let ended = piece.1.ends_with(' ');
            match words.last_mut() {
                Some(word) if open => word.push(piece),
                _ => words.push(vec![piece]),
            }
            open = !ended;
        }
    }
    words
}

/// Text cut to a number of columns, with `…` as the last where something is missing.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut width = 0;
    for c in text.chars() {
        let next = width + c.width().unwrap_or(0);
        if next > columns.saturating_sub(1) {
            break;
        }
        width = next;
        kept.push(c);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// Text in lines of at most so many columns, cut between words.
pub(in crate::front) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A number with a comma between thousands.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A size: `1,392 B`.
pub(super) fn bytes(n: u64) -> String {
    format!("{} B", number(n))
}

/// A count with its noun: `1 block`, `2 blocks`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(n), if n == 1 { "" } else { "s" })
}

/// The file's name without its folders, and the line: `moved.rs:9`.
pub(super) fn place(at: &crate::base::At) -> String {
    let file = at.file.as_deref().map(|path| path.rsplit('/').next().unwrap_or(path));
    match (file, at.line) {
        (Some(file), Some(line)) => format!("{file}:{line}"),
        (Some(file), None) => file.to_owned(),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let seen: Vec<_> = [0, 999, 1_000, 1_234_567].into_iter().map(number).collect();
        assert_eq!(seen, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn text_is_cut_by_columns_and_not_by_bytes() {
        assert_eq!(cut("héllo", 5), "héllo");
        assert_eq!(cut("héllo!", 5), "héll…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn a_line_fits_and_says_that_it_was_cut() {
        let mut line = Line::new();
        line.push(Ink::Strong, "abc").push(Ink::Faint, "defgh");
        assert_eq!(line.clone().fit(8).plain(), "abcdefgh");
        let fitted = line.fit(6);
        assert_eq!((fitted.plain().as_str(), fitted.width()), ("abcde…", 6));
    }

    #[test]
    fn a_line_is_folded_between_words_and_keeps_its_inks() {
        let mut line = Line::new();
        line.push(Ink::Strong, "one").push(Ink::Plain, ", two").push(Ink::Faint, "  three four");
        let folded = |columns| {
            let lines = line.clone().folded(columns, 2);
            lines.iter().map(|line| line.plain().trim_end().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(folded(21), ["one, two  three four"]);
        assert_eq!(folded(15), ["one, two  three", "  four"]);
        assert!(line.clone().folded(15, 2).iter().all(|line| line.width() <= 15));
        assert_eq!(folded(10), ["one, two", "  three", "  four"]);
        assert_eq!(folded(1), ["one,", "  two", "  three", "  four"]);
        let lines = line.folded(10, 2);
        assert_eq!(lines[1].spans.last(), Some(&(Ink::Faint, "three".to_owned())));
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrap("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 4), ["unbreakable"]);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut line = Line::new();
        line.push(Ink::Plain, "a\x1b[2J\nb");
        assert_eq!(line.plain(), "a[2Jb");
    }

    #[test]
    fn nothing_trails_a_line() {
        let mut out = String::new();
        let mut line = Line::new();
        line.push(Ink::Plain, "a ").pad_to(20);
        line.render(&mut out);
        assert_eq!(out, "a\n");
    }
}
