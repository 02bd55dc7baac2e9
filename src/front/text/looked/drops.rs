//! The drops so far.

use super::super::drops::drawn;
use super::super::spans::{Ink, Line, counted, place, wrap};
use super::plain;
use crate::session::{DropsSince, DropsView};

/// The drops, thread by thread, behind a line that says since when they are followed.
pub(super) fn lines(view: &DropsView, width: usize, lines: &mut Vec<Line>) {
    for text in wrap(&followed(view), width) {
        lines.push(plain(Ink::Faint, text));
    }
    if view.forgotten > 0 {
        let text =
            format!("{} before those listed were forgotten.", counted(view.forgotten, "event"));
        lines.push(plain(Ink::Faint, text));
    }
    let drops = drawn(&view.events, &view.only, width);
    if drops.is_empty() && view.since != DropsSince::Never {
        let what = if view.only.is_empty() { "Nothing was dropped." } else { "No such drop." };
        lines.push(plain(Ink::Plain, what));
    }
    lines.extend(drops);
}

fn followed(view: &DropsView) -> String {
    let since = match &view.since {
        DropsSince::TheStart => "All drops since the start".to_owned(),
        DropsSince::Here(Some(at)) => format!("All drops since {}", place(at)),
        DropsSince::Here(None) => "All drops since they are followed".to_owned(),
        DropsSince::Never if view.until.is_some() => {
            return "Drops were not all followed until then.".to_owned();
        }
        DropsSince::Never if view.of_breakpoints.is_empty() => {
            return "Drops are not followed: `set drops on` follows them from now on.".to_owned();
        }
        DropsSince::Never => {
            let types = view.of_breakpoints.join(", ");
            return format!(
                "The drops that breakpoints wait for: {types}. `set drops on` follows all."
            );
        }
    };
    let end = match (view.followed, view.until) {
        (true, _) => "",
        (false, None) => ", and no more now",
        (false, Some(_)) => ", and no more then",
    };
    format!("{since}{end}.")
}
