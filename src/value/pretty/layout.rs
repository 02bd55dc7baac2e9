//! A document on lines.

use unicode_width::UnicodeWidthStr;

use super::doc::{Doc, Group, punctuation, width};
use super::{Token, TokenKind};
use crate::value::format::{Expand, Format};

/// Columns by which the parts of a value are set in.
const INDENT: usize = 4;

/// Columns up to which numbers share the lines of a row.
const SHORT: usize = 24;

/// The lines of a document.
pub(super) fn lines(doc: &Doc, format: &Format) -> Vec<Vec<Token>> {
    let mut layout =
        Layout { lines: vec![Vec::new()], column: 0, width: format.width, expand: format.expand };
    layout.put(doc, 0, 0, 0);
    layout.lines
}

/// The document on one line.
pub(super) fn flat(doc: &Doc, into: &mut Vec<Token>) {
    match doc {
        Doc::Leaf(tokens) => into.extend(tokens.iter().cloned()),
        Doc::Text { characters, behind } => {
            into.push(Token::new(TokenKind::Text, format!("\"{}\"", characters.concat())));
            into.extend(behind.iter().cloned());
        }
        Doc::Prefixed(prefix, doc) => {
            into.extend(prefix.iter().cloned());
            flat(doc, into);
        }
        Doc::Group(group) => flat_group(group, into),
    }
}

fn flat_group(group: &Group, into: &mut Vec<Token>) {
    let [open, close] = group.brackets;
    let space = if group.spaced { " " } else { "" };
    into.extend(group.head.iter().cloned());
    // The space between a name and its fields; what has no name is a tuple, or a map.
    into.push(punctuation(&format!("{space}{open}{space}")));
    let mut first = true;
    let comma = |into: &mut Vec<Token>, first: &mut bool| {
        if !std::mem::take(first) {
            into.push(punctuation(", "));
        }
    };
    for item in &group.items {
        comma(into, &mut first);
        flat(item, into);
    }
    if let Some(more) = &group.more {
        comma(into, &mut first);
        into.push(more.clone());
    }
    let comma = if group.comma { "," } else { "" };
    into.push(punctuation(&format!("{comma}{space}{close}")));
}

struct Layout {
    lines: Vec<Vec<Token>>,
    /// Columns of the last line.
    column: usize,
    width: usize,
    expand: Expand,
}

impl Layout {
    /// Puts a document at the end of the last line. Its further lines are set in by `indent`, and
    /// `behind` columns must be left free behind it.
    fn put(&mut self, doc: &Doc, indent: usize, level: usize, behind: usize) {
        let end = self.column.saturating_add(doc.width()).saturating_add(behind);
        let may_be_flat = match self.expand {
            Expand::Never => true,
            Expand::WhereNeeded => end <= self.width,
            Expand::Levels(levels) => end <= self.width && (level >= levels || !has_parts(doc)),
        };
        if may_be_flat {
            let mut tokens = Vec::new();
            flat(doc, &mut tokens);
            return self.push(tokens);
        }
        match doc {
            Doc::Leaf(tokens) => self.push(tokens.clone()),
            Doc::Text { characters, behind: end } => self.text(characters, end, indent, behind),
            Doc::Prefixed(prefix, doc) => {
                self.push(prefix.clone());
                self.put(doc, indent, level, behind);
            }
            Doc::Group(group) => self.open(group, indent, level),
        }
    }

    fn open(&mut self, group: &Group, indent: usize, level: usize) {
        let [open, close] = group.brackets;
        let space = if group.spaced && width(&group.head) > 0 { " " } else { "" };
        self.push(group.head.clone());
        self.push(vec![punctuation(&format!("{space}{open}"))]);
        let inner = indent.saturating_add(INDENT);
        let one_a_line = matches!(self.expand, Expand::Levels(levels) if level < levels);
        let widest = group.items.iter().map(Doc::width).max().unwrap_or(0);
        if group.fills && widest <= SHORT && !one_a_line {
            self.fill(&group.items, widest, inner);
        } else {
            for item in &group.items {
                self.new_line(inner);
                self.put(item, inner, level.saturating_add(1), 1);
                self.push(vec![punctuation(",")]);
            }
        }
        if let Some(more) = &group.more {
            self.new_line(inner);
            self.push(vec![more.clone()]);
        }
        self.new_line(indent);
        self.push(vec![punctuation(close)]);
    }

    /// Short items in columns, numbers at the right of theirs.
    fn fill(&mut self, items: &[Doc], widest: usize, indent: usize) {
        // Each takes a comma, and a space that the last one of a line does not need.
        let cell = widest.saturating_add(2);
        let room = self.width.saturating_sub(indent).saturating_add(1);
        let a_line = room.checked_div(cell).unwrap_or(1).max(1);
        for line in items.chunks(a_line) {
            self.new_line(indent);
            for (index, item) in line.iter().enumerate() {
                let between = if index > 0 { 1 } else { 0 };
                let missing = widest.saturating_sub(item.width());
                self.spaces(missing.saturating_add(between));
                let mut tokens = Vec::new();
                flat(item, &mut tokens);
                tokens.push(punctuation(","));
                self.push(tokens);
            }
        }
    }

    /// A text in lines that end in `\`, as in Rust's source: there the line end and the spaces at
    /// the beginning of the next line do not belong to the text.
    fn text(&mut self, characters: &[String], end: &[Token], indent: usize, behind: usize) {
        let inner = indent.saturating_add(INDENT);
        let last = width(end).saturating_add(behind).saturating_add(1);
        let mut line = "\"".to_owned();
        let mut used = self.column.saturating_add(1);
        let mut rest = characters;
        let mut left: usize = rest.iter().map(|c| c.width()).sum();
        while let Some((next, further)) = rest.split_first() {
            let fits = used.saturating_add(left).saturating_add(last) <= self.width;
            let full = used.saturating_add(next.width()).saturating_add(1) > self.width;
            // A space at the beginning of a line would be lost.
            if !fits && full && next != " " && used > inner {
                line.push('\\');
                self.push(vec![Token::new(TokenKind::Text, std::mem::take(&mut line))]);
                self.new_line(inner);
                used = inner;
            }
            line.push_str(next);
            used = used.saturating_add(next.width());
            left = left.saturating_sub(next.width());
            rest = further;
        }
        line.push('"');
        self.push(vec![Token::new(TokenKind::Text, line)]);
        self.push(end.to_vec());
    }

    fn push(&mut self, tokens: Vec<Token>) {
        self.column = self.column.saturating_add(width(&tokens));
        let tokens = tokens.into_iter().filter(|token| !token.text.is_empty());
        if let Some(line) = self.lines.last_mut() {
            line.extend(tokens);
        }
    }

    fn spaces(&mut self, count: usize) {
        self.push(vec![punctuation(&" ".repeat(count))]);
    }

    fn new_line(&mut self, indent: usize) {
        self.lines.push(Vec::new());
        self.column = 0;
        // Not wider than the line, however deep the value is.
        self.spaces(indent.min(self.width / 2));
    }
}

fn has_parts(doc: &Doc) -> bool {
    match doc {
        Doc::Leaf(_) | Doc::Text { .. } => false,
        Doc::Prefixed(_, doc) => has_parts(doc),
        Doc::Group(group) => !group.items.is_empty(),
    }
}
