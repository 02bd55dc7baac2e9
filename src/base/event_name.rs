//! What kinds of events are called, in `--format json` and by people who look for them.

use super::{BlockId, Event, EventKind, FrameView, StackView};

impl EventKind {
    /// Every name, in the order in which they are listed.
    pub const NAMES: [&str; 22] = [
        "start",
        "alloc",
        "realloc",
        "free",
        "unknown_free",
        "move",
        "borrow",
        "borrow_end",
        "drop",
        "enter",
        "scope_end",
        "return",
        "repeated",
        "stop",
        "signal",
        "thread_start",
        "thread_end",
        "fork",
        "exec",
        "log",
        "note",
        "exit",
    ];

    /// Its name, as the JSON form has it under `event`.
    pub fn name(&self) -> &'static str {
        match self {
            EventKind::Start { .. } => "start",
            EventKind::Alloc { .. } => "alloc",
            EventKind::Realloc { .. } => "realloc",
            EventKind::Free { .. } => "free",
            EventKind::UnknownFree { .. } => "unknown_free",
            EventKind::Move { .. } => "move",
            EventKind::Borrow { .. } => "borrow",
            EventKind::BorrowEnd { .. } => "borrow_end",
            EventKind::Drop(_) => "drop",
            EventKind::Enter { .. } => "enter",
            EventKind::ScopeEnd { .. } => "scope_end",
            EventKind::Return { .. } => "return",
            EventKind::Repeated { .. } => "repeated",
            EventKind::Stop { .. } => "stop",
            EventKind::Signal { .. } => "signal",
            EventKind::ThreadStart => "thread_start",
            EventKind::ThreadEnd => "thread_end",
            EventKind::Fork { .. } => "fork",
            EventKind::Exec { .. } => "exec",
            EventKind::Log { .. } => "log",
            EventKind::Note { .. } => "note",
            EventKind::Exit { .. } => "exit",
        }
    }

    /// Whether it is about a block.
    pub fn is_about(&self, wanted: BlockId) -> bool {
        match self {
            EventKind::Alloc { block, .. }
            | EventKind::Realloc { block, .. }
            | EventKind::Free { block, .. }
            | EventKind::UnknownFree { ended: Some(block), .. } => *block == wanted,
            EventKind::Borrow { blocks, .. } | EventKind::BorrowEnd { blocks, .. } => {
                blocks.contains(&wanted)
            }
            EventKind::Move { block, with, .. } => *block == wanted || with.contains(&wanted),
            _ => false,
        }
    }

    /// Whether it carries a picture of the stack of its thread.
    pub fn has_picture(&self) -> bool {
        match self {
            EventKind::Stop { .. } => true,
            EventKind::Enter { stack, .. }
            | EventKind::ScopeEnd { stack, .. }
            | EventKind::Return { stack, .. }
            | EventKind::Signal { stack, .. } => stack.is_some(),
            _ => false,
        }
    }
}

impl Event {
    /// The event without pictures of stacks and statics, for lists.
    #[must_use]
    pub fn without_pictures(mut self) -> Event {
        match &mut self.kind {
            EventKind::Stop { stack, .. } => *stack = StackView::default(),
            EventKind::Enter { stack, .. }
            | EventKind::ScopeEnd { stack, .. }
            | EventKind::Return { stack, .. }
            | EventKind::Signal { stack, .. } => *stack = None,
            EventKind::Start { statics, .. } => statics.clear(),
            _ => {}
        }
        self
    }

    /// The frames of its thread that it carries, innermost first, its own function's among them;
    /// none where it has no picture. Of a function that returns, those that are left.
    pub fn into_frames(self) -> Option<(Vec<FrameView>, Option<String>)> {
        let with_own = |frame: FrameView, stack: Option<StackView>| {
            let stack = stack?;
            Some((std::iter::once(frame).chain(stack.frames).collect(), stack.cut))
        };
        match self.kind {
            EventKind::Enter { frame, stack, .. } | EventKind::ScopeEnd { frame, stack, .. } => {
                with_own(frame, stack)
            }
            EventKind::Stop { stack, .. }
            | EventKind::Return { stack: Some(stack), .. }
            | EventKind::Signal { stack: Some(stack), .. } => Some((stack.frames, stack.cut)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_kind_is_the_tag_of_its_json_form() {
        let kinds = [
            EventKind::ThreadStart,
            EventKind::ThreadEnd,
            EventKind::Note { text: String::new() },
            EventKind::Fork { parent: 1, child: 2, followed: false },
            EventKind::Repeated { calls: Vec::new(), allocs: 1, reallocs: 0, frees: 0 },
        ];
        for kind in kinds {
            let json = serde_json::to_value(&kind).expect("it can be written");
            assert_eq!(json["event"], kind.name());
            assert!(EventKind::NAMES.contains(&kind.name()));
        }
    }
}
