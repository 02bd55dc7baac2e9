//! Blocks that were never freed: a drop that never happened shows in them, also where drops can be
//! hidden.

use std::collections::BTreeMap;

use super::super::format::blocks;
use super::super::snapshot::Snapshot;
use super::rules::Rules;
use super::{Hidden, HiddenBy};

/// Sentences on the blocks that were never freed, and were not expected to be left. Optimised code need
/// not allocate them at all: against it, only a debug build can tell of blocks that are too many.
pub(super) fn differences(
    expected: &Snapshot,
    seen: &Snapshot,
    rules: &Rules,
    hidden: &[Hidden],
) -> Vec<String> {
    let (Some(then), Some(now)) = (&expected.unfreed, &seen.unfreed) else { return Vec::new() };
    let total = |unfreed: &BTreeMap<String, usize>| unfreed.values().sum::<usize>();
    let more = total(now) > total(then);
    let told = match more {
        true => !rules.snapshot_hides(),
        false => total(now) < total(then) && rules.expected == rules.seen && !rules.run_hides(),
    };
    if !told {
        return Vec::new();
    }
    // Where a call was inlined, another function can have its blocks: only those that have changed
    // in the direction of the whole are told.
    let functions = now.keys().chain(then.keys().filter(|function| !now.contains_key(*function)));
    let changed = functions.filter_map(|function| {
        let of = |unfreed: &BTreeMap<String, usize>| unfreed.get(function).copied().unwrap_or(0);
        let (then, now) = (of(then), of(now));
        (then != now && (now > then) == more).then(|| sentence(function, then, now, hidden))
    });
    changed.collect()
}

fn sentence(function: &str, then: usize, now: usize, hidden: &[Hidden]) -> String {
    let expected = if then == 0 { "none".to_owned() } else { blocks(then) };
    let left = match now {
        0 => "no block".to_owned(),
        n => blocks(n),
    };
    let mut of_it: Vec<String> = Vec::new();
    for one in hidden.iter().filter(|one| one.by == HiddenBy::Run && one.drop.function == function)
    {
        let name = one.drop.named();
        if !of_it.contains(&name) {
            of_it.push(name);
        }
    }
    let unseen = match of_it.is_empty() || now < then {
        true => String::new(),
        false => format!("; not seen to be dropped there: {}", of_it.join(", ")),
    };
    format!("{left} that `{function}` allocated never freed; expected {expected}{unseen}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unfreed(optimised: bool, unfreed: &[(&str, usize)]) -> Snapshot {
        let unfreed = unfreed.iter().map(|(function, n)| ((*function).to_owned(), *n)).collect();
        Snapshot { optimised, unfreed: Some(unfreed), ..Snapshot::default() }
    }

    fn told(expected: &Snapshot, seen: &Snapshot) -> Vec<String> {
        let rules = Rules { expected: expected.optimised, seen: seen.optimised, strict: false };
        differences(expected, seen, &rules, &[])
    }

    #[test]
    fn blocks_that_are_never_freed_are_told_where_there_are_more_than_expected() {
        let opt = |then: &[_], now: &[_]| told(&unfreed(false, then), &unfreed(true, now));
        let more = "2 blocks that `f` allocated never freed; expected 1 block";
        assert_eq!(opt(&[("f", 1)], &[("f", 2)]), [more]);
        let one = "1 block that `f` allocated never freed; expected none";
        assert_eq!(opt(&[], &[("f", 1)]), [one]);
        assert_eq!(opt(&[("f", 2)], &[("f", 1)]), [""; 0], "not allocated at all");
        assert_eq!(opt(&[("f", 2)], &[("g", 2)]), [""; 0], "inlined");
        let none = told(&unfreed(false, &[("f", 1)]), &unfreed(false, &[]));
        assert_eq!(none, ["no block that `f` allocated never freed; expected 1 block"]);
        let of_opt = told(&unfreed(true, &[]), &unfreed(false, &[("f", 1)]));
        assert_eq!(of_opt, [""; 0], "the optimised build did not allocate it");
        let unknown = Snapshot { unfreed: None, ..Snapshot::default() };
        assert_eq!(told(&unknown, &unfreed(false, &[("f", 1)])), [""; 0]);
    }
}
