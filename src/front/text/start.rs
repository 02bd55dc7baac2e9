//! The opening: what the program is made of before it runs.

use super::spans::{Ink, Line, bytes, number, wrap};
use crate::base::{SectionView, SlotState, SlotView};

/// Sections that a person thinks of when they think of memory, in the order of their addresses.
const SECTIONS: [&str; 4] = [".text", ".rodata", ".data", ".bss"];

/// The lines of a `start` event.
pub(super) fn lines(
    program: &str,
    allocator: Option<&str>,
    sections: &[SectionView],
    statics: &[SlotView],
    width: usize,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::new();
    line.push(Ink::Strong, program);
    lines.push(line.fit(width));
    let known = sections.iter().filter(|section| SECTIONS.contains(&section.name.as_str()));
    let known: Vec<_> = known.map(section).collect();
    if !known.is_empty() {
        lines.extend(labelled("sections", &known.join(" · "), width));
    }
    if let Some(allocator) = allocator {
        lines.extend(labelled("blocks", &format!("seen at {allocator}"), width));
    }
    let names = statics.iter().filter_map(|s| s.name.as_ref()).map(|name| name.len());
    let column = names.max().unwrap_or(0).min(32);
    for (index, slot) in statics.iter().enumerate() {
        lines.push(static_line(index, slot, column).fit(width));
    }
    lines
}

fn section(section: &SectionView) -> String {
    let in_file = if section.file_size == 0 { " (none in the file)" } else { "" };
    format!("{} {}{in_file}", section.name, bytes(section.size))
}

fn labelled(label: &str, text: &str, width: usize) -> Vec<Line> {
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    let wrapped = wrap(text, width.saturating_sub(11));
    let line = |(label, text): (&str, String)| {
        let mut line = Line::new();
        line.push(Ink::Faint, format!("  {label:<9}")).push(Ink::Plain, text);
        line
    };
    labels.zip(wrapped).map(line).collect()
}

fn static_line(index: usize, slot: &SlotView, column: usize) -> Line {
    let label = if index == 0 { "statics" } else { "" };
    let mut line = Line::new();
    line.push(Ink::Faint, format!("  {label:<9}"));
    line.push(Ink::Strong, slot.name.as_deref().unwrap_or("?")).pad_to(11 + column + 2);
    line.push(Ink::Type, slot.type_name.as_deref().unwrap_or("?"));
    line.push(Ink::Plain, format!("  {} B  ", number(slot.size)));
    line.push(Ink::Faint, format!("in {}  ", slot.region));
    match (&slot.state, &slot.value) {
        (SlotState::Unreadable(why), _) => line.push(Ink::Faint, why.in_place()),
        (_, Some(value)) => {
            line.push(Ink::Plain, &value.text);
            let region = slot.leads_to.as_ref().map(|region| format!(" → {region}"));
            line.push(Ink::Faint, region.unwrap_or_default())
        }
        _ => &mut line,
    };
    line
}
