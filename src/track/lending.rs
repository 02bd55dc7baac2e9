//! Which variables have lent what they hold, by the references that others hold.
//!
//! A reference leads into a variable's own bytes, or into a block that it owns. Whether it borrows
//! depends on whether its holder still uses it; a holder that is itself borrowed by one that does is
//! used, too.

use std::collections::{BTreeMap, HashMap};

use crate::base::{BlockId, BorrowKind, VirtAddr};

/// How many variables that overlap are looked at for one reference.
const OVERLAPPING: usize = 8;

/// A variable, with what it lends and what it has borrowed.
#[derive(Clone, Debug)]
pub struct Party {
    /// Where its bytes lie, and how many they are; none for what is not in memory.
    pub bytes: Option<(VirtAddr, u64)>,
    /// Whether it holds a value.
    pub live: bool,
    /// The blocks that it leads to as an owner.
    pub blocks: Vec<Owned>,
    /// The references that it holds.
    pub loans: Vec<Taken>,
}

/// A block that a variable owns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owned {
    /// The block.
    pub block: BlockId,
    /// The part of the value that holds the pointer.
    pub path: String,
    /// Whether another variable may own it as well (`Rc`).
    pub shared: bool,
}

/// A reference that a variable holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Where what is borrowed begins.
    pub target: VirtAddr,
    /// What the reference lets its holder do.
    pub kind: BorrowKind,
    /// Whether the holder uses it.
    pub need: Need,
}

/// Whether a reference is used by its holder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Need {
    /// It is not.
    No,
    /// It cannot be told.
    Perhaps(Doubt),
    /// It is.
    Certain,
}

/// Why it cannot be told whether a reference is used, or of whom it was taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Doubt {
    /// The code of the holder's function was optimised.
    Optimised,
    /// The holder belongs to a call that was inlined.
    Inlined,
    /// The code of the holder's function goes ways that are not followed.
    Ways,
    /// Where the code keeps the reference is not known.
    Place,
    /// The code keeps no reference, and the lines of the source do not tell what it uses ahead.
    Lines,
    /// The holder is only dropped ahead, which need not use the reference.
    Drop,
    /// Several handles share what is borrowed.
    Handles,
}

impl Doubt {
    /// The reason as a clause: `the code of its function was optimised, …`.
    pub fn text(self) -> &'static str {
        match self {
            Doubt::Optimised => {
                "the code of its function was optimised, and does not tell what is used ahead"
            }
            Doubt::Inlined => "it belongs to a call that was inlined, whose code is not followed",
            Doubt::Ways => "the code of its function goes ways that cannot be followed",
            Doubt::Place => "where the code of its function keeps the reference is not known",
            Doubt::Lines => {
                "the code keeps no reference of its own, and the lines of the source do not tell \
                 whether what they use is the reference or the value itself"
            }
            Doubt::Drop => "it is only dropped from here on, which need not use the reference",
            Doubt::Handles => {
                "other handles share the value, and of which it was taken is not known"
            }
        }
    }
}

/// A reference that leads into a variable or into what that owns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lent {
    /// Who has lent, as an index of the parties.
    pub lender: usize,
    /// The block among the lender's that the reference leads to; none for the lender's own bytes.
    pub block: Option<usize>,
    /// Who holds the reference.
    pub holder: usize,
    /// Which of its references it is.
    pub loan: usize,
    /// Whether the holder uses it; never [`Need::No`].
    pub need: Need,
}

/// Finds what is lent among some variables, in the order of holders and of their references.
/// `block_at` gives the live block at an address; `has_one_handle` says whether a block there that
/// may be shared is not.
pub fn lent(
    parties: &[&Party],
    block_at: &dyn Fn(VirtAddr) -> Option<BlockId>,
    has_one_handle: &dyn Fn(VirtAddr) -> bool,
) -> Vec<Lent> {
    let index = Index::of(parties);
    let mut all = Vec::new();
    for (holder, party) in parties.iter().enumerate().filter(|(_, party)| party.live) {
        for (loan, taken) in party.loans.iter().enumerate() {
            let found = index.lenders(parties, taken.target, block_at);
            let found = found.into_iter().filter(|(lender, _)| *lender != holder);
            all.extend(found.map(|(lender, block)| {
                let owned = block.and_then(|block| parties.get(lender)?.blocks.get(block));
                // Through which of several handles it was taken is not told.
                let shared = owned.is_some_and(|o| o.shared && !has_one_handle(taken.target));
                let certainty = if shared { Need::Perhaps(Doubt::Handles) } else { Need::Certain };
                (Lent { lender, block, holder, loan, need: taken.need }, certainty)
            }));
        }
    }
    spread(&mut all);
    let known = all.into_iter().map(|(lent, sure)| Lent { need: lent.need.min(sure), ..lent });
    known.filter(|lent| lent.need != Need::No).collect()
}

/// What is borrowed by one that is used is used. Each step makes the need of one borrow greater, so
/// that it ends.
fn spread(all: &mut [(Lent, Need)]) {
    let mut held: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, (lent, _)) in all.iter().enumerate() {
        held.entry(lent.holder).or_default().push(index);
    }
    let mut open: Vec<usize> = (0..all.len()).collect();
    while let Some((lent, sure)) = open.pop().and_then(|index| all.get(index).copied()) {
        let need = lent.need.min(sure);
        // The lender is a holder, too: all that it has borrowed is used as this is.
        for index in held.get(&lent.lender).into_iter().flatten() {
            if let Some((behind, _)) = all.get_mut(*index).filter(|(other, _)| other.need < need) {
                behind.need = need;
                open.push(*index);
            }
        }
    }
}

/// Variables by where they lie and by what they own.
struct Index {
    starts: BTreeMap<VirtAddr, Vec<usize>>,
    owners: HashMap<BlockId, Vec<(usize, usize)>>,
}

impl Index {
    fn of(parties: &[&Party]) -> Index {
        let mut index = Index { starts: BTreeMap::new(), owners: HashMap::new() };
        for (no, party) in parties.iter().enumerate().filter(|(_, party)| party.live) {
            if let Some((start, 1..)) = party.bytes {
                index.starts.entry(start).or_default().push(no);
            }
            for (owned, known) in party.blocks.iter().enumerate() {
                index.owners.entry(known.block).or_default().push((no, owned));
            }
        }
        index
    }

    /// The variables that an address lies in, or in a block of which; with the block.
    fn lenders(
        &self,
        parties: &[&Party],
        at: VirtAddr,
        block_at: &dyn Fn(VirtAddr) -> Option<BlockId>,
    ) -> Vec<(usize, Option<usize>)> {
        if let Some(block) = block_at(at) {
            let owners = self.owners.get(&block).into_iter().flatten();
            let mut owners: Vec<_> = owners.map(|(party, owned)| (*party, Some(*owned))).collect();
            owners.dedup_by_key(|(party, _)| *party);
            return owners;
        }
        let before = self.starts.range(..=at).rev().take(OVERLAPPING);
        let contains = |party: &usize| {
            let bytes = parties.get(*party).and_then(|party| party.bytes);
            bytes.is_some_and(|(start, size)| at.0.wrapping_sub(start.0) < size)
        };
        let found = before.flat_map(|(_, parties)| parties).copied().filter(contains);
        found.map(|party| (party, None)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(at: u64, size: u64) -> Party {
        let bytes = Some((VirtAddr(at), size));
        Party { bytes, live: true, blocks: Vec::new(), loans: Vec::new() }
    }

    fn holder(at: u64, target: u64, need: Need) -> Party {
        let taken = Taken { target: VirtAddr(target), kind: BorrowKind::Shared, need };
        Party { loans: vec![taken], ..party(at, 8) }
    }

    fn found(parties: &[Party]) -> Vec<(usize, usize, Need)> {
        let block = |at: VirtAddr| (0x100..0x200).contains(&at.0).then_some(BlockId(3));
        let parties: Vec<&Party> = parties.iter().collect();
        let found = lent(&parties, &block, &|_| false).into_iter();
        found.map(|lent| (lent.lender, lent.holder, lent.need)).collect()
    }

    #[test]
    fn a_reference_into_a_variable_or_into_its_block_borrows_it() {
        let owned = Owned { block: BlockId(3), path: String::new(), shared: false };
        let owner = Party { blocks: vec![owned], ..party(0x8000, 24) };
        let parties = [
            owner,
            holder(0x8100, 0x8008, Need::Certain),
            holder(0x8108, 0x140, Need::Perhaps(Doubt::Lines)),
            holder(0x8110, 0x8018, Need::Certain),
        ];
        let doubtful = Need::Perhaps(Doubt::Lines);
        assert_eq!(found(&parties), [(0, 1, Need::Certain), (0, 2, doubtful)]);
    }

    #[test]
    fn what_is_used_no_more_borrows_nothing_unless_its_holder_is_borrowed() {
        let mut parties = vec![
            party(0x8000, 24),
            holder(0x8100, 0x8000, Need::No),
            holder(0x8108, 0x8100, Need::No),
        ];
        assert_eq!(found(&parties), []);
        parties.push(holder(0x8110, 0x8108, Need::Certain));
        let all = [(0, 1, Need::Certain), (1, 2, Need::Certain), (2, 3, Need::Certain)];
        assert_eq!(found(&parties), all);
    }

    #[test]
    fn a_long_chain_of_holders_is_used_from_its_end() {
        let count: u64 = 100;
        let mut parties = vec![party(0x8000, 24)];
        let at = |no: u64| 0x9000 + 8 * no;
        for no in 0..count {
            let target = if no == 0 { 0x8000 } else { at(no - 1) };
            let need = if no + 1 == count { Need::Certain } else { Need::No };
            parties.push(holder(at(no), target, need));
        }
        let found = found(&parties);
        assert_eq!(found.len(), 100);
        assert!(found.iter().all(|(.., need)| *need == Need::Certain), "{found:?}");
    }

    #[test]
    fn what_is_gone_neither_lends_nor_borrows() {
        let gone = Party { live: false, ..party(0x8000, 24) };
        let parties = [gone, holder(0x8100, 0x8000, Need::Certain)];
        assert_eq!(found(&parties), []);
    }

    #[test]
    fn which_of_several_owners_of_a_block_has_lent_it_is_not_told() {
        let owned = Owned { block: BlockId(3), path: String::new(), shared: true };
        let handle = |at| Party { blocks: vec![owned.clone()], ..party(at, 8) };
        let parties = [handle(0x8000), handle(0x8008), holder(0x8100, 0x140, Need::Certain)];
        let doubtful = Need::Perhaps(Doubt::Handles);
        assert_eq!(found(&parties), [(0, 2, doubtful), (1, 2, doubtful)]);
    }

    #[test]
    fn a_reference_to_itself_is_no_borrow_and_a_ring_ends() {
        let parties = [holder(0x8000, 0x8000, Need::Certain), holder(0x8100, 0x8108, Need::No)];
        assert_eq!(found(&parties), []);
        let ring = [holder(0x8000, 0x8100, Need::No), holder(0x8100, 0x8000, Need::No)];
        assert_eq!(found(&ring), []);
    }
}
