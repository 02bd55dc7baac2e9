//! How the drops of a run differ from those of a snapshot, in sentences, and what the code of one of
//! both can have hidden.

mod rules;
mod thread;
mod unfreed;

use super::align::align;
use super::snapshot::{Drop, Snapshot, Thread};
use rules::Rules;
use thread::Both;

/// What came out of comparing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Comparison {
    /// How the run differs from what was expected, a sentence each.
    pub differences: Vec<String>,
    /// Drops that one of both has alone, where the other is of optimised code, which can hide them.
    pub hidden: Vec<Hidden>,
    /// How many drops of types that implement `Drop` the snapshot has.
    pub expected: usize,
}

/// A drop that optimised code can have hidden.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hidden {
    /// Where it was not seen.
    pub by: HiddenBy,
    /// The name of the thread.
    pub thread: String,
    /// The drop, as the other side has it.
    pub drop: Drop,
}

/// Who did not see a drop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HiddenBy {
    /// This run: the snapshot alone has it.
    Run,
    /// The run that the snapshot was made from: this run alone has it.
    Snapshot,
}

/// Compares a run with what was expected.
///
/// Drops of types that implement `Drop` must be the same in every build, as far as they are seen: LLVM
/// can merge the code of a drop with other code, and then nobody sees it. So a drop that a debug build
/// has and an optimised one has not is told apart from the differences. All others must come in the
/// expected order, in the expected functions, and not more often. `strict` makes differences of all.
/// [`Rules`] says which drops of std's types, and of types that only drop their fields, must agree.
/// Lines are compared where the snapshot has some.
pub(super) fn compare(expected: &Snapshot, seen: &Snapshot, strict: bool) -> Comparison {
    let rules = Rules { expected: expected.optimised, seen: seen.optimised, strict };
    let mut left: Vec<&Thread> = seen.threads.iter().collect();
    let mut found = Comparison {
        expected: expected.threads.iter().map(|thread| thread.strict().count()).sum(),
        ..Comparison::default()
    };
    for thread in &expected.threads {
        let seen = best_match(thread, &left, &rules).map(|index| left.remove(index));
        // Some drops of a thread can be hidden. That all are is not believed.
        let silent = |seen: &Thread| {
            rules.seen && thread.strict().next().is_some() && seen.strict().next().is_none()
        };
        match seen.filter(|seen| !silent(seen)) {
            Some(seen) => Both::new(thread, seen, &rules).compare(&mut found),
            None if !rules.counts(thread) => {}
            None => found.differences.push(format!(
                "thread `{}` was not seen to drop anything; expected {}",
                thread.name,
                count(thread.drops.len()),
            )),
        }
    }
    found.differences.extend(left.into_iter().filter(|thread| rules.counts(thread)).map(
        |thread| {
            format!("thread `{}` has {}; none was expected", thread.name, count(thread.drops.len()))
        },
    ));
    found.differences.extend(unfreed::differences(expected, seen, &rules, &found.hidden));
    found
}

fn count(drops: usize) -> String {
    if drops == 1 { "1 drop".to_owned() } else { format!("{drops} drops") }
}

/// The thread that has the most in common with another. The first thread is always itself.
fn best_match(of: &Thread, among: &[&Thread], rules: &Rules) -> Option<usize> {
    if of.name == "main" {
        return among.iter().position(|thread| thread.name == "main");
    }
    let others = among.iter().enumerate().filter(|(_, thread)| thread.name != "main");
    let common = |thread: &Thread| -> u64 {
        let pairs = align(&of.drops, &thread.drops, |a, b| rules.likeness(a, b));
        // Drops in functions of different names can be the same ones, and rarely are.
        let alike = pairs.iter().filter_map(|(one, other)| {
            rules.likeness(of.drops.get(*one)?, thread.drops.get(*other)?)
        });
        alike.map(|likeness| u64::from(likeness).saturating_add(1)).sum()
    };
    let best = others.rev().max_by_key(|(_, thread)| (common(thread), thread.name == of.name));
    best.map(|(index, _)| index)
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
        let threads = vec![Thread { name: "main".into(), drops }];
        Snapshot { optimised, threads, ..Snapshot::default() }
    }

    fn differences(expected: &Snapshot, seen: &Snapshot) -> Vec<String> {
        compare(expected, seen, false).differences
    }

    fn hidden(expected: &Snapshot, seen: &Snapshot) -> Vec<(HiddenBy, String)> {
        let hidden = compare(expected, seen, false).hidden;
        hidden.into_iter().map(|hidden| (hidden.by, hidden.drop.named())).collect()
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
        assert_eq!(told(&["f Guard a"], &all), ["`Guard` (`b`) dropped in `f`; not expected"]);
        let elsewhere = "`Guard` (`b`) dropped in `g`; expected in `f`";
        assert_eq!(told(&all, &["f Guard a", "g Guard b"]), [elsewhere]);
    }

    #[test]
    fn what_optimised_code_can_hide_is_told_and_is_no_difference() {
        let (all, fewer) = (["f Guard a", "f Guard b"], ["f Guard a"]);
        let (debug, opt) = (run(false, &all), run(true, &fewer));
        let b = "`Guard` (`b`)".to_owned();
        assert_eq!(differences(&debug, &opt), [""; 0]);
        assert_eq!(hidden(&debug, &opt), [(HiddenBy::Run, b.clone())]);
        let strict = "`Guard` (`b`) was not seen to be dropped, which optimised code can hide; \
                      expected in `f`";
        assert_eq!(compare(&debug, &opt, true).differences, [strict]);
        // The snapshot of the optimised build lacks it.
        assert_eq!(differences(&opt, &debug), [""; 0]);
        assert_eq!(hidden(&opt, &debug), [(HiddenBy::Snapshot, b)]);
        assert_eq!(compare(&opt, &debug, true).differences.len(), 1);
        assert_eq!(hidden(&opt, &run(true, &all)).len(), 1, "other compilers hide others");
    }

    #[test]
    fn what_is_seen_in_an_optimised_run_must_be_expected_there() {
        let debug = run(false, &["f A a", "f B b", "f C c", "g A d"]);
        let told = |seen: &[&str]| differences(&debug, &run(true, seen));
        assert_eq!(told(&["f C c", "g A"]), [""; 0]);
        let order = "`A` (`a`) dropped after `C` (`c`); expected before";
        assert_eq!(told(&["f C c", "f A a", "g A"]), [order]);
        assert_eq!(told(&["h C c", "g A d"]), ["`C` (`c`) dropped in `h`; expected in `f`"]);
        assert_eq!(told(&["f A", "f A", "f C"]), ["`A` dropped in `f`; not expected"]);
        assert_eq!(told(&["f D"])[0], "`D` dropped in `f`; not expected");
        // A part at the beginning of a variable has two names.
        assert_eq!(told(&["f A a.0", "f B b"]), [""; 0]);
        let captured = run(false, &["f::{closure} B pair__1"]);
        assert_eq!(differences(&captured, &run(true, &["f::{closure} B pair.1"])), [""; 0]);
        assert_eq!(differences(&captured, &run(true, &["f::{closure} B pair.0"])).len(), 1);
        // In which function it is, is not known.
        assert_eq!(told(&["f A", "(std) B", "f C"]), [""; 0]);
        let silent = "thread `main` was not seen to drop anything; expected 4 drops";
        assert_eq!(told(&["f String s"]), [silent]);
    }

    #[test]
    fn a_place_that_is_concluded_is_compared_with_one_of_its_kind_alone() {
        assert_eq!(told(&["f A a", "f A temporary?"], &["f A b?", "f A c?"]), [""; 0]);
        assert_eq!(told(&["f A a?"], &["f A a?"]), [""; 0]);
        let passed = "`A` (`a?`) dropped after `A` (`b?`); expected before";
        assert_eq!(told(&["f A a?", "f A b?"], &["f A b?", "f A a?"]), [passed]);
    }

    #[test]
    fn closures_with_equal_code_can_be_one_in_an_optimised_build() {
        let debug = run(false, &["f::{closure} A", "g::{closure} A", "g B"]);
        let one = ["f::{closure} A", "f::{closure} A", "g B"];
        assert_eq!(differences(&debug, &run(true, &one)), [""; 0]);
        assert_eq!(differences(&run(true, &one), &debug), [""; 0]);
        let elsewhere = "`A` dropped in `f::{closure}`; expected in `g::{closure}`";
        assert_eq!(differences(&debug, &run(false, &one)), [elsewhere]);
        // The closure jumps to the code of the drop.
        let jumped = ["f A", "g::{closure} A", "g B"];
        assert_eq!(differences(&debug, &run(true, &jumped)), [""; 0]);
        let other = ["h A", "g::{closure} A", "g B"];
        assert_eq!(differences(&debug, &run(true, &other)), ["`A` dropped in `h`; not expected"]);
    }

    #[test]
    fn what_std_does_with_its_own_values_does_not_matter_to_a_snapshot() {
        let nested = |drops: &[(usize, &str)]| {
            let mut made = run(false, &[]);
            made.threads[0].drops =
                drops.iter().map(|(depth, text)| Drop { depth: *depth, ..drop(text) }).collect();
            made.threads[0].drops.iter_mut().for_each(|drop| {
                if drop.type_name != "Guard" {
                    drop.kind = Kind::Std;
                }
            });
            made
        };
        let one = nested(&[(0, "f Vec<HashMap> v"), (1, "f Guard"), (0, "f IntoIter<u8>")]);
        let other = nested(&[(0, "f Vec<HashMap> v"), (1, "f HashMap [0]"), (2, "f Guard")]);
        assert_eq!(differences(&one, &other), [""; 0]);
        assert_eq!(differences(&other, &one), [""; 0]);
        assert_eq!(compare(&one, &other, true).differences.len(), 2);
        // A lock is let go where the program says so.
        let locked = nested(&[(0, "f MutexGuard")]);
        assert_eq!(differences(&locked, &nested(&[(0, "f Guard")])).len(), 2);
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
        let both = |threads: Vec<Thread>| Snapshot { threads, ..Snapshot::default() };
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
