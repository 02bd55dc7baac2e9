//! `frame`, `up`, `down`: which frame is looked at.

use super::list::around;
use super::words::{first, number};
use super::{Answer, Command, CommandError, Context, Topic};

/// `frame`.
pub(super) static FRAME: Command = Command {
    name: "frame",
    aliases: &["f"],
    topic: Topic::Stack,
    usage: "[N | function NAME]",
    about: "Look at a frame by its number or function, or show the one that is looked at",
    details: "Of several frames of a function, the innermost is meant. A name is the path of the \
              function, or the end of it.",
    run: |context, text| {
        let now = context.session.frame()?.no;
        if let ("function", name) = first(text) {
            return of_function(context, name);
        }
        let no = number(text, "the number of a frame")?.unwrap_or(now);
        select(context, no)
    },
};

/// `up`.
pub(super) static UP: Command = Command {
    name: "up",
    aliases: &[],
    topic: Topic::Stack,
    usage: "[N]",
    about: "Look at the caller, or at the N-th",
    details: "",
    run: |context, text| {
        let now = context.session.frame()?.no;
        let frames = context.session.stack()?.frames.len();
        let by = number(text, "a number of frames")?.unwrap_or(1);
        if now + 1 == frames && by > 0 {
            return Err(CommandError::new("this is the outermost frame"));
        }
        select(context, now.saturating_add(by).min(frames - 1))
    },
};

/// `down`.
pub(super) static DOWN: Command = Command {
    name: "down",
    aliases: &["do"],
    topic: Topic::Stack,
    usage: "[N]",
    about: "Look at the frame that this one called, or at the N-th",
    details: "",
    run: |context, text| {
        let now = context.session.frame()?.no;
        let by = number(text, "a number of frames")?.unwrap_or(1);
        if now == 0 && by > 0 {
            return Err(CommandError::new("this is the innermost frame"));
        }
        select(context, now.saturating_sub(by))
    },
};

/// Looks at the innermost frame of a function.
fn of_function(context: &mut Context<'_>, name: &str) -> Result<Answer, CommandError> {
    let stack = context.session.stack()?;
    let is_it = |path: &str| {
        let before = path.strip_suffix(name);
        before.is_some_and(|before| before.is_empty() || before.ends_with("::"))
    };
    match stack.frames.iter().find(|frame| !name.is_empty() && is_it(&frame.at.function)) {
        Some(frame) => select(context, frame.no),
        None => Err(CommandError::new(format!("no frame is of a function `{name}`"))
            .did_you_mean(name, stack.frames.iter().map(|frame| frame.at.function.as_str()))
            .hint("`backtrace` lists the frames")),
    }
}

fn select(context: &mut Context<'_>, no: usize) -> Result<Answer, CommandError> {
    let frame = context.session.select_frame(no)?;
    let source = around(&frame.at, 0);
    Ok(Answer::Frame(frame, source))
}
