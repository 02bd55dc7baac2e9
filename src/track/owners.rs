//! Which place owns a block, when the bytes of several say that they do.
//!
//! A move copies the words of the owner and leaves the old ones where they were. Nothing in the
//! machine code marks it, so it is inferred: of the places that hold a block's address, the owner
//! is the one that came to hold it last.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::ledger::Ledger;
use crate::base::{At, BlockId, ThreadNo, VirtAddr};

/// Names a place for as long as its frame lives.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PlaceKey {
    /// The thread on whose stack it lies.
    pub thread: ThreadNo,
    /// The canonical frame address of its frame.
    pub cfa: VirtAddr,
    /// The die of the variable in its image, or 0 for a value on its way out of a function.
    pub die: usize,
}

/// A place whose bytes say that it owns blocks.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The place.
    pub key: PlaceKey,
    /// Its name for people: `main::value`.
    pub name: String,
    /// A hash of its bytes: as long as it stays, a moved place stays moved.
    pub fingerprint: u64,
    /// The pointers by which it alone owns, in the order of its parts.
    pub owns: Vec<VirtAddr>,
    /// The pointers to what it owns together with others (`Rc`): a move of those leaves no trace
    /// that tells it from a clone, but the end of what is shared ends them all.
    pub shares: Vec<VirtAddr>,
    /// What the code of its function says of it.
    pub says: Says,
}

/// What the code of a function says of one of its places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Says {
    /// It holds its value.
    Live,
    /// Its value was moved or dropped.
    Gone,
    /// Nothing.
    Nothing,
}

/// What became of a claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It owns what it says.
    Owner,
    /// What it owned passed to another place.
    Moved {
        /// The name of the new owner.
        to: String,
    },
    /// What it owned has ended.
    Freed {
        /// The block.
        block: BlockId,
        /// The user's line that freed it, where it is known.
        at: Option<Arc<At>>,
    },
}

/// A block that passed from one place to another since the last look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MoveSeen {
    /// The block.
    pub block: BlockId,
    /// Blocks that passed along with it, by the same value.
    pub with: Vec<BlockId>,
    /// The owner before.
    pub from: String,
    /// Its place.
    pub left: PlaceKey,
    /// The owner now.
    pub to: String,
    /// The line that moved it. Owners do not say: it is filled in by who knows the code.
    pub at: Option<At>,
}

/// The owners of all blocks, as far as they have been seen.
#[derive(Debug, Default)]
pub struct Owners {
    holders: HashMap<BlockId, Holder>,
    known: HashMap<PlaceKey, Known>,
}

#[derive(Clone, Debug)]
struct Holder {
    key: PlaceKey,
    name: String,
}

#[derive(Clone, Debug)]
struct Known {
    fingerprint: u64,
    blocks: Vec<BlockId>,
    /// The lines that allocated those blocks.
    begun: Vec<Option<Arc<At>>>,
    standing: Standing,
}

impl Owners {
    /// Judges the claims of one thread, given from the outermost frame to the innermost and in each
    /// frame in the order of declaration. `innermost` is the canonical frame address of the
    /// innermost frame: all that lay below it is gone.
    pub fn judge(
        &mut self,
        thread: ThreadNo,
        innermost: VirtAddr,
        claims: &[Claim],
        ledger: &Ledger,
    ) -> (Vec<Standing>, Vec<MoveSeen>) {
        self.forget_ended_scopes(thread, innermost, claims);
        self.forget_begun_anew(claims, ledger);
        let mut standings: Vec<Standing> =
            claims.iter().map(|claim| self.alone(claim, ledger)).collect();
        let mut moves = Vec::new();
        for (block, candidates) in contested(claims, &standings, ledger) {
            let Some(winner) = self.winner(block, &candidates, claims) else {
                let to = self.holders.get(&block).map_or_else(String::new, |h| h.name.clone());
                for index in candidates {
                    standings[index] = Standing::Moved { to: to.clone() };
                }
                continue;
            };
            for index in candidates.into_iter().filter(|index| *index != winner) {
                standings[index] = Standing::Moved { to: claims[winner].name.clone() };
            }
            for seen in self.pass_to(block, &claims[winner], claims, &standings) {
                add(&mut moves, seen);
            }
        }
        for (claim, standing) in claims.iter().zip(&mut standings) {
            match self.stale(claim) {
                _ if claim.says == Says::Gone => self.let_go(claim, standing, ledger),
                // The blocks that it had stay known: its pointers may lead to others by now.
                Some(known) => {
                    *standing = self.last_seen(known, claim);
                    let known = Known { standing: standing.clone(), ..known.clone() };
                    self.known.insert(claim.key.clone(), known);
                }
                None => self.remember(claim, standing, ledger),
            }
        }
        (standings, moves)
    }

    /// A function returns a value that owns these blocks: they are the caller's now, wherever it
    /// will put them.
    pub fn returned(&mut self, claim: &Claim, ledger: &Ledger) -> Vec<MoveSeen> {
        let mut moves = Vec::new();
        for block in blocks_of(claim, ledger) {
            if let Some(before) = self.hand_over(block, claim) {
                add(&mut moves, before.passed(block, &claim.name));
            }
        }
        moves
    }

    /// A call begins whose frame has this canonical frame address: whatever was known of places there
    /// and below was of calls that are over.
    pub fn call_begins(&mut self, thread: ThreadNo, cfa: VirtAddr) {
        self.known.retain(|key, _| key.thread != thread || key.cfa > cfa);
    }

    /// A thread ended, and its number will not come back.
    pub fn thread_ended(&mut self, thread: ThreadNo) {
        self.known.retain(|key, _| key.thread != thread);
    }

    /// Whether a place was the last one seen to own a block.
    pub fn holds(&self, place: &PlaceKey, block: BlockId) -> bool {
        self.holders.get(&block).is_some_and(|holder| holder.key == *place)
    }

    /// A block ended, and its ordinal will not come back.
    pub fn ended(&mut self, block: BlockId) {
        self.holders.remove(&block);
    }

    /// The name of the place that owns a block, as far as it has been seen.
    pub fn owner_of(&self, block: BlockId) -> Option<&str> {
        self.holders.get(&block).map(|holder| holder.name.as_str())
    }

    /// A place that the code says has lost its value: who has its blocks today, as far as they are
    /// known to have been its own. Its pointers may lead to the blocks of others by now.
    fn let_go(&mut self, claim: &Claim, standing: &mut Standing, ledger: &Ledger) {
        if let Some(known) = self.known.get(&claim.key) {
            let holders = known.blocks.iter().filter_map(|block| self.holders.get(block));
            let mut elsewhere = holders.filter(|holder| holder.key != claim.key);
            if let (Standing::Moved { to }, Some(holder)) = (&mut *standing, elsewhere.next()) {
                *to = holder.name.clone();
            }
            let known = Known { standing: standing.clone(), ..known.clone() };
            self.known.insert(claim.key.clone(), known);
        } else {
            self.remember(claim, standing, ledger);
            if let Some(known) = self.known.get_mut(&claim.key) {
                known.blocks.clear();
            }
        }
    }

    /// What a claim is worth without looking at the others.
    fn alone(&self, claim: &Claim, ledger: &Ledger) -> Standing {
        if claim.says == Says::Gone {
            let known = self.known.get(&claim.key).map_or(&[][..], |known| &known.blocks);
            let mut ended = claim.owns.iter().filter_map(|pointer| ledger.ended_from(*pointer));
            let ended = ended.find(|ended| known.contains(&ended.id));
            return match ended {
                Some(ended) => Standing::Freed { block: ended.id, at: ended.at.clone() },
                None => Standing::Moved { to: String::new() },
            };
        }
        if let Some(known) = self.stale(claim) {
            return known.standing.clone();
        }
        // While `Vec::retain` runs, it has dropped elements that the bytes still lead to.
        let lives = |pointer: &VirtAddr| ledger.block_from(*pointer).is_some();
        if claim.says == Says::Live && claim.owns.iter().any(lives) {
            return Standing::Owner;
        }
        for pointer in claim.owns.iter().chain(&claim.shares) {
            if let (None, Some(ended)) = (ledger.block_from(*pointer), ledger.ended_from(*pointer))
            {
                return Standing::Freed { block: ended.id, at: ended.at.clone() };
            }
        }
        Standing::Owner
    }

    /// What was known of a place that had lost what it owned, if its bytes are still the same.
    fn stale(&self, claim: &Claim) -> Option<&Known> {
        if claim.says == Says::Live {
            return None;
        }
        let known = self.known.get(&claim.key)?;
        let same = known.fingerprint == claim.fingerprint;
        (same && known.standing != Standing::Owner).then_some(known)
    }

    /// The standing of a place that has lost what it owned, with the owner of today in the place of
    /// the one that took it.
    fn last_seen(&self, known: &Known, claim: &Claim) -> Standing {
        let holders = known.blocks.iter().filter_map(|block| self.holders.get(block));
        let mut elsewhere = holders.filter(|holder| holder.key != claim.key);
        match (&known.standing, elsewhere.next().map(|holder| holder.name.clone())) {
            (Standing::Moved { .. }, Some(to)) => Standing::Moved { to },
            (standing, _) => standing.clone(),
        }
    }

    /// Which of the candidates owns the block, or none of them where its owner is elsewhere.
    fn winner(&self, block: BlockId, candidates: &[usize], claims: &[Claim]) -> Option<usize> {
        let certain = candidates.iter().filter(|index| claims[**index].says == Says::Live);
        let certain: Vec<usize> = certain.copied().collect();
        let candidates = if certain.is_empty() { candidates } else { &certain };
        let newcomer = candidates.iter().rev().find(|index| {
            let known = self.known.get(&claims[**index].key);
            !known.is_some_and(|known| {
                known.fingerprint == claims[**index].fingerprint && known.blocks.contains(&block)
            })
        });
        let holder = self.holders.get(&block);
        let holding = candidates
            .iter()
            .find(|index| holder.is_some_and(|holder| holder.key == claims[**index].key));
        match (newcomer, holding, holder) {
            (Some(index), _, _) | (None, Some(index), _) => Some(*index),
            (None, None, Some(holder)) if holder.key.die != 0 => None,
            (None, None, _) => candidates.last().copied(),
        }
    }

    /// Makes the winner the owner, and tells how the block came to it.
    fn pass_to(
        &mut self,
        block: BlockId,
        winner: &Claim,
        claims: &[Claim],
        standings: &[Standing],
    ) -> Vec<MoveSeen> {
        // A place that is seen for the first time and has lost the block already had it in between.
        let between = claims.iter().zip(standings).find(|(claim, standing)| {
            claim.owns.first() == winner.owns.first()
                && claim.key != winner.key
                && !self.known.contains_key(&claim.key)
                && matches!(standing, Standing::Moved { .. })
        });
        let between =
            between.map(|(claim, _)| Holder { key: claim.key.clone(), name: claim.name.clone() });
        let first_sight = !self.known.contains_key(&winner.key);
        let before = self.hand_over(block, winner);
        match (before, between.filter(|_| first_sight)) {
            (Some(before), Some(between)) if before.key.die == 0 => {
                vec![before.passed(block, &between.name), between.passed(block, &winner.name)]
            }
            (Some(before), _) => vec![before.passed(block, &winner.name)],
            (None, Some(between)) => vec![between.passed(block, &winner.name)],
            (None, None) => Vec::new(),
        }
    }

    /// The owner before, where it was another one.
    fn hand_over(&mut self, block: BlockId, to: &Claim) -> Option<Holder> {
        let holder = Holder { key: to.key.clone(), name: to.name.clone() };
        let before = self.holders.insert(block, holder)?;
        (before.key != to.key).then_some(before)
    }

    fn remember(&mut self, claim: &Claim, standing: &Standing, ledger: &Ledger) {
        let known = Known {
            fingerprint: claim.fingerprint,
            blocks: blocks_of(claim, ledger),
            begun: lines_of(claim, ledger),
            standing: standing.clone(),
        };
        self.known.insert(claim.key.clone(), known);
    }

    /// A variable of a loop whose bytes are the same in the next round, because the allocator gave
    /// the same address again, is no stale one. That is concluded where its pointers lead to blocks
    /// begun later by the same lines, and no other place says that it owns those.
    fn forget_begun_anew(&mut self, claims: &[Claim], ledger: &Ledger) {
        if claims.iter().all(|claim| self.stale(claim).is_none()) {
            return;
        }
        let mut owned: HashSet<BlockId> = claims
            .iter()
            .filter(|claim| self.stale(claim).is_none())
            .flat_map(|claim| blocks_of(claim, ledger))
            .collect();
        for claim in claims.iter().rev() {
            let Some(known) = self.stale(claim) else { continue };
            let blocks = blocks_of(claim, ledger);
            let is_new = |block: &BlockId| {
                let elsewhere = self.holders.get(block).is_some_and(|holder| holder.key.die != 0);
                !known.blocks.contains(block) && !owned.contains(block) && !elsewhere
            };
            if !blocks.is_empty()
                && blocks.iter().all(is_new)
                && known.begun == lines_of(claim, ledger)
            {
                self.known.remove(&claim.key);
                owned.extend(blocks);
            }
        }
    }

    /// A frame that is gone and a scope that was left take their places with them: the next time
    /// the same bytes are a variable again, it is a new one.
    fn forget_ended_scopes(&mut self, thread: ThreadNo, innermost: VirtAddr, claims: &[Claim]) {
        let seen: HashSet<&PlaceKey> = claims.iter().map(|claim| &claim.key).collect();
        let frames: HashSet<VirtAddr> = claims.iter().map(|claim| claim.key.cfa).collect();
        self.known.retain(|key, _| {
            let gone = key.cfa < innermost || (frames.contains(&key.cfa) && !seen.contains(key));
            key.thread != thread || !gone
        });
    }
}

impl Holder {
    /// That a block of it passed to another owner.
    fn passed(&self, block: BlockId, to: &str) -> MoveSeen {
        let (from, left) = (self.name.clone(), self.key.clone());
        MoveSeen { block, with: Vec::new(), from, left, to: to.to_owned(), at: None }
    }
}

/// Adds a move, to an earlier one where the same value took both blocks along.
fn add(moves: &mut Vec<MoveSeen>, seen: MoveSeen) {
    match moves.iter_mut().find(|known| known.from == seen.from && known.to == seen.to) {
        Some(known) => known.with.push(seen.block),
        None => moves.push(seen),
    }
}

fn blocks_of(claim: &Claim, ledger: &Ledger) -> Vec<BlockId> {
    claim.owns.iter().filter_map(|pointer| Some(ledger.block_from(*pointer)?.id)).collect()
}

/// The lines that allocated the blocks of a claim.
fn lines_of(claim: &Claim, ledger: &Ledger) -> Vec<Option<Arc<At>>> {
    claim.owns.iter().filter_map(|pointer| Some(ledger.block_from(*pointer)?.at.clone())).collect()
}

/// Every live block that some claim still holds good for, with the indices of those claims.
fn contested(
    claims: &[Claim],
    standings: &[Standing],
    ledger: &Ledger,
) -> Vec<(BlockId, Vec<usize>)> {
    let mut order: Vec<BlockId> = Vec::new();
    let mut by_block: HashMap<BlockId, Vec<usize>> = HashMap::new();
    for (index, (claim, standing)) in claims.iter().zip(standings).enumerate() {
        if *standing != Standing::Owner {
            continue;
        }
        for block in blocks_of(claim, ledger) {
            let candidates = by_block.entry(block).or_default();
            if candidates.is_empty() {
                order.push(block);
            }
            if candidates.last() != Some(&index) {
                candidates.push(index);
            }
        }
    }
    order.into_iter().filter_map(|block| Some((block, by_block.remove(&block)?))).collect()
}

#[cfg(test)]
mod tests;
