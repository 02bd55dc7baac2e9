//! The arguments and redirections of `run`, as a shell reads them: quotes, backslashes, `<`, `>`,
//! `>>`, `2>`, `2>>` and `2>&1`. Nothing is expanded: no variables, no patterns.

use std::ffi::OsString;
use std::path::PathBuf;

use super::error::CommandError;
use crate::session::{Redirections, Written};

/// What a line says of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct RunLine {
    pub args: Vec<OsString>,
    pub redirections: Redirections,
}

/// A word, or an operator that stands between words.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Word(String),
    Redirect(&'static str),
}

/// The operators, those that begin like another one first.
const OPERATORS: &[&str] = &["2>&1", "2>>", "2>", ">>", ">", "<"];

/// Reads a line. `file` turns a path as it is written into one that can be opened.
///
/// # Errors
/// A quote without its partner, an operator without its file, a pipe.
pub(super) fn read(text: &str, file: impl Fn(&str) -> PathBuf) -> Result<RunLine, CommandError> {
    let mut read = RunLine::default();
    let mut tokens = tokens(text)?.into_iter();
    while let Some(token) = tokens.next() {
        let operator = match token {
            Token::Word(word) => {
                read.args.push(word.into());
                continue;
            }
            Token::Redirect("2>&1") => {
                read.redirections.errors_to_output = true;
                continue;
            }
            Token::Redirect(operator) => operator,
        };
        let Some(Token::Word(path)) = tokens.next() else {
            return Err(CommandError::new(format!("`{operator}` needs a file")));
        };
        let path = file(&path);
        let written = || Some(Written { path: path.clone(), append: operator.ends_with(">>") });
        let into = &mut read.redirections;
        match operator {
            "<" => into.input = Some(path),
            ">" | ">>" => into.output = written(),
            _ => into.errors = written(),
        }
    }
    Ok(read)
}

/// A line that reads as these arguments and redirections.
pub(super) fn write(args: &[OsString], redirections: &Redirections) -> String {
    let mut words: Vec<String> = args.iter().map(|arg| quoted(&arg.to_string_lossy())).collect();
    let path = |path: &PathBuf| quoted(&path.to_string_lossy());
    let Redirections { input, output, errors, errors_to_output } = redirections;
    words.extend(input.as_ref().map(|file| format!("< {}", path(file))));
    let operator = |written: &Written| if written.append { ">>" } else { ">" };
    words.extend(output.as_ref().map(|file| format!("{} {}", operator(file), path(&file.path))));
    words.extend(errors.as_ref().map(|file| format!("2{} {}", operator(file), path(&file.path))));
    words.extend(errors_to_output.then(|| "2>&1".to_owned()));
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=+./:,@%^".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, CommandError> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            found.push(Token::Redirect(operator));
            rest = rest.get(operator.len()..).unwrap_or_default();
        } else {
            let (word, behind) = word(rest)?;
            found.push(Token::Word(word));
            rest = behind;
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

/// The word at the beginning of a text, and what is behind it.
fn word(text: &str) -> Result<(String, &str), CommandError> {
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut letters = text.char_indices();
    while let Some((at, c)) = letters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('\\', None | Some('"')) => word.extend(letters.next().map(|(_, escaped)| escaped)),
            (c, Some(_)) => word.push(c),
            ('\'' | '"', None) => quote = Some(c),
            ('|' | ';' | '&', None) => {
                return Err(CommandError::new(format!(
                    "`{c}` is a shell's, and there is none here"
                ))
                .hint("put it into quotes if the program is to see it"));
            }
            (c, None) if c.is_whitespace() || matches!(c, '<' | '>') => {
                return Ok((word, text.get(at..).unwrap_or_default()));
            }
            (c, None) => word.push(c),
        }
    }
    match quote {
        None => Ok((word, "")),
        Some(quote) => Err(CommandError::new(format!("the quote {quote} has no partner"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<RunLine, CommandError> {
        read(text, |path| PathBuf::from("/dir").join(path))
    }

    #[test]
    fn words_are_split_and_quoted_as_in_a_shell() {
        let args = |text| parsed(text).map(|line| line.args);
        assert_eq!(
            args("a 'b c' \"d\\\" e\" f\\ g h'i'"),
            Ok(["a", "b c", "d\" e", "f g", "hi"].map(OsString::from).to_vec())
        );
        assert_eq!(args("''"), Ok(vec![OsString::new()]));
        assert_eq!(args("12>x"), Ok(vec!["12".into()]));
        for wrong in ["'a", "\"a", "a | b", "a &", ">", "> >"] {
            assert!(args(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn redirections_are_read_and_written_alike() {
        let line = parsed("x <in >>out 2> 'e r r' y").expect("it is well formed");
        assert_eq!(line.args, ["x", "y"]);
        assert_eq!(line.redirections.input, Some("/dir/in".into()));
        let out = Written { path: "/dir/out".into(), append: true };
        assert_eq!(line.redirections.output, Some(out));
        let errors = Written { path: "/dir/e r r".into(), append: false };
        assert_eq!(line.redirections.errors, Some(errors));
        let text = write(&line.args, &line.redirections);
        assert_eq!(text, "x y < /dir/in >> /dir/out 2> '/dir/e r r'");
        assert_eq!(read(&text, |path| PathBuf::from(path)), Ok(line));
        assert!(parsed("a 2>&1").is_ok_and(|line| line.redirections.errors_to_output));
    }
}
