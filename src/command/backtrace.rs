//! `backtrace`: the frames of a thread.

use super::answer::Listing;
use super::words::number;
use super::{Answer, Command, CommandError, Context, Topic};

/// Frames that are listed where no number is asked for.
const FRAMES: usize = 100;

/// `backtrace`.
pub(super) static BACKTRACE: Command = Command {
    name: "backtrace",
    aliases: &["bt"],
    topic: Topic::Stack,
    usage: "[N]",
    about: "List the frames of the thread, innermost first",
    details: "An inlined call is a frame without stack of its own. N is how many are listed.",
    run: backtrace,
};

fn backtrace(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let limit = number(text, "a number of frames")?.unwrap_or(FRAMES);
    let selected = context.session.frame()?.no;
    let stack = context.session.stack()?;
    let frames: Vec<_> = stack.frames.iter().take(limit).cloned().collect();
    let more = stack.frames.len() - frames.len();
    Ok(Answer::Backtrace(Listing { frames, more, cut: stack.cut.clone(), selected }))
}
