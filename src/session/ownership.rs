//! Questions of ownership: who owns a block, what happened to it, what nobody owns any more.

use std::cell::OnceCell;
use std::collections::HashMap;

use serde::Serialize;

use super::debugger::Session;
use super::drops_so_far::DropLog;
use super::error::SessionError;
use super::heap_view::{Holder, owner_among};
use super::keepers::{Kept, lost};
use super::run::Run;
use crate::base::{BlockId, BlockRef, Keeper, VirtAddr};
use crate::expr::Operand;
use crate::track::{Stories, Story, Via};

/// Steps of a path of owners that are told at most.
const STEPS: usize = 64;

/// The way from a block to what owns it in the end.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OwnerPath {
    /// The block.
    pub block: BlockId,
    /// Its size in bytes.
    pub size: u64,
    /// Each owner, the nearest first.
    pub steps: Vec<OwnerStep>,
    /// Every other variable that leads to the block.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Holder>,
}

/// One owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerStep {
    /// A variable, or a part of what it owns, as its type says.
    Slot(Holder),
    /// A word of another block, which was not read by its type.
    Block {
        /// The block.
        block: BlockId,
        /// Bytes from its beginning.
        offset: u64,
    },
    /// What memory says, where no variable that is alive leads there.
    Keeper(Keeper),
}

/// What is kept of a run that is over.
#[derive(Default)]
pub(super) struct Past {
    /// The story of each block.
    pub stories: Stories,
    /// The blocks that were alive at the end; none where no ledger was kept, or nothing has run.
    pub alive: Option<Vec<BlockRef>>,
    /// What was dropped.
    pub drops: DropLog,
}

impl Past {
    /// Of a run that has ended.
    pub fn of(run: &mut Run) -> Past {
        let alive = run.ledger_in_use().map(|ledger| {
            let mut alive = ledger.alive();
            for block in &mut alive {
                block.keeper = run.keepers.get(&block.block).cloned();
            }
            alive
        });
        let drops = std::mem::take(&mut run.dropping.log);
        Past { stories: std::mem::take(&mut run.stories), alive, drops }
    }
}

/// The blocks that nothing keeps, and those that are kept by statics.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Leaks {
    /// Those that no code can reach any more, by ordinal.
    pub lost: Vec<BlockRef>,
    /// Those to whose middle some word leads, and none to their beginning.
    pub perhaps_lost: Vec<BlockRef>,
    /// Those that a static or a thread-local variable leads to.
    pub held_by_statics: Vec<BlockRef>,
    /// How many a stack leads to.
    pub held_by_stacks: usize,
    /// Whether this is how it was when the program ended.
    pub at_the_end: bool,
}

impl Session {
    /// The path of owners of a block, up to a variable, a static or a thread.
    ///
    /// # Errors
    /// [`SessionError::NoLedger`], [`SessionError::NoBlock`], and those of [`Session::evaluate`].
    pub fn owner(&mut self, text: &str) -> Result<OwnerPath, SessionError> {
        let block = self.block_meant(text)?;
        if self.viewing.is_some() {
            return self.owner_then(block);
        }
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let live = run.ledger.live().find(|(_, live)| live.id == block);
        let size = live.ok_or(SessionError::NoBlock(block))?.1.size;
        let mut holders = run.holders();
        let steps = run.steps_from(block, &holders);
        let mut others = holders.remove(&block).unwrap_or_default();
        others.retain(|other| !steps.contains(&OwnerStep::Slot(other.clone())));
        Ok(OwnerPath { block, size, steps, others })
    }

    /// The story of a block: of `#3`, or of the first block that the value of an expression leads
    /// to. In the past it ends at the moment that is looked at.
    ///
    /// # Errors
    /// As [`Session::owner`]; [`SessionError::NoStory`] where nothing is known of it, and
    /// [`SessionError::NotRecorded`] where it was allocated behind the moment.
    pub fn history(&mut self, text: &str) -> Result<Story, SessionError> {
        let block = self.block_meant(text)?;
        if self.viewing.is_some() {
            return self.story_then(block);
        }
        let thread = self.selected.thread;
        if let Some(run) = &mut self.run {
            // What is borrowed and who has moved shows where the program stands.
            run.judge_once(thread);
        }
        self.story(block)
    }

    /// What nothing leads to any more, now or when the program ended.
    ///
    /// # Errors
    /// [`SessionError::NoLedger`]; [`SessionError::NotSearched`] where there is more memory than is
    /// searched, or the program was killed.
    pub fn leaks(&mut self) -> Result<Leaks, SessionError> {
        let at_the_end = self.run.is_none();
        let alive = match &self.run {
            Some(run) => run.alive_now()?,
            None => self.past.alive.clone().ok_or(SessionError::NotRunning)?,
        };
        if !alive.is_empty() && alive.iter().all(|block| block.keeper.is_none()) {
            return Err(SessionError::NotSearched);
        }
        let mut leaks = Leaks { at_the_end, ..Leaks::default() };
        for block in alive {
            match &block.keeper {
                Some(keeper) if keeper.is_lost() => leaks.lost.push(block),
                Some(Keeper::Perhaps { .. }) => leaks.perhaps_lost.push(block),
                Some(Keeper::Stack { .. }) => leaks.held_by_stacks += 1,
                Some(_) => leaks.held_by_statics.push(block),
                None => {}
            }
        }
        Ok(leaks)
    }

    /// The block that is meant by `#3`, or by an expression: the first that its value owns, shares or
    /// points to.
    pub(super) fn block_meant(&mut self, text: &str) -> Result<BlockId, SessionError> {
        let text = text.trim();
        if let Some(ordinal) = text.strip_prefix('#') {
            let wrong = |_| SessionError::NotABlock(text.to_owned());
            return Ok(BlockId(ordinal.parse().map_err(wrong)?));
        }
        if self.viewing.is_some() {
            return self.block_recorded(text);
        }
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        run.ledger_in_use().ok_or(SessionError::NoLedger)?;
        let found = self.with_operand(text, |looking, operand: &Operand| {
            let value = operand.read(looking.reader);
            let own = value.place.address();
            let pointers = value.heap_parts().into_iter().map(|part| part.pointer);
            let block = |at: VirtAddr| {
                let ledger = &looking.run.ledger;
                let live = ledger.block_at(at).map(|(block, _)| block.id);
                live.or_else(|| ledger.ended_from(at).map(|ended| ended.id))
            };
            pointers.chain(own).find_map(block)
        })?;
        found.ok_or_else(|| SessionError::NotABlock(text.to_owned()))
    }
}

impl Run {
    /// The live blocks, each with what keeps it.
    fn alive_now(&self) -> Result<Vec<BlockRef>, SessionError> {
        self.ledger_in_use().ok_or(SessionError::NoLedger)?;
        let kept = self.kept_now().map(|kept| self.keepers_in(&kept));
        let keepers: HashMap<BlockId, Keeper> = kept.into_iter().flatten().collect();
        let mut alive = self.ledger.alive();
        for block in &mut alive {
            block.keeper = keepers.get(&block.block).cloned();
        }
        Ok(alive)
    }

    /// What keeps each block as the threads stand; none where there is no process, or too much.
    pub(super) fn kept_now(&self) -> Option<Kept> {
        let threads: Vec<_> = self.held.iter().map(|(thread, _)| thread).collect();
        (!threads.is_empty()).then(|| self.kept(&threads, None))?
    }

    /// The owners of a block, each the owner of the one before. What types tell of variables that
    /// are alive comes first; where they do not lead, memory is searched.
    fn steps_from(
        &self,
        block: BlockId,
        holders: &HashMap<BlockId, Vec<Holder>>,
    ) -> Vec<OwnerStep> {
        let searched = OnceCell::new();
        let mut steps = Vec::new();
        let mut block = block;
        while steps.len() < STEPS {
            if let Some(holder) = owner_among(holders.get(&block)) {
                steps.push(OwnerStep::Slot(holder));
                break;
            }
            let Some(kept) = searched.get_or_init(|| self.kept_now()) else { break };
            match kept.graph.reach(block).map(|reach| reach.via) {
                Some(Via::Block { block: holder, offset }) => {
                    steps.push(OwnerStep::Block { block: holder, offset });
                    block = holder;
                }
                Some(Via::Root { .. }) => {
                    let root = kept.root_of(block);
                    steps.extend(root.map(|(kind, at)| OwnerStep::Keeper(self.keeper(kind, at))));
                    break;
                }
                None => {
                    let fate = kept.graph.fate_of(block);
                    steps.extend(fate.map(|fate| OwnerStep::Keeper(lost(fate))));
                    break;
                }
            }
        }
        steps
    }
}
