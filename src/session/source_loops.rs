//! Which lines of a function lie in loops, by its text.

use std::collections::HashSet;

use super::mentions::MOST_LINES;
use super::source_words::Line;

/// The lines of a function, which begins on one line, up to another, that lie in loops. None where
/// that cannot be told.
pub(super) fn lines_in_loops(text: &str, since: u32, last: u32) -> Option<HashSet<u32>> {
    let skip = usize::try_from(since.checked_sub(1)?).ok()?;
    let count = usize::try_from(last.checked_sub(since)?.checked_add(1)?).ok()?;
    (count <= MOST_LINES).then_some(())?;
    let mut open: Vec<bool> = Vec::new();
    let mut looped = HashSet::new();
    let mut loops = false;
    for (text, no) in text.lines().skip(skip).take(count).zip(since..) {
        let read = Line::of(text)?;
        loops |= read.may_loop();
        if loops || open.contains(&true) {
            looped.insert(no);
        }
        for brace in read.braces() {
            match brace {
                '{' => open.push(loops),
                // The end of the function, unless the text is not what it seems.
                _ if open.pop().is_none() => return (no == last).then_some(looped),
                _ => {}
            }
        }
        loops = loops && !read.ends();
    }
    Some(looped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looped(text: &str, last: u32) -> Option<Vec<u32>> {
        let mut lines: Vec<u32> = lines_in_loops(text, 1, last)?.into_iter().collect();
        lines.sort_unstable();
        Some(lines)
    }

    #[test]
    fn a_loop_is_its_head_and_its_body_with_all_blocks_in_it() {
        let text = "fn f() {\na();\nfor x in g(\n1,\n) {\nif x {\nb();\n}\n}\nc();\n}";
        assert_eq!(looped(text, 11), Some((3..=9).collect()));
    }

    #[test]
    fn a_macro_that_is_not_known_may_be_a_loop() {
        assert_eq!(looped("fn f() {\nrepeat! {\na();\n}\nb();\n}", 5), Some(vec![2, 3, 4]));
    }

    #[test]
    fn what_cannot_be_read_or_ends_before_is_not_told() {
        assert_eq!(looped("fn f() {\n/* a */\n}", 3), None);
        assert_eq!(looped("fn f() {\n}\n}\nfn g() {", 4), None);
    }
}
