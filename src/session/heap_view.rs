//! The blocks of the heap: how large, who allocated them, who holds them.

use std::collections::HashMap;

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::ownership::OwnerStep;
use super::run::Run;
use super::slots::short_function;
use crate::base::{At, BlockId, FrameView, Hold, MemoryExt, SlotState, ThreadNo, VirtAddr};
use crate::value::Limits;

/// Bytes of a block that are shown at most.
const MOST_BYTES: usize = 1 << 16;

/// The live blocks, or some of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HeapView {
    /// The blocks that are listed.
    pub blocks: Vec<BlockView>,
    /// How many there are beyond those.
    pub more: usize,
    /// How many there are in all.
    pub live: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A live block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BlockView {
    /// Its ordinal.
    pub block: BlockId,
    /// Bytes asked for.
    pub size: u64,
    /// Alignment asked for, in bytes.
    pub align: u64,
    /// Where it lies.
    pub address: VirtAddr,
    /// The user's line that allocated it, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// The thread that allocated it.
    pub thread: ThreadNo,
    /// The place whose destructor will free it, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Holder>,
    /// What memory says of who keeps it, where no owner is known and the search is short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeper: Option<OwnerStep>,
}

/// A place that leads to a block.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Holder {
    /// The place: `main::v`, `main::v[0].name`.
    pub place: String,
    /// The type of the part that holds the pointer, where it was read.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// What the place is to the block.
    pub hold: Hold,
    /// Bytes of the block that hold values, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

/// One block with what is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BlockDetail {
    /// The block.
    #[serde(flatten)]
    pub view: BlockView,
    /// Every place on a stack that leads to it.
    pub holders: Vec<Holder>,
    /// Its bytes, as far as they were asked for.
    #[serde(serialize_with = "as_hex")]
    pub content: Vec<u8>,
    /// The words in it that are addresses of something known, by offset: `#4`, `.rodata`.
    pub pointers: Vec<(u64, String)>,
    /// Whether its bytes cannot be read.
    pub unreadable: bool,
}

fn as_hex<S: serde::Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// In which order blocks are listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeapOrder {
    /// By ordinal.
    Ordinal,
    /// The largest first.
    Size,
}

impl Session {
    /// The live blocks.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`]; [`SessionError::NoLedger`] where blocks are not followed.
    pub fn heap(&mut self, limit: usize, order: HeapOrder) -> Result<HeapView, SessionError> {
        if self.viewing.is_some() {
            return self.heap_then(limit, order);
        }
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        run.ledger_in_use().ok_or(SessionError::NoLedger)?;
        let holders = run.holders();
        let mut live: Vec<_> = run.ledger.live().collect();
        match order {
            HeapOrder::Ordinal => live.sort_by_key(|(_, block)| block.id),
            HeapOrder::Size => live.sort_by_key(|(_, b)| (std::cmp::Reverse(b.size), b.id)),
        }
        let more = live.len().saturating_sub(limit);
        let listed = live.into_iter().take(limit);
        let blocks = listed.map(|(address, block)| run.block_view(address, block, &holders));
        let mut blocks: Vec<BlockView> = blocks.collect();
        run.add_keepers(&mut blocks);
        Ok(HeapView {
            blocks,
            more,
            live: run.ledger.live_blocks(),
            bytes: run.ledger.live_bytes(),
        })
    }

    /// One block, with its first bytes.
    ///
    /// # Errors
    /// As [`Session::heap`]; [`SessionError::NoBlock`] where no such block lives.
    pub fn block(&mut self, id: BlockId, bytes: usize) -> Result<BlockDetail, SessionError> {
        if self.viewing.is_some() {
            return Err(self.block_then(id));
        }
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        run.ledger_in_use().ok_or(SessionError::NoLedger)?;
        let mut holders = run.holders();
        let found = run.ledger.live().find(|(_, block)| block.id == id);
        let (address, block) = found.ok_or(SessionError::NoBlock(id))?;
        let view = run.block_view(address, block, &holders);
        let size = usize::try_from(block.size).unwrap_or(usize::MAX).min(bytes).min(MOST_BYTES);
        let content = run.inferior.memory().read_bytes(address, size);
        let unreadable = content.is_err();
        let content = content.unwrap_or_default();
        let pointers = run.pointers_in(&content);
        let holders = holders.remove(&id).unwrap_or_default();
        Ok(BlockDetail { view, holders, content, pointers, unreadable })
    }
}

impl Run {
    /// What the slots of all threads lead to, deeper than a picture that is only shown.
    pub(super) fn holders(&mut self) -> HashMap<BlockId, Vec<Holder>> {
        let threads: Vec<_> = self.held.iter().map(|(thread, _)| thread.no()).collect();
        let mut holders = HashMap::new();
        for thread in threads {
            let stack = self.picture_of(thread, Limits::for_programs());
            for frame in stack.map(|stack| stack.frames).unwrap_or_default() {
                add_holders(&frame, &mut holders);
            }
        }
        holders
    }

    fn block_view(
        &self,
        address: VirtAddr,
        block: &crate::track::Block,
        holders: &HashMap<BlockId, Vec<Holder>>,
    ) -> BlockView {
        let seen = owner_among(holders.get(&block.id));
        // What was seen when its frame was last looked at, where that is not now.
        let known = || {
            let place = self.owners.owner_of(block.id)?.to_owned();
            Some(Holder { place, type_name: None, hold: Hold::Owner, used: None })
        };
        BlockView {
            block: block.id,
            size: block.size,
            align: block.align,
            address,
            at: block.at.as_deref().cloned(),
            thread: block.thread,
            owner: seen.or_else(known),
            keeper: None,
        }
    }

    /// The words that are addresses of blocks or of what files hold.
    fn pointers_in(&self, content: &[u8]) -> Vec<(u64, String)> {
        let regions = self.regions();
        let (words, _) = content.as_chunks::<8>();
        let name = |(index, word): (u64, &[u8; 8])| {
            let at = VirtAddr(u64::from_le_bytes(*word));
            let name = match regions.of(at) {
                _ if at.0 < 4096 => return None,
                crate::base::Region::Section(_) | crate::base::Region::File(_) => {
                    self.file_place(at)?
                }
                crate::base::Region::Unmapped | crate::base::Region::Anonymous => return None,
                region => region.to_string(),
            };
            Some((index.saturating_mul(8), name))
        };
        (0..).zip(words).filter_map(name).collect()
    }
}

/// The one of some places that owns the block that they lead to, or the first that shares it.
pub(super) fn owner_among(holders: Option<&Vec<Holder>>) -> Option<Holder> {
    let held = holders.into_iter().flatten();
    let owner = held.clone().find(|holder| holder.hold == Hold::Owner);
    owner.or_else(|| held.clone().find(|holder| holder.hold == Hold::Shares)).cloned()
}

pub(super) fn add_holders(frame: &FrameView, holders: &mut HashMap<BlockId, Vec<Holder>>) {
    for slot in frame.slots.iter().filter(|slot| slot.state == SlotState::Live) {
        let own = short_function(&frame.at.function);
        let function = slot.inlined_from.as_deref().unwrap_or(&own);
        let name = slot.name.as_deref().unwrap_or("?");
        for held in &slot.blocks {
            holders.entry(held.block).or_default().push(Holder {
                place: format!("{function}::{name}{}", held.path),
                type_name: Some(held.type_name.clone()),
                hold: held.hold,
                used: Some(held.used),
            });
        }
    }
}
