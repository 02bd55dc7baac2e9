//! The elements of a container that were cut off, one by one.

use super::account::{Account, Spot};
use super::plan::Plan;
use crate::base::VirtAddr;
use crate::dwarf::Location;
use crate::value::{Elements, EntriesKind, Limits, MOST_ENTRIES, Reader, Shape, Value, ValueKind};

/// Wrappers around a container that are opened.
const WRAPPERS: usize = 8;

/// Elements in a row that cannot be read, behind which no further one is tried.
const UNREADABLE: u64 = 64;

impl Account<'_> {
    /// Counts what the nodes of a container lead to, and its elements beyond those that were read.
    pub(super) fn rest(
        &mut self,
        value: &Value,
        at: Option<&Location>,
        spot: Spot,
        outside: Spot,
        path: &mut String,
    ) {
        let (read, more) = (elements_read(value), value.more());
        let needed = more > 0 && (!value.nodes().is_empty() || self.elements_lead(value));
        let container = if needed { self.container(value, at) } else { None };
        let nodes = match &container {
            Some(Shape::Entries(entries)) if !entries.blocks.is_empty() => {
                entries.blocks.get(1..).unwrap_or(&[])
            }
            _ => value.nodes(),
        };
        // The nodes stand beside the first one, which is the value's own memory.
        for (index, node) in nodes.iter().enumerate() {
            self.below(outside, index, |account, spot| {
                let len = path.len();
                if spot.listed {
                    path.push_str(&format!(".node[{}]", index.saturating_add(1)));
                }
                account.reach(node, Some(value), spot, path);
                path.truncate(len);
            });
        }
        match container {
            Some(container) => self.elements(&container, read, read.saturating_add(more), spot),
            None if needed => self.lower("a limit cut its elements off"),
            None => {}
        }
    }

    /// Reads the elements from one on, without keeping them.
    fn elements(&mut self, container: &Shape, from: u64, len: u64, spot: Spot) {
        let Some(reader) = self.reader else { return };
        let (key, value, places) = match container {
            Shape::Elements(row) => (row.element, None, row.len),
            Shape::Entries(entries) => {
                let value = match entries.kind {
                    EntriesKind::Map(value) => Some(value),
                    EntriesKind::List | EntriesKind::Set => None,
                };
                (entries.key, value, entries.at.len() as u64)
            }
            _ => return,
        };
        if places < len {
            self.lower("a limit cut its elements off");
        }
        let types = [Some(key), value].map(|ty| ty.filter(|ty| self.leads.ask(reader.types, *ty)));
        if types == [None, None] {
            return;
        }
        let limits = Limits { text_bytes: 0, ..reader.limits };
        let reader = Reader { limits, ..*reader };
        let mut plans = types.map(|ty| Plan::of(reader.types, &mut self.leads, ty?));
        let mut in_vain = 0_u64;
        for index in from..places {
            let Some(at) = place_of(&reader, container, index) else {
                return self.lower("its elements are not in memory");
            };
            if in_vain >= UNREADABLE {
                return self.lower("its elements cannot be read");
            }
            if self.is_spent() {
                return self.too_many();
            }
            let before = self.unreadable_parts;
            self.below(spot, usize::MAX, |account, spot| {
                for ((ty, plan), at) in types.iter().zip(&mut plans).zip([at.0, at.1]) {
                    match (ty, plan) {
                        (None, _) => {}
                        (_, Some(plan)) => plan.count(account, reader.memory, at, spot),
                        (Some(ty), None) => {
                            if let Some(element) = account.read(&reader, *ty, at) {
                                account.visit(&element, None, spot, &mut String::new());
                            }
                        }
                    }
                }
            });
            in_vain = if self.unreadable_parts > before { in_vain.saturating_add(1) } else { 0 };
        }
    }

    /// The row or the entries that a value is, without what is wrapped around them.
    fn container(&mut self, value: &Value, at: Option<&Location>) -> Option<Shape> {
        let reader = self.reader?;
        let own = value.place.address().map(Location::Memory);
        let mut at = at.cloned().or(own)?;
        let Some(mut ty) = value.ty else { return in_a_row(value) };
        let most = usize::try_from(self.parts_left).unwrap_or(MOST_ENTRIES);
        for _ in 0..WRAPPERS {
            match reader.shape_with(ty, &at, most).ok()? {
                Shape::Inside { part, .. } => (ty, at) = (part.ty, part.at),
                Shape::Entries(entries) => {
                    let blocks = entries.blocks.len() as u64;
                    self.parts_left = self.parts_left.saturating_sub(blocks);
                    return Some(Shape::Entries(entries));
                }
                Shape::Elements(row) => return Some(Shape::Elements(row)),
                _ => return None,
            }
        }
        None
    }

    /// Whether the elements of a container can lead to memory, as its first ones show.
    fn elements_lead(&mut self, value: &Value) -> bool {
        let types = match &value.kind {
            ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => {
                [sequence.items.first(), None]
            }
            ValueKind::Map(map) => match map.entries.first() {
                Some((key, value)) => [Some(key), Some(value)],
                None => return true,
            },
            _ => return false,
        };
        // Of an element that was not read nobody knows.
        let [first, second] = types;
        let Some(first) = first else { return true };
        [Some(first), second].into_iter().flatten().any(|element| match (element.ty, self.reader) {
            (Some(ty), Some(reader)) => self.leads.ask(reader.types, ty),
            _ => leads_itself(element),
        })
    }
}

fn elements_read(value: &Value) -> u64 {
    match &value.kind {
        ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => sequence.items.len() as u64,
        ValueKind::Map(map) => map.entries.len() as u64,
        _ => 0,
    }
}

/// Whether a value leads to memory, where no types are at hand: scalars do not.
fn leads_itself(value: &Value) -> bool {
    let scalar = crate::value::text::scalar(value).is_some();
    !scalar || value.heap.is_some()
}

/// A slice behind a counting pointer has no type of its own: its elements lie in a row.
fn in_a_row(value: &Value) -> Option<Shape> {
    let ValueKind::Sequence(sequence) = &value.kind else { return None };
    let first = sequence.items.first()?;
    let start = Location::Memory(first.place.address()?);
    let (element, stride, len) = (first.ty?, first.size?, sequence.len);
    let (first, ring, capacity) = (0, None, None);
    Some(Shape::Elements(Elements { start, element, stride, len, first, ring, capacity }))
}

/// Where an element is, or an entry's key and value.
fn place_of(reader: &Reader<'_>, container: &Shape, index: u64) -> Option<(VirtAddr, VirtAddr)> {
    match container {
        Shape::Elements(row) => match reader.element(row, index).ok()?.at {
            Location::Memory(at) => Some((at, at)),
            _ => None,
        },
        Shape::Entries(entries) => entries.at.get(usize::try_from(index).ok()?).copied(),
        _ => None,
    }
}
