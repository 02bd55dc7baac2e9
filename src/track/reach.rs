//! From where each block can be reached: the search that tells a leak from what is still held.
//!
//! A block is reached where a word in a root (a static, a stack, a thread-local variable) or in a
//! block that is reached is the address of its first byte, of the value behind the counts of an `Rc`
//! or `Arc`, or of the control bytes of a `HashMap`'s table. Where only an address somewhere within it is found, it is perhaps reached: such a
//! word can be a pointer, or bytes that were left from one (valgrind calls such a block "possibly
//! lost"). Types are not asked.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::Serialize;

use super::tables::control_bytes;
use crate::base::{BlockId, VirtAddr};

/// The blocks, with what each leads to.
#[derive(Debug, Default)]
pub struct Graph {
    /// By address.
    blocks: Vec<Node>,
    /// Their positions by ordinal.
    positions: HashMap<BlockId, usize>,
    /// For blocks by position the first word of a root that is an address within them, for the end
    /// of the search.
    perhaps: BTreeMap<usize, (Via, Origin)>,
}

/// The word of a root at which a chain of words begins: the root, and where the word is.
type Origin = (usize, VirtAddr);

/// A block that a word leads to: its position, the word, the beginning of the chain.
type Step = (usize, Via, Origin);

#[derive(Debug)]
struct Node {
    start: VirtAddr,
    size: u64,
    id: BlockId,
    leads: Vec<Lead>,
    /// For a table of a `HashMap`, where in it the map points.
    table: Option<u64>,
    reach: Option<(Reach, Origin)>,
}

/// A word of a block that leads to another one. There can be one for each word of memory, so that it
/// is small.
#[derive(Clone, Copy, Debug)]
struct Lead {
    target: u32,
    /// Where the word is in its block, in bytes.
    offset: u32,
    /// Whether it is an address that an owner of the block has.
    sure: bool,
}

/// How a block is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The word that leads to it.
    pub via: Via,
    /// Whether all words on the way there are addresses of beginnings.
    pub sure: bool,
}

/// Bytes of the two counts in front of the value of an `Rc` or an `Arc`, whose address
/// `into_raw` gives.
const COUNTS: u64 = 16;

/// By which word a block was reached first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// A word of a root.
    Root {
        /// Which of the roots, in the order in which they were given.
        root: usize,
        /// Where the word is.
        at: VirtAddr,
    },
    /// A word of another block.
    Block {
        /// The block.
        block: BlockId,
        /// Bytes from its beginning.
        offset: u64,
    },
}

/// What became of a block that nothing reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// No word of any block leads to it.
    Alone,
    /// A block leads to it that is lost itself.
    Within(BlockId),
    /// Blocks lead to each other in a ring, and it is one of them.
    Cycle(BlockId),
}

impl Graph {
    /// The blocks: where each begins, its bytes, its ordinal. `words` gives the words of a block, piece
    /// by piece with the address of each. None where the graph would take more than `room` bytes.
    pub fn new<W: IntoIterator<Item = (VirtAddr, Vec<u64>)>>(
        blocks: impl IntoIterator<Item = (VirtAddr, u64, BlockId)>,
        room: usize,
        mut words: impl FnMut(VirtAddr, u64) -> W,
    ) -> Option<Graph> {
        let node = |(start, size, id)| Node {
            start,
            size,
            id,
            leads: Vec::new(),
            table: None,
            reach: None,
        };
        let mut room = room;
        let mut graph = Graph::default();
        for block in blocks {
            room = room.checked_sub(size_of::<Node>())?;
            graph.blocks.push(node(block));
        }
        graph.blocks.sort_unstable_by_key(|node| node.start);
        graph.positions = graph.blocks.iter().map(|node| node.id).zip(0..).collect();
        for Node { start, size, table, .. } in &mut graph.blocks {
            *table = control_bytes(*size, |at, len| in_a_row(*start + at, words(*start + at, len)));
        }
        for index in 0..graph.blocks.len() {
            let Some(Node { start, size, .. }) = graph.blocks.get(index) else { continue };
            let (start, mut leads) = (*start, Vec::new());
            for (at, words) in words(start, *size) {
                leads.extend(graph.leads(at.0.wrapping_sub(start.0), &words));
                let taken = leads.len().saturating_mul(size_of::<Lead>());
                room.checked_sub(taken)?;
            }
            leads.shrink_to_fit();
            room = room.checked_sub(leads.len().saturating_mul(size_of::<Lead>()))?;
            if let Some(node) = graph.blocks.get_mut(index) {
                node.leads = leads;
            }
        }
        Some(graph)
    }

    /// Where words lead to that begin so many bytes behind the beginning of a block.
    fn leads(&self, first: u64, words: &[u64]) -> impl Iterator<Item = Lead> {
        (first..).step_by(8).zip(words).filter_map(|(offset, word)| {
            let (target, within) = self.find(VirtAddr(*word))?;
            let sure = self.is_owners(target, within);
            let (target, offset) = (u32::try_from(target).ok()?, u32::try_from(offset).ok()?);
            Some(Lead { target, offset, sure })
        })
    }

    /// Follows words of a root that lie in a row from an address on, and marks what is reached from
    /// there and was not before. With `starts` an address within a block means nothing.
    pub fn follow(&mut self, root: usize, start: VirtAddr, words: &[u64], starts: bool) {
        for (offset, word) in (0_u64..).step_by(8).zip(words) {
            let Some((target, within)) = self.find(VirtAddr(*word)) else { continue };
            let at = VirtAddr(start.0.saturating_add(offset));
            let step = (target, Via::Root { root, at }, (root, at));
            match within {
                0 => self.reached(vec![step], true),
                _ if starts => {}
                _ if self.is_owners(target, within) => self.reached(vec![step], true),
                _ => {
                    self.perhaps.entry(target).or_insert((step.1, step.2));
                }
            }
        }
    }

    /// Marks what is perhaps reached, once all roots were followed.
    pub fn finish(&mut self) {
        let perhaps = std::mem::take(&mut self.perhaps).into_iter();
        let mut open: Vec<Step> = perhaps.map(|(at, (via, origin))| (at, via, origin)).collect();
        for node in &self.blocks {
            let Some((_, origin)) = node.reach else { continue };
            let within = node.leads.iter().filter(|lead| !lead.sure);
            open.extend(within.map(|lead| (lead.target(), node.via(lead), origin)));
        }
        self.reached(open, false);
    }

    /// How a block is reached; none where it is not.
    pub fn reach(&self, id: BlockId) -> Option<Reach> {
        self.reach_and_origin(id).map(|(reach, _)| reach)
    }

    /// The root that a block is reached from in the end, and the address of the word in it; none for
    /// a block that is lost.
    pub fn root_of(&self, id: BlockId) -> Option<(usize, VirtAddr)> {
        self.reach_and_origin(id).map(|(_, origin)| origin)
    }

    fn reach_and_origin(&self, id: BlockId) -> Option<(Reach, Origin)> {
        self.blocks.get(*self.positions.get(&id)?)?.reach
    }

    /// All blocks, each with how it is reached.
    pub fn all(&self) -> impl Iterator<Item = (BlockId, Option<Reach>)> + '_ {
        self.blocks.iter().map(|node| (node.id, node.reach.map(|(reach, _)| reach)))
    }

    /// The blocks that nothing reaches, by ordinal, each with what leads to it.
    pub fn lost(&self) -> Vec<(BlockId, Lost)> {
        let holders = self.lost_holders();
        let rings = self.rings(&holders);
        let id = |index: usize| self.blocks.get(index).map(|node| node.id);
        let fate = |index: usize| {
            let ring = rings.get(index).copied();
            let in_ring = |other: &usize| *other != index && rings.get(*other).copied() == ring;
            let node = self.blocks.get(index);
            let next = node.and_then(|node| self.lost_targets(node).find(|target| in_ring(target)));
            let holder = holders.get(index).and_then(|holders| holders.first());
            match (next.and_then(id), holder.copied().and_then(id)) {
                (Some(next), _) => Lost::Cycle(next),
                (None, Some(holder)) => Lost::Within(holder),
                (None, None) => Lost::Alone,
            }
        };
        let lost = (0..).zip(&self.blocks).filter(|(_, node)| node.reach.is_none());
        let mut lost: Vec<_> = lost.map(|(index, node)| (node.id, fate(index))).collect();
        lost.sort_unstable_by_key(|(id, _)| *id);
        lost
    }

    /// What became of one block, without a look at what became of all others; none where something
    /// reaches it, or it is not there.
    pub fn fate_of(&self, id: BlockId) -> Option<Lost> {
        let index = *self.positions.get(&id)?;
        let node = self.blocks.get(index).filter(|node| node.reach.is_none())?;
        // What was gone through and does not lead back.
        let mut dead_ends = vec![false; self.blocks.len()];
        let others = self.lost_targets(node).filter(|target| *target != index);
        for target in others {
            if self.leads_to(target, index, &mut dead_ends) {
                return Some(Lost::Cycle(self.blocks.get(target)?.id));
            }
        }
        let leads_here = |node: &&Node| {
            let lost = node.id != id && node.reach.is_none();
            lost && node.leads.iter().any(|lead| lead.target() == index)
        };
        let holder = self.blocks.iter().find(leads_here);
        Some(holder.map_or(Lost::Alone, |holder| Lost::Within(holder.id)))
    }

    /// Whether lost blocks lead from one to another; those that do not are noted.
    fn leads_to(&self, from: usize, wanted: usize, dead_ends: &mut [bool]) -> bool {
        let mut open = vec![from];
        while let Some(index) = open.pop() {
            if index == wanted {
                return true;
            }
            let Some(seen) = dead_ends.get_mut(index).filter(|seen| !**seen) else { continue };
            *seen = true;
            open.extend(self.blocks.get(index).into_iter().flat_map(|n| self.lost_targets(n)));
        }
        false
    }

    /// For each block the lost ones that lead to it, itself not among them.
    fn lost_holders(&self) -> Vec<Vec<usize>> {
        let mut holders: Vec<Vec<usize>> = vec![Vec::new(); self.blocks.len()];
        for (index, node) in (0..).zip(&self.blocks).filter(|(_, node)| node.reach.is_none()) {
            for target in self.lost_targets(node).filter(|target| *target != index) {
                if let Some(holders) = holders.get_mut(target) {
                    holders.push(index);
                }
            }
        }
        holders
    }

    /// The lost blocks that a block leads to.
    fn lost_targets<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = usize> + 'a {
        let lost = |target: &usize| self.blocks.get(*target).is_some_and(|n| n.reach.is_none());
        node.leads.iter().map(Lead::target).filter(lost)
    }

    /// For each lost block a number that it shares with those that it leads to and that lead to it: the
    /// strongly connected parts (Kosaraju's two passes, without recursion).
    fn rings(&self, holders: &[Vec<usize>]) -> Vec<usize> {
        let is_lost = |index: usize| self.blocks.get(index).is_some_and(|n| n.reach.is_none());
        let mut order = Vec::new();
        let mut seen = vec![false; self.blocks.len()];
        for start in (0..self.blocks.len()).filter(|index| is_lost(*index)) {
            let mut open = vec![(start, false)];
            while let Some((index, left)) = open.pop() {
                if left {
                    order.push(index);
                    continue;
                }
                let Some(known) = seen.get_mut(index).filter(|known| !**known) else { continue };
                *known = true;
                open.push((index, true));
                let leads = self.blocks.get(index).map(|node| self.lost_targets(node));
                open.extend(leads.into_iter().flatten().map(|target| (target, false)));
            }
        }
        let mut rings = vec![usize::MAX; self.blocks.len()];
        for start in order.into_iter().rev() {
            let mut open = vec![start];
            while let Some(index) = open.pop() {
                let Some(ring) = rings.get_mut(index).filter(|r| **r == usize::MAX) else {
                    continue;
                };
                *ring = start;
                open.extend(holders.get(index).into_iter().flatten());
            }
        }
        rings
    }

    /// The block that holds an address, and how many bytes from its beginning that is; none for an
    /// address just behind its end.
    fn find(&self, at: VirtAddr) -> Option<(usize, u64)> {
        let index = self.blocks.partition_point(|node| node.start <= at).checked_sub(1)?;
        let node = self.blocks.get(index)?;
        let within = at.0.wrapping_sub(node.start.0);
        (within < node.size.max(1)).then_some((index, within))
    }

    /// Whether so many bytes from the beginning of a block are where its owner points.
    fn is_owners(&self, target: usize, within: u64) -> bool {
        let table = || self.blocks.get(target).and_then(|node| node.table);
        within == 0 || within == COUNTS || table() == Some(within)
    }

    fn reached(&mut self, first: Vec<Step>, sure: bool) {
        let mut open = VecDeque::from(first);
        while let Some((index, via, origin)) = open.pop_front() {
            let Some(node) = self.blocks.get_mut(index).filter(|node| node.reach.is_none()) else {
                continue;
            };
            node.reach = Some((Reach { via, sure }, origin));
            let leads = node.leads.iter().filter(|lead| lead.sure || !sure);
            open.extend(leads.map(|lead| (lead.target(), node.via(lead), origin)));
        }
    }
}

/// The words that follow each other from an address on.
fn in_a_row(start: VirtAddr, pieces: impl IntoIterator<Item = (VirtAddr, Vec<u64>)>) -> Vec<u64> {
    let mut words = Vec::new();
    for (at, piece) in pieces {
        if at.0 != start.0.wrapping_add(8 * words.len() as u64) {
            break;
        }
        words.extend(piece);
    }
    words
}

impl Node {
    fn via(&self, lead: &Lead) -> Via {
        Via::Block { block: self.id, offset: lead.offset.into() }
    }
}

impl Lead {
    /// The position of the block that it leads to.
    fn target(&self) -> usize {
        usize::try_from(self.target).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of two words at 0x1000, 0x2000 and so on; each leads to those that are named.
    fn graph(leads: &[&[u64]]) -> Graph {
        let blocks = (1..=leads.len() as u64).map(|n| (VirtAddr(n * 0x1000), 16, BlockId(n)));
        let words = |start: VirtAddr, _| {
            let targets = leads[(start.0 / 0x1000 - 1) as usize];
            [(start, targets.iter().map(|target| target * 0x1000).collect())]
        };
        Graph::new(blocks, usize::MAX, words).expect("there is room")
    }

    #[test]
    fn what_a_root_leads_to_is_reached_and_what_that_leads_to() {
        let mut graph = graph(&[&[2], &[3], &[], &[3]]);
        graph.follow(7, VirtAddr(0x10), &[0, 0x1000], false);
        let via = Via::Root { root: 7, at: VirtAddr(0x18) };
        assert_eq!(graph.reach(BlockId(1)), Some(Reach { via, sure: true }));
        let root = Some((7, VirtAddr(0x18)));
        assert_eq!([1, 2, 3, 4].map(|n| graph.root_of(BlockId(n))), [root, root, root, None]);
        let via = |n| Some(Reach { via: Via::Block { block: BlockId(n), offset: 0 }, sure: true });
        assert_eq!((graph.reach(BlockId(2)), graph.reach(BlockId(3))), (via(1), via(2)));
        assert_eq!(graph.lost(), [(BlockId(4), Lost::Alone)]);
    }

    #[test]
    fn the_first_root_that_leads_to_a_block_counts() {
        let mut graph = graph(&[&[]]);
        graph.follow(0, VirtAddr(0x10), &[0x1000], false);
        graph.follow(1, VirtAddr(0x20), &[0x1000], false);
        let via = Via::Root { root: 0, at: VirtAddr(0x10) };
        assert_eq!(graph.reach(BlockId(1)), Some(Reach { via, sure: true }));
    }

    #[test]
    fn an_address_behind_the_end_is_none_of_the_block() {
        let mut graph = graph(&[&[]]);
        graph.follow(0, VirtAddr(0), &[0x1010, 0xfff], false);
        assert_eq!(graph.reach(BlockId(1)), None);
    }

    #[test]
    fn where_only_first_bytes_count_an_address_within_leads_nowhere() {
        let mut graph = graph(&[&[], &[]]);
        graph.follow(0, VirtAddr(0), &[0x1008, 0x2000], true);
        graph.finish();
        assert_eq!(graph.reach(BlockId(1)), None);
        assert!(graph.reach(BlockId(2)).is_some());
    }

    #[test]
    fn an_address_within_a_block_reaches_it_perhaps_and_what_it_leads_to() {
        // 1 leads to 2; a root leads into 1. 3 is reached for sure, also by a word into it.
        let mut graph = graph(&[&[2], &[], &[]]);
        graph.follow(0, VirtAddr(0), &[0x1008, 0x3008, 0x3000], false);
        assert_eq!(graph.reach(BlockId(1)), None);
        graph.finish();
        let sure = |n| graph.reach(BlockId(n)).map(|reach| reach.sure);
        assert_eq!([sure(1), sure(2), sure(3)], [Some(false), Some(false), Some(true)]);
        assert_eq!(graph.lost(), []);
    }

    #[test]
    fn the_value_behind_two_counts_is_a_beginning() {
        let blocks = [(VirtAddr(0x1000), 24, BlockId(1))];
        let mut graph = Graph::new(blocks, usize::MAX, |_, _| None).expect("there is room");
        graph.follow(0, VirtAddr(0), &[0x1010], true);
        assert_eq!(graph.reach(BlockId(1)), None, "unless only first bytes count");
        graph.follow(0, VirtAddr(0), &[0x1010], false);
        assert!(graph.reach(BlockId(1)).is_some_and(|reach| reach.sure));
    }

    #[test]
    fn a_hash_table_is_reached_by_the_address_of_its_control_bytes() {
        // Four buckets of eight bytes, of which none is in use, and another block of that size.
        let blocks = [(VirtAddr(0x1000), 52, BlockId(1)), (VirtAddr(0x2000), 52, BlockId(2))];
        let words = |at: VirtAddr, _| {
            [(at, if at.0 == 0x1020 { vec![u64::MAX; 2] } else { vec![0x1020; 2] })]
        };
        let mut graph = Graph::new(blocks, usize::MAX, words).expect("there is room");
        graph.follow(0, VirtAddr(0), &[0x2020], false);
        graph.finish();
        let sure = |n| graph.reach(BlockId(n)).map(|reach| reach.sure);
        assert_eq!((sure(1), sure(2)), (Some(false), Some(false)));
        let mut graph = Graph::new(blocks, usize::MAX, words).expect("there is room");
        graph.follow(0, VirtAddr(0), &[0x1020, 0x2020], false);
        graph.finish();
        let sure = |n| graph.reach(BlockId(n)).map(|reach| reach.sure);
        assert_eq!((sure(1), sure(2)), (Some(true), Some(false)));
    }

    #[test]
    fn rings_are_told_from_what_hangs_on_them() {
        // 1 and 2 lead to each other, 2 to 3 as well; 4 leads to itself; 5 to the ring.
        let lost = graph(&[&[2], &[1, 3], &[], &[4], &[1]]).lost();
        let fates: Vec<_> = lost.into_iter().map(|(_, fate)| fate).collect();
        let (one, two) = (Lost::Cycle(BlockId(1)), Lost::Cycle(BlockId(2)));
        assert_eq!(fates, [two, one, Lost::Within(BlockId(2)), Lost::Alone, Lost::Alone]);
    }

    #[test]
    fn what_became_of_one_block_is_what_became_of_it_among_all() {
        // Two hundred graphs of a generator of numbers (Knuth's), half of their blocks held.
        let mut state = 1_u64;
        let mut below = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % n
        };
        for _ in 0..200 {
            let leads: Vec<Vec<u64>> =
                (0..12).map(|_| (0..below(4)).map(|_| 1 + below(12)).collect()).collect();
            let leads: Vec<&[u64]> = leads.iter().map(Vec::as_slice).collect();
            let mut graph = graph(&leads);
            graph.follow(0, VirtAddr(0x10), &[0x1000 * (1 + below(12))], false);
            let lost: HashMap<BlockId, Lost> = graph.lost().into_iter().collect();
            for block in (1..=12).map(BlockId) {
                assert_eq!(graph.fate_of(block), lost.get(&block).copied(), "{leads:?} {block}");
            }
        }
    }

    #[test]
    fn words_behind_a_hole_count_and_keep_their_place() {
        let blocks = [(VirtAddr(0x1000), 0x3000, BlockId(1)), (VirtAddr(0x9000), 8, BlockId(2))];
        let words = |start: VirtAddr, _| [(start, vec![]), (start + 0x2008, vec![0x9000])];
        let mut graph = Graph::new(blocks, usize::MAX, words).expect("there is room");
        graph.follow(0, VirtAddr(0), &[0x1000], false);
        let via = Via::Block { block: BlockId(1), offset: 0x2008 };
        assert_eq!(graph.reach(BlockId(2)), Some(Reach { via, sure: true }));
    }

    #[test]
    fn a_graph_that_is_too_large_is_none() {
        let blocks = || (1..=100).map(|n| (VirtAddr(n * 16), 16, BlockId(n)));
        let words = |start: VirtAddr, _| [(start, vec![0x10; 100])];
        let (of_blocks, of_leads) = (100 * size_of::<Node>(), 100 * 100 * size_of::<Lead>());
        assert!(Graph::new(blocks(), of_blocks - 1, words).is_none());
        assert!(Graph::new(blocks(), of_blocks + of_leads - 1, words).is_none());
        assert!(Graph::new(blocks(), of_blocks + of_leads, words).is_some());
    }

    #[test]
    fn a_lost_block_that_leads_to_one_that_is_held_is_in_no_ring_with_it() {
        // 1 is held and leads to 2, which leads back; 3 leads to 1.
        let mut graph = graph(&[&[2], &[1], &[1]]);
        graph.follow(0, VirtAddr(0x10), &[0x1000], false);
        assert_eq!(graph.lost(), [(BlockId(3), Lost::Alone)]);
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let count = 200_000_u64;
        let blocks = (1..=count).map(|n| (VirtAddr(n * 16), 16, BlockId(n)));
        let words = |start: VirtAddr, _| [(start, vec![start.0 + 16])];
        let graph = Graph::new(blocks, usize::MAX, words).expect("there is room");
        let lost = graph.lost();
        assert_eq!(graph.fate_of(BlockId(count)), Some(lost[199_999].1));
        assert_eq!(lost[0].1, Lost::Alone);
        assert_eq!(lost[199_999].1, Lost::Within(BlockId(199_999)));
    }
}
