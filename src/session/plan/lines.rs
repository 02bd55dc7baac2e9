//! Where a step by lines ends: a pure function of the calls and lines at each address.

use super::ground::{Level, Line};

/// A step by lines on its way through one physical frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lines {
    /// Whether calls are entered.
    pub into: bool,
    /// The level that is stepped in, and those around it, by their ids.
    pub path: Vec<usize>,
    /// What it must leave behind.
    pub from: From,
}

/// What a step by lines leaves behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum From {
    /// A line: the start of a statement of any other is good.
    Line(Option<Line>),
    /// Nothing: the start of any statement is good.
    Nothing,
    /// The call that it is in.
    Call,
}

/// What the place where a thread stands means for a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It goes on.
    Go,
    /// It is over, and so many of the innermost inlined calls have not begun.
    Stop {
        /// How many.
        hidden: usize,
    },
}

impl Lines {
    /// A step that begins where a thread stands, in front of the `hidden` innermost calls.
    pub fn begin(into: bool, levels: &[Level], hidden: usize) -> Lines {
        let last = levels.len().saturating_sub(1).saturating_sub(hidden);
        // In code that is not shown, a step is one of the nearest code around it that is.
        let inside = levels.get(..=last).unwrap_or_default();
        let at = inside.iter().rposition(|level| level.visible).unwrap_or(last);
        let path = levels.iter().take(at + 1).map(|level| level.id).collect();
        let line = levels.get(at).and_then(|level| level.line.clone());
        Lines { into, path, from: From::Line(line) }
    }

    /// Judges a place in the same physical frame. `starts` says whether a statement begins there,
    /// and `anywhere` whether code that is not shown is good too.
    pub fn judge(&mut self, levels: &[Level], starts: bool, anywhere: bool) -> Verdict {
        let same = |(id, level): &(&usize, &Level)| **id == level.id;
        let common = self.path.iter().zip(levels).take_while(same).count();
        if common < self.path.len() {
            // It came out of an inlined call: what is around it is stepped in from now on.
            let around = levels.get(..common).unwrap_or_default();
            let at = around.iter().rposition(|level| level.visible);
            self.path.truncate(at.unwrap_or(common.saturating_sub(1)) + 1);
            self.from = From::Nothing;
        }
        let at = self.path.len().saturating_sub(1);
        let last = levels.len().saturating_sub(1);
        let Some(level) = levels.get(at) else { return Verdict::Go };
        // The line of a level further out is that of the call that begins here.
        let starts_at = |index: usize| {
            starts && (index == last || levels.get(index + 1).is_some_and(|inner| inner.begins))
        };
        let good = match &self.from {
            From::Line(line) => level.line.is_some() && level.line != *line,
            From::Nothing => level.line.is_some(),
            From::Call => false,
        };
        if good && (level.visible || anywhere) && starts_at(at) {
            return Verdict::Stop { hidden: last - at };
        }
        let inner = levels.iter().enumerate().skip(at + 1);
        let shown = inner.filter(|(_, level)| level.visible).map(|(index, _)| index).next();
        match shown {
            Some(index) if self.into && starts_at(index) && has_line(levels, index) => {
                Verdict::Stop { hidden: last - index }
            }
            _ => Verdict::Go,
        }
    }

    /// Judges the place in a caller that a thread has just come back to. Nothing where no code that
    /// is shown is around it: then the caller is to be left too.
    pub fn come_back(&mut self, levels: &[Level], anywhere: bool) -> Option<Verdict> {
        let begun = levels.iter().rposition(|level| !level.begins)?;
        let inside = levels.get(..=begun)?;
        let at = inside.iter().rposition(|level| level.visible || anywhere)?;
        self.path = inside.iter().take(at + 1).map(|level| level.id).collect();
        self.from = From::Nothing;
        let here = at == begun && has_line(levels, at);
        Some(match here {
            true => Verdict::Stop { hidden: levels.len() - 1 - at },
            false => Verdict::Go,
        })
    }
}

fn has_line(levels: &[Level], index: usize) -> bool {
    levels.get(index).is_some_and(|level| level.line.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(id: usize, line: u32) -> Level {
        let line = (line > 0).then(|| ("a.rs".into(), line));
        Level { id, begins: false, visible: true, catches: false, line }
    }

    fn begins(level: Level) -> Level {
        Level { begins: true, ..level }
    }

    fn hidden(level: Level) -> Level {
        Level { visible: false, ..level }
    }

    fn step(into: bool, levels: &[Level]) -> Lines {
        Lines::begin(into, levels, 0)
    }

    const GO: Verdict = Verdict::Go;
    const HERE: Verdict = Verdict::Stop { hidden: 0 };

    #[test]
    fn a_step_ends_where_a_statement_of_another_line_begins() {
        let mut lines = step(false, &[level(0, 3)]);
        assert_eq!(lines.judge(&[level(0, 3)], true, false), GO, "the same line");
        assert_eq!(lines.judge(&[level(0, 4)], false, false), GO, "the middle of a line");
        assert_eq!(lines.judge(&[level(0, 0)], true, false), GO, "no line");
        assert_eq!(lines.judge(&[level(0, 4)], true, false), HERE);
    }

    #[test]
    fn an_inlined_call_is_one_line_for_next_and_entered_by_step() {
        let at_call = [level(0, 3), begins(level(1, 10))];
        let within = [level(0, 3), level(1, 11)];
        let mut next = step(false, &[level(0, 3)]);
        assert_eq!(next.judge(&at_call, true, false), GO);
        assert_eq!(next.judge(&within, true, false), GO);
        assert_eq!(next.judge(&[level(0, 4)], true, false), HERE);
        let mut step = step(true, &[level(0, 3)]);
        assert_eq!(step.judge(&at_call, true, false), HERE);
    }

    #[test]
    fn a_call_on_another_line_is_stopped_at_before_it_is_entered() {
        let at_call = [level(0, 4), begins(level(1, 10))];
        for into in [false, true] {
            let mut lines = step(into, &[level(0, 3)]);
            assert_eq!(lines.judge(&at_call, true, false), Verdict::Stop { hidden: 1 });
        }
        // From there, a step enters it without moving.
        let mut lines = Lines::begin(true, &at_call, 1);
        assert_eq!(lines.judge(&at_call, true, false), HERE);
        let mut lines = Lines::begin(false, &at_call, 1);
        assert_eq!(lines.judge(&[level(0, 4), level(1, 11)], true, false), GO);
    }

    #[test]
    fn what_is_not_shown_is_stepped_through_to_the_closure_inside_it() {
        let adapter = [level(0, 3), begins(hidden(level(1, 100)))];
        let closure = [level(0, 3), hidden(level(1, 101)), begins(level(2, 4))];
        let mut lines = step(true, &[level(0, 3)]);
        assert_eq!(lines.judge(&adapter, true, false), GO);
        assert_eq!(lines.judge(&closure, true, false), HERE);
        let mut next = step(false, &[level(0, 3)]);
        assert_eq!(next.judge(&closure, true, false), GO);
    }

    #[test]
    fn a_step_out_of_an_inlined_call_ends_at_the_next_statement_of_the_caller() {
        let mut lines = step(false, &[level(0, 3), level(1, 11)]);
        assert_eq!(lines.judge(&[level(0, 3)], false, false), GO, "in the middle of its line");
        assert_eq!(lines.path, [0]);
        assert_eq!(lines.judge(&[level(0, 3)], true, false), HERE);
    }

    #[test]
    fn finishing_an_inlined_call_ignores_its_lines() {
        let mut lines = step(false, &[level(0, 3), level(1, 11)]);
        lines.from = From::Call;
        assert_eq!(lines.judge(&[level(0, 3), level(1, 12)], true, false), GO);
        assert_eq!(lines.judge(&[level(0, 4)], true, false), HERE);
    }

    #[test]
    fn coming_back_stops_in_the_caller_unless_that_is_not_shown() {
        let mut lines = step(true, &[level(0, 9)]);
        assert_eq!(lines.come_back(&[level(0, 3)], false), Some(HERE));
        assert_eq!(lines.come_back(&[hidden(level(0, 3))], false), None);
        assert_eq!(lines.come_back(&[hidden(level(0, 3))], true), Some(HERE));
        let in_adapter = [level(0, 3), hidden(level(1, 100))];
        assert_eq!(lines.come_back(&in_adapter, false), Some(GO));
        assert_eq!((lines.path.as_slice(), &lines.from), (&[0][..], &From::Nothing));
        let before_call = [level(0, 3), begins(level(1, 100))];
        assert_eq!(lines.come_back(&before_call, false), Some(Verdict::Stop { hidden: 1 }));
    }

    #[test]
    fn no_levels_are_survived() {
        let mut lines = step(true, &[]);
        assert_eq!(lines.judge(&[], true, false), GO);
        assert_eq!(lines.come_back(&[], false), None);
    }
}
