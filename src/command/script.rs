//! `source`, `echo`, `transcript`: commands that come from files, and that go to one.

use std::fs;

use super::error::CommandError;
use super::words::first;
use super::{Answer, Command, Program, ScriptLine, Topic};
use crate::session::Session;

/// The longest file of commands that is read.
const LONGEST: u64 = 16 << 20;

/// `source`.
pub(super) static SOURCE: Command = Command {
    name: "source",
    aliases: &["."],
    topic: Topic::Session,
    usage: "FILE",
    about: "Run the commands of a file",
    details: "One command a line; empty lines and lines that begin with # do nothing. A file whose \
              name ends in .rhai is a program in Rhai (https://rhai.rs): the commands are functions \
              there, `break_at(\"f\")`, `run()`, `cont()`, which answer with data; `print(\"x\")` is \
              the value; `cmd(\"bt\")` does a line as at the prompt; `on_break(\"f\", || …)` calls a \
              function at each stop, which goes on where that gives true; `define_command(name, \
              about, |args| …)` adds a command.",
    run: |context, text| {
        let text = named(text, "source")?;
        let script = read_script(context.session, text)?;
        Ok(match is_program(text) {
            true => Answer::Program(Program { file: text.to_owned(), text: script }),
            false => Answer::Script(script_lines(text, &script)),
        })
    },
};

/// `echo`.
pub(super) static ECHO: Command = Command {
    name: "echo",
    aliases: &[],
    topic: Topic::Session,
    usage: "TEXT",
    about: "Print a text",
    details: r"\n begins a new line, \t is a tabulator, \\ a backslash. Quotes around TEXT keep the \
               spaces at its ends.",
    run: |_, text| Ok(Answer::Said(unescaped(text))),
};

/// `transcript`.
pub(super) static TRANSCRIPT: Command = Command {
    name: "transcript",
    aliases: &[],
    topic: Topic::Session,
    usage: "FILE",
    about: "Write the commands of this session into a file that `source` and -x run again",
    details: "Commands that failed stand in it as comments.",
    run: |context, text| transcript(context.session, text),
};

/// Asks for the transcript of the session.
pub(super) fn transcript(session: &Session, text: &str) -> Result<Answer, CommandError> {
    let text = named(text, "transcript")?;
    Ok(Answer::Transcript(session.path(text)))
}

/// The text of a file of commands.
///
/// # Errors
/// Where it cannot be read, or is no text.
fn read_script(session: &Session, text: &str) -> Result<String, CommandError> {
    let path = session.path(text);
    let refuse = |error| CommandError::io("read", text, &error);
    let size = fs::metadata(&path).map_err(refuse)?.len();
    if size > LONGEST {
        return Err(CommandError::new(format!("{text} has {size} bytes: that is no script")));
    }
    fs::read_to_string(&path).map_err(refuse)
}

/// Whether a file is a program, and not one of lines.
pub fn is_program(name: &str) -> bool {
    name.ends_with(".rhai")
}

/// The commands of a text, each with the number of its line in the file of a name.
pub fn script_lines(name: &str, script: &str) -> Vec<ScriptLine> {
    let line = |(text, line): (&str, usize)| ScriptLine {
        file: name.to_owned(),
        line,
        text: text.to_owned(),
    };
    script.lines().zip(1..).map(line).collect()
}

fn named<'t>(text: &'t str, command: &str) -> Result<&'t str, CommandError> {
    match (text, first(text).1) {
        ("", _) => Err(CommandError::new(format!("`{command}` needs a file"))),
        _ => Ok(text),
    }
}

/// A text without its quotes, with `\n`, `\t`, `\"` and `\\` replaced. Another backslash stays.
pub(super) fn unescaped(text: &str) -> String {
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let mut out = String::with_capacity(text.len());
    let mut letters = inside.unwrap_or(text).chars();
    while let Some(c) = letters.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some(c @ ('\\' | '"')) => out.push(c),
            other => {
                out.push('\\');
                out.extend(other);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_quotes_are_undone() {
        assert_eq!(unescaped(r"a\nb\tc\\n"), "a\nb\tc\\n");
        assert_eq!(unescaped(r#"" a \" ""#), " a \" ");
        assert_eq!(unescaped(r"\d\"), r"\d\");
        assert_eq!(unescaped("\""), "\"");
    }

    #[test]
    fn lines_of_a_script_have_numbers() {
        let lines = script_lines("a.fh", "# one\n\nrun\n");
        let seen: Vec<_> = lines.iter().map(|line| (line.line, line.text.as_str())).collect();
        assert_eq!(seen, [(1, "# one"), (2, ""), (3, "run")]);
    }
}
