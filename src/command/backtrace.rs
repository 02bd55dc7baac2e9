//! `backtrace`: the frames of a thread.

use regex::Regex;

use super::answer::{Folded, FrameShown, Listing};
use super::locals::shown;
use super::words::{first, regex};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::dwarf::Origin;
use crate::session::Frame;

/// Frames that are listed where no number is asked for.
const FRAMES: usize = 100;

/// `backtrace`.
pub(super) static BACKTRACE: Command = Command {
    name: "backtrace",
    aliases: &["bt", "where-am-i"],
    topic: Topic::Stack,
    usage: "[-full] [-all] [-only REGEX] [-hide REGEX] [N | -N]",
    about: "List the frames of the thread, innermost first",
    details: "An inlined call is a frame without stack of its own. Frames of std, of dependencies and \
              of C are folded into one line, unless the thread stands in one of them; -all lists \
              them. -full adds the variables of each frame that is listed. -only and -hide choose \
              frames by their functions. N is how many are listed, -N how many of the outermost.",
    run: backtrace,
};

/// What was asked for.
struct Asked {
    full: bool,
    all: bool,
    only: Option<Regex>,
    hide: Option<Regex>,
    frames: usize,
    outermost: bool,
}

impl Asked {
    fn parse(mut text: &str) -> Result<Asked, CommandError> {
        let mut asked = Asked {
            full: false,
            all: false,
            only: None,
            hide: None,
            frames: FRAMES,
            outermost: false,
        };
        while !text.is_empty() {
            let (word, rest) = first(text);
            text = rest;
            match word.trim_start_matches('-') {
                "full" => asked.full = true,
                "all" => asked.all = true,
                "only" | "hide" => {
                    let (pattern, rest) = first(text);
                    text = rest;
                    let place =
                        if word.ends_with("only") { &mut asked.only } else { &mut asked.hide };
                    *place = Some(regex(pattern)?);
                }
                number => {
                    let unknown = |_| {
                        CommandError::new(format!("`backtrace` does not know `{word}`"))
                            .hint("there are -full, -all, -only REGEX, -hide REGEX, N and -N")
                    };
                    asked.frames = number.parse().map_err(unknown)?;
                    asked.outermost = word.starts_with('-');
                }
            }
        }
        Ok(asked)
    }

    /// Whether a frame is listed and not folded.
    fn lists(&self, frame: &Frame, selected: usize) -> bool {
        self.all
            || self.only.is_some()
            || frame.origin == Origin::User
            || frame.no == 0
            || frame.no == selected
            || frame.signal
    }

    fn chooses(&self, frame: &Frame) -> bool {
        let function = &frame.at.function;
        self.only.as_ref().is_none_or(|only| only.is_match(function))
            && !self.hide.as_ref().is_some_and(|hide| hide.is_match(function))
    }
}

fn backtrace(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let asked = Asked::parse(text)?;
    let selected = context.session.frame()?.no;
    let stack = context.session.stack()?;
    let chosen = stack.frames.iter().filter(|frame| asked.chooses(frame));
    let rows = fold(chosen, |frame| asked.lists(frame, selected));
    let (rows, more) = limited(rows, &asked);
    let mut listing = Listing {
        frames: Vec::new(),
        folded: Vec::new(),
        more,
        outermost: asked.outermost,
        cut: stack.cut.clone(),
        selected,
    };
    for row in rows {
        match row {
            Row::Folded(folded) => listing.folded.push(folded),
            Row::Frame(frame) => {
                let locals = match asked.full {
                    true => {
                        context.session.select_frame(frame.no)?;
                        match shown(context, |_| true) {
                            // Pictures have the variables of some frames only.
                            Err(_) if context.session.moment().is_some() => None,
                            variables => Some(variables?),
                        }
                    }
                    false => None,
                };
                listing.frames.push(FrameShown { frame, locals });
            }
        }
    }
    context.session.select_frame(selected)?;
    Ok(Answer::Backtrace(listing))
}

/// A line of the list.
enum Row {
    Frame(Frame),
    Folded(Folded),
}

impl Row {
    fn frames(&self) -> usize {
        match self {
            Row::Frame(_) => 1,
            Row::Folded(folded) => folded.count,
        }
    }
}

/// The frames, those that are not listed put together.
fn fold<'f>(frames: impl Iterator<Item = &'f Frame>, lists: impl Fn(&Frame) -> bool) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for frame in frames {
        if lists(frame) {
            rows.push(Row::Frame(frame.clone()));
            continue;
        }
        let whose = frame.origin.whose();
        match rows.last_mut() {
            Some(Row::Folded(folded)) if folded.first + folded.count == frame.no => {
                folded.count += 1;
                folded.panicking |= is_panic(&frame.at.function);
                if !folded.whose.contains(&whose) {
                    folded.whose.push(whose);
                }
            }
            _ => rows.push(Row::Folded(Folded {
                first: frame.no,
                count: 1,
                whose: vec![whose],
                panicking: is_panic(&frame.at.function),
            })),
        }
    }
    rows
}

/// Whether a function is one that begins a panic: what called it has panicked.
fn is_panic(function: &str) -> bool {
    function == "__rustc::rust_begin_unwind"
        || function == "rust_begin_unwind"
        || function.starts_with("core::panicking::panic")
        || function.starts_with("std::panicking::begin_panic")
}

/// As many rows as hold the frames that were asked for, and how many frames are left out.
fn limited(mut rows: Vec<Row>, asked: &Asked) -> (Vec<Row>, usize) {
    let all: usize = rows.iter().map(Row::frames).sum();
    if asked.outermost {
        rows.reverse();
    }
    let mut listed = 0;
    let mut kept = Vec::new();
    for row in rows {
        listed += usize::from(matches!(row, Row::Frame(_)));
        if listed > asked.frames || asked.frames == 0 {
            break;
        }
        kept.push(row);
    }
    // What was left out begins with what is folded.
    let cut = kept.iter().map(Row::frames).sum::<usize>() < all;
    if cut && matches!(kept.last(), Some(Row::Folded(_))) {
        kept.pop();
    }
    if asked.outermost {
        kept.reverse();
    }
    let more = all - kept.iter().map(Row::frames).sum::<usize>();
    (kept, more)
}
