//! Ownership at a moment of the past: what the picture of the stack shows of owners, and what the log
//! tells of blocks.

use std::collections::HashMap;

use super::debugger::Session;
use super::error::SessionError;
use super::fates::{is_at, is_gone};
use super::heap_view::{Holder, add_holders, owner_among};
use super::ownership::{OwnerPath, OwnerStep};
use super::slots::short_function;
use super::value_then::path;
use super::why::{Found, Scope, gone, inferred, observed, state_facts};
use crate::base::{BlockId, Held, SlotState};
use crate::track::Story;

impl Session {
    /// Who owned a block, as the picture shows it.
    pub(super) fn owner_then(&self, block: BlockId) -> Result<OwnerPath, SessionError> {
        let (log, event) = self.log_then()?;
        let size = log.block_at(block, event).ok_or(SessionError::NoBlock(block))?.size;
        let picture = self.picture_looked_at()?.event;
        let mut others = self.holders_then().remove(&block).unwrap_or_default();
        let owner = owner_among(Some(&others)).ok_or_else(|| {
            SessionError::NotRecorded(format!(
                "no variable in the picture of event {} owns {block}, and what else kept it was not \
                 recorded",
                picture.0
            ))
        })?;
        others.retain(|other| *other != owner);
        Ok(OwnerPath { block, size, steps: vec![OwnerStep::Slot(owner)], others })
    }

    /// The first block that a variable led to, or a part of one.
    pub(super) fn block_recorded(&mut self, text: &str) -> Result<BlockId, SessionError> {
        let (name, parts) = path(text)?;
        let slot = self.slot_recorded(name)?;
        let block = blocks_of(&slot.blocks, &parts).next();
        block.ok_or_else(|| SessionError::NotABlock(text.to_owned()))
    }

    /// The places that lead to each block, as the picture shows it; none where there is no picture.
    pub(super) fn holders_then(&self) -> HashMap<BlockId, Vec<Holder>> {
        let mut holders = HashMap::new();
        if let Ok(picture) = self.picture_looked_at() {
            picture.frames.iter().for_each(|frame| add_holders(frame, &mut holders));
        }
        holders
    }

    /// What happened to a block until the moment, and how much more there is. The log tells of all
    /// events; of a block that was allocated before those that it keeps, less is known.
    pub(super) fn story_then(&self, block: BlockId) -> Result<Story, SessionError> {
        let (log, event) = self.log_then()?;
        if let Some(begin) = log.allocation_of(block).filter(|begin| *begin > event) {
            let later = format!("{block} was allocated later, at event {}", begin.0);
            return Err(SessionError::NotRecorded(later));
        }
        let whole = self.story(block)?;
        let later = whole.events_after(event);
        let told = log.story_until(block, event)?;
        Ok(told.map_or_else(|| whole.until(event), |told| Story { later, ..told }))
    }

    /// What the picture tells of a variable, or of a part of one.
    pub(super) fn about_recorded(&mut self, text: &str) -> Result<Found, SessionError> {
        let (name, parts) = path(text)?;
        let slot = self.slot_recorded(name)?;
        let function = short_function(&self.frame()?.at.function);
        let below = text.trim().strip_prefix(name).unwrap_or_default();
        // A picture says that a slot is live where nothing says that it is not.
        let state = Some(&slot.state).filter(|state| **state != SlotState::Live);
        let whole = matches!(
            slot.state,
            SlotState::Live | SlotState::Perhaps { .. } | SlotState::PartlyMoved { .. }
        );
        let (facts, live) = match state {
            Some(SlotState::PartlyMoved { parts }) if !below.is_empty() => {
                let lost = parts.iter().find(|part| is_gone(std::slice::from_ref(*part), below));
                match lost {
                    Some(part) => (vec![inferred(gone(part))], false),
                    None => {
                        (vec![inferred("it is live: other parts of the variable are not")], true)
                    }
                }
            }
            None if !below.is_empty() => {
                let shown = self.recorded(text)?.shown;
                (vec![observed(format!("it is {}", shown.text))], true)
            }
            state => (state_facts(Scope::Within(None), state), whole),
        };
        let dropped_at = match state {
            Some(SlotState::Dropped { at }) => at.clone(),
            _ => None,
        };
        let blocks = match &slot.state {
            SlotState::Freed { block, .. } => vec![*block],
            _ => blocks_of(&slot.blocks, &parts).collect(),
        };
        let of = format!("{function}::{}", text.trim());
        let variable = Some(format!("{function}::{name}"));
        Ok(Found { of, facts, blocks, live, dropped_at, variable })
    }
}

/// The blocks that a part of a value led to, each once.
fn blocks_of(held: &[Held], parts: &[String]) -> impl Iterator<Item = BlockId> {
    let mut wanted = String::new();
    for part in parts {
        let joint = if part.starts_with('[') { "" } else { "." };
        wanted = wanted + joint + part;
    }
    let mut blocks: Vec<BlockId> = Vec::new();
    for held in held.iter().filter(|held| is_at(&held.path, &wanted)) {
        if !blocks.contains(&held.block) {
            blocks.push(held.block);
        }
    }
    blocks.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Hold;

    #[test]
    fn the_blocks_of_a_part_are_those_behind_its_path() {
        let held = |block, path: &str| Held {
            block: BlockId(block),
            path: path.to_owned(),
            hold: Hold::Owner,
            type_name: String::new(),
            used: 0,
            size: 0,
        };
        let all = [
            held(1, ""),
            held(2, "[0].name"),
            held(3, "[0].names"),
            held(2, "[0].name.inner"),
            held(4, ".name"),
        ];
        let blocks = |text: &str| {
            let (_, parts) = path(text).expect("a path");
            blocks_of(&all, &parts).map(|block| block.0).collect::<Vec<_>>()
        };
        assert_eq!(blocks("v"), [1, 2, 3, 4]);
        assert_eq!(blocks("v.name"), [4]);
        assert_eq!(blocks("v[0]"), [2, 3]);
        assert_eq!(blocks("v[0].name"), [2]);
        assert_eq!(blocks("v[1]"), [0_u64; 0]);
    }
}
