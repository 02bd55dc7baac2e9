//! The drops of a recording, chosen by type and function, and their order.

use super::history::name_fits;
use crate::base::{At, DropView, Event, EventKind, Seq, ThreadNo};

/// Drops that a message tells at most.
const TOLD: usize = 40;

/// A value that was dropped.
#[derive(Clone, Debug)]
pub struct Dropped<'a> {
    /// The position among the events of the run.
    pub seq: Seq,
    /// The thread.
    pub thread: ThreadNo,
    /// The user's line that brought it about.
    pub at: Option<&'a At>,
    /// The value: its type, its place, what encloses it.
    pub view: &'a DropView,
}

/// Some of the drops of a recording, in their order.
#[derive(Clone, Debug)]
pub struct Drops<'a> {
    /// What they have in common, for messages: ` of Guard`.
    what: String,
    list: Vec<Dropped<'a>>,
}

impl Dropped<'_> {
    /// The name of the variable, field or element that was dropped, without its function: `a`,
    /// `pair.0`; `temporary` for one without a name, and `?` where that is not known.
    pub fn name(&self) -> &str {
        let place = self.view.place.as_deref().unwrap_or("?");
        place.rsplit_once("::").map_or(place, |(_, name)| name)
    }

    /// As it is written in [`Drops::assert_order`]: `a: Guard`.
    fn words(&self) -> String {
        format!("{}: {}", self.name(), self.view.type_name)
    }
}

impl<'a> Drops<'a> {
    /// The values that events tell of; what a type's own `Drop::drop` does within the drop of its
    /// value is not one of its own.
    pub(super) fn of(events: impl Iterator<Item = &'a Event>) -> Drops<'a> {
        let values = events.filter_map(|event| match &event.kind {
            EventKind::Drop(view) if view.part == crate::base::DroppedPart::Value => {
                Some(Dropped { seq: event.seq, thread: event.thread, at: event.at.as_ref(), view })
            }
            _ => None,
        });
        Drops { what: String::new(), list: values.collect() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The drops, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Dropped<'a>> {
        self.list.iter()
    }

    /// Those of which `keep` holds; `what` says in messages what that is: `of Guard`.
    pub fn that(mut self, what: &str, keep: impl Fn(&Dropped<'a>) -> bool) -> Drops<'a> {
        self.what = format!("{} {what}", self.what);
        self.list.retain(|dropped| keep(dropped));
        self
    }

    /// Those of values of a type, named without modules: `Guard`, `Vec<String>`.
    pub fn of_type(self, name: &str) -> Drops<'a> {
        let keep = |dropped: &Dropped<'a>| dropped.view.type_name == name;
        self.that(&format!("of `{name}`"), keep)
    }

    /// Those that a line of this function brought about, named by the end of its path.
    pub fn in_function(self, name: &str) -> Drops<'a> {
        let keep =
            |dropped: &Dropped<'a>| dropped.at.is_some_and(|at| name_fits(&at.function, name));
        self.that(&format!("in `{name}`"), keep)
    }

    /// Asserts that these values were dropped, in this order, and no others of these. Each is named
    /// by its place (`a`, `pair.0`) or by place and type (`a: Guard`); `_` stands for any.
    ///
    /// # Panics
    /// Where that does not hold, with what is wrong and all of the drops.
    #[track_caller]
    pub fn assert_order(&self, expected: &[&str]) {
        let Some(wrong) = self.first_wrong(expected) else { return };
        panic!(
            "expected the drops{} in the order {expected:?}: {wrong}\n{}",
            self.what,
            self.lines()
        );
    }

    /// Asserts that there are none.
    ///
    /// # Panics
    /// Where there are some, with their lines.
    #[track_caller]
    pub fn assert_none(&self) {
        assert!(
            self.is_empty(),
            "expected no drop{}; there are {}\n{}",
            self.what,
            self.len(),
            self.lines()
        );
    }

    fn first_wrong(&self, expected: &[&str]) -> Option<String> {
        let is = |dropped: &Dropped<'_>, wanted: &str| {
            wanted == "_" || wanted == dropped.name() || wanted == dropped.words()
        };
        let pairs = self.list.iter().zip(expected);
        if let Some((found, wanted)) = { pairs }.find(|(found, wanted)| !is(found, wanted)) {
            let later = self.list.iter().filter(|later| later.seq > found.seq);
            let comes = { later }.find(|later| is(later, wanted));
            return Some(match comes {
                Some(late) => format!(
                    "`{}` was dropped before `{}`; expected after{}",
                    found.words(),
                    late.words(),
                    line_of(found)
                ),
                None => format!(
                    "`{wanted}` was not dropped here, but `{}`{}",
                    found.words(),
                    line_of(found)
                ),
            });
        }
        if let Some(missing) = expected.get(self.list.len()) {
            return Some(format!("`{missing}` was never dropped"));
        }
        let more = self.list.get(expected.len())?;
        Some(format!("`{}` was dropped as well{}", more.words(), line_of(more)))
    }

    /// Each on a line.
    fn lines(&self) -> String {
        let line = |dropped: &Dropped<'_>| format!("  {}{}", dropped.words(), line_of(dropped));
        let mut lines: Vec<_> = self.list.iter().take(TOLD).map(line).collect();
        if let Some(more @ 1..) = self.list.len().checked_sub(TOLD) {
            lines.push(format!("  … {more} more"));
        }
        lines.join("\n")
    }
}

fn line_of(dropped: &Dropped<'_>) -> String {
    let Some(At { file: Some(file), line: Some(line), .. }) = dropped.at else {
        return String::new();
    };
    format!("; {}:{line}", file.rsplit('/').next().unwrap_or(file))
}
