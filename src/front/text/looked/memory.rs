//! Dumps of memory.

use super::super::spans::{Ink, Line, cut};
use super::{address, plain, widest};
use crate::session::Dump;

/// Columns of a place's name at most.
const PLACE: usize = 36;

pub(super) fn lines(dump: &Dump, addresses: bool, lines: &mut Vec<Line>) {
    let place = widest(dump.rows.iter().map(|row| row.place.as_str()), PLACE);
    let units = dump.rows.iter().flat_map(|row| &row.units);
    let unit = widest(units.map(String::as_str), usize::MAX);
    for row in &dump.rows {
        let mut line = Line::new();
        if addresses {
            line.push(Ink::Faint, address(row.address));
        }
        let start = line.width();
        line.push(Ink::Block, format!("{}:", cut(&row.place, PLACE)));
        line.pad_to(start + place + 3);
        for text in &row.units {
            let ink = if text.starts_with('"') { Ink::Text } else { Ink::Number };
            let padding = unit.saturating_sub(unicode_width::UnicodeWidthStr::width(text.as_str()));
            line.push(Ink::Plain, " ".repeat(if row.units.len() > 1 { padding } else { 0 }));
            line.push(ink, text).push(Ink::Plain, "  ");
        }
        lines.push(line);
    }
    if let Some(why) = &dump.cut {
        lines.push(plain(Ink::Changed, format!("  {why}")));
    }
}
