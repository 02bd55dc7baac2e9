//! Events of a run to the trees of its threads.

use std::collections::BTreeMap;

use super::super::paths::function as short;
use super::tree::{Call, Deed, Dropped, Node, Nodes, Verb};
use crate::base::{
    At, BlockId, DroppedPart, Event, EventKind, FrameView, Hold, Seq, SlotKind, SlotView,
    StackView, ThreadNo,
};
use crate::dwarf::{DropPart, dropped_by};

use super::super::spans::{bytes, number};

/// The trees of all threads.
#[derive(Default)]
pub(super) struct Builder {
    threads: BTreeMap<ThreadNo, Thread>,
}

/// What is open in a thread, outermost first, each with what was done in it.
#[derive(Default)]
struct Thread {
    done: Nodes,
    open: Vec<(Open, Nodes)>,
}

enum Open {
    Call(Call),
    Drop(Dropped),
    /// A type's own `Drop::drop`: what it does is done in the drop of the value.
    Body,
}

impl Builder {
    /// Takes an event in.
    pub fn event(&mut self, event: &Event) {
        let thread = self.threads.entry(event.thread).or_default();
        let at = event.at.clone();
        match &event.kind {
            EventKind::Enter { frame, stack, .. } => thread.enters(frame, stack.as_ref(), at),
            EventKind::Return { function, .. } => thread.returns(function),
            EventKind::Drop(view) if view.part == DroppedPart::Value => {
                thread.end_drops_but(view.within);
                let (view, frees, nodes) = (view.clone(), Vec::new(), Vec::new());
                let drop = Dropped { seq: event.seq, view, at, frees, nodes };
                thread.open.push((Open::Drop(drop), Nodes::default()));
            }
            EventKind::Alloc { block, size, .. } => {
                thread.end_drops();
                thread.does(Verb::Allocates, *block, bytes(*size), at);
            }
            EventKind::Realloc { block, old_size, size, .. } => {
                thread.end_drops();
                let sizes = format!("{} → {}", number(*old_size), bytes(*size));
                thread.does(Verb::Grows, *block, sizes, at);
            }
            EventKind::Free { block, size, drop, .. } => match drop {
                Some(drop) => thread.frees(*drop, *block, *size, at),
                None => {
                    thread.end_drops();
                    thread.does(Verb::Frees, *block, bytes(*size), at);
                }
            },
            EventKind::Move { block, from, to, .. } => thread.moves(*block, from, to),
            _ => {}
        }
    }

    /// The trees of the threads that did something, by number.
    pub fn finish(&mut self) -> Vec<(ThreadNo, Vec<Node>)> {
        let threads = std::mem::take(&mut self.threads);
        let trees = threads.into_iter().map(|(no, mut thread)| {
            while thread.close() {}
            (no, thread.done.into_vec())
        });
        trees.filter(|(_, nodes)| !nodes.is_empty()).collect()
    }
}

impl Thread {
    fn push(&mut self, node: Node) {
        match self.open.last_mut() {
            Some((_, nodes)) => nodes.push(node),
            None => self.done.push(node),
        }
    }

    /// Closes the innermost of what is open; false where nothing is.
    fn close(&mut self) -> bool {
        let Some((open, nodes)) = self.open.pop() else { return false };
        let nodes = nodes.into_vec();
        match open {
            Open::Call(call) => self.push(Node::Call(Call { nodes, ..call })),
            Open::Drop(drop) => self.push(Node::Drop(Dropped { nodes, ..drop })),
            Open::Body => nodes.into_iter().for_each(|node| self.push(node)),
        }
        true
    }

    /// Ends the drops that are open in the innermost call.
    fn end_drops(&mut self) {
        self.end_drops_but(None);
    }

    /// Ends the drops that are open in the innermost call, up to the one of this number.
    fn end_drops_but(&mut self, within: Option<Seq>) {
        while let Some((Open::Drop(drop), _)) = self.open.last()
            && within != Some(drop.seq)
        {
            self.close();
        }
    }

    fn enters(&mut self, frame: &FrameView, stack: Option<&StackView>, at: Option<At>) {
        let function = &frame.at.function;
        if matches!(dropped_by(function), Some((DropPart::Body, _))) {
            self.open.push((Open::Body, Nodes::default()));
            return;
        }
        let frames = stack.map_or(&[][..], |stack| &stack.frames);
        if !is_called_by_drop(frames) {
            self.end_drops();
        }
        let lent = frame.slots.iter().flat_map(|slot| lent(slot, &frame.at.function, frames));
        lent.collect::<Vec<_>>().into_iter().for_each(|deed| self.push(deed));
        let call = Call { function: function.clone(), at, nodes: Vec::new() };
        self.open.push((Open::Call(call), Nodes::default()));
        for slot in frame.slots.iter().filter(|slot| slot.kind == SlotKind::Parameter) {
            let held = slot.blocks.iter().filter(|held| held.hold != Hold::Refers);
            for held in held.filter(|held| held.path.is_empty()) {
                let share = if held.hold == Hold::Shares { "  a share" } else { "" };
                let text = format!("{}{share}", declaration(slot));
                self.push(inferred(Verb::Receives, held.block, text));
            }
        }
    }

    fn returns(&mut self, function: &str) {
        let body = matches!(dropped_by(function), Some((DropPart::Body, _)));
        let its = |(open, _): &(Open, Nodes)| match open {
            Open::Call(call) => call.function == function,
            Open::Body => body,
            Open::Drop(_) => false,
        };
        // A call that was not seen to begin is not open.
        let Some(index) = self.open.iter().rposition(its) else { return };
        while self.open.len() > index && self.close() {}
    }

    fn does(&mut self, verb: Verb, block: BlockId, text: String, at: Option<At>) {
        self.push(Node::Deed(Deed { verb, block, text, inferred: false, at }));
    }

    fn frees(&mut self, drop: Seq, block: BlockId, size: u64, at: Option<At>) {
        self.end_drops_but(Some(drop));
        let its =
            |(open, _): &&mut (Open, Nodes)| matches!(open, Open::Drop(known) if known.seq == drop);
        match self.open.iter_mut().rev().find(its) {
            Some((Open::Drop(known), _)) => known.frees.push((block, size)),
            _ => self.does(Verb::Frees, block, bytes(size), at),
        }
    }

    fn moves(&mut self, block: BlockId, from: &str, to: &str) {
        let owner = |place: &str| place.rsplit_once("::").map_or("", |(owner, _)| owner).to_owned();
        let text = format!("{from} → {to}");
        let verb = match (to.strip_suffix(" (returned)"), owner(from) == owner(to)) {
            (Some(_), _) => Verb::Returns,
            (None, true) => Verb::Moves,
            (None, false) if from.ends_with(" (returned)") => Verb::Receives,
            (None, false) => Verb::Gives,
        };
        // It was found out in between: a drop that is open in the call goes on.
        let calls = self.open.iter_mut().rev();
        let mut calls = calls.filter(|(open, _)| matches!(open, Open::Call(_)));
        let nodes = calls.next().map_or(&mut self.done, |(_, nodes)| nodes);
        nodes.push(inferred(verb, block, text));
    }
}

fn inferred(verb: Verb, block: BlockId, text: String) -> Node {
    Node::Deed(Deed { verb, block, text, inferred: true, at: None })
}

/// `value: String`.
fn declaration(slot: &SlotView) -> String {
    let name = slot.name.as_deref().unwrap_or("_");
    match &slot.type_name {
        Some(ty) => format!("{name}: {ty}"),
        None => name.to_owned(),
    }
}

/// What a parameter that is a reference borrows from a place of a caller's.
fn lent(slot: &SlotView, callee: &str, callers: &[FrameView]) -> Option<Node> {
    let reference = slot.type_name.as_deref().is_some_and(|ty| ty.starts_with('&'));
    let held = slot.blocks.first().filter(|_| reference && slot.kind == SlotKind::Parameter)?;
    let owner = callers.iter().find_map(|frame| {
        let owns = |slot: &&SlotView| {
            slot.blocks.iter().any(|own| own.block == held.block && own.hold == Hold::Owner)
        };
        let slot = frame.slots.iter().find(owns)?;
        Some(format!("{}::{}", short(&frame.at.function), slot.name.as_deref()?))
    })?;
    let text = format!("{owner} → {}::{}", short(callee), declaration(slot));
    Some(inferred(Verb::Lends, held.block, text))
}

/// Whether a function was called by code that drops, as the frames of its callers tell.
fn is_called_by_drop(callers: &[FrameView]) -> bool {
    let until_users = callers.iter().take_while(|frame| !frame.user);
    until_users.into_iter().any(|frame| dropped_by(&frame.at.function).is_some())
}
