//! `heap`: the blocks that are alive.

use super::examine::addresses_option;
use super::looked::Looked;
use super::words::{first, number};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::base::BlockId;
use crate::session::HeapOrder;

/// Blocks that are listed where no number is asked for.
const BLOCKS: usize = 30;
/// Bytes of a block that are shown where no number is asked for.
const BYTES: usize = 256;

/// `heap`.
pub(super) static HEAP: Command = Command {
    name: "heap",
    aliases: &["blocks"],
    topic: Topic::Data,
    usage: "[-a] [-size] [N] | #BLOCK [BYTES]",
    about: "List the live blocks with who allocated and who owns them, or show what is in one",
    details: "-size lists the largest first; N is how many are listed. `heap #3` shows the bytes of a \
              block, what they point to, and every variable that leads to it. -a adds addresses.",
    run: heap,
};

fn heap(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (addresses, mut text) = addresses_option(context, text);
    if let Some(block) = text.strip_prefix('#') {
        let (ordinal, rest) = first(block);
        let wrong = |_| CommandError::new(format!("`#{ordinal}` is no block")).hint("as in #3");
        let id = BlockId(ordinal.parse().map_err(wrong)?);
        let bytes = number(rest, "a number of bytes")?.unwrap_or(BYTES);
        let block = Box::new(context.session.block(id, bytes)?);
        return Ok(Answer::Looked(Looked::Block { block, addresses }));
    }
    let mut order = HeapOrder::Ordinal;
    if let Some(rest) = text.strip_prefix("-size") {
        order = HeapOrder::Size;
        text = rest.trim();
    }
    let limit = number(text, "a number of blocks")?.unwrap_or(BLOCKS);
    let view = context.session.heap(limit, order)?;
    Ok(Answer::Looked(Looked::Heap { view, addresses }))
}
