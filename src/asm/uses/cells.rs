//! The cells of a frame in which addresses are kept over calls and branches.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::effects::{Effect, Place};
use super::known::Known;
use super::steps::Step;

/// Bytes of a cell that holds an address.
const CELL: i64 = 8;

/// What is stored in a cell.
struct Stored {
    /// The address; none where there are several.
    at: Option<Place>,
    /// How often it is stored.
    times: usize,
    /// How many instructions write to a byte of the cell.
    writes: usize,
}

/// The cells of the frame to which nothing is stored but one address, and whose own address is
/// never taken: what is loaded from them is that address.
pub(super) fn cells_with_addresses(steps: &[Step]) -> HashMap<i64, Known> {
    let effects = || steps.iter().flat_map(|step| &step.effects);
    let mut cells: BTreeMap<i64, Stored> = BTreeMap::new();
    let mut taken: HashSet<i64> = HashSet::new();
    for effect in effects() {
        if let Some((cell, at)) = effect.address_stored() {
            let stored = cells.entry(cell).or_insert(Stored { at: Some(at), times: 0, writes: 0 });
            stored.at = stored.at.filter(|known| *known == at);
            stored.times = stored.times.saturating_add(1);
        }
        if let Effect::Takes { at: Place::Frame(at), .. } = effect {
            taken.insert(*at);
        }
    }
    for effect in effects() {
        let Effect::Writes { part, .. } = effect else { continue };
        let Place::Frame(at) = part.at else { continue };
        let first = at.saturating_sub(CELL.saturating_sub(1));
        for (_, stored) in cells.range_mut(first..at.saturating_add_unsigned(part.size).max(first))
        {
            stored.writes = stored.writes.saturating_add(1);
        }
    }
    let own = |cell: i64| (cell..cell.saturating_add(CELL)).any(|at| taken.contains(&at));
    let known = cells.into_iter().filter_map(|(cell, stored)| {
        let sole = stored.times == stored.writes && !own(cell);
        Some((cell, Known::Address(stored.at.filter(|_| sole)?)))
    });
    known.collect()
}

/// The bytes that are tested as drop flags are, and are none: something else than a constant is
/// stored there, or their address is taken, so that what they will hold is not known.
pub(super) fn changed_unseen(steps: &[Step]) -> HashSet<i64> {
    let tested: HashSet<i64> = steps.iter().filter_map(|step| Some(step.test?.flag)).collect();
    let mut changed = HashSet::new();
    for effect in steps.iter().flat_map(|step| &step.effects) {
        match effect {
            Effect::Writes { part, constant, .. } => {
                let is_flag = part.size == 1 && constant.is_some();
                let Place::Frame(at) = part.at else { continue };
                let end = at.saturating_add_unsigned(part.size);
                changed.extend(tested.iter().filter(|f| at <= **f && **f < end && !is_flag));
            }
            Effect::Takes { at: Place::Frame(at), .. } => {
                changed.extend(tested.get(at));
            }
            _ => {}
        }
    }
    changed
}
