//! How the drops of a run differ from those of a snapshot, in sentences.

use std::collections::HashSet;

use super::align::align;
use super::snapshot::{Drop, Snapshot, Thread};

/// How the drops of a run differ from what was expected, a sentence each; none where they agree.
///
/// Drops of types that implement `Drop` must be the same in every build. Those of std's types, which
/// only free memory, and of types that only drop their fields are compared one by one where both
/// builds are optimised, or both are not; otherwise only where both have them. Lines are compared where the snapshot has some.
pub(super) fn differences(expected: &Snapshot, seen: &Snapshot) -> Vec<String> {
    let alike = expected.optimised == seen.optimised;
    // A drop that the compiler merged with other code is one that nobody sees.
    let hides = seen.optimised;
    let mut left: Vec<&Thread> = seen.threads.iter().collect();
    let mut found = Vec::new();
    for thread in &expected.threads {
        let Some(index) = best_match(thread, &left) else {
            if !alike && !has_strict(thread) {
                continue;
            }
            found.push(format!(
                "thread `{}` was not seen to drop anything; expected {}",
                thread.name,
                count(thread.drops.len()),
            ));
            continue;
        };
        let seen = left.remove(index);
        let both = Both { expected: &thread.drops, seen: &seen.drops, alike, hides };
        found.extend(both.differences());
    }
    found.extend(left.into_iter().filter(|thread| alike || has_strict(thread)).map(|thread| {
        format!("thread `{}` has {}; none was expected", thread.name, count(thread.drops.len()))
    }));
    found
}

fn count(drops: usize) -> String {
    if drops == 1 { "1 drop".to_owned() } else { format!("{drops} drops") }
}

fn has_strict(thread: &Thread) -> bool {
    thread.drops.iter().any(|drop| drop.kind.is_strict())
}

/// The thread that has the most in common with another. The first thread is always itself.
fn best_match(of: &Thread, among: &[&Thread]) -> Option<usize> {
    if of.name == "main" {
        return among.iter().position(|thread| thread.name == "main");
    }
    let others = among.iter().enumerate().filter(|(_, thread)| thread.name != "main");
    let common = |thread: &Thread| align(&of.drops, &thread.drops, is_same).len();
    let best = others.rev().max_by_key(|(_, thread)| (common(thread), thread.name == of.name));
    best.map(|(index, _)| index)
}

/// Whether two drops are the same one of two runs.
fn is_same(a: &Drop, b: &Drop) -> bool {
    a.is_like(b) && a.function == b.function && a.unwinding == b.unwinding && same_line(a, b)
}

fn same_line(expected: &Drop, seen: &Drop) -> bool {
    expected.at.is_none() || seen.at.is_none() || expected.line() == seen.line()
}

struct Both<'a> {
    expected: &'a [Drop],
    seen: &'a [Drop],
    alike: bool,
    /// Whether a drop that was not seen can have happened.
    hides: bool,
}

impl Both<'_> {
    fn differences(&self) -> Vec<String> {
        let pairs = align(self.expected, self.seen, is_same);
        let (paired, paired_seen): (HashSet<_>, HashSet<_>) = pairs.iter().copied().unzip();
        let missing = (0..self.expected.len()).filter(|index| !paired.contains(index));
        let mut extra: Vec<_> =
            (0..self.seen.len()).filter(|index| !paired_seen.contains(index)).collect();
        let mut found = Vec::new();
        for index in missing {
            let Some(expected) = self.expected.get(index) else { continue };
            let elsewhere = self.elsewhere(expected, &extra);
            let seen = elsewhere.map(|position| extra.remove(position));
            match seen.and_then(|seen| Some((seen, self.seen.get(seen)?))) {
                Some((at, seen)) => found.push(self.changed(index, expected, at, seen, &pairs)),
                None if !expected.kind.is_strict() && !self.alike => {}
                None => found.push(format!(
                    "{} was {}; expected in `{}`{}",
                    expected.named(),
                    match self.hides {
                        true => "not seen to be dropped, which optimised code can hide",
                        false => "never dropped",
                    },
                    expected.function,
                    place(expected),
                )),
            }
        }
        for drop in extra.into_iter().filter_map(|index| self.seen.get(index)) {
            if !drop.kind.is_strict() && !self.alike {
                continue;
            }
            let function = &drop.function;
            found.push(format!(
                "{} dropped in `{function}`; not expected{}",
                drop.named(),
                place(drop)
            ));
        }
        found
    }

    /// The position among what is left of the run of a drop that can be the expected one: in its
    /// function rather than in another.
    fn elsewhere(&self, expected: &Drop, extra: &[usize]) -> Option<usize> {
        let fits = |own: bool| {
            extra.iter().position(|index| {
                self.seen.get(*index).is_some_and(|seen| {
                    expected.is_like(seen) && (seen.function == expected.function || !own)
                })
            })
        };
        fits(true).or_else(|| fits(false))
    }

    /// The sentence on a drop that both have, and not in the same way.
    fn changed(
        &self,
        index: usize,
        expected: &Drop,
        at: usize,
        seen: &Drop,
        pairs: &[(usize, usize)],
    ) -> String {
        // Whichever of the two knows the place names it.
        let name = if seen.place.is_some() { seen.named() } else { expected.named() };
        if seen.function != expected.function {
            return format!(
                "{name} dropped in `{}`; expected in `{}`{}",
                seen.function,
                expected.function,
                place(seen)
            );
        }
        // What stands on the other side of it now.
        let passed =
            pairs.iter().find(|(other, other_seen)| (*other < index) != (*other_seen < at));
        if let Some((other, other_seen)) = passed
            && let Some(other) = self.expected.get(*other)
        {
            let (now, then) = match *other_seen < at {
                true => ("after", "before"),
                false => ("before", "after"),
            };
            let other = other.named();
            return format!("{name} dropped {now} {other}; expected {then}{}", place(seen));
        }
        match (seen.unwinding, expected.unwinding) {
            (true, false) => {
                format!("{name} dropped while unwinding; expected without a panic{}", place(seen))
            }
            (false, true) => {
                format!("{name} dropped without a panic; expected while unwinding{}", place(seen))
            }
            _ => {
                let line = expected.at.as_ref().map_or(0, |(_, line)| *line);
                format!("{name} dropped in another line; expected in {line}{}", place(seen))
            }
        }
    }
}

fn place(drop: &Drop) -> String {
    drop.at.as_ref().map_or(String::new(), |(file, line)| format!("; `{file}:{line}`"))
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::Kind;
    use super::*;

    fn drop(text: &str) -> Drop {
        let (function, rest) = text.split_once(' ').expect("a function");
        let (ty, place) = rest.split_once(' ').unwrap_or((rest, ""));
        Drop {
            function: function.into(),
            depth: 0,
            type_name: ty.into(),
            kind: if ty == "String" { Kind::Std } else { Kind::User },
            place: Some(place.to_owned()).filter(|place| !place.is_empty()),
            unwinding: false,
            at: None,
        }
    }

    fn run(optimised: bool, drops: &[&str]) -> Snapshot {
        let drops = drops.iter().map(|text| drop(text)).collect();
        Snapshot { optimised, threads: vec![Thread { name: "main".into(), drops }] }
    }

    fn told(expected: &[&str], seen: &[&str]) -> Vec<String> {
        differences(&run(false, expected), &run(false, seen))
    }

    #[test]
    fn the_same_drops_do_not_differ() {
        assert_eq!(told(&["f Guard a", "f String s"], &["f Guard a", "f String s"]), [""; 0]);
        assert_eq!(told(&["f Guard a"], &["f Guard"]), [""; 0], "a place that is not known");
    }

    #[test]
    fn an_order_that_changed_is_told_by_what_was_passed() {
        let found = told(&["f Guard a", "f Guard b"], &["f Guard b", "f Guard a"]);
        let before = "`Guard` (`b`) dropped before `Guard` (`a`); expected after";
        let after = "`Guard` (`a`) dropped after `Guard` (`b`); expected before";
        assert!(found == [before] || found == [after], "{found:?}");
    }

    #[test]
    fn what_is_missing_additional_or_elsewhere_is_told() {
        let all = ["f Guard a", "f Guard b"];
        let never = "`Guard` (`b`) was never dropped; expected in `f`";
        assert_eq!(told(&all, &["f Guard a"]), [never]);
        let hidden = "`Guard` (`b`) was not seen to be dropped, which optimised code can hide; \
                      expected in `f`";
        let optimised = run(true, &["f Guard a"]);
        assert_eq!(differences(&run(false, &all), &optimised), [hidden]);
        assert_eq!(told(&["f Guard a"], &all), ["`Guard` (`b`) dropped in `f`; not expected"]);
        let elsewhere = "`Guard` (`b`) dropped in `g`; expected in `f`";
        assert_eq!(told(&all, &["f Guard a", "g Guard b"]), [elsewhere]);
    }

    #[test]
    fn what_std_frees_may_be_missing_where_one_build_is_optimised() {
        let expected = run(false, &["f Guard a", "f String s", "f Guard b"]);
        let optimised = run(true, &["f Guard", "f Guard"]);
        assert_eq!(differences(&expected, &optimised), [""; 0]);
        let debug = run(false, &["f Guard a", "f Guard b"]);
        let never = "`String` (`s`) was never dropped; expected in `f`";
        assert_eq!(differences(&expected, &debug), [never]);
        let moved = run(true, &["f String s", "f Guard a", "f Guard b"]);
        assert_eq!(differences(&expected, &moved).len(), 1, "both have it");
    }

    #[test]
    fn a_line_counts_only_where_the_snapshot_has_one_and_a_panic_always() {
        let at = |line| Some(("x.rs".to_owned(), line));
        let with = |line, unwinding| {
            let mut run = run(false, &["f Guard a"]);
            run.threads[0].drops[0].at = line;
            run.threads[0].drops[0].unwinding = unwinding;
            run
        };
        assert_eq!(differences(&with(None, false), &with(at(5), false)), [""; 0]);
        let line = "`Guard` (`a`) dropped in another line; expected in 4; `x.rs:5`";
        assert_eq!(differences(&with(at(4), false), &with(at(5), false)), [line]);
        let panic = "`Guard` (`a`) dropped while unwinding; expected without a panic; `x.rs:5`";
        assert_eq!(differences(&with(None, false), &with(at(5), true)), [panic]);
    }

    #[test]
    fn threads_are_matched_by_what_they_drop() {
        let thread = |name: &str, drops: &[&str]| Thread {
            name: name.into(),
            drops: drops.iter().map(|text| drop(text)).collect(),
        };
        let both = |threads: Vec<Thread>| Snapshot { optimised: false, threads };
        let expected = both(vec![thread("a", &["f A", "f B"]), thread("b", &["g C"])]);
        let seen = both(vec![thread("other", &["g C"]), thread("another", &["f A", "f B"])]);
        assert_eq!(differences(&expected, &seen), [""; 0]);
        let fewer = both(vec![thread("a", &["f A", "f B"])]);
        let gone = "thread `b` was not seen to drop anything; expected 1 drop";
        assert_eq!(differences(&expected, &fewer), [gone]);
        let more = "thread `b` has 1 drop; none was expected";
        assert_eq!(differences(&fewer, &expected), [more]);
    }
}
