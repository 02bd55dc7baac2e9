//! What is said of variables of optimised code that are gone, or of which it cannot be told.

use super::asked::Asked;
use crate::base::{At, SlotState, Unreadable, VirtAddr};
use crate::track::Ledger;

/// That a variable is gone, where all that it owned was seen to end.
pub(super) fn ended(blocks: &[VirtAddr], ledger: &Ledger) -> Option<SlotState> {
    let ended = |at: &VirtAddr| ledger.ended_from(*at).filter(|_| ledger.block_from(*at).is_none());
    let all: Option<Vec<_>> = blocks.iter().map(ended).collect();
    let all = all?;
    let first = all.first()?;
    let at = first.at.as_ref().map(|at| (**at).clone());
    Some(SlotState::Freed { block: first.id, at })
}

/// The state of a variable of which all that it owned has ended; where the function itself ended
/// that, it may have been to give it a new value, which the optimiser did not keep.
pub(super) fn or_renewed(state: SlotState, function: &str) -> SlotState {
    let SlotState::Freed { block, at } = &state else { return state };
    let here = at.as_ref().is_none_or(|at| *at.function == *function);
    if !here {
        return state;
    }
    let line = on_line(at.as_ref());
    SlotState::Unreadable(Unreadable::Uncertain(format!(
        "optimised code: {block}, which it owned, was freed{line}, and whether it was given a new value cannot be told"
    )))
}

/// That nothing is known of a variable, and why; `beside` is another that has the same bytes. What it
/// would own lives, as far as its bytes say: it may be its value.
pub(super) fn unknown(asked: &Asked, beside: Option<&str>, ledger: &Ledger) -> SlotState {
    let ended = |at: &VirtAddr| ledger.ended_from(*at).filter(|_| ledger.block_from(*at).is_none());
    let mut live = asked.blocks.iter().filter_map(|at| Some(ledger.block_from(*at)?.id));
    let mut gone = asked.blocks.iter().filter_map(ended);
    let why = match (gone.next(), beside, live.next()) {
        (Some(ended), ..) => format!(
            "{}, which its bytes lead to, was freed{}, and whether it was its own cannot be told",
            ended.id,
            on_line(ended.at.as_deref())
        ),
        (None, Some(other), Some(block)) => format!(
            "its bytes are also in {other}, and which of the two owns {block} cannot be told"
        ),
        (None, Some(other), None) => {
            format!("its bytes are also in {other}, and whose they are cannot be told")
        }
        (None, None, Some(block)) => format!("whether it still owns {block} cannot be told"),
        (None, None, None) => "nothing tells whether it was moved or dropped".to_owned(),
    };
    let why = format!("optimised code: {why}");
    let has_ended = |at: &VirtAddr| ledger.block_from(*at).is_none();
    match asked.blocks.iter().any(has_ended) {
        true => SlotState::Unreadable(Unreadable::Uncertain(why)),
        false => SlotState::Perhaps { why },
    }
}

fn on_line(at: Option<&At>) -> String {
    at.and_then(|at| at.line).map_or(String::new(), |line| format!(" on line {line}"))
}
