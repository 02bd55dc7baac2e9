//! The view of `watch`: pictures, and lines between them.

use std::collections::HashMap;

use super::layout::Canvas;
use super::lines;
use super::paths::function;
use super::picture::Picture;
use super::spans::{Ink, Line, bytes, counted, number, place, wrap};
use super::start;
use crate::base::{
    Event, EventKind, FrameView, ReturnEnd, Shown, SlotKind, SlotState, StackView, ThreadNo,
};

/// Draws the events of a run.
pub struct WatchText {
    canvas: Canvas,
    pictures: HashMap<ThreadNo, Picture>,
    stack: HashMap<ThreadNo, u64>,
    threads: u32,
    after_picture: bool,
}

impl WatchText {
    /// A view of so many columns.
    pub fn new(width: usize) -> WatchText {
        WatchText {
            canvas: Canvas { width, name_runtime: true },
            pictures: HashMap::new(),
            stack: HashMap::new(),
            threads: 1,
            after_picture: false,
        }
    }

    /// The text of an event, with ANSI colours. Empty for one that has none.
    pub fn event(&mut self, event: &Event) -> String {
        let mut out = String::new();
        for line in self.lines(event) {
            line.fit(self.canvas.width).render(&mut out);
        }
        out
    }

    fn lines(&mut self, event: &Event) -> Vec<Line> {
        if matches!(event.kind, EventKind::ThreadStart) {
            self.threads += 1;
        }
        if let Some(line) = lines::line(event) {
            let line = self.marked(event.thread, line);
            return self.spaced(false, vec![line]);
        }
        match &event.kind {
            EventKind::Note { text } => {
                let lines = lines::note(text, self.canvas.width);
                self.spaced(false, lines)
            }
            EventKind::Repeated { .. } => {
                // What is counted together may be of several threads.
                let indent = if self.threads > 1 { "   " } else { "" };
                let lines = lines::repeated(&event.kind, self.canvas.width - indent.len());
                let indented = |line| {
                    let mut indented = Line::new();
                    indented.push(Ink::Plain, indent).append(line);
                    indented
                };
                self.spaced(false, lines.into_iter().map(indented).collect())
            }
            EventKind::Start { program, allocator, sections, statics, .. } => {
                start::lines(program, allocator.as_deref(), sections, statics, self.canvas.width)
            }
            EventKind::Enter { frame, stack, .. } => {
                let head = self.heading(event, Ink::New, &entering(frame));
                self.picture_of(event, head, frame, stack.as_ref())
            }
            EventKind::ScopeEnd { frame, stack, .. } => {
                let words = format!("end of {}", function(&frame.at.function));
                let head = self.heading(event, Ink::Strong, &words);
                self.picture_of(event, head, frame, stack.as_ref())
            }
            EventKind::Return {
                function,
                end: end @ (ReturnEnd::Unwound | ReturnEnd::ThreadEnded),
                frame_bytes,
                ..
            } => {
                let mut line = Line::new();
                let (word, what) = match end {
                    ReturnEnd::ThreadEnded => ("  ended    ", "  with its thread".to_owned()),
                    _ => ("  unwound  ", format!("  gives back {}", bytes(*frame_bytes))),
                };
                line.push(Ink::Gone, word).push(Ink::Strong, super::paths::function(function));
                line.push(Ink::Faint, what);
                let line = self.marked(event.thread, line);
                self.spaced(false, vec![line])
            }
            EventKind::Return { function, value, end, frame_bytes, stack, .. } => {
                let words = returning(function, value.as_ref(), end);
                let head = self.heading(event, Ink::Gone, &words);
                let frames = stack.as_ref().map_or(&[][..], |stack| &stack.frames);
                let mut lines = self.picture(event, head, frames, stack.as_ref());
                lines.push(given_back(function, *frame_bytes));
                lines
            }
            EventKind::Signal { name, explanation, stack, .. } => {
                let head = self.heading(event, Ink::Gone, &format!("signal {name}"));
                let frames = stack.as_ref().map_or(&[][..], |stack| &stack.frames);
                let mut lines = self.picture(event, head, frames, stack.as_ref());
                for text in wrap(explanation.as_deref().unwrap_or_default(), self.canvas.width - 2)
                {
                    let mut line = Line::new();
                    line.push(Ink::Gone, format!("  {text}"));
                    lines.push(line);
                }
                lines
            }
            EventKind::Exit { status, totals, alive } => {
                let ledger = event.heap_bytes.is_some();
                let lines = lines::exit(*status, totals, alive, ledger);
                self.spaced(true, lines)
            }
            _ => Vec::new(),
        }
    }

    /// A picture of a frame and its callers.
    fn picture_of(
        &mut self,
        event: &Event,
        head: Line,
        frame: &FrameView,
        stack: Option<&StackView>,
    ) -> Vec<Line> {
        let mut frames = vec![frame.clone()];
        frames.extend(stack.iter().flat_map(|stack| stack.frames.iter().cloned()));
        self.picture(event, head, &frames, stack)
    }

    /// A picture under its heading.
    fn picture(
        &mut self,
        event: &Event,
        head: Line,
        frames: &[FrameView],
        stack: Option<&StackView>,
    ) -> Vec<Line> {
        let mut lines = vec![head];
        let picture = self.pictures.entry(event.thread).or_default();
        let (drawn, changed) = picture.draw(&self.canvas, frames);
        if !changed && matches!(event.kind, EventKind::ScopeEnd { .. }) {
            // All its variables, if it has any, are as the last picture showed them.
            return Vec::new();
        }
        lines.extend(drawn);
        // Once is enough to see what lies under `main`.
        self.canvas.name_runtime = false;
        if let Some(cut) = stack.and_then(|stack| stack.cut.as_ref()) {
            let mut line = Line::new();
            line.push(Ink::Gone, format!("  the stack is known up to here: {cut}"));
            lines.push(line);
        }
        self.spaced(true, lines)
    }

    /// An empty line before a picture, and between a picture and what follows it.
    fn spaced(&mut self, picture: bool, mut lines: Vec<Line>) -> Vec<Line> {
        if picture || self.after_picture {
            lines.insert(0, Line::new());
        }
        self.after_picture = picture;
        lines
    }

    /// `━━ enter main  hello.rs:5 ━━━━ stack 1,232 B (+56) ━ heap 0 B`
    fn heading(&mut self, event: &Event, ink: Ink, words: &str) -> Line {
        let mut right = Line::new();
        if let Some(now) = event.stack_bytes {
            let before = self.stack.insert(event.thread, now).unwrap_or(0);
            right.push(Ink::Plain, format!(" stack {}", bytes(now)));
            if before != now {
                right.push(Ink::Faint, format!(" ({})", change(before, now)));
            }
        }
        if let (Some(heap), Some(blocks)) = (event.heap_bytes, event.blocks) {
            let separator = if right.width() > 0 { " ·" } else { "" };
            right.push(Ink::Plain, format!("{separator} heap {}", bytes(heap)));
            right.push(Ink::Faint, format!(" in {}", counted(blocks, "block")));
        }
        let room = self.canvas.width.saturating_sub(right.width() + 4);
        let mut line = Line::new();
        line.push(Ink::Faint, "━━ ");
        if self.threads > 1 {
            line.push(Ink::Strong, format!("thread {} ", event.thread));
        }
        let left = room.saturating_sub(line.width());
        line.push_cut(ink, words, left);
        let at = event.at.as_ref().map(place).unwrap_or_default();
        if !at.is_empty() && line.width() + at.len() + 2 < room {
            line.push(Ink::Faint, format!("  {at}"));
        }
        line.push(Ink::Plain, " ").fill(Ink::Faint, '━', self.canvas.width - right.width());
        line.append(right);
        line
    }

    /// Says whose line it is, once there are several threads.
    fn marked(&self, thread: ThreadNo, line: Line) -> Line {
        if self.threads < 2 {
            return line;
        }
        let mut marked = Line::new();
        marked.push(Ink::Faint, format!("[{thread}]")).append(line);
        marked
    }
}

fn entering(frame: &FrameView) -> String {
    let arguments: Vec<_> = arguments(frame).map(|(name, _)| name).collect();
    format!("enter {}({})", function(&frame.at.function), arguments.join(", "))
}

/// The parameters of a frame with what is known of them.
pub(super) fn arguments(frame: &FrameView) -> impl Iterator<Item = (String, String)> {
    let parameters = frame.slots.iter().filter(|slot| {
        slot.kind == SlotKind::Parameter && slot.inlined_from.is_none() && !slot.shadowed
    });
    let mut parameters: Vec<_> = parameters.collect();
    parameters.sort_by_key(|slot| slot.declared);
    parameters.into_iter().map(|slot| {
        let text = match (&slot.state, &slot.value) {
            (SlotState::Live, Some(value)) => value.text.clone(),
            (SlotState::Perhaps { .. }, Some(value)) => format!("perhaps {}", value.text),
            (SlotState::Unreadable(why), _) => why.in_place(),
            (SlotState::Moved { to, .. }, _) => {
                format!("<{}>", super::slots::moved(to.as_deref(), None))
            }
            (SlotState::MovedOrDropped { .. }, _) => "<moved or dropped>".to_owned(),
            (SlotState::PartlyMoved { .. }, _) => "<partly moved>".to_owned(),
            (SlotState::Dropped { .. }, _) => "<dropped>".to_owned(),
            (SlotState::Freed { block, .. }, _) => format!("<{block} freed>"),
            (SlotState::Uninitialised, _) => "<not yet initialised>".to_owned(),
            (SlotState::Live | SlotState::Perhaps { .. }, None) => "?".to_owned(),
        };
        (slot.name.clone().unwrap_or_default(), text)
    })
}

fn returning(name: &str, value: Option<&Shown>, end: &ReturnEnd) -> String {
    let name = function(name);
    let value = value.map_or(String::new(), |value| format!(" → {}", lines::returned(value)));
    match end {
        ReturnEnd::Ret => format!("return {name}{value}"),
        ReturnEnd::TailCall => format!("leave {name} by a tail call"),
        ReturnEnd::Unwound => format!("{name} was unwound"),
        ReturnEnd::ThreadEnded => format!("{name} ended with its thread"),
    }
}

fn given_back(name: &str, frame_bytes: u64) -> Line {
    let mut line = Line::new();
    line.push(Ink::Gone, "- ").push(Ink::Faint, function(name));
    line.push(Ink::Faint, format!("  gives back {}", bytes(frame_bytes)));
    line
}

fn change(before: u64, now: u64) -> String {
    match now.checked_sub(before) {
        Some(more) => format!("+{}", number(more)),
        None => format!("-{}", number(before - now)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::shown;
    use super::*;
    use crate::base::{
        At, BlockId, Evidence, ExitStatus, Held, Hold, Region, RepeatedCalls, Seq, SlotView, Totals,
    };

    fn at(function: &str, line: u32) -> At {
        At { function: function.into(), file: Some("/src/moved.rs".into()), line: Some(line) }
    }

    fn event(kind: EventKind, at: Option<At>, stack: Option<u64>, heap: u64) -> Event {
        Event {
            v: 1,
            seq: Seq(1),
            kind,
            thread: ThreadNo(1),
            evidence: Evidence::Observed,
            at,
            stack_bytes: stack,
            heap_bytes: Some(heap),
            blocks: Some(u64::from(heap > 0)),
        }
    }

    fn slot(name: &str, kind: SlotKind, ty: &str, size: u64) -> SlotView {
        SlotView {
            name: Some(name.into()),
            kind,
            declared: 1,
            type_name: Some(ty.into()),
            offset: Some(-40),
            size,
            region: Region::Stack,
            state: SlotState::Live,
            value: None,
            blocks: vec![],
            borrowed: vec![],
            leads_to: None,
            inlined_from: None,
            shadowed: false,
            over: false,
            shares_bytes: false,
        }
    }

    fn string(name: &str, kind: SlotKind) -> SlotView {
        let held = Held {
            block: BlockId(1),
            path: String::new(),
            hold: Hold::Owner,
            type_name: "String".into(),
            used: 5,
            size: 16,
        };
        SlotView {
            value: Some(shown("\"hello\"")),
            blocks: vec![held],
            ..slot(name, kind, "String", 24)
        }
    }

    fn frame(function: &str, user: bool, bytes: u64, slots: Vec<SlotView>) -> FrameView {
        FrameView {
            at: at(function, 9),
            user,
            bytes,
            inlined: false,
            pc: None,
            signal: false,
            slots,
        }
    }

    fn enter(frame: FrameView, callers: Vec<FrameView>) -> EventKind {
        EventKind::Enter { depth: 0, frame, stack: Some(StackView { frames: callers, cut: None }) }
    }

    fn draw(view: &mut WatchText, event: &Event) -> String {
        anstream::adapter::strip_str(&view.event(event)).to_string()
    }

    #[test]
    fn a_move_is_two_pictures_with_one_arrow_each() {
        let mut view = WatchText::new(80);
        let start = frame("std::rt::lang_start", false, 80, vec![]);
        let mut later = slot("value", SlotKind::Variable, "String", 24);
        later.state = SlotState::Uninitialised;
        let first = enter(frame("moved::main", true, 136, vec![later]), vec![start.clone()]);
        let text = draw(&mut view, &event(first, Some(at("moved::main", 8)), Some(216), 0));
        let expected = "
━━ enter main()  moved.rs:8 ━━━━━━━━━━ stack 216 B (+216) · heap 0 B in 0 blocks
  std::rt::lang_start                    80 B │
+ main  moved.rs:9                      136 B │
    not yet initialised: value                │
";
        assert_eq!(text, expected);

        let mut value = slot("value", SlotKind::Variable, "String", 24);
        value.state = SlotState::Moved { to: Some("f::value".into()), at: None };
        let main = frame("moved::main", true, 136, vec![value]);
        let f = frame("moved::f", true, 56, vec![string("value", SlotKind::Parameter)]);
        let second = enter(f, vec![main, start]);
        let text = draw(&mut view, &event(second, Some(at("moved::f", 3)), Some(272), 16));
        let expected = "
━━ enter f(value)  moved.rs:3 ━━━━━━━━━ stack 272 B (+56) · heap 16 B in 1 block
  1 frame below                          80 B │
  main  moved.rs:9                      136 B │
+   value  String  24 B  moved to f::value    │
+ f  moved.rs:9                          56 B │
    value  String  24 B  ─────────────────────▶ #1  5 of 16 B  \"hello\"
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_wide_picture_has_room_for_the_offsets_of_slots() {
        let f = || frame("moved::f", true, 56, vec![string("value", SlotKind::Parameter)]);
        let offset = |width| {
            let entered = event(enter(f(), vec![]), None, None, 16);
            draw(&mut WatchText::new(width), &entered).contains(" -40 ")
        };
        assert!(offset(120) && !offset(100));
    }

    #[test]
    fn a_value_that_is_not_legible_beside_its_type_stands_below() {
        let ty = "Option<Box<Something>>";
        let with = |text: &str| SlotView {
            value: Some(shown(text)),
            ..slot("parsed_so_far", SlotKind::Variable, ty, 8)
        };
        let f = frame("moved::f", true, 56, vec![with("Some(Something { a: 1 })")]);
        let entered = event(enter(f, vec![]), None, None, 16);
        let text = draw(&mut WatchText::new(80), &entered);
        assert!(text.contains("\n        Some(Something { a: 1 })"), "{text}");
        let f = frame("moved::f", true, 56, vec![with("None")]);
        let entered = event(enter(f, vec![]), None, None, 16);
        let text = draw(&mut WatchText::new(100), &entered);
        assert!(text.contains("8 B  None "), "{text}");
    }

    #[test]
    fn what_was_counted_together_is_not_told_of_one_thread() {
        let mut view = WatchText::new(80);
        draw(&mut view, &event(EventKind::ThreadStart, None, None, 0));
        let ended = event(EventKind::ThreadEnd, None, None, 0);
        let repeated = EventKind::Repeated { calls: vec![], allocs: 2, reallocs: 0, frees: 0 };
        let repeated = event(repeated, None, None, 0);
        let text = draw(&mut view, &ended) + &draw(&mut view, &repeated);
        assert_eq!(text, "[1]  thread   1 ends\n     …        2 allocs\n");
    }

    #[test]
    fn what_was_counted_is_told_in_full() {
        let of = |function: &str, calls| RepeatedCalls { function: function.into(), calls };
        let calls = vec![of("a::Flag::name_negated", 68), of("a::Flag::name_long", 1_067)];
        let repeated = EventKind::Repeated { calls, allocs: 1, reallocs: 0, frees: 2 };
        let text = draw(&mut WatchText::new(60), &event(repeated, None, None, 0));
        assert_eq!(
            text,
            "  …        68 more calls of Flag::name_negated, 1,067 of\n           \
             Flag::name_long, 1 alloc, 2 frees\n"
        );
    }

    #[test]
    fn a_block_event_is_one_line() {
        let mut view = WatchText::new(80);
        let free = EventKind::Free {
            block: BlockId(1),
            size: 16,
            allocated_at: Some(at("moved::main", 9)),
            drop: None,
            allocated_by: None,
        };
        let text = draw(&mut view, &event(free, Some(at("moved::f", 5)), None, 0));
        assert_eq!(
            text,
            "  free     #1                16 B  f  moved.rs:5  allocated in main moved.rs:9\n"
        );
    }

    #[test]
    fn the_end_sums_up() {
        let mut view = WatchText::new(80);
        let totals =
            Totals { allocated: 1, freed: 1, bytes: 16, peak_bytes: 16, ..Totals::default() };
        let exit = EventKind::Exit { status: ExitStatus::Code(0), totals, alive: vec![] };
        let text = draw(&mut view, &event(exit, None, None, 0));
        let expected = "
  exit     code 0
  heap     1 block allocated, 1 freed; 16 B in all, peak 16 B
  alive    no block
";
        assert_eq!(text, expected);
    }
}
