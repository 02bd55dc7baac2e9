//! `slots`: frames as a picture of their bytes.

use super::looked::Looked;
use super::{Answer, Command, CommandError, Topic};

/// `slots`.
pub(super) static SLOTS: Command = Command {
    name: "slots",
    aliases: &["sl"],
    topic: Topic::Stack,
    usage: "[-all]",
    about: "Draw the frame: its variables, saved registers and padding, and what they own",
    details: "-all draws the whole stack of the thread.",
    run: |context, text| match text.trim_start_matches('-') {
        "" => Ok(Answer::Looked(Looked::Slots(context.session.slots()?))),
        "all" => Ok(Answer::Looked(Looked::Slots(context.session.all_slots()?))),
        other => Err(CommandError::new(format!("`slots` takes -all, not `{other}`"))),
    },
};
