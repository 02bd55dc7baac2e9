//! What a split lists, and the sums of what it does not.

use crate::base::{Split, SplitMore, SplitPart};

/// Parts that are listed in all.
const MOST_LISTED: usize = 2_000;

/// Levels of parts within parts that are listed.
const LEVELS: usize = 24;

/// Names a node: 0 is the value itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(usize);

impl NodeId {
    /// The value that is split.
    pub(super) const WHOLE: NodeId = NodeId(0);
}

/// The parts that are listed, each behind the part that it lies in.
#[derive(Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// What is not listed of the value itself.
    more: SplitMore,
}

struct Node {
    within: NodeId,
    level: usize,
    part: SplitPart,
}

impl Tree {
    /// Whether a part may be listed below a node.
    pub(super) fn has_room(&self, within: NodeId) -> bool {
        self.nodes.len() < MOST_LISTED && self.level(within) < LEVELS
    }

    /// How many parts of a value are listed below a node: half as many on each further level, so
    /// that what is on the outside is not lost among what is in it.
    pub(super) fn share(&self, most: usize, below: NodeId) -> usize {
        let levels = self.level(below).saturating_sub(1).min(16);
        (most >> levels).max(most.min(1))
    }

    pub(super) fn add(&mut self, within: NodeId, part: SplitPart) -> NodeId {
        let level = self.level(within).saturating_add(1);
        self.nodes.push(Node { within, level, part });
        NodeId(self.nodes.len())
    }

    /// The sums of what is not listed below a node.
    pub(super) fn more(&mut self, of: NodeId) -> &mut SplitMore {
        match of.0.checked_sub(1).and_then(|index| self.nodes.get_mut(index)) {
            Some(node) => &mut node.part.more,
            None => &mut self.more,
        }
    }

    /// Puts everything below the value.
    pub(super) fn hang(mut self, under: &mut Split) {
        // A node stands behind the one that it lies in: taken from the end on, each has all of its
        // own already, the last first.
        while let Some(Node { within, mut part, .. }) = self.nodes.pop() {
            part.parts.reverse();
            let outer = within.0.checked_sub(1).and_then(|index| self.nodes.get_mut(index));
            match outer {
                Some(node) => node.part.parts.push(part),
                None => under.parts.push(part),
            }
        }
        under.parts.reverse();
        under.more = self.more;
    }

    fn level(&self, of: NodeId) -> usize {
        let index = of.0.checked_sub(1);
        index.and_then(|index| self.nodes.get(index)).map_or(0, |node| node.level)
    }
}
