//! The bytes of one frame, divided among what they are for.
//!
//! ```text
//!            ┌──────────────────┐ ◀ canonical frame address (CFA)
//!   CFA -  8 │ return address   │
//!   CFA - 16 │ saved register   │   by the call frame information
//!            │ variables,       │   by their locations
//!            │ temporaries and  │   whatever is left
//!            │ padding          │
//!            └──────────────────┘ ◀ stack pointer, or the CFA of the frame that it called
//! ```

use std::sync::Arc;

use crate::base::{Register, SlotKind, SlotState, Unreadable, VirtAddr};
use crate::dwarf::{Location, TypeRef};

/// A variable of the function or of a call that was inlined into it, with its place.
#[derive(Clone, Debug)]
pub struct Placed {
    /// Its name.
    pub name: Arc<str>,
    /// The offset of its die.
    pub die: usize,
    /// The line of its declaration.
    pub line: Option<u32>,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// Its type.
    pub ty: Option<TypeRef>,
    /// Size of its type in bytes; 0 where it is not known.
    pub size: u64,
    /// Where it is.
    pub location: Result<Location, Unreadable>,
    /// Whether the pc is inside its scope.
    pub in_scope: bool,
    /// Whether it went out of scope before the address.
    pub over: bool,
    /// Whether another variable of the same name hides it here.
    pub shadowed: bool,
    /// The inlined function that it belongs to.
    pub inlined: Option<Arc<str>>,
    /// What the code of its function says became of its value; none where it does not tell.
    pub fate: Option<SlotState>,
}

/// A slot.
#[derive(Clone, Debug)]
pub struct Slot {
    /// What it is for.
    pub kind: SlotKind,
    /// The assembler's name of a saved register.
    pub register: Option<&'static str>,
    /// The variable, for a variable or parameter.
    pub variable: Option<Placed>,
    /// Distance from the CFA in bytes: negative inside the frame; none for what is in a register,
    /// computed, or not on this stack.
    pub offset: Option<i64>,
    /// Bytes.
    pub size: u64,
    /// Whether its bytes are counted with another slot that is listed, or lie outside the frame.
    pub shares_bytes: bool,
}

/// The bounds of a frame: from `low`, included, up to `cfa`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// The stack pointer of the frame, where what it called begins.
    pub low: VirtAddr,
    /// The canonical frame address.
    pub cfa: VirtAddr,
}

impl Bounds {
    /// Bytes of the frame.
    pub fn bytes(&self) -> u64 {
        self.cfa.0.saturating_sub(self.low.0)
    }
}

/// Divides a frame. The sizes of the slots that do not share their bytes sum up to the frame's, and
/// the slots come from the CFA down; those without an offset come last, in the order given.
pub fn divide(bounds: Bounds, saved: &[(Register, VirtAddr)], variables: Vec<Placed>) -> Vec<Slot> {
    let mut taken = Taken::default();
    let mut slots: Vec<Slot> = saved.iter().filter_map(|s| saved_slot(bounds, *s)).collect();
    for slot in &mut slots {
        // Damaged call frame information saves two registers in the same place.
        slot.shares_bytes |= !taken.take(extent(slot));
    }
    // A variable whose scope has not begun shares its bytes with one that is in scope, if the
    // compiler let them overlap, and not the other way around.
    let (in_scope, later): (Vec<_>, Vec<_>) = variables.into_iter().partition(|v| v.in_scope);
    let mut elsewhere = Vec::new();
    for variable in in_scope.into_iter().chain(later) {
        let mut slot = variable_slot(bounds, variable);
        match slot.offset {
            Some(_) => {
                slot.shares_bytes |= !taken.take(extent(&slot));
                slots.push(slot);
            }
            None => elsewhere.push(slot),
        }
    }
    slots.extend(taken.gaps(bounds).map(unnamed_slot));
    slots.sort_by_key(|slot| (std::cmp::Reverse(extent(slot).1), slot.shares_bytes));
    slots.extend(elsewhere);
    slots
}

/// Bytes from `from` up to `to`, as distances from the CFA.
type Extent = (i64, i64);

fn extent(slot: &Slot) -> Extent {
    let from = slot.offset.unwrap_or(0);
    (from, from.saturating_add_unsigned(slot.size))
}

fn saved_slot(bounds: Bounds, (register, at): (Register, VirtAddr)) -> Option<Slot> {
    let offset = inside(bounds, at, 8)?;
    let return_address = register == Register::RIP;
    let kind = if return_address { SlotKind::ReturnAddress } else { SlotKind::SavedRegister };
    let register = (!return_address).then(|| register.name());
    Some(Slot {
        kind,
        register,
        variable: None,
        offset: Some(offset),
        size: 8,
        shares_bytes: false,
    })
}

fn variable_slot(bounds: Bounds, variable: Placed) -> Slot {
    let kind = if variable.parameter { SlotKind::Parameter } else { SlotKind::Variable };
    let size = variable.size;
    let offset = match &variable.location {
        Ok(Location::Memory(at)) => inside(bounds, *at, size),
        _ => None,
    };
    let shares_bytes = offset.is_none();
    Slot { kind, register: None, variable: Some(variable), offset, size, shares_bytes }
}

fn unnamed_slot((from, to): Extent) -> Slot {
    Slot {
        kind: SlotKind::Unnamed,
        register: None,
        variable: None,
        offset: Some(from),
        size: to.abs_diff(from),
        shares_bytes: false,
    }
}

/// The distance from the CFA of something that lies wholly inside the frame.
fn inside(bounds: Bounds, at: VirtAddr, size: u64) -> Option<i64> {
    let end = at.checked_add(size)?;
    (bounds.low <= at && end <= bounds.cfa).then_some(())?;
    i64::try_from(bounds.cfa - at).ok().map(|distance| -distance)
}

/// The parts of a frame that are given away, sorted and apart.
#[derive(Default)]
struct Taken(Vec<Extent>);

impl Taken {
    /// Gives the extent away, unless a part of it is gone already.
    fn take(&mut self, (from, to): Extent) -> bool {
        if from == to {
            return true;
        }
        let index = self.0.partition_point(|taken| taken.1 <= from);
        if self.0.get(index).is_some_and(|next| next.0 < to) {
            return false;
        }
        self.0.insert(index, (from, to));
        true
    }

    /// What nobody took; each gap is one slot.
    fn gaps(&self, bounds: Bounds) -> impl Iterator<Item = Extent> {
        let low = i64::try_from(bounds.bytes()).map_or(i64::MIN, |bytes| -bytes);
        let starts = std::iter::once(low).chain(self.0.iter().map(|taken| taken.1));
        let ends = self.0.iter().map(|taken| taken.0).chain(std::iter::once(0));
        starts.zip(ends).filter(|(from, to)| from < to).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { low: VirtAddr(0x1000), cfa: VirtAddr(0x1040) };

    fn variable(name: &str, location: Result<Location, Unreadable>, size: u64) -> Placed {
        Placed {
            name: name.into(),
            die: 1,
            line: None,
            parameter: false,
            ty: None,
            size,
            location,
            in_scope: true,
            over: false,
            shadowed: false,
            inlined: None,
            fate: None,
        }
    }

    fn at(address: u64) -> Result<Location, Unreadable> {
        Ok(Location::Memory(VirtAddr(address)))
    }

    fn saved() -> [(Register, VirtAddr); 2] {
        [(Register::RIP, VirtAddr(0x1038)), (Register::RBX, VirtAddr(0x1030))]
    }

    fn sum(slots: &[Slot]) -> u64 {
        slots.iter().filter(|slot| !slot.shares_bytes).map(|slot| slot.size).sum()
    }

    #[test]
    fn slots_come_from_the_cfa_down_and_sum_up_to_the_frame() {
        let variables = vec![variable("a", at(0x1010), 4), variable("b", at(0x1018), 16)];
        let slots = divide(BOUNDS, &saved(), variables);
        let seen: Vec<_> = slots.iter().map(|s| (s.kind, s.offset, s.size)).collect();
        let expected = [
            (SlotKind::ReturnAddress, Some(-8), 8),
            (SlotKind::SavedRegister, Some(-16), 8),
            (SlotKind::Unnamed, Some(-24), 8),
            (SlotKind::Variable, Some(-40), 16),
            (SlotKind::Unnamed, Some(-44), 4),
            (SlotKind::Variable, Some(-48), 4),
            (SlotKind::Unnamed, Some(-64), 16),
        ];
        assert_eq!(seen, expected);
        assert_eq!(sum(&slots), BOUNDS.bytes());
    }

    #[test]
    fn registers_saved_in_one_place_are_counted_once() {
        let twice = [(Register::RIP, VirtAddr(0x1038)), (Register::RBX, VirtAddr(0x1034))];
        let slots = divide(BOUNDS, &twice, Vec::new());
        assert_eq!(sum(&slots), BOUNDS.bytes());
        let shares = slots.iter().find(|slot| slot.shares_bytes).map(|slot| slot.register);
        assert_eq!(shares, Some(Some("rbx")));
    }

    #[test]
    fn overlapping_variables_count_once_and_the_one_in_scope_has_the_bytes() {
        let mut later = variable("later", at(0x1010), 8);
        later.in_scope = false;
        let slots = divide(BOUNDS, &saved(), vec![later, variable("now", at(0x1014), 8)]);
        let shares = |name: &str| {
            let named = |s: &&Slot| s.variable.as_ref().is_some_and(|v| &*v.name == name);
            slots.iter().find(named).map(|slot| slot.shares_bytes)
        };
        assert_eq!((shares("now"), shares("later")), (Some(false), Some(true)));
        assert_eq!(sum(&slots), BOUNDS.bytes());
    }

    #[test]
    fn what_is_not_in_the_frame_takes_none_of_its_bytes() {
        let outside = variable("argument", at(0x1048), 24);
        let astride = variable("astride", at(0x103c), 8);
        let register = variable("r", Ok(Location::Register(Register::RAX)), 8);
        let lost = variable("gone", Err(Unreadable::OptimisedOut), 8);
        let wild = variable("wild", at(u64::MAX - 3), 8);
        let slots = divide(BOUNDS, &saved(), vec![outside, astride, register, lost, wild]);
        assert_eq!(slots.iter().filter(|slot| slot.offset.is_none()).count(), 5);
        assert_eq!(sum(&slots), BOUNDS.bytes());
    }

    #[test]
    fn a_frame_with_nothing_known_is_unnamed_bytes_and_an_inverted_one_is_empty() {
        let slots = divide(BOUNDS, &[], vec![]);
        assert_eq!((slots.len(), slots[0].kind, slots[0].size), (1, SlotKind::Unnamed, 64));
        let inverted = Bounds { low: VirtAddr(0x1040), cfa: VirtAddr(0x1000) };
        assert_eq!(divide(inverted, &saved(), vec![variable("a", at(0x1010), 4)]).len(), 1);
    }

    #[test]
    fn a_zero_sized_variable_has_a_place_and_no_bytes() {
        let slots = divide(BOUNDS, &saved(), vec![variable("unit", at(0x1010), 0)]);
        assert!(slots.iter().any(|slot| slot.variable.is_some() && slot.offset == Some(-48)));
        assert_eq!(sum(&slots), BOUNDS.bytes());
    }
}
