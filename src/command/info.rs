//! `info`: what there is.

use super::locals::variables;
use super::words::first;
use super::{Answer, Command, CommandError, Context, Topic};

/// What `info` knows.
const KINDS: &[&str] = &["breakpoints", "locals", "args", "frame"];

/// `info`.
pub(super) static INFO: Command = Command {
    name: "info",
    aliases: &["i"],
    topic: Topic::Session,
    usage: "breakpoints | locals | args | frame",
    about: "Show what there is of a kind",
    details: "The beginning of a word is enough: `i b`, `i lo`.",
    run: info,
};

fn info(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (word, _) = first(text);
    let kind = KINDS.iter().find(|kind| !word.is_empty() && kind.starts_with(word));
    match kind.copied() {
        Some("breakpoints") => Ok(Answer::Breakpoints(context.session.breakpoints())),
        Some("locals") => variables(context, |parameter| !parameter),
        Some("args") => variables(context, |parameter| parameter),
        Some("frame") => {
            let frame = context.session.frame()?;
            let source = super::list::around(&frame.at, 0);
            Ok(Answer::Frame(frame, source))
        }
        _ => Err(CommandError::new(format!("`info {word}` is not known"))
            .did_you_mean(word, KINDS.iter().copied())
            .hint(format!("there are {}", KINDS.join(", ")))),
    }
}
