//! What Tab completes: what may follow in a line, as the usage of its command says.

use crate::command::{
    COMMANDS, Command, Topic, command_word, event_kinds, find, info_names, setting_names,
};
use crate::session::Session;

/// How many names are offered at once: more are no help.
const MOST: usize = 200;

/// What the word at the cursor can be.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Wanted {
    /// The name of a command.
    Command,
    /// One of these words.
    Word(Vec<String>),
    /// A function, or a source file.
    Place,
    /// A variable, or a field behind another expression.
    Expression,
    /// The number of a breakpoint.
    Breakpoint,
    /// A file or folder.
    File,
    /// Several of these.
    Any(Vec<Wanted>),
}

/// The names that may stand where the cursor is, and where in the line they begin.
pub(super) fn complete(line: &str, cursor: usize, session: &mut Session) -> (usize, Vec<String>) {
    let line = line.get(..cursor).unwrap_or(line);
    let text = line.trim_start();
    let word = command_word(text);
    if word.len() == text.len() {
        let mut names = commands(word);
        if let [one] = names.as_mut_slice() {
            // There is nothing to choose: what comes next is another word.
            one.push(' ');
        }
        return (line.len() - text.len(), names);
    }
    let Ok(command) = find(word) else { return (cursor, Vec::new()) };
    let rest = text.get(word.len()..).unwrap_or_default();
    let (start, names) = offer(&wanted(command, rest), rest, session);
    (line.len() - rest.len() + start, names)
}

/// What the usage of a command allows behind this text.
fn wanted(command: &Command, before: &str) -> Wanted {
    let mut found = Vec::new();
    let has = |name: &str| {
        let parts = |c: char| !(c.is_ascii_alphabetic() || c == '-');
        command.usage.split(parts).any(|part| part == name)
    };
    let first = before.trim_start().find(char::is_whitespace).is_none();
    if first {
        let words = command.usage.split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
        let mut words: Vec<_> = words.filter(|word| word.len() > 1).map(str::to_owned).collect();
        if matches!(command.name, "set" | "show") {
            words.extend(setting_names().map(str::to_owned));
        }
        if command.name == "info" {
            words.extend(info_names().map(str::to_owned));
        }
        if has("KIND") {
            words.extend(event_kinds().map(str::to_owned));
        }
        if has("TOPIC") {
            words.extend(Topic::ALL.iter().map(|topic| topic.name().to_owned()));
        }
        found.push(Wanted::Word(words));
    }
    if has("COMMAND") {
        found.push(Wanted::Command);
    }
    if has("FUNCTION") || has("LOCATION") || has("LINE") {
        found.push(Wanted::Place);
    } else if has("FILE") || has("FOLDER") {
        found.push(Wanted::File);
    }
    if ["EXPRESSION", "EXPR", "PLACE", "CONDITION"].into_iter().any(has) {
        found.push(Wanted::Expression);
    }
    if has("NUMBER") && command.topic == Topic::Breakpoints {
        found.push(Wanted::Breakpoint);
    }
    Wanted::Any(found)
}

/// The names, and where in the text they begin.
fn offer(wanted: &Wanted, text: &str, session: &mut Session) -> (usize, Vec<String>) {
    let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let word = text.get(start..).unwrap_or_default();
    let begins = |name: &String| name.starts_with(word);
    let names = match wanted {
        Wanted::Command => commands(word),
        Wanted::Word(words) => words.iter().filter(|name| begins(name)).cloned().collect(),
        Wanted::Place => places(word, session),
        Wanted::Breakpoint => {
            let all = session.breakpoints().into_iter();
            let ids = all.map(|breakpoint| breakpoint.id.to_string());
            ids.filter(begins).collect()
        }
        Wanted::File => files(word, session),
        Wanted::Expression => return expression(text, session),
        Wanted::Any(all) => {
            let offers = all.iter().map(|wanted| offer(wanted, text, session));
            // An expression has words of its own, which begin later: those win where there are any.
            let offers: Vec<_> = offers.filter(|(_, names)| !names.is_empty()).collect();
            let start = offers.iter().map(|(start, _)| *start).max().unwrap_or(start);
            let here = offers.into_iter().filter(|(at, _)| *at == start);
            return (start, here.flat_map(|(_, names)| names).collect());
        }
    };
    (start, names)
}

fn commands(beginning: &str) -> Vec<String> {
    let names = COMMANDS.iter().map(|command| command.name);
    names.filter(|name| name.starts_with(beginning)).map(str::to_owned).collect()
}

fn places(beginning: &str, session: &mut Session) -> Vec<String> {
    let mut names = session.function_names(beginning, MOST);
    if !beginning.is_empty() && !beginning.contains("::") {
        let files = session.source_file_names().into_iter();
        let files = files.filter(|file| file.starts_with(beginning));
        names.extend(files.map(|file| file + ":").take(MOST));
    }
    names
}

fn files(beginning: &str, session: &Session) -> Vec<String> {
    let (folder, name) = match beginning.rfind('/') {
        Some(at) => beginning.split_at(at + 1),
        None => ("", beginning),
    };
    let entries = session.path(folder).read_dir().into_iter().flatten().flatten().take(10_000);
    let shown = entries.filter_map(|entry| {
        let found = entry.file_name().into_string().ok()?;
        // Hidden files are meant where somebody begins with a dot.
        let wanted = found.starts_with(name) && (name.starts_with('.') || !found.starts_with('.'));
        let end = if entry.path().is_dir() { "/" } else { "" };
        wanted.then(|| format!("{folder}{found}{end}"))
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown.truncate(MOST);
    shown
}

/// The variables that the last word of an expression may be, or the fields behind its last dot.
fn expression(text: &str, session: &mut Session) -> (usize, Vec<String>) {
    let (start, of) = last_name(text);
    let beginning = text.get(start..).unwrap_or_default();
    let names = match of {
        Some(of) => session.field_names(of),
        None => session.variable_names(),
    };
    (start, names.into_iter().filter(|name| name.starts_with(beginning)).take(MOST).collect())
}

/// Where the last name of an expression begins, and the expression before its dot, if it has one.
fn last_name(text: &str) -> (usize, Option<&str>) {
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let start = text.rfind(|c| !in_name(c)).map_or(0, |at| at + last_len(text, at));
    let Some(of) = text.get(..start).and_then(|before| before.strip_suffix('.')) else {
        return (start, None);
    };
    // Backwards over names, dots and whole brackets.
    let mut depth = 0_u32;
    let begin = of.char_indices().rev().find(|(_, c)| match c {
        ')' | ']' => {
            depth += 1;
            false
        }
        '(' | '[' if depth > 0 => {
            depth -= 1;
            false
        }
        c => depth == 0 && !(in_name(*c) || matches!(c, '.' | ':' | '@' | '$' | '#')),
    });
    let begin = begin.map_or(0, |(at, c)| at + c.len_utf8());
    (start, of.get(begin..).filter(|of| !of.is_empty()))
}

fn last_len(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_of_an_expression_is_found_with_what_stands_before_its_dot() {
        let parts = |text| {
            let (start, of) = last_name(text);
            (&text[start..], of)
        };
        assert_eq!(parts("va"), ("va", None));
        assert_eq!(parts(" a + b.fi"), ("fi", Some("b")));
        assert_eq!(parts("v[i + 1].x."), ("", Some("v[i + 1].x")));
        assert_eq!(parts("f(a, b.c"), ("c", Some("b")));
        assert_eq!(parts("(*p).ü"), ("ü", Some("(*p)")));
        assert_eq!(parts("1 + ."), ("", None));
        assert_eq!(parts(""), ("", None));
    }

    #[test]
    fn the_usage_of_a_command_says_what_may_follow() {
        let of = |name: &str, before: &str| {
            let command = find(name).expect("there is such a command");
            let Wanted::Any(all) = wanted(command, before) else { panic!("several are possible") };
            all
        };
        assert!(of("break", " ma").contains(&Wanted::Place));
        assert!(of("print", " x + ").contains(&Wanted::Expression));
        assert!(of("delete", " ").contains(&Wanted::Breakpoint));
        assert!(of("source", " ").contains(&Wanted::File));
        assert!(of("help", " ").contains(&Wanted::Command));
        let kinds = of("events", " ");
        assert!(kinds.iter().any(
            |wanted| matches!(wanted, Wanted::Word(words) if words.contains(&"alloc".to_owned()))
        ));
        let info = of("info", " b");
        let words = |wanted: &Wanted| match wanted {
            Wanted::Word(words) => words.contains(&"breakpoints".to_owned()),
            _ => false,
        };
        assert!(info.iter().any(words), "{info:?}");
    }
}
