//! What keeps the blocks that no variable is seen to own: statics, thread-local variables, other
//! blocks, words on a stack; or nothing.

use std::collections::HashMap;

use super::heap_view::BlockView;
use super::ownership::OwnerStep;
use super::run::Run;
use crate::base::BlockId;
use crate::track::{Reach, Via};

/// Bytes in live blocks up to which a list of blocks is worth the search: some tens of
/// milliseconds.
const MOST_BYTES: u64 = 64 << 20;

impl Run {
    /// Fills in what keeps the blocks of a list that have no owner, where the search is short.
    pub(super) fn add_keepers(&self, blocks: &mut [BlockView]) {
        let without = |block: &BlockView| block.owner.is_none();
        if !blocks.iter().any(without) || self.ledger.live_bytes() > MOST_BYTES {
            return;
        }
        let Some(kept) = self.kept_now() else { return };
        let wanted: Vec<BlockId> =
            blocks.iter().filter(|block| without(block)).map(|block| block.block).collect();
        let reached = kept.graph.all().filter(|(id, _)| wanted.contains(id));
        let reached: HashMap<BlockId, Option<Reach>> = reached.collect();
        let lost: HashMap<BlockId, OwnerStep> = match reached.values().any(Option::is_none) {
            true => {
                self.lost_in(&kept).map(|(id, keeper)| (id, OwnerStep::Keeper(keeper))).collect()
            }
            false => HashMap::new(),
        };
        for block in blocks.iter_mut().filter(|block| without(block)) {
            block.keeper = match reached.get(&block.block).copied().flatten().map(|r| r.via) {
                Some(Via::Block { block, offset }) => Some(OwnerStep::Block { block, offset }),
                Some(Via::Root { root, at }) => {
                    kept.kind_of(root).map(|kind| OwnerStep::Keeper(self.keeper(kind, at)))
                }
                None => lost.get(&block.block).cloned(),
            };
        }
    }
}
