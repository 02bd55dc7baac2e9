//! `list`: the source around a line.

use std::fs::File;
use std::io::{BufRead, BufReader};

use super::answer::SourceText;
use super::words::number;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::base::At;

/// Lines before and behind the one that is asked for.
const AROUND: u32 = 5;

/// A line of source is not longer than this; what is longer was made by a machine.
const LONGEST: usize = 1000;

/// `list`.
pub(super) static LIST: Command = Command {
    name: "list",
    aliases: &["l"],
    topic: Topic::Stack,
    usage: "[LINE]",
    about: "Show the source around where the frame stands, or around a line of its file",
    details: "",
    run: list,
};

fn list(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let mut at = context.session.frame()?.at;
    let current = at.line;
    if let Some(line) = number(text, "a line of the file")? {
        at.line = Some(u32::try_from(line).unwrap_or(u32::MAX));
    }
    let Some(file) = at.file.clone() else {
        return Err(CommandError::new(format!("the source of {} is not known", at.function))
            .hint("it has no debug information: -C debuginfo=2 adds it"));
    };
    let mut source = around(&at, AROUND)
        .ok_or_else(|| CommandError::new(format!("{file} cannot be read, or has no such line")))?;
    source.current = current;
    Ok(Answer::Source(source))
}

/// The source around a place; none where the file cannot be read or has no such line.
pub(super) fn around(at: &At, lines: u32) -> Option<SourceText> {
    let (file, line) = (at.file.as_ref()?, at.line?);
    let first = line.saturating_sub(lines).max(1);
    let reader = BufReader::new(File::open(file).ok()?);
    let skip = usize::try_from(first - 1).ok()?;
    let take = usize::try_from(line - first + lines + 1).ok()?;
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
    let here = usize::try_from(line - first).ok()?;
    lines.get(here)?;
    Some(SourceText { file: file.clone(), first, lines, current: Some(line) })
}
