//! `finish`, `until`, `advance`, `jump`: to the end of a call, or to a place.

use super::running::stopped;
use super::words::nothing;
use super::{Command, Topic};
use crate::session::Where;

/// `finish`.
pub(super) static FINISH: Command = Command {
    name: "finish",
    aliases: &["fin"],
    topic: Topic::Running,
    usage: "",
    about: "Run to the end of the call that is looked at, and show what it returns",
    details: "The value becomes `$1` and so on. A call that was inlined ends where its code does, and \
              its value cannot be told from the others there.",
    run: |context, text| {
        nothing(text, "finish")?;
        let before = context.session.frame_id();
        let halt = context.session.finish_with(context.observer)?.clone();
        Ok(stopped(context.session, halt, before))
    },
};

/// `until`.
pub(super) static UNTIL: Command = Command {
    name: "until",
    aliases: &["u"],
    topic: Topic::Running,
    usage: "[FUNCTION | FILE:LINE | LINE | *ADDRESS]",
    about: "Run to a line behind this one, which gets out of a loop, or to a place",
    details: "Either way it ends where the function that is looked at is left. A place in the same \
              function does not count in the calls that it makes of itself.",
    run: |context, text| {
        let before = context.session.frame_id();
        let halt = match text {
            "" => context.session.until_with(context.observer)?,
            place => context.session.advance_with(&Where::parse(place)?, true, context.observer)?,
        };
        let halt = halt.clone();
        Ok(stopped(context.session, halt, before))
    },
};

/// `advance`.
pub(super) static ADVANCE: Command = Command {
    name: "advance",
    aliases: &["adv"],
    topic: Topic::Running,
    usage: "FUNCTION | FILE:LINE | LINE | *ADDRESS",
    about: "Run to a place, or to where the function that is looked at is left",
    details: "",
    run: |context, text| {
        let to = Where::parse(text)?;
        let halt = context.session.advance_with(&to, false, context.observer)?.clone();
        Ok(stopped(context.session, halt, None))
    },
};

/// `jump`.
pub(super) static JUMP: Command = Command {
    name: "jump",
    aliases: &["j"],
    topic: Topic::Running,
    usage: "[--force] FUNCTION | FILE:LINE | LINE | *ADDRESS",
    about: "Go on at another place of this function",
    details: "Nothing between here and there runs: destructors are left out, and variables that come \
              into scope hold what lies in their places. A breakpoint at the place is reached. Another \
              function is refused without --force, because the frame is that of this one.",
    run: |context, text| {
        let forced = text.strip_prefix("--force").or(text.strip_prefix("-f "));
        let to = Where::parse(forced.unwrap_or(text))?;
        let halt = context.session.jump_with(&to, forced.is_some(), context.observer)?.clone();
        Ok(stopped(context.session, halt, None))
    },
};
