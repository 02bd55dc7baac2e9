//! The elements that a container most often has many of: texts, rows of scalars, and structs of
//! them. Where their words are is found once, and not for each element again.

use std::convert::Infallible;

use super::account::{Account, Spot};
use super::leads::Leads;
use crate::base::{Memory, VirtAddr};
use crate::dwarf::{TypeKind, TypeRef, Types};
use crate::value::std_types::{Words, growing, is_read_here};

/// Bytes of an element that is read so.
const LARGEST: u64 = 4096;

/// Rows in an element.
const MOST_ROWS: usize = 32;

/// Structs within structs.
const LEVELS: usize = 16;

/// Where an element keeps the words of all that it leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    /// The words of each row, and bytes of one of its elements.
    rows: Vec<(Words, u64)>,
    /// The element, read again and again into the same place.
    bytes: Vec<u8>,
}

impl Plan {
    /// The plan for a type; none where it leads to memory in another way.
    pub(super) fn of(types: &dyn Types, leads: &mut Leads, id: TypeRef) -> Option<Plan> {
        let size = types.get(id).ok()?.size.filter(|size| *size <= LARGEST)?;
        let bytes = vec![0; usize::try_from(size).ok()?];
        let mut plan = Plan { rows: Vec::new(), bytes };
        plan.add(types, leads, id, 0, LEVELS)?;
        Some(plan)
    }

    fn add(
        &mut self,
        types: &dyn Types,
        leads: &mut Leads,
        id: TypeRef,
        offset: u64,
        levels: usize,
    ) -> Option<()> {
        if !leads.ask(types, id) {
            return Some(());
        }
        let below = levels.checked_sub(1)?;
        let ty = types.get(id).ok()?;
        if let Some((words, element)) = growing(types, &ty) {
            if element.is_some_and(|element| leads.ask(types, element)) {
                return None;
            }
            let stride = element.map_or(Some(1), |element| types.get(element).ok()?.size)?;
            self.rows.push((words.at(offset)?, stride));
            return (self.rows.len() <= MOST_ROWS).then_some(());
        }
        match &ty.kind {
            TypeKind::Struct { fields, .. } if !is_read_here(&ty) => {
                fields.iter().try_for_each(|field| {
                    let offset = offset.checked_add(field.offset)?;
                    self.add(types, leads, field.ty, offset, below)
                })
            }
            _ => None,
        }
    }

    /// Counts what the element at an address leads to.
    pub(super) fn count(
        &mut self,
        account: &mut Account<'_>,
        memory: &dyn Memory,
        at: VirtAddr,
        spot: Spot,
    ) {
        if !account.take_part() {
            return;
        }
        if memory.read(at, &mut self.bytes).is_err() {
            return account.unreadable();
        }
        for (words, stride) in &self.rows {
            let Ok(row) = words.row(|word| Ok::<_, Infallible>(self.word(word)));
            match row.span(*stride) {
                Ok(Some(span)) => {
                    account.reach(&span, None, spot, "");
                }
                Ok(None) => {}
                Err(_) => account.unreadable(),
            }
        }
    }

    /// The word at an offset. Words that do not lie inside of the element were not planned for: the
    /// debug information contradicts itself, and zero is the pointer of nothing.
    fn word(&self, offset: u64) -> u64 {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|from| self.bytes.get(from..from.checked_add(8)?)?.first_chunk().copied());
        bytes.map_or(0, u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    #[test]
    fn texts_rows_and_structs_of_them_are_planned_and_what_leads_further_is_not() {
        let mut world = World::new();
        let (u32_, string) = (world.uint(4), world.string());
        let (numbers, texts) = (world.vec_of(u32_, true), world.vec_of(string, true));
        let fields = [("id", u32_, 48), ("name", string, 0), ("scores", numbers, 24)];
        let row = world.record("krate::Row", 56, 8, &fields);
        let nested = world.record("krate::Nested", 24, 8, &[("texts", texts, 0)]);
        let ring = world.vec_deque_of(u32_);
        let mut leads = Leads::default();
        let mut rows = |id| Plan::of(&world, &mut leads, id).map(|plan| plan.rows);
        let at = |offset| Words { pointer: offset + 8, len: offset + 16, capacity: offset };
        assert_eq!(rows(row), Some(vec![(at(0), 1), (at(24), 4)]));
        assert_eq!(rows(u32_), Some(vec![]));
        assert_eq!((rows(nested), rows(texts), rows(ring)), (None, None, None));
    }
}
