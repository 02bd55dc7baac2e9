//! The commands of breakpoints: they are done when the program has stopped there, before any other.

use super::reading::{Lines, Source};
use crate::command::{Answer, opens_block};
use crate::session::Due;

/// What is to be known of the commands that follow a stop.
pub(super) struct After {
    /// Whether the stop itself is not to be shown.
    pub silent: bool,
}

impl Lines {
    /// Takes in the commands that are due after an answer. Those of an earlier stop are dropped when
    /// the program has run meanwhile: they were about that stop.
    pub fn after_answer(&mut self, answer: &Answer, due: Vec<Due>) -> After {
        if matches!(answer, Answer::Stopped(_)) {
            self.drop_breakpoint_commands();
        }
        let mut silent = !due.is_empty();
        let mut lines = Vec::new();
        for Due { of, mut commands } in due {
            let quiet = commands.first().is_some_and(|command| command == "silent");
            silent &= quiet;
            if quiet {
                commands.remove(0);
            }
            lines.extend(commands.into_iter().map(|command| (Source::Breakpoint(of.0), command)));
        }
        self.do_first(lines);
        After { silent }
    }

    /// Forgets the commands of breakpoints that were not done yet.
    pub fn drop_breakpoint_commands(&mut self) {
        self.retain(|source| !source.is_breakpoint());
    }
}

impl Source {
    /// Whether it is a breakpoint.
    pub fn is_breakpoint(&self) -> bool {
        matches!(self, Source::Breakpoint(_))
    }
}

/// A line, with those behind it up to its `end` where it is the first of a block. A block may hold
/// another one.
pub(in crate::front) fn gather(first: String, mut next: impl FnMut() -> Option<String>) -> String {
    if !opens_block(&first) {
        return first;
    }
    let mut block = first;
    let mut depth = 1usize;
    while depth > 0 {
        let Some(line) = next() else { break };
        match line.trim() {
            "end" => depth -= 1,
            text if opens_block(text) => depth = depth.saturating_add(1),
            _ => {}
        }
        block.push('\n');
        block.push_str(&line);
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_goes_to_its_own_end() {
        let mut lines = ["break g", "commands", "print y", "end", "end", "continue"].into_iter();
        let block = gather("commands 1".to_owned(), || lines.next().map(str::to_owned));
        assert_eq!(block, "commands 1\nbreak g\ncommands\nprint y\nend\nend");
        assert_eq!(lines.next(), Some("continue"));
        assert_eq!(gather("continue".to_owned(), || None), "continue");
        assert_eq!(gather("commands".to_owned(), || None), "commands", "the input has ended");
    }
}
