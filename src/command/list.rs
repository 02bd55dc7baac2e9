//! `list`: the source around a line.

use std::fs::File;
use std::io::{BufRead, BufReader};

use super::answer::SourceText;
use super::words::number;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::base::At;
use crate::session::{ListedSource, Session, Where};

/// Lines before and behind the one that is asked for.
const AROUND: u32 = 5;

/// A line of source is not longer than this; what is longer was made by a machine.
const LONGEST: usize = 1000;

/// The most lines that are listed at once.
const MOST: usize = 10_000;

/// `list`.
pub(super) static LIST: Command = Command {
    name: "list",
    aliases: &["l"],
    topic: Topic::Stack,
    usage: "[LINE | FUNCTION | FILE:LINE | FIRST,LAST | -]",
    about: "Show the source around where the frame stands, or around a place",
    details: "Once more, it goes on where it ended; `list -` shows what is before. Before the program \
              runs, it begins at main.",
    run: list,
};

fn list(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let current = context.session.place_looked_at().ok();
    let (file, first, last) = wanted(context.session, text, current.as_ref())?;
    let mut source = lines_of(&file, first, last).ok_or_else(|| {
        CommandError::new(format!("{file} cannot be read, or has no line {first}"))
    })?;
    let same = current.filter(|at| at.file.as_ref() == Some(&file));
    source.current = same.and_then(|at| at.line);
    let last = first.saturating_add(u32::try_from(source.lines.len()).unwrap_or(0)).max(1) - 1;
    context.session.set_listed(ListedSource { file, first, last });
    Ok(Answer::Source(source))
}

/// The file, the first line and the last.
fn wanted(
    session: &mut Session,
    text: &str,
    current: Option<&At>,
) -> Result<(String, u32, u32), CommandError> {
    let listed = session.listed().cloned();
    match (text, listed) {
        ("", Some(ListedSource { file, last, .. })) => {
            return Ok((file, last.saturating_add(1), last.saturating_add(2 * AROUND)));
        }
        ("-", Some(ListedSource { first: 1, file, .. })) => {
            return Err(CommandError::new(format!("{file} begins there")));
        }
        ("-", Some(ListedSource { file, first, .. })) => {
            return Ok((file, first.saturating_sub(2 * AROUND).max(1), first - 1));
        }
        _ => {}
    }
    if let Some((first, last)) = text.split_once(',') {
        let place = place(session, first.trim(), current)?;
        let from = place.1;
        let last = number(last, "a line of the file")?;
        let last = last.and_then(|last| u32::try_from(last).ok());
        return Ok((place.0, from, last.unwrap_or(from.saturating_add(2 * AROUND - 1))));
    }
    let (file, line) = place(session, text.trim_end_matches('-').trim(), current)?;
    let first = line.saturating_sub(AROUND).max(1);
    match text {
        // Before what would be shown.
        "-" => Ok((file, first.saturating_sub(2 * AROUND).max(1), first.max(2) - 1)),
        _ => Ok((file, first, line.saturating_add(AROUND))),
    }
}

/// The file and the line of a place; of nothing, where the frame stands, or main.
fn place(
    session: &mut Session,
    text: &str,
    current: Option<&At>,
) -> Result<(String, u32), CommandError> {
    let at = match (text, current) {
        ("", Some(at)) => at.clone(),
        ("", None) => session.source_of(&Where::Function("main".to_owned()))?,
        (text, _) => session.source_of(&Where::parse(text)?)?,
    };
    at.file.zip(at.line).ok_or_else(|| {
        CommandError::new(format!("the source of {} is not known", at.function))
            .hint("it has no debug information: -C debuginfo=2 adds it")
    })
}

/// The source around a place; none where the file cannot be read or has no such line.
pub(super) fn around(at: &At, lines: u32) -> Option<SourceText> {
    let (file, line) = (at.file.as_ref()?, at.line?);
    let first = line.saturating_sub(lines).max(1);
    let source = lines_of(file, first, line.saturating_add(lines))?;
    let here = usize::try_from(line - first).ok()?;
    source.lines.get(here)?;
    Some(SourceText { current: Some(line), ..source })
}

/// Lines of a file; none where it cannot be read or ends before the first.
fn lines_of(file: &str, first: u32, last: u32) -> Option<SourceText> {
    let reader = BufReader::new(File::open(file).ok()?);
    let skip = usize::try_from(first.checked_sub(1)?).ok()?;
    let take = usize::try_from(last.checked_sub(first)?).ok()?.min(MOST - 1) + 1;
    let lines: Vec<String> = reader
        .split(b'\n')
        .skip(skip)
        .take(take)
        .map_while(Result::ok)
        .map(|mut bytes| {
            bytes.truncate(LONGEST);
            String::from_utf8_lossy(&bytes).trim_end_matches('\r').to_owned()
        })
        .collect();
    lines.first()?;
    Some(SourceText { file: file.to_owned(), first, lines, current: None })
}
