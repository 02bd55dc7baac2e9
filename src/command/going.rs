//! `goto`, `back`, `forward`: to a moment of the past, and to the program again.

use super::events::{block, nothing_recorded};
use super::list::around;
use super::looked::{Looked, MomentShown};
use super::words::{first, nothing, number};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::base::{Event, Seq};
use crate::session::Halt;

/// `goto`.
pub(super) static GOTO: Command = Command {
    name: "goto",
    aliases: &["go"],
    topic: Topic::Past,
    usage: "EVENT | start | end | #BLOCK",
    about: "Look at the moment after an event, as it was recorded",
    details: "`goto #3` is the allocation of the block. In the past, the program is out of reach: what \
              was recorded can be looked at (context, backtrace, frame, locals, slots, print NAME, \
              split, heap, list, expect), and nothing can be changed or run. `goto end` returns to the \
              program, or to its end.",
    run: goto,
};

/// `back`.
pub(super) static BACK: Command = Command {
    name: "back",
    aliases: &["ba"],
    topic: Topic::Past,
    usage: "[-p] [N]",
    about: "Look at the moment after the event before, or the N-th before",
    details: "-p goes from picture to picture: stops, entries and returns. `forward` goes the other \
              way; `help goto` says what can be done there.",
    run: |context, text| {
        let (pictures, by) = by(text, "back")?;
        let log = context.session.log().ok_or_else(nothing_recorded)?;
        let mut now = context.session.event_now().ok_or_else(nothing_recorded)?;
        let first = log.first().ok_or_else(nothing_recorded)?;
        if now <= first {
            return Err(CommandError::new("this is the first event that was recorded")
                .hint("`forward` goes on from here, `goto end` returns to the program"));
        }
        if !pictures {
            now = Seq(now.0.saturating_sub(by).max(first.0));
            return look(context, now);
        }
        for _ in 0..by {
            now = log.next_picture(now, false).ok_or_else(|| {
                CommandError::new("there is no picture before").hint("`back` goes by single events")
            })?;
        }
        look(context, now)
    },
};

/// `forward`.
pub(super) static FORWARD: Command = Command {
    name: "forward",
    aliases: &["fwd"],
    topic: Topic::Past,
    usage: "[-p] [N]",
    about: "In the past, look at the moment after the next event, or the N-th",
    details: "-p goes from picture to picture. From the last event it returns to the program.",
    run: |context, text| {
        let (pictures, by) = by(text, "forward")?;
        let Some(now) = context.session.event_looked_at().map(|event| event.seq) else {
            return Err(CommandError::new(
                "this is not the past: nothing is ahead that was recorded",
            )
            .hint("`back` and `goto` go to the past; `continue` lets the program run"));
        };
        let log = context.session.log().ok_or_else(nothing_recorded)?;
        let last = log.last().ok_or_else(nothing_recorded)?;
        let mut next = Some(now);
        if pictures {
            for _ in 0..by {
                let Some(from) = next else { break };
                next = log.next_picture(from, true);
            }
        } else {
            next = (now < last).then(|| Seq(now.0.saturating_add(by).min(last.0)));
        }
        match next {
            Some(event) => look(context, event),
            None => Ok(to_the_program(context)),
        }
    },
};

fn goto(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let log = context.session.log().ok_or_else(nothing_recorded)?;
    let (first, last) = log.first().zip(log.last()).ok_or_else(nothing_recorded)?;
    let text = text.trim();
    let event = match text {
        "" => {
            return Err(CommandError::new("`goto` needs an event")
                .hint("as in `goto 17`, `goto start`, `goto #3`; `events` lists them"));
        }
        "start" => first,
        "end" => return Ok(to_the_program(context)),
        _ => match text.strip_prefix('#') {
            Some(ordinal) => {
                let block = block(ordinal)?;
                log.allocation_of(block).ok_or_else(|| {
                    CommandError::new(format!("no allocation of {block} was recorded"))
                        .hint("`events alloc` lists those that were")
                })?
            }
            None => {
                let number = number(text, "the number of an event")?.unwrap_or_default() as u64;
                if number < first.0 || number > last.0 {
                    let range = format!("there are events {} to {}", first.0, last.0);
                    let why = log.get(Seq(number)).err().map(|why| why.to_string());
                    let why = why.unwrap_or_else(|| format!("there is no event {number}"));
                    return Err(CommandError::new(why).hint(range));
                }
                Seq(number)
            }
        },
    };
    look(context, event)
}

fn look(context: &mut Context<'_>, event: Seq) -> Result<Answer, CommandError> {
    let moment = context.session.go_to(event)?;
    let at = context.session.place_looked_at().ok();
    let frame = context.session.frame().ok();
    let event = context.session.event_looked_at().cloned().map(Event::without_pictures);
    let event = event.ok_or_else(nothing_recorded)?;
    let source = at.as_ref().and_then(|at| around(at, 0));
    let shown = Box::new(MomentShown { event, frame, source });
    let answer = Box::new(Answer::Looked(Looked::Moment(shown)));
    Ok(Answer::Past { moment, answer })
}

fn to_the_program(context: &mut Context<'_>) -> Answer {
    context.session.return_to_program();
    if let Ok(frame) = context.session.frame() {
        let source = around(&frame.at, 0);
        return Answer::Frame(frame, source);
    }
    Answer::Said(match context.session.halt() {
        Some(Halt::Ended { .. }) => "This is the end: the program has ended.".to_owned(),
        _ => "This is the end: the program is not running.".to_owned(),
    })
}

/// Whether pictures are meant, and how many.
fn by(text: &str, command: &str) -> Result<(bool, u64), CommandError> {
    let (word, rest) = first(text);
    let (pictures, rest) = match word {
        "-p" => (true, rest),
        _ => (false, text),
    };
    let (count, rest) = first(rest);
    nothing(rest, command)?;
    let by = number(count, "a number of events")?.unwrap_or(1).max(1);
    Ok((pictures, by as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_the_wish_for_pictures_are_read() {
        assert_eq!(by("", "back"), Ok((false, 1)));
        assert_eq!(by("5", "back"), Ok((false, 5)));
        assert_eq!(by("-p", "back"), Ok((true, 1)));
        assert_eq!(by("-p 3", "back"), Ok((true, 3)));
        assert!(by("x", "back").is_err() && by("3 4", "back").is_err());
    }
}
