//! A walk over a value that counts the blocks that it leads to, each of them once.

use std::collections::{HashSet, VecDeque};

use super::leads::Leads;
use super::tree::{NodeId, Tree};
use super::{Ground, Reader};
use crate::base::{BlockId, Hold, SizesFrom, Split, SplitMore, SplitTotals, VirtAddr};
use crate::dwarf::{Location, TypeRef};
use crate::value::data::entry_label;
use crate::value::{Cut, Value, ValueKind};

/// Values within values on the way to which the debugger's own stack is used; what is deeper waits.
const DEEPEST: usize = 100;

/// Parts that may be read for each that may be visited.
const READ_FOR_ONE: u64 = 4;

/// What is counted, and what was met already.
pub(super) struct Account<'a> {
    pub(super) ground: &'a Ground<'a>,
    /// Reads on where a value was cut.
    pub(super) reader: Option<&'a Reader<'a>>,
    pub(super) leads: Leads,
    pub(super) tree: Tree,
    pub(super) totals: SplitTotals,
    /// Blocks that are counted.
    pub(super) blocks: HashSet<BlockId>,
    /// Addresses behind which everything is counted.
    pub(super) visited: HashSet<VirtAddr>,
    /// What is to be read on when the rest is done.
    waiting: VecDeque<Waiting>,
    depth: usize,
    pub(super) parts_left: u64,
    /// How many more parts are read. Parts behind an address that was met before are read and not
    /// visited.
    reads_left: u64,
    /// How often something led to memory elsewhere.
    pub(super) reached: u64,
    pub(super) unreadable_parts: u64,
    at_least: Option<String>,
}

/// Where in the tree a value stands.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    /// The part in whose memory it lies.
    pub(super) node: NodeId,
    /// Whether what it leads to is listed.
    pub(super) listed: bool,
    /// What the whole is to the memory it lies in.
    pub(super) hold: Hold,
}

/// A value that was not read because it lies too deep.
struct Waiting {
    ty: TypeRef,
    at: VirtAddr,
    path: String,
    spot: Spot,
}

impl<'a> Account<'a> {
    pub(super) fn new(ground: &'a Ground<'a>, reader: Option<&'a Reader<'a>>) -> Account<'a> {
        Account {
            ground,
            reader,
            leads: Leads::default(),
            tree: Tree::default(),
            totals: SplitTotals::default(),
            blocks: HashSet::new(),
            visited: HashSet::new(),
            waiting: VecDeque::new(),
            depth: 0,
            parts_left: ground.most_parts,
            reads_left: ground.most_parts.saturating_mul(READ_FOR_ONE),
            reached: 0,
            unreadable_parts: 0,
            at_least: None,
        }
    }

    /// The split of a value, which is at `at`.
    pub(super) fn whole(mut self, value: &Value, at: Option<&Location>) -> Split {
        let spot = Spot { node: NodeId::WHOLE, listed: true, hold: Hold::Owner };
        self.visit(value, at, spot, &mut String::new());
        while let (Some(next), Some(reader)) = (self.waiting.pop_front(), self.reader) {
            let Some(value) = self.read(reader, next.ty, next.at) else { break };
            self.visit(&value, None, next.spot, &mut next.path.clone());
        }
        let region = value.region(self.ground.naming);
        let size = value.size.unwrap_or(0);
        self.totals.stack_bytes = if region.is_stack() { size } else { 0 };
        if self.unreadable_parts > 0 {
            let (n, be) = (
                self.unreadable_parts,
                if self.unreadable_parts == 1 { " part" } else { " parts" },
            );
            self.lower(&format!("{n}{be} could not be read"));
        }
        let mut split = Split {
            type_name: (self.ground.naming.type_name)(&value.type_name),
            region,
            size,
            totals: self.totals,
            sizes: match self.ground.block_at {
                Some(_) => SizesFrom::Ledger,
                None => SizesFrom::Capacities,
            },
            at_least: self.at_least,
            parts: Vec::new(),
            more: SplitMore::default(),
        };
        self.tree.hang(&mut split);
        split
    }

    /// Counts what a value leads to. `at` says where it is, where its place does not.
    pub(super) fn visit(
        &mut self,
        value: &Value,
        at: Option<&Location>,
        spot: Spot,
        path: &mut String,
    ) {
        if !self.take_part() {
            return;
        }
        if self.depth >= DEEPEST {
            return self.wait(value, spot, path);
        }
        self.depth = self.depth.saturating_add(1);
        let within = match value.heap {
            Some(span) => self.reach(&span, Some(value), spot, path),
            None => Some(spot),
        };
        if let Some(within) = within {
            let hold = value.hold_of_parts().within(spot.hold);
            // What fields of a union lead to is not known: which of them counts is not.
            if !matches!(value.kind, ValueKind::Union { .. }) {
                self.parts(value, at, Spot { hold, ..within }, spot, path);
            }
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// Counts what the parts of a value lead to. `outside` is where the value itself stands.
    fn parts(
        &mut self,
        value: &Value,
        at: Option<&Location>,
        spot: Spot,
        outside: Spot,
        path: &mut String,
    ) {
        match &value.kind {
            ValueKind::Unreadable(_) | ValueKind::Broken { .. } => self.unreadable(),
            ValueKind::Cut(Cut::Depth | Cut::Total) => self.wait(value, spot, path),
            ValueKind::Pointer(pointer) => match &pointer.pointee {
                Some(pointee) => self.step("*", pointee, spot, path),
                // A box whose `dyn` nobody describes: what its value owns cannot be seen.
                None if value.heap.is_some() => self.unreadable(),
                None => {}
            },
            ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => {
                for (index, item) in sequence.items.iter().enumerate() {
                    self.below(spot, index, |account, spot| {
                        account.step(&format!("[{index}]"), item, spot, path);
                    });
                }
                self.rest(value, at, spot, outside, path);
            }
            ValueKind::Map(map) => {
                for (index, (key, value)) in map.entries.iter().enumerate() {
                    let label = entry_label(index, key);
                    self.below(spot, index, |account, spot| {
                        account.step(&format!("{label}.key"), key, spot, path);
                        account.step(&label, value, spot, path);
                    });
                }
                self.rest(value, at, spot, outside, path);
            }
            ValueKind::Raw { .. } => {
                self.unreadable();
                self.fields(value, spot, path);
            }
            _ => self.fields(value, spot, path),
        }
    }

    fn fields(&mut self, value: &Value, spot: Spot, path: &mut String) {
        let Some(fields) = value.fields() else { return };
        for (name, field) in &fields.list {
            self.step(&format!(".{name}"), field, spot, path);
        }
        if fields.more > 0 {
            self.lower("a limit cut its fields off");
        }
    }

    pub(super) fn step(&mut self, name: &str, part: &Value, spot: Spot, path: &mut String) {
        let len = path.len();
        // Nobody reads the path of what is not listed.
        if spot.listed {
            path.push_str(name);
        }
        self.visit(part, None, spot, path);
        path.truncate(len);
    }

    /// Reads a part that was cut off; none where too much was read already.
    pub(super) fn read(&mut self, reader: &Reader<'_>, ty: TypeRef, at: VirtAddr) -> Option<Value> {
        if self.is_spent() {
            self.too_many();
            return None;
        }
        let (value, parts) = reader.read_counting(ty, &Location::Memory(at));
        self.reads_left = self.reads_left.saturating_sub(parts);
        Some(value)
    }

    /// Whether nothing more is looked at.
    pub(super) fn is_spent(&self) -> bool {
        self.parts_left == 0 || self.reads_left == 0
    }

    fn wait(&mut self, value: &Value, spot: Spot, path: &str) {
        match (value.ty, value.place.address(), self.reader) {
            (Some(ty), Some(at), Some(_)) => {
                self.waiting.push_back(Waiting { ty, at, path: path.to_owned(), spot });
            }
            _ => self.lower("a limit cut its depth off"),
        }
    }

    pub(super) fn take_part(&mut self) -> bool {
        match self.parts_left.checked_sub(1) {
            Some(left) => {
                self.parts_left = left;
                true
            }
            None => {
                self.too_many();
                false
            }
        }
    }

    /// That the value has more parts than may be visited.
    pub(super) fn too_many(&mut self) {
        self.lower(&format!("it has more than {} parts", self.ground.most_parts));
    }

    pub(super) fn unreadable(&mut self) {
        self.unreadable_parts = self.unreadable_parts.saturating_add(1);
    }

    /// That the totals may be less than what is there, and why. The first reason is told.
    pub(super) fn lower(&mut self, why: &str) {
        if self.at_least.is_none() {
            self.at_least = Some(why.to_owned());
        }
    }
}
