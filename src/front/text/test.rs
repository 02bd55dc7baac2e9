//! The report of `freehold test`: a line for each test, and below it what it lost and said.

use std::time::Duration;

use super::lines::groups;
use super::spans::{Ink, Line, bytes, counted, cut, number};
use crate::front::test::{Counts, Tested};

/// Columns of a test's name, beyond which its beginning is left out.
const NAME: usize = 48;
/// Types whose drops are named in the line of a test.
const TYPES: usize = 3;

/// Draws the report.
pub(in crate::front) struct TestText {
    width: usize,
    /// Columns of a name.
    names: usize,
    /// The target whose tests were told last.
    target: String,
}

impl TestText {
    /// For a page of so many columns, and names that are so long at most.
    pub fn new(width: usize, names: usize) -> TestText {
        let names = names.min(NAME.max(width / 2));
        TestText { width, names, target: String::new() }
    }

    /// A test that has run.
    pub fn tested(&mut self, tested: &Tested) -> String {
        let mut lines = Vec::new();
        if self.target != tested.target {
            self.target.clone_from(&tested.target);
            let mut head = Line::new();
            head.push(Ink::Strong, &tested.target);
            lines.push(head);
        }
        let mut line = self.begin(&tested.name);
        match tested.passed {
            true => line.push(Ink::New, "ok      "),
            false => line.push(Ink::Gone, "FAILED  "),
        };
        line.push(Ink::Plain, facts(tested));
        lines.push(line.fit(self.width));
        if !tested.lost.is_empty() {
            let mut lost = Line::new();
            let sum = tested.lost.iter().map(|block| block.size).sum();
            let count = counted(tested.lost.len() as u64, "block");
            lost.push(Ink::Gone, format!("    {count} lost, {}", bytes(sum)));
            lines.push(lost);
            lines.extend(
                groups(&tested.lost, true).iter().map(|group| group.line(true).fit(self.width)),
            );
        }
        for text in tested.output.iter().flat_map(|output| output.lines()) {
            let mut line = Line::new();
            line.push(Ink::Faint, "    │ ").push(Ink::Plain, text);
            lines.push(line);
        }
        rendered(&lines)
    }

    /// A test that is not run.
    pub fn ignored(&self, _target: &str, name: &str) -> String {
        let mut line = self.begin(name);
        line.push(Ink::Faint, "ignored");
        rendered(&[line])
    }

    /// How many tests ended how.
    pub fn summary(&self, counts: &Counts) -> String {
        let mut line = Line::new();
        line.push(Ink::Strong, format!("{} passed", number(counts.passed as u64)));
        let ink = if counts.failed > 0 { Ink::Gone } else { Ink::Plain };
        line.push(ink, format!(", {} failed", number(counts.failed as u64)));
        if counts.ignored > 0 {
            line.push(Ink::Plain, format!(", {} ignored", number(counts.ignored as u64)));
        }
        let lost = counts.lost as u64;
        if lost > 0 {
            line.push(Ink::Gone, format!("; {} lost", counted(lost, "block")));
        }
        rendered(&[line])
    }

    fn begin(&self, name: &str) -> Line {
        let mut line = Line::new();
        let shown = end_of(name, self.names);
        line.push(Ink::Plain, format!("  {shown}  ")).pad_to(self.names + 4);
        line
    }
}

/// How far a test is that has not ended, in so many columns at most.
pub(in crate::front) fn running_test(
    name: &str,
    since: Duration,
    blocks: u64,
    events: u64,
    columns: usize,
) -> String {
    let (blocks, events) = (counted(blocks, "block"), counted(events, "event"));
    let facts = format!("runs for {} s, {blocks}, {events}", number(since.as_secs()));
    let room = columns.saturating_sub(facts.chars().count() + 4).max(8);
    cut(&format!("  {}  {facts}", end_of(name, room)), columns)
}

/// A name of which the beginning is left out where it has more columns.
fn end_of(name: &str, columns: usize) -> String {
    match name.chars().count().saturating_sub(columns) {
        0 => name.to_owned(),
        cut => std::iter::once('…').chain(name.chars().skip(cut + 1)).collect(),
    }
}

/// What it allocated and dropped.
fn facts(tested: &Tested) -> String {
    let mut text = match tested.blocks {
        0 => "no block".to_owned(),
        count => format!("{}, peak {}", counted(count, "block"), bytes(tested.peak_bytes)),
    };
    let mut drops: Vec<_> = tested.drops.iter().collect();
    drops.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let named = drops.iter().take(TYPES).map(|(name, count)| match count {
        1 => (*name).clone(),
        count => format!("{name} × {}", number(**count)),
    });
    let named: Vec<_> = named.collect();
    if !named.is_empty() {
        let more = if drops.len() > TYPES { ", …" } else { "" };
        text += &format!("; dropped {}{more}", named.join(", "));
    }
    text
}

fn rendered(lines: &[Line]) -> String {
    let mut text = String::new();
    lines.iter().for_each(|line| line.render(&mut text));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_test_is_told_in_one_line_that_keeps_the_end_of_its_name() {
        let told = |columns| {
            running_test("shelf::tests::grows", Duration::from_millis(12_900), 1, 3400, columns)
        };
        let all = "  shelf::tests::grows  runs for 12 s, 1 block, 3,400 events";
        assert_eq!(told(59), all);
        assert_eq!(told(55), "  …::tests::grows  runs for 12 s, 1 block, 3,400 events");
        assert_eq!(told(30), "  …::grows  runs for 12 s, 1 …");
    }
}
