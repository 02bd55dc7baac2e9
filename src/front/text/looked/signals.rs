//! The table of signals.

use super::super::spans::{Ink, Line};
use super::plain;
use crate::session::SignalRow;

pub(super) fn lines(rows: &[SignalRow], lines: &mut Vec<Line>) {
    lines.push(plain(Ink::Faint, "signal      stop  print  pass"));
    for row in rows {
        let mut line = Line::new();
        line.push(Ink::Strong, &row.name).pad_to(12);
        let handling = row.handling;
        for (does, columns) in [(handling.stop, 6), (handling.print, 7), (handling.pass, 6)] {
            let (ink, word) = if does { (Ink::Plain, "yes") } else { (Ink::Faint, "no") };
            line.push(ink, format!("{word:<columns$}"));
        }
        line.push(Ink::Faint, row.about);
        lines.push(line);
    }
}
