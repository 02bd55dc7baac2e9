//! The text of a Rust function as tokens, with their lines: comments are left out, and what stands
//! between quotes is one token, which begins with a quote.

/// How many tokens of one function are read.
const MAX_TOKENS: usize = 1 << 15;
/// Signs of two characters that are one token.
const DOUBLE: [&str; 17] = [
    "=>", "==", "!=", "<=", ">=", "&&", "||", "::", "..", "->", "+=", "-=", "*=", "/=", "|=", "&=",
    "^=",
];

/// A word, a number, a sign, a lifetime, or a literal in quotes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub text: String,
    pub line: u32,
}

/// The tokens from a line of a text on, up to the brace that closes the first that is opened. None
/// where there is none, or where they are too many.
pub(super) fn function_tokens(text: &str, since: u32) -> Option<Vec<Token>> {
    let skip = usize::try_from(since.checked_sub(1)?).ok()?;
    let start = match skip {
        0 => 0,
        lines => text.match_indices('\n').nth(lines.checked_sub(1)?)?.0.checked_add(1)?,
    };
    let mut reading = Reading { rest: text.get(start..)?, line: since };
    let mut tokens = Vec::new();
    let mut open = 0usize;
    while let Some(token) = reading.next() {
        (tokens.len() < MAX_TOKENS).then_some(())?;
        let (opens, closes) = (token.text == "{", token.text == "}");
        tokens.push(token);
        if opens {
            open = open.checked_add(1)?;
        } else if closes {
            open = open.checked_sub(1)?;
            if open == 0 {
                return Some(tokens);
            }
        }
    }
    None
}

/// What is left to be read.
struct Reading<'a> {
    rest: &'a str,
    line: u32,
}

impl Reading<'_> {
    /// Takes so many bytes, and counts the lines that end in them. All of the rest, where they end
    /// within a character.
    fn take(&mut self, bytes: usize) -> String {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = taken.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
        taken.to_owned()
    }

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks()?;
        let line = self.line;
        let first = self.rest.chars().next()?;
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let text = if let Some(length) = quoted(self.rest) {
            format!("\"{}", self.take(length))
        } else if is_part(first) || first == '\'' {
            let of_word = self.rest.char_indices().skip(1).find(|(_, c)| !is_part(*c));
            self.take(of_word.map_or(self.rest.len(), |(at, _)| at))
        } else if DOUBLE.iter().any(|sign| self.rest.starts_with(sign)) {
            self.take(2)
        } else {
            self.take(first.len_utf8())
        };
        Some(Token { text, line })
    }

    /// Goes over blanks and comments. None at the end.
    fn skip_blanks(&mut self) -> Option<()> {
        loop {
            let blanks = self.rest.len().checked_sub(self.rest.trim_start().len())?;
            self.take(blanks);
            if self.rest.starts_with("//") {
                self.take(self.rest.find('\n')?);
            } else if self.rest.starts_with("/*") {
                self.take(comment(self.rest)?);
            } else {
                return (!self.rest.is_empty()).then_some(());
            }
        }
    }
}

/// The length of a comment between `/*` and `*/`, which may hold others.
fn comment(text: &str) -> Option<usize> {
    let mut open = 0usize;
    let mut at = 0usize;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            rest if rest.starts_with("/*") => {
                open = open.checked_add(1)?;
                2
            }
            rest if rest.starts_with("*/") => {
                open = open.checked_sub(1)?;
                2
            }
            rest => rest.chars().next()?.len_utf8(),
        };
        at = at.checked_add(step)?;
        if open == 0 {
            return Some(at);
        }
    }
    None
}

/// The length of the literal in quotes that a text begins with; none where it begins with none. One
/// without an end goes to the end of the text.
fn quoted(text: &str) -> Option<usize> {
    let prefix = text.find(|c| !matches!(c, 'b' | 'c' | 'r' | '#'))?;
    text.get(prefix..)?.starts_with(['"', '\'']).then_some(())?;
    let kind = text.get(..prefix)?;
    let hashes = kind.trim_start_matches(['b', 'c', 'r']).len();
    let is_prefix = kind.trim_end_matches('#').chars().all(|c| matches!(c, 'b' | 'c' | 'r'));
    (is_prefix && kind.len() <= hashes.checked_add(2)?).then_some(())?;
    let behind = text.get(prefix.checked_add(1)?..)?;
    let quote = text.get(prefix..)?.chars().next()?;
    let end = match quote {
        '"' if kind.contains('r') => {
            let close = format!("\"{}", "#".repeat(hashes));
            behind.find(&close).map(|at| at.saturating_add(close.len()))
        }
        '"' => unescaped(behind, '"'),
        // A lifetime has no second quote.
        _ => {
            let mut inside = behind.chars();
            let is_char = inside.next()? == '\\' || inside.next() == Some('\'');
            is_char.then_some(())?;
            // `'''` is no character: the first of a quoted one is never the quote itself.
            unescaped(behind, '\'')
        }
    };
    Some(end.map_or(text.len(), |end| end.saturating_add(prefix).saturating_add(1)))
}

/// The first position behind a quote that no backslash stands before.
fn unescaped(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then(|| at.saturating_add(1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<Vec<(String, u32)>> {
        let tokens = function_tokens(text, 1)?;
        Some(tokens.into_iter().map(|token| (token.text, token.line)).collect())
    }

    #[test]
    fn words_signs_and_lifetimes_are_tokens_and_comments_are_none() {
        let found = words("fn f<'a>() { // }\n a_1=>&&b; /* } /* } */ \n */ 2.5 }\n}");
        let found = found.expect("it ends");
        let text: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        let expected = [
            "fn", "f", "<", "'a", ">", "(", ")", "{", "a_1", "=>", "&&", "b", ";", "2", ".", "5",
            "}",
        ];
        assert_eq!(text, expected);
        assert_eq!(found[8].1, 2);
        assert_eq!(found[13].1, 3);
    }

    #[test]
    fn what_stands_between_quotes_opens_and_closes_nothing() {
        for quoted in [
            "\"}\"",
            "\"\\\"}\"",
            "r\"}\\\"",
            "r#\"}\"\"#",
            "b\"}\"",
            "'}'",
            "'\\''",
            "b'}'",
            "'\"'",
        ] {
            let found = words(&format!("{{ x({quoted}); y }}")).expect(quoted);
            let text: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
            let literal = format!("\"{quoted}");
            assert_eq!(text, ["{", "x", "(", &*literal, ")", ";", "y", "}"], "{quoted}");
        }
        let found = words("{ \"a\nb\" c }").expect("it ends");
        assert_eq!(found[2], ("c".to_owned(), 2));
    }

    #[test]
    fn what_does_not_end_has_no_tokens() {
        for text in ["fn f() {", "fn f() { /* }", "fn f() { \" }", "", "}"] {
            assert_eq!(words(text), None, "{text}");
        }
        assert_eq!(function_tokens("{}", 5), None);
    }
}
