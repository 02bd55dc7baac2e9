//! `events`: what has happened, as it was recorded.

use super::looked::{EventList, Looked};
use super::words::number;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::base::{BlockId, Event, EventKind, Seq};
use crate::track::{Log, Query};

/// Events that are listed where no number is asked for.
const EVENTS: usize = 20;
/// Events that are listed of a kind, a block, a function or a range.
const MOST: usize = 1000;
/// Of those, how many come behind the moment of the past that is looked at.
const AHEAD: u64 = 10;

/// `events`.
pub(super) static EVENTS_COMMAND: Command = Command {
    name: "events",
    aliases: &["ev"],
    topic: Topic::Past,
    usage: "[N | KIND | #BLOCK | FUNCTION | FROM..TO]",
    about: "List what was recorded: allocations, moves, calls, stops, threads",
    details: "N is how many of the last ones. KIND is alloc, realloc, free, move, drop, enter, return, \
              stop, signal, thread_start and so on; of a kind, a block, a function or a range up to \
              1000 are listed. The number in front is the one that `goto` takes. Without --record, \
              or `set record on`, calls are not recorded.",
    run: events,
};

/// The names of the kinds that `events` lists.
pub fn event_kinds() -> impl Iterator<Item = &'static str> {
    EventKind::NAMES.into_iter()
}

fn events(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let now = context.session.event_looked_at().map(|event| event.seq);
    let log = context.session.log().ok_or_else(nothing_recorded)?;
    let (first, last) = log.first().zip(log.last()).ok_or_else(nothing_recorded)?;
    let (query, limit) = asked(text, log, now)?;
    let found = log.find(&query, limit);
    if found.events.is_empty() {
        let there =
            format!("there are events {} to {}; `help events` names the kinds", first.0, last.0);
        let none = format!("no event fits `{text}`");
        return Err(match found.unreadable {
            None => CommandError::new(none).hint(there),
            Some(lost) => CommandError::new(format!("{none} of those that are there: {lost}")),
        });
    }
    let list = EventList {
        events: found.events.into_iter().map(Event::without_pictures).collect(),
        more: found.more,
        first,
        last,
        now,
        dropped: dropped(log),
        unreadable: found.unreadable,
    };
    Ok(Answer::Looked(Looked::Events(list)))
}

/// That nothing has run yet.
pub(super) fn nothing_recorded() -> CommandError {
    CommandError::new("nothing was recorded yet").hint("`run` starts the program")
}

/// What is missing at the beginning.
fn dropped(log: &Log) -> Option<String> {
    let first = log.first().filter(|first| first.0 > 1)?;
    let why = match log.trouble() {
        Some(why) => format!(": {why}"),
        None => " for want of room".to_owned(),
    };
    Some(format!("events before {} were dropped{why}", first.0))
}

/// What a text asks for, and how many of it.
fn asked(text: &str, log: &Log, now: Option<Seq>) -> Result<(Query, usize), CommandError> {
    let text = text.trim();
    let of = |query| Ok((query, MOST));
    if text.is_empty() || text.parse::<usize>().is_ok() {
        let count = number(text, "a number of events")?.unwrap_or(EVENTS);
        let between = now.map(|now| (0, now.0.saturating_add(AHEAD.min(count as u64 / 2))));
        return Ok((Query { between, ..Query::default() }, count));
    }
    if let Some(ordinal) = text.strip_prefix('#') {
        return of(Query { block: Some(block(ordinal)?), ..Query::default() });
    }
    if let Some((from, to)) = text.split_once("..") {
        let last = log.last().unwrap_or_default();
        let from = event_number(from)?.unwrap_or(0);
        let to = event_number(to.trim_start_matches('='))?.unwrap_or(last.0);
        return of(Query { between: Some((from, to)), ..Query::default() });
    }
    let kind = EventKind::NAMES.into_iter().find(|kind| *kind == text.replace('-', "_"));
    match kind {
        Some(kind) => of(Query { kind: Some(kind), ..Query::default() }),
        None => of(Query { function: Some(text.to_owned()), ..Query::default() }),
    }
}

/// The block of an ordinal.
pub(super) fn block(ordinal: &str) -> Result<BlockId, CommandError> {
    let wrong = |_| CommandError::new(format!("`#{ordinal}` is no block")).hint("as in #3");
    ordinal.trim().parse().map(BlockId).map_err(wrong)
}

/// The number of an event; none of an empty text.
fn event_number(text: &str) -> Result<Option<u64>, CommandError> {
    Ok(number(text, "the number of an event")?.map(|number| number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_told_by_its_form() {
        let log = Log::default();
        let asked = |text| asked(text, &log, None);
        let all = Query::default();
        assert_eq!(asked(""), Ok((all.clone(), EVENTS)));
        assert_eq!(asked("50"), Ok((all.clone(), 50)));
        assert_eq!(asked("alloc"), Ok((Query { kind: Some("alloc"), ..all.clone() }, MOST)));
        let kind = Some("thread_start");
        assert_eq!(asked("thread-start"), Ok((Query { kind, ..all.clone() }, MOST)));
        assert_eq!(asked("#3"), Ok((Query { block: Some(BlockId(3)), ..all.clone() }, MOST)));
        let between = Some((17, 40));
        assert_eq!(asked("17..40"), Ok((Query { between, ..all.clone() }, MOST)));
        assert_eq!(asked("..40").map(|(query, _)| query.between), Ok(Some((0, 40))));
        let function = Some("krate::main".to_owned());
        assert_eq!(asked("krate::main"), Ok((Query { function, ..all }, MOST)));
        assert!(asked("#x").is_err() && asked("a..b").is_err());
    }
}
