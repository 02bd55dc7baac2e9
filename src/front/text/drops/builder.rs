//! Events of a run to the trees of its threads.

use std::collections::BTreeMap;

use super::super::paths::function as short;
use super::tree::{Call, Deed, Dropped, Known, Node, Nodes, Verb};
use crate::base::{
    At, BlockId, DroppedPart, Event, EventKind, FrameView, Hold, Seq, SlotKind, SlotState,
    SlotView, StackView, ThreadNo,
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
        self.push(Node::Deed(Deed { verb, block, text, known: Known::Observed, at }));
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
    Node::Deed(Deed { verb, block, text, known: Known::Inferred, at: None })
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
    let sure = owner(held.block, callers, |state| !matches!(state, SlotState::Perhaps { .. }));
    let (known, lender) = match sure {
        Some(lender) => (Known::Inferred, lender),
        None => (Known::Perhaps, owner(held.block, callers, |_| true)?),
    };
    let text = format!("{lender} → {}::{}", short(callee), declaration(slot));
    Some(Node::Deed(Deed { verb: Verb::Lends, block: held.block, text, known, at: None }))
}

/// The variable that owns a block, innermost first, of those whose state is such.
fn owner(
    block: BlockId,
    frames: &[FrameView],
    such: impl Fn(&SlotState) -> bool,
) -> Option<String> {
    frames.iter().find_map(|frame| {
        let owns = |slot: &&SlotView| {
            let owned = slot.blocks.iter().any(|own| own.block == block && own.hold == Hold::Owner);
            owned && such(&slot.state)
        };
        let slot = frame.slots.iter().find(owns)?;
        let function = match &slot.inlined_from {
            Some(function) => function.clone(),
            None => short(&frame.at.function),
        };
        Some(format!("{function}::{}", slot.name.as_deref()?))
    })
}

/// Whether a function was called by code that drops, as the frames of its callers tell.
fn is_called_by_drop(callers: &[FrameView]) -> bool {
    let until_users = callers.iter().take_while(|frame| !frame.user);
    until_users.into_iter().any(|frame| dropped_by(&frame.at.function).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of deeds after a call of `<a::R as b::T>::go` that lends what variables of `main`
    /// own, each with its state.
    fn deeds(owners: &[(&str, serde_json::Value)]) -> Vec<(Known, String)> {
        let held = |hold| {
            serde_json::json!([{ "block": 1, "path": "", "hold": hold, "type": "Vec<u8>",
                "used": 1, "size": 1 }])
        };
        let slot = |name: &str, kind, ty, state, hold| {
            serde_json::json!({ "name": name, "kind": kind, "declared": 1, "type": ty, "size": 8,
                "region": "stack", "state": state, "blocks": held(hold) })
        };
        let frame = |function, slots: Vec<serde_json::Value>| {
            serde_json::json!({ "at": { "function": function, "file": "t.rs", "line": 1 },
                "user": true, "bytes": 8, "inlined": false, "slots": slots })
        };
        let owners = owners.iter();
        let slots =
            owners.map(|(name, state)| slot(name, "variable", "Vec<u8>", state.clone(), "owner"));
        let main = frame("t::main", slots.collect());
        let callee = "<a::R as b::T>::go";
        let own = frame(callee, vec![slot("it", "parameter", "&Vec<u8>", "live".into(), "refers")]);
        let frame: FrameView = serde_json::from_value(own).expect("a frame");
        let main: FrameView = serde_json::from_value(main).expect("a frame");
        let slots =
            frame.slots.iter().filter_map(|slot| lent(slot, callee, std::slice::from_ref(&main)));
        slots.map(deed).collect()
    }

    fn deed(node: Node) -> (Known, String) {
        match node {
            Node::Deed(deed) => (deed.known, deed.text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_variable_that_surely_owns_lends_rather_than_one_that_perhaps_does() {
        let perhaps = || serde_json::json!({ "perhaps": { "why": "its bytes are in two places" } });
        let two = deeds(&[("old", perhaps()), ("new", "live".into())]);
        assert_eq!(two, [(Known::Inferred, "main::new → <R as T>::go::it: &Vec<u8>".to_owned())]);
        let one = deeds(&[("old", perhaps())]);
        assert_eq!(one, [(Known::Perhaps, "main::old → <R as T>::go::it: &Vec<u8>".to_owned())]);
        assert_eq!(deeds(&[]), []);
    }
}
