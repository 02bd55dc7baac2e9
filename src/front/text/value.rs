//! A value in lines, in colours.

use super::spans::{Ink, Line};
use crate::value::{Pretty, Token, TokenKind};

/// The lines of a value with colours, which the stream takes out where they are not wanted. The
/// first stands behind `head`, if it fits into so many columns there.
pub(super) fn value_text(head: Line, pretty: &Pretty, width: usize) -> String {
    let mut lines = Vec::with_capacity(pretty.lines.len().saturating_add(1));
    lines.push(head);
    for (index, line) in value_lines(pretty).into_iter().enumerate() {
        match lines.last_mut().filter(|head| index == 0 && head.width() + line.width() <= width) {
            Some(head) => head.append(line),
            None => {
                lines.push(line);
                continue;
            }
        };
    }
    let mut out = String::new();
    lines.iter().filter(|line| line.width() > 0).for_each(|line| line.render(&mut out));
    out
}

/// The lines of a value.
pub(super) fn value_lines(pretty: &Pretty) -> Vec<Line> {
    let line = |tokens: &Vec<Token>| {
        let mut line = Line::new();
        for token in tokens {
            line.push(ink(token.kind), &token.text);
        }
        line
    };
    pretty.lines.iter().map(line).collect()
}

fn ink(kind: TokenKind) -> Ink {
    match kind {
        TokenKind::Name | TokenKind::Punctuation => Ink::Plain,
        TokenKind::Type => Ink::Type,
        TokenKind::Number => Ink::Number,
        TokenKind::Text => Ink::Text,
        TokenKind::Dim => Ink::Faint,
        TokenKind::Address => Ink::Block,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_coloured_by_what_they_are() {
        let token = |kind, text: &str| Token { kind, text: text.to_owned() };
        let line = vec![
            token(TokenKind::Type, "Point"),
            token(TokenKind::Punctuation, " { "),
            token(TokenKind::Name, "x"),
            token(TokenKind::Punctuation, ": "),
            token(TokenKind::Number, "1"),
            token(TokenKind::Punctuation, " }"),
        ];
        let mut pretty = Pretty { lines: vec![line], cut: Vec::new() };
        pretty.hint("print p.x");
        let text = value_text(Line::new(), &pretty, 80);
        let expected = "\x1b[36mPoint\x1b[0m { x: \x1b[35m1\x1b[0m }\n\x1b[2mprint p.x\x1b[0m\n";
        assert_eq!(text, expected);
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), pretty.to_string());
    }
}
