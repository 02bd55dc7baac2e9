//! The colours of Rust source, by syntect's grammar and in our own inks: a theme of its own would
//! be readable either on dark ground or on light.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::str::FromStr;
use std::sync::OnceLock;

use anstream::{AutoStream, ColorChoice};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

use super::spans::Ink;
use crate::command::SourceText;

/// Lines before the first that are read, to know whether it begins within a comment or a text.
const BEFORE: usize = 400;

/// A line that is longer keeps one colour.
const LONGEST: usize = 500;

/// Lines of source in pieces, each with its ink; none where nobody would see colours, or the
/// language is not known.
pub(super) fn coloured(text: &SourceText) -> Option<Vec<Vec<(Ink, String)>>> {
    let seen = AutoStream::choice(&std::io::stderr()) != ColorChoice::Never;
    seen.then(|| painted(text)).flatten()
}

fn painted(text: &SourceText) -> Option<Vec<Vec<(Ink, String)>>> {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    let extension = text.file.rsplit('.').next()?;
    // Reading the grammars takes milliseconds, which nobody pays who lists no source.
    let syntaxes = SYNTAXES.get_or_init(SyntaxSet::load_defaults_newlines);
    let syntax = syntaxes.find_syntax_by_extension(extension)?;
    let mut painter = Painter {
        syntaxes,
        state: ParseState::new(syntax),
        scopes: ScopeStack::new(),
        inks: inks(),
    };
    for line in before(text) {
        painter.paint(&line);
    }
    Some(text.lines.iter().map(|line| painter.paint(line)).collect())
}

/// The lines before the first.
fn before(text: &SourceText) -> Vec<String> {
    let Ok(file) = File::open(&text.file) else { return Vec::new() };
    let first = usize::try_from(text.first).unwrap_or(1).saturating_sub(1);
    let skip = first.saturating_sub(BEFORE);
    let lines = BufReader::new(file).split(b'\n').skip(skip).take(first - skip);
    lines.map_while(Result::ok).map(|line| String::from_utf8_lossy(&line).into_owned()).collect()
}

struct Painter<'a> {
    syntaxes: &'a SyntaxSet,
    state: ParseState,
    scopes: ScopeStack,
    inks: &'static [(Scope, Ink)],
}

impl Painter<'_> {
    fn paint(&mut self, line: &str) -> Vec<(Ink, String)> {
        let plain = || vec![(Ink::Plain, line.to_owned())];
        if line.len() > LONGEST {
            return plain();
        }
        let ended = format!("{line}\n");
        let Ok(changes) = self.state.parse_line(&ended, self.syntaxes) else { return plain() };
        let mut pieces: Vec<(Ink, String)> = Vec::new();
        let mut from = 0;
        let mut push = |ink: Ink, piece: Option<&str>| match (piece, pieces.last_mut()) {
            (None | Some(""), _) => {}
            (Some(piece), Some((last, text))) if *last == ink => text.push_str(piece),
            (Some(piece), _) => pieces.push((ink, piece.to_owned())),
        };
        for (at, change) in changes {
            push(self.ink(), line.get(from..at.min(line.len())));
            from = at;
            if self.scopes.apply(&change).is_err() {
                break;
            }
        }
        push(self.ink(), line.get(from.min(line.len())..));
        pieces
    }

    /// The ink of the innermost scope that has one.
    fn ink(&self) -> Ink {
        let scopes = self.scopes.as_slice().iter().rev();
        let mut inks = scopes.filter_map(|scope| {
            self.inks.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, ink)| *ink)
        });
        inks.next().unwrap_or(Ink::Plain)
    }
}

/// Which scope is written in which ink.
fn inks() -> &'static [(Scope, Ink)] {
    const NAMES: &[(&str, Ink)] = &[
        ("comment", Ink::Faint),
        ("string", Ink::Text),
        ("constant", Ink::Number),
        ("keyword.operator", Ink::Plain),
        ("keyword", Ink::Strong),
        ("storage.type.numeric", Ink::Number),
        ("storage", Ink::Strong),
        ("support.type", Ink::Type),
        ("entity.name.type", Ink::Type),
        ("entity.name.struct", Ink::Type),
        ("entity.name.enum", Ink::Type),
        ("entity.name.trait", Ink::Type),
        ("entity.name.impl", Ink::Type),
    ];
    static INKS: OnceLock<Vec<(Scope, Ink)>> = OnceLock::new();
    INKS.get_or_init(|| {
        let scope = |(name, ink): &(&str, Ink)| Some((Scope::from_str(name).ok()?, *ink));
        NAMES.iter().filter_map(scope).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(lines: &[&str]) -> SourceText {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        SourceText { file: "no-such-file.rs".to_owned(), first: 1, lines, current: None }
    }

    #[test]
    fn words_of_rust_have_their_inks_and_nothing_is_lost() {
        let lines =
            ["fn f(x: u8) -> String { // ü", "    let s = \"a\\n\"; 42 /* and", "so on */ }"];
        let painted = painted(&source(&lines)).expect("Rust is known");
        for (pieces, line) in painted.iter().zip(lines) {
            assert_eq!(pieces.iter().map(|(_, text)| text.as_str()).collect::<String>(), line);
        }
        let ink = |line: usize, word: &str| {
            painted[line].iter().find(|(_, text)| text.contains(word)).map(|(ink, _)| *ink)
        };
        assert_eq!(ink(0, "fn"), Some(Ink::Strong));
        assert_eq!(ink(0, "// ü"), Some(Ink::Faint));
        assert_eq!(ink(1, "a"), Some(Ink::Text));
        assert_eq!(ink(1, "42"), Some(Ink::Number));
        assert_eq!(ink(2, "so on"), Some(Ink::Faint));
    }

    #[test]
    fn a_language_that_is_not_known_and_a_very_long_line_stay_plain() {
        let unknown = SourceText { file: "a.unknown".to_owned(), ..source(&["fn"]) };
        assert_eq!(painted(&unknown), None);
        let long = "x".repeat(2000);
        let painted = painted(&source(&[&long])).expect("Rust is known");
        assert_eq!(painted, [vec![(Ink::Plain, long)]]);
    }
}
