//! The view of `drops`: what happens to values and blocks, a line each.

use super::lines;
use crate::base::{DroppedPart, Event, EventKind};

/// Draws the events of a report on drops.
pub struct DropsText {
    width: usize,
    only: Vec<String>,
}

impl DropsText {
    /// A view of so many columns, of what concerns some types, functions or files.
    pub fn new(width: usize, only: Vec<String>) -> DropsText {
        DropsText { width, only }
    }

    /// The text of an event, with ANSI colours. Empty for one that has none.
    pub fn event(&mut self, event: &Event) -> String {
        let mut out = String::new();
        let lines = match &event.kind {
            EventKind::Drop(drop) if drop.part == DroppedPart::Body || !self.shows(event) => {
                return out;
            }
            EventKind::Exit { status, totals, alive } => {
                lines::exit(*status, totals, alive, event.heap_bytes.is_some())
            }
            EventKind::Note { text } => lines::note(text, self.width),
            _ => lines::line(event).into_iter().collect(),
        };
        lines.into_iter().for_each(|line| line.fit(self.width).render(&mut out));
        out
    }

    fn shows(&self, event: &Event) -> bool {
        let EventKind::Drop(drop) = &event.kind else { return true };
        let at = event.at.as_ref();
        let function = at.map_or("", |at| &at.function);
        let file = at.and_then(|at| at.file.as_deref()).unwrap_or("");
        let among = |wanted: &String| {
            [&*drop.type_path, function, file].iter().any(|text| text.contains(&**wanted))
        };
        self.only.is_empty() || self.only.iter().any(among)
    }
}
