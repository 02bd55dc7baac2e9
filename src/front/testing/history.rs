//! The history of blocks in lines, for the messages of assertions.

use crate::front::text::story_text;
use crate::track::Story;

/// Blocks whose history is told at most.
const TOLD: usize = 8;

/// The histories, each event on a line: what, where, in which function.
pub(super) fn of_blocks(blocks: &[&Story]) -> String {
    let of_block = |block: &&Story| {
        let text = story_text(block);
        text.lines().map(|line| format!("  {}", line.trim_end())).collect::<Vec<_>>()
    };
    let mut lines: Vec<String> = blocks.iter().take(TOLD).flat_map(of_block).collect();
    if let Some(more @ 1..) = blocks.len().checked_sub(TOLD) {
        lines.push(format!("  … {more} more"));
    }
    lines.join("\n")
}

/// Whether a function is the one that is meant by the end of its path.
pub(super) fn name_fits(function: &str, wanted: &str) -> bool {
    let rest = function.strip_suffix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with("::") || rest.ends_with('<'))
}
