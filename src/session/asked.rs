//! Which values of a frame of optimised code are asked for: the variables that need to be dropped, in
//! the parts that are dropped by themselves.

use super::ahead::{Owned, Span};
use super::fates::is_at;
use super::followed::Frame;
use crate::base::{Hold, Range, VirtAddr};
use crate::dwarf::{Location, Types};
use crate::frame::slots::Placed;
use crate::track::Ledger;
use crate::value::{HeapPart, needs_drop, owning_parts};

/// A variable that may have lost its value.
pub(super) struct Asked {
    /// Its position among the variables.
    pub index: usize,
    /// The memory that it owns itself by its bytes.
    pub blocks: Vec<VirtAddr>,
    /// Its parts, by their positions among all that are asked for.
    pub parts: Range<usize>,
    /// How deep the inlined call is that it belongs to.
    pub depth: usize,
}

impl Frame<'_> {
    /// Asks for a variable, and adds its parts to what is asked for. None where it needs no drop, or has
    /// no place.
    pub(super) fn ask(
        &self,
        index: usize,
        variable: &Placed,
        ledger: &Ledger,
        owned: &mut Vec<Owned>,
    ) -> Option<Asked> {
        let ty = variable.ty.filter(|ty| needs_drop(self.image, *ty))?;
        let location = variable.location.as_ref().ok()?;
        let value = self.reader.read(ty, location);
        let direct = direct(value.heap_parts());
        let start = match location {
            Location::Memory(at) => Some(at.0),
            _ => None,
        };
        let whole_type = self.image.get(ty).ok()?.name.clone();
        let whole = start.map(|at| Span { at, size: variable.size });
        let first = owned.len();
        for part in owning_parts(self.image, ty) {
            let at = |offset: u64| start.and_then(|start| start.checked_add(offset));
            let span = |offset, size| Some(Span { at: at(offset)?, size });
            let own = direct.iter().filter(|held| is_at(&held.path, &part.path));
            let place = span(part.offset, part.size);
            let mut core: Vec<Span> =
                part.core.iter().filter_map(|(at, size)| span(*at, *size)).collect();
            if core.is_empty() {
                core.extend(place);
            }
            owned.push(Owned {
                path: part.path.clone(),
                type_name: self.image.get(part.ty).ok()?.name.clone(),
                place,
                core,
                whole_type: whole_type.clone(),
                whole,
                blocks: own.map(|held| block(held, ledger)).collect(),
            });
        }
        let blocks = direct.iter().map(|held| held.pointer).collect();
        let depth = usize::from(variable.inlined.is_some());
        Some(Asked { index, blocks, parts: Range::new(first, owned.len()), depth })
    }
}

/// The parts of a value that it owns itself, and not by way of another part.
fn direct(parts: Vec<HeapPart>) -> Vec<HeapPart> {
    let mut direct: Vec<HeapPart> = Vec::new();
    for part in parts.into_iter().filter(|part| part.hold != Hold::Refers) {
        if !direct.iter().any(|outer| is_at(&part.path, &outer.path)) {
            direct.push(part);
        }
    }
    direct
}

fn block(held: &HeapPart, ledger: &Ledger) -> Span {
    let size = ledger.block_from(held.pointer).map_or(held.capacity, |block| block.size);
    Span { at: held.pointer.0, size: size.max(1) }
}
