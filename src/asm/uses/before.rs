//! What was done to a value on the ways that control can have come, and where its last use put it.

use super::effects::{Callee, CalleeKind, Effect, Part, Place, Taker};
use super::leaf::{Leaf, Touch};
use super::steps::Uses;
use super::verdict::{Ending, Way};
use crate::base::FileAddr;

/// How many last uses are told apart.
const MAX_ENDINGS: usize = 64;
/// How often a value is followed from one temporary to the next.
const MAX_HOPS: usize = 4;
/// How many instructions lie between a copy of a value in a variable and the call that it is for.
const COPIED_BEFORE: usize = 12;
/// How many instructions lie between a temporary and its use.
const MAX_FOLLOWED: usize = 256;

/// What lies behind a value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Before {
    /// The last uses on the ways here, by instruction, with what took it.
    pub uses: Vec<(usize, Taker)>,
    /// It was given a value on some way, and not used since.
    pub unused: bool,
    /// On some way it was never given one.
    pub never_given: bool,
}

impl Before {
    /// Whether it was given a value on none of the ways here.
    pub fn is_never_given(&self) -> bool {
        self.never_given && !self.unused && self.uses.is_empty()
    }
}

impl Uses {
    /// What lies behind a leaf at some instructions, of which each has already run.
    pub(super) fn before(
        &self,
        leaf: &Leaf,
        parameter: bool,
        ran: &[usize],
        entry: bool,
    ) -> Before {
        let mut before = Before::default();
        // Each instruction is looked at twice: with the declaration of the variable behind and ahead.
        let mut seen = vec![[false; 2]; self.steps.len()];
        let mut open: Vec<(usize, bool)> = ran.iter().map(|here| (*here, false)).collect();
        let declared_at = leaf.declared_at();
        let begins = |before: &mut Before| match parameter {
            true => before.unused = true,
            false => before.never_given = true,
        };
        if entry {
            begins(&mut before);
        }
        while let Some((here, undeclared)) = open.pop() {
            match seen.get_mut(here).and_then(|seen| seen.get_mut(usize::from(undeclared))) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let Some(step) = self.steps.get(here) else { continue };
            match leaf.touch(step) {
                // What used it before it was declared used the one of an earlier round of a loop.
                Some(Touch::Uses(_)) if undeclared => {
                    before.never_given = true;
                    continue;
                }
                Some(Touch::Uses(by)) => {
                    if before.uses.len() < MAX_ENDINGS {
                        before.uses.push((here, by));
                    }
                    continue;
                }
                Some(Touch::Initialises) => {
                    before.unused = true;
                    continue;
                }
                Some(Touch::FreesBox | Touch::MayInitialise) | None => {}
            }
            let undeclared = undeclared || declared_at == Some(step.at);
            match self.from.get(here) {
                Some(from) if here != 0 => open.extend(from.iter().map(|from| (*from, undeclared))),
                _ => begins(&mut before),
            }
        }
        before.uses.sort_unstable_by_key(|(here, _)| *here);
        before
    }

    /// How a last use ended the life of the value in its slot. None for one that only looked at it
    /// or lent it out.
    pub(super) fn ending(&self, leaf: &Leaf, here: usize, by: Taker) -> Option<Ending> {
        let step = self.steps.get(here)?;
        let takes_address = step.effects.iter().any(|effect| {
            let at = match effect {
                Effect::Takes { at, by: other } if *other == by => *at,
                _ => return false,
            };
            leaf.part.contains(at) || at == leaf.whole.at
        });
        let (mut through, mut copied_at) = (Vec::new(), None);
        let way = match by {
            Taker::Argument { index, callee } if takes_address => match callee.known.kind {
                CalleeKind::Drops { .. } => Way::Dropped,
                _ if callee.known.takes_value_at(index) => passed(callee),
                _ => return None,
            },
            Taker::Argument { callee, .. } => {
                if let Some((copied, part)) = self.copied_before(leaf, here) {
                    through.push(part);
                    copied_at = Some(copied);
                }
                passed(callee)
            }
            Taker::Place(to) if !takes_address => {
                let read = step.effects.iter().find_map(|effect| match effect {
                    Effect::Reads { part, by: Taker::Place(place) } if *place == to => Some(*part),
                    _ => None,
                })?;
                through.push(Part { at: to, size: read.size });
                // Where the beginning of the value is copied to, with the rest of it.
                let copy = Part { at: to.plus(read.at.to(leaf.part.at)?), size: leaf.part.size };
                self.follow(leaf, here, copy, &mut through)
            }
            Taker::Place(_) => return None,
            Taker::Caller => Way::Returned,
            Taker::Elsewhere if takes_address => return None,
            Taker::Elsewhere => Way::Moved,
        };
        Some(Ending { at: FileAddr(step.at), copied_at, through, way })
    }

    /// Where a value was copied to, without a branch between, before it is passed on in registers, and
    /// by which instruction.
    fn copied_before(&self, leaf: &Leaf, call: usize) -> Option<(FileAddr, Part)> {
        let mut here = call;
        for _ in 0..COPIED_BEFORE {
            let Some([before]) = self.from.get(here).map(|from| &**from) else { break };
            here = *before;
            let step = self.steps.get(here)?;
            let copy = step.effects.iter().find_map(|effect| match effect {
                Effect::Reads { part, by: Taker::Place(to @ Place::Frame(_)) }
                    if leaf.part.overlaps(part) =>
                {
                    Some(Part { at: *to, size: part.size })
                }
                _ => None,
            });
            if let Some(copy) = copy {
                return Some((FileAddr(step.at), copy));
            }
        }
        None
    }

    /// Where a copy goes on to, if it is a temporary that is used once, before control branches.
    fn follow(&self, leaf: &Leaf, from: usize, copy: Part, through: &mut Vec<Part>) -> Way {
        let offset = leaf.whole.at.to(leaf.part.at);
        let mut here = from;
        let mut part = copy;
        for _ in 0..MAX_FOLLOWED {
            let Some([next]) = self.steps.get(here).map(|step| &*step.after) else { break };
            here = *next;
            let Some(step) = self.steps.get(here) else { break };
            for effect in &step.effects {
                match effect {
                    Effect::Takes { at, by: Taker::Argument { callee, .. } }
                        if part.contains(*at) || at.to(part.at) == offset =>
                    {
                        return passed(*callee);
                    }
                    Effect::Reads { part: read, by } if part.overlaps(read) => match by {
                        Taker::Argument { callee, .. } => return passed(*callee),
                        Taker::Caller => return Way::Returned,
                        Taker::Place(to) if through.len() < MAX_HOPS => {
                            if let Some(distance) = read.at.to(part.at) {
                                through.push(Part { at: *to, size: read.size });
                                part.at = to.plus(distance);
                                break;
                            }
                        }
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
        Way::Moved
    }
}

fn passed(callee: Callee) -> Way {
    match callee.known.kind {
        CalleeKind::DropsArgument | CalleeKind::Drops { .. } => Way::Dropped,
        _ => Way::Passed { to: callee.target },
    }
}
