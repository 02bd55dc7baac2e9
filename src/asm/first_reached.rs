//! Which of several places in a function control comes to first.

use std::collections::HashSet;

use super::flow::Flow;
use crate::base::{FileAddr, Range};

/// The candidates that control can come to from the start of the function without passing another
/// of them: to stop at these is to stop before any of the others runs.
///
/// What only unwinding reaches is left out, unless there is nothing else: then it is the first by
/// address. Where an indirect jump goes is not known, so that behind one all candidates stay.
/// `code` are the bytes of `range`, decoded from its start.
pub fn first_reached(
    code: &[u8],
    range: Range<FileAddr>,
    candidates: &[FileAddr],
) -> Vec<FileAddr> {
    let flow = Flow::of(code, range);
    let wanted: HashSet<u64> = candidates.iter().map(|at| at.0).collect();
    let mut seen = HashSet::new();
    let mut open = vec![range.start.0];
    let mut anywhere = false;
    while let Some(at) = open.pop() {
        if !seen.insert(at) || wanted.contains(&at) {
            continue;
        }
        let index = flow.steps.binary_search_by_key(&at, |step| step.at);
        anywhere |= index.ok().and_then(|i| flow.steps.get(i)).is_some_and(|step| step.anywhere);
        open.extend(flow.after(at));
    }
    let mut first: Vec<_> =
        candidates.iter().copied().filter(|at| anywhere || seen.contains(&at.0)).collect();
    first.sort_unstable();
    first.dedup();
    if first.is_empty() {
        first.extend(candidates.iter().min());
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(code: &[u8], candidates: &[u64]) -> Vec<u64> {
        let range = Range::new(FileAddr(0x1000), FileAddr(0x1000 + code.len() as u64));
        let candidates: Vec<_> = candidates.iter().map(|at| FileAddr(*at)).collect();
        first_reached(code, range, &candidates).into_iter().map(|at| at.0).collect()
    }

    #[test]
    fn a_place_behind_another_is_not_first_and_two_branches_both_are() {
        // 1000: jne 1004; 1002: nop; 1003: ret; 1004: nop; 1005: nop; 1006: ret
        let code = [0x75, 0x02, 0x90, 0xc3, 0x90, 0x90, 0xc3];
        assert_eq!(first(&code, &[0x1004, 0x1005]), [0x1004]);
        assert_eq!(first(&code, &[0x1002, 0x1005]), [0x1002, 0x1005]);
        assert_eq!(first(&code, &[0x1000, 0x1002]), [0x1000]);
    }

    #[test]
    fn what_only_unwinding_reaches_counts_where_there_is_nothing_else() {
        // 1000: nop; 1001: ret; 1002: nop; 1003: nop
        let code = [0x90, 0xc3, 0x90, 0x90];
        assert_eq!(first(&code, &[0x1002, 0x1001]), [0x1001]);
        assert_eq!(first(&code, &[0x1003, 0x1002]), [0x1002]);
    }

    #[test]
    fn behind_an_indirect_jump_every_place_stays() {
        // 1000: jmp rax; 1002: nop; 1003: ret
        assert_eq!(first(&[0xff, 0xe0, 0x90, 0xc3], &[0x1002, 0x1003]), [0x1002, 0x1003]);
    }
}
