//! What becomes of a value on the ways that control can still take.

use std::collections::HashMap;

use super::leaf::{Leaf, Touch};
use super::steps::{Step, Uses};
use super::visited::Visited;

/// How many instructions are looked at for one value, each once for each state of its flags.
const MAX_LOOKS: usize = 1 << 18;
/// How many drop flags of one value are told apart. It has one, or one for each field.
const MAX_FLAGS: usize = 6;

/// How deep the tests of flags of one value nest: one for a box, one for what is in it.
const NESTED: usize = 2;
/// How many instructions lie between the test of a flag and what it decides about.
const STRAIGHT: usize = 8;

/// What lies ahead of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Ahead {
    /// It is used on some way, before a new value is stored.
    pub used: bool,
    /// It is used behind a store that may be a new value or a new field of it.
    pub maybe_used: bool,
    /// Its box is freed without it.
    pub box_freed: bool,
    /// The function is left on some way without a use of it.
    pub left: bool,
    /// A drop flag says that it is not used on a way on which it would have been.
    pub spared: bool,
}

/// The drop flags that decide over a value, with what they hold: `None` for what is not known.
type Flags = Vec<Option<bool>>;

impl Uses {
    /// What lies ahead of a leaf from some instructions on. `flag` gives what a flag holds now;
    /// `unwinding` says whether the ways are followed on which calls unwind.
    pub(super) fn ahead(
        &self,
        leaf: &Leaf,
        from: &[usize],
        flag: &dyn Fn(i64) -> Option<bool>,
        unwinding: bool,
    ) -> Option<Ahead> {
        let flags = self.flags_over(leaf);
        let now: Flags = flags.iter().map(|at| flag(*at)).collect();
        let index: HashMap<i64, usize> = flags.iter().copied().zip(0..).collect();
        let mut ahead = Ahead::default();
        let mut seen: Visited<(usize, Flags, bool)> = Visited::default();
        let mut open: Vec<(usize, Flags, bool)> =
            from.iter().map(|here| (*here, now.clone(), false)).collect();
        while let Some((here, mut now, stored)) = open.pop() {
            let Some(step) = self.steps.get(here) else { continue };
            if !seen.insert((here, now.clone(), stored)) {
                continue;
            }
            (seen.len() <= MAX_LOOKS).then_some(())?;
            let mut stored = stored;
            match leaf.touch(step) {
                Some(Touch::Uses(_)) if stored => {
                    ahead.maybe_used = true;
                    continue;
                }
                Some(Touch::Uses(_)) => {
                    ahead.used = true;
                    return Some(ahead);
                }
                Some(Touch::FreesBox) => ahead.box_freed = true,
                Some(Touch::Initialises) => continue,
                Some(Touch::MayInitialise) => stored = true,
                None => {}
            }
            ahead.left |= step.leaves;
            for (at, value) in flags_written(step) {
                if let Some(flag) = index.get(&at).and_then(|flag| now.get_mut(*flag)) {
                    *flag = value;
                }
            }
            let known = step.test.and_then(|test| {
                let value = index.get(&test.flag).and_then(|flag| *now.get(*flag)?);
                Some((test, value?))
            });
            match known {
                Some((test, true)) => open.push((test.set, now.clone(), stored)),
                Some((test, false)) => {
                    ahead.spared = true;
                    open.push((test.clear, now.clone(), stored));
                }
                None => open.extend(step.after.iter().map(|to| (*to, now.clone(), stored))),
            }
            if unwinding && let Some(pad) = step.pad {
                open.push((pad, now, stored));
            }
        }
        Some(ahead)
    }

    /// The flags behind whose tests the leaf is used at once, and those behind whose tests one of
    /// those is tested.
    fn flags_over(&self, leaf: &Leaf) -> Vec<i64> {
        let mut flags: Vec<i64> = Vec::new();
        for _ in 0..NESTED {
            let tests = self.steps.iter().filter_map(|step| step.test);
            let new = tests.filter(|test| !flags.contains(&test.flag));
            let new = new.filter(|test| self.leads_to(test.set, leaf, &flags));
            let new: Vec<i64> = new.map(|test| test.flag).collect();
            flags.extend(new);
            flags.sort_unstable();
            flags.dedup();
        }
        flags.truncate(MAX_FLAGS);
        flags
    }

    /// Whether a few instructions on, before control branches, the leaf is used or a flag tested.
    fn leads_to(&self, from: usize, leaf: &Leaf, flags: &[i64]) -> bool {
        let mut here = from;
        for _ in 0..STRAIGHT {
            let Some(step) = self.steps.get(here) else { return false };
            if step.test.is_some_and(|test| flags.contains(&test.flag)) {
                return true;
            }
            match (leaf.touch(step), &*step.after) {
                (Some(Touch::Uses(_) | Touch::FreesBox), _) => return true,
                (_, [next]) => here = *next,
                _ => return false,
            }
        }
        false
    }
}

/// The bytes of the frame that an instruction writes, where it is one byte each: what it writes, if
/// that is known.
fn flags_written(step: &Step) -> impl Iterator<Item = (i64, Option<bool>)> {
    use super::effects::{Effect, Place};
    step.effects.iter().filter_map(|effect| match effect {
        Effect::Writes { part, constant, .. } if part.size == 1 => match part.at {
            Place::Frame(at) => Some((at, constant.map(|value| value & 1 != 0))),
            Place::Behind { .. } => None,
        },
        _ => None,
    })
}
