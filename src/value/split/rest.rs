//! The elements of a container that were cut off, one by one.

use super::account::{Account, Spot};
use super::plan::Plan;
use crate::value::place::Source;
use crate::value::read::Walk;
use crate::value::std_types::Places;
use crate::value::{Limits, Reader, Value, ValueKind};

/// Entries of a map that are listed by their addresses: 64 megabytes of addresses.
const MOST_ENTRIES: u64 = 1 << 22;

/// Elements in a row that cannot be read, behind which no further one is tried.
const UNREADABLE: u64 = 64;

impl Account<'_> {
    /// Counts what the nodes of a container lead to, and its elements beyond those that were read.
    pub(super) fn rest(
        &mut self,
        value: &Value,
        source: Option<&Source>,
        spot: Spot,
        outside: Spot,
        path: &mut String,
    ) {
        let (read, more) = (elements_read(value), value.more());
        let needed = more > 0 && (!value.nodes().is_empty() || self.elements_lead(value));
        let places = if needed { self.places(value, source) } else { None };
        let nodes = match &places {
            Some(Places { blocks, .. }) if !blocks.is_empty() => blocks.get(1..).unwrap_or(&[]),
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
        match places {
            Some(places) => self.elements(&places, read, read.saturating_add(more), spot),
            None if needed => self.lower("a limit cut its elements off"),
            None => {}
        }
    }

    /// Reads the elements from one on, without keeping them.
    fn elements(&mut self, places: &Places, from: u64, len: u64, spot: Spot) {
        let Some(reader) = self.reader else { return };
        if places.len() < len {
            self.lower("a limit cut its elements off");
        }
        let types = [Some(places.key), places.value]
            .map(|ty| ty.filter(|ty| self.leads.ask(reader.types, *ty)));
        if types == [None, None] {
            return;
        }
        let limits = Limits { text_bytes: 0, ..reader.limits };
        let reader = Reader { limits, ..*reader };
        let mut plans = types.map(|ty| Plan::of(reader.types, &mut self.leads, ty?));
        let mut in_vain = 0_u64;
        for index in from..places.len() {
            let Some((key, value)) = places.get(index) else { break };
            if in_vain >= UNREADABLE {
                return self.lower("its elements cannot be read");
            }
            if self.is_spent() {
                return self.too_many();
            }
            let before = self.unreadable_parts;
            self.below(spot, usize::MAX, |account, spot| {
                for ((ty, plan), at) in types.iter().zip(&mut plans).zip([key, value]) {
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

    /// Where all elements are.
    fn places(&mut self, value: &Value, source: Option<&Source>) -> Option<Places> {
        let reader = self.reader?;
        let own = value.place.address().map(Source::Memory);
        let source = source.or(own.as_ref())?;
        let elements = self.parts_left.min(MOST_ENTRIES);
        let limits = Limits {
            elements: usize::try_from(elements).ok()?,
            total_bytes: u64::MAX,
            ..reader.limits
        };
        let reader = Reader { limits, ..*reader };
        let Some(ty) = value.ty else { return in_a_row(value) };
        let places = Walk::new(&reader).places(ty, source)?;
        self.parts_left = self.parts_left.saturating_sub(places.blocks.len() as u64);
        Some(places)
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
fn in_a_row(value: &Value) -> Option<Places> {
    let ValueKind::Sequence(sequence) = &value.kind else { return None };
    let first = sequence.items.first()?;
    Some(Places::in_a_row(first.ty?, first.size?, first.place.address()?, sequence.len))
}
