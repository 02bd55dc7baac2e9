//! `drops`: what was dropped so far.

use super::looked::Looked;
use super::{Answer, Command, Topic};

/// `drops`.
pub(super) static DROPS: Command = Command {
    name: "drops",
    aliases: &[],
    topic: Topic::Data,
    usage: "[TYPE | FUNCTION | FILE]...",
    about: "List the drops so far in their order, thread by thread",
    details: "A drop stands under the drop that it is a part of, with its place, what brought it about \
              and the blocks that it freed. Words leave out what concerns none of these types, \
              functions and files. Drops are followed from `set drops on` on, each with a stop of its \
              own: set it before `run` to see all of them.",
    run: |context, text| {
        let only = text.split_whitespace().map(str::to_owned).collect();
        Ok(Answer::Looked(Looked::Drops(context.session.drops_so_far(only)?)))
    },
};
