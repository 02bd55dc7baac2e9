//! Messages with expressions in braces: `x is {x}, len {v.len()}`.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::expr::{ExprError, Expression};
use crate::value::Format;

/// A message that a breakpoint says instead of stopping.
#[derive(Clone, Debug)]
pub struct LogMessage {
    text: Arc<str>,
    pieces: Arc<[Piece]>,
}

/// A part of a message.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// Text to be said as it is.
    Text(String),
    /// An expression whose value is said, in a format where one was given: `{n:x}`.
    Value(Box<Expression>, Option<String>),
}

impl LogMessage {
    /// Reads a message. `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// [`ExprError`], with the place in the message, for what is no expression, and for a brace
    /// without its partner.
    pub fn parse(text: &str) -> Result<LogMessage, ExprError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let behind = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '{' | '}' if behind.starts_with(c) => {
                    plain.push(c);
                    rest = behind.get(1..).unwrap_or_default();
                }
                '{' => {
                    let end = closing(behind).ok_or_else(|| {
                        ExprError::new("a `{` has no `}`").hint("`{{` stands for a brace")
                    })?;
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                    pieces.push(value(behind.get(..end).unwrap_or_default())?);
                    rest = behind.get(end.saturating_add(1)..).unwrap_or_default();
                }
                '}' => {
                    return Err(ExprError::new("a `}` has no `{`").hint("`}}` stands for a brace"));
                }
                _ => {
                    plain.push(c);
                    rest = behind;
                }
            }
        }
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(LogMessage { text: text.into(), pieces: pieces.into() })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn pieces(&self) -> &Arc<[Piece]> {
        &self.pieces
    }
}

impl PartialEq for LogMessage {
    fn eq(&self, other: &LogMessage) -> bool {
        self.text == other.text
    }
}

impl Serialize for LogMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// What stands in braces: an expression, and perhaps a format behind the last colon.
fn value(text: &str) -> Result<Piece, ExprError> {
    if let Some((expression, format)) = text.rsplit_once(':')
        && !expression.ends_with([':', '@'])
        && !format.is_empty()
        && Format::default().with(format.trim()).is_ok()
    {
        let format = Some(format.trim().to_owned());
        return Ok(Piece::Value(Box::new(Expression::parse(expression)?), format));
    }
    let expression = Expression::parse(text)?;
    if expression.is_assignment() {
        return Err(ExprError::new("a message that assigns would change the program"));
    }
    Ok(Piece::Value(Box::new(expression), None))
}

/// Where the brace closes that was opened before the text. Braces in texts do not count.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' => depth = depth.saturating_add(1),
            '}' if depth == 0 => return Some(at),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Vec<String> {
        let message = LogMessage::parse(text).expect("a message");
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(of, None) => format!("<{}>", of.text()),
            Piece::Value(of, Some(format)) => format!("<{} as {format}>", of.text()),
        };
        message.pieces().iter().map(piece).collect()
    }

    #[test]
    fn expressions_stand_in_braces_and_doubled_braces_for_themselves() {
        assert_eq!(shape("x is {x}, len {v.len()}"), ["x is ", "<x>", ", len ", "<v.len()>"]);
        assert_eq!(shape("{{{x}}}"), ["{", "<x>", "}"]);
        assert_eq!(shape(""), [""; 0]);
        assert_eq!(shape("{m[\"}\"]}"), ["<m[\"}\"]>"]);
        assert_eq!(shape("{matches!(o, A { .. })}"), ["<matches!(o, A { .. })>"]);
    }

    #[test]
    fn a_format_stands_behind_a_colon_and_paths_keep_theirs() {
        assert_eq!(shape("{n:x}"), ["<n as x>"]);
        assert_eq!(shape("{module::x}"), ["<module::x>"]);
        assert_eq!(shape("{s@:12}"), ["<s@:12>"]);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for wrong in ["{x", "x}", "{}", "{1 +}", "{x = 1}"] {
            assert!(LogMessage::parse(wrong).is_err(), "{wrong}");
        }
    }
}
