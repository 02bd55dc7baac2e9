//! The memory that parts lead to: counted, and listed or summed up.

use super::account::{Account, Spot};
use super::tree::NodeId;
use crate::base::{Hold, Region, SplitMore, SplitPart};
use crate::value::{HeapSpan, Value, ValueKind};

impl Account<'_> {
    /// Counts the element with this index. The first ones are listed; one of the others that leads
    /// anywhere is a part more.
    pub(super) fn below(&mut self, spot: Spot, index: usize, count: impl FnOnce(&mut Self, Spot)) {
        let listed = spot.listed && index < self.tree.share(self.ground.listed, spot.node);
        let before = self.reached;
        count(self, Spot { listed, ..spot });
        if spot.listed && !listed && self.reached > before {
            let more = self.tree.more(spot.node);
            more.parts = more.parts.saturating_add(1);
        }
    }

    /// Counts the memory that a value leads to; the value is needed only where that is listed. Gives
    /// where the values in it stand; nothing where they are not to be visited: they are another's,
    /// or were visited already.
    pub(super) fn reach(
        &mut self,
        span: &HeapSpan,
        value: Option<&Value>,
        spot: Spot,
        path: &str,
    ) -> Option<Spot> {
        self.reached = self.reached.saturating_add(1);
        let hold = span.hold.within(spot.hold);
        let block = self.ground.block_at.and_then(|block_at| block_at(span.pointer));
        let region = match block {
            Some(block) => Region::Heap { block: block.id, offset: block.offset },
            None => (self.ground.naming.region)(span.pointer),
        };
        let owned = hold != Hold::Refers && region.may_be_heap();
        let size = block.filter(|_| owned).map_or(span.capacity, |block| block.size);
        let used = span.used.min(size);
        let new = owned && self.visited.insert(span.pointer);
        let counted = new && block.is_none_or(|block| self.blocks.insert(block.id));
        let part = SplitPart {
            path: String::new(),
            type_name: String::new(),
            region,
            size,
            used,
            spare: size.saturating_sub(used),
            hold,
            counts: Vec::new(),
            counted,
            parts: Vec::new(),
            more: SplitMore::default(),
        };
        self.count(&part);
        let node = match value.filter(|_| spot.listed && self.tree.has_room(spot.node)) {
            Some(value) => Some(self.list(part, value, spot, path)),
            None => {
                self.sum(&part, spot);
                None
            }
        };
        new.then_some(Spot { node: node.unwrap_or(spot.node), listed: node.is_some(), hold })
    }

    fn count(&mut self, part: &SplitPart) {
        let totals = &mut self.totals;
        if part.hold == Hold::Refers {
            totals.borrowed = totals.borrowed.saturating_add(1);
        }
        if !part.counted {
            return;
        }
        totals.heap_bytes = totals.heap_bytes.saturating_add(part.size);
        totals.blocks = totals.blocks.saturating_add(1);
        totals.spare = totals.spare.saturating_add(part.spare);
        if part.hold == Hold::Shares {
            totals.shared_bytes = totals.shared_bytes.saturating_add(part.size);
            totals.shared_blocks = totals.shared_blocks.saturating_add(1);
        }
    }

    fn list(&mut self, mut part: SplitPart, value: &Value, spot: Spot, path: &str) -> NodeId {
        part.path = path.to_owned();
        part.type_name = (self.ground.naming.type_name)(&value.type_name);
        if let ValueKind::Pointer(pointer) = &value.kind {
            part.counts = pointer.counts.clone();
        }
        self.tree.add(spot.node, part)
    }

    /// Adds a part that is not listed to the sums of what is not.
    fn sum(&mut self, part: &SplitPart, spot: Spot) {
        let more = self.tree.more(spot.node);
        if spot.listed {
            more.parts = more.parts.saturating_add(1);
        }
        if part.counted {
            more.bytes = more.bytes.saturating_add(part.size);
            more.blocks = more.blocks.saturating_add(1);
            more.spare = more.spare.saturating_add(part.spare);
        }
    }
}
