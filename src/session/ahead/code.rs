//! What is known of the code of a function, whatever its frames hold: found once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use iced_x86::Instruction;

use super::super::by_source::Texts;
use super::super::callees::{Callees, Passing};
use super::super::mentions::Mentions;
use crate::asm::uses::{CalleeKind, CalleeKnown, Target};
use crate::asm::walk::{Decoded, below_taken};
use crate::asm::{Called, called_before};
use crate::base::{Bias, FileAddr, Range, VirtAddr};
use crate::dwarf::{Function, Image, LandingPad, Scope, Types};

/// The longest call instruction that says by itself what it calls.
const CALL: u64 = 6;

/// The code of a function.
pub(in crate::session) struct FunctionCode {
    pads: Vec<LandingPad>,
    /// The code of inlined drops, in order, with the full name of the type that is dropped.
    drops: Vec<(Range<FileAddr>, Arc<str>)>,
    /// How many bytes at the low end of its frames no pointer leads to.
    pub unreached: u64,
    callees: RefCell<HashMap<Target, Rc<Callee>>>,
    /// The instructions that were walked through, by address.
    decoded: RefCell<HashMap<u64, Option<Rc<Decoded>>>>,
    /// Where the source names variables, by die.
    pub mentions: RefCell<HashMap<usize, Option<Rc<Mentions>>>>,
    /// What its text says.
    pub texts: Texts,
}

/// A function that is called.
pub(in crate::session) struct Callee {
    /// What following values needs to know of it.
    pub known: CalleeKnown,
    /// Whether it is a function of the allocator, which touches nothing of its caller's.
    pub allocator: bool,
    /// The full name of the type that it drops a value of.
    pub dropped: Option<Arc<str>>,
    /// How it gets its arguments, where that is described.
    pub passing: Option<Passing>,
}

impl FunctionCode {
    /// Looks at the code of a function.
    pub fn of(image: &Image, function: &Function) -> FunctionCode {
        let mut drops = inlined_drops(image, &function.scope);
        drops.sort_by_key(|(range, _)| range.start);
        let unreached = match function.ranges.as_slice() {
            // A frame of code in several parts is not looked at as one.
            [range] => image.bytes(*range).map_or(0, below_taken),
            _ => 0,
        };
        let pads = function.ranges.iter().flat_map(|range| image.landing_pads(*range)).collect();
        let (callees, decoded) = (RefCell::default(), RefCell::default());
        let (mentions, texts) = (RefCell::default(), Texts::default());
        FunctionCode { pads, drops, unreached, callees, decoded, mentions, texts }
    }

    /// Where unwinding enters the function from a call, given its last byte.
    pub fn pad(&self, call: FileAddr) -> Option<FileAddr> {
        self.pads.iter().find(|pad| pad.calls.contains(call)).map(|pad| pad.at)
    }

    /// The type whose inlined drop an instruction belongs to.
    pub fn dropped_at(&self, at: FileAddr) -> Option<&Arc<str>> {
        let behind = self.drops.partition_point(|(range, _)| range.start <= at);
        let (range, name) = self.drops.get(behind.checked_sub(1)?)?;
        range.contains(at).then_some(name)
    }

    /// The instruction at an address; `decode` reads it the first time.
    pub fn decoded(
        &self,
        at: u64,
        decode: impl FnOnce() -> Option<Instruction>,
    ) -> Option<Rc<Decoded>> {
        let decoded = || decode().map(|instruction| Rc::new(Decoded::from(instruction)));
        self.decoded.borrow_mut().entry(at).or_insert_with(decoded).clone()
    }

    /// What the call in front of a return address calls, where the instruction says so.
    pub fn called_before(&self, image: &Image, bias: Bias, behind: VirtAddr) -> Option<Rc<Callee>> {
        let end = bias.to_file(behind);
        let begin = FileAddr(end.0.checked_sub(CALL)?);
        let target = match called_before(image.bytes(Range::new(begin, end))?, behind)? {
            Called::Direct(at) => Target::Code(bias.to_file(at)),
            Called::Through(slot) => Target::Slot(bias.to_file(slot)),
        };
        Some(self.callee(image, target))
    }

    /// A function that it calls.
    pub fn callee(&self, image: &Image, target: Target) -> Rc<Callee> {
        if let Some(known) = self.callees.borrow().get(&target) {
            return known.clone();
        }
        let callee = Rc::new(Callee::of(image, target));
        self.callees.borrow_mut().insert(target, callee.clone());
        callee
    }
}

impl Callee {
    /// One of which nothing is known.
    pub fn unknown() -> Rc<Callee> {
        let known = CalleeKnown::of(CalleeKind::Other);
        Rc::new(Callee { known, allocator: false, dropped: None, passing: None })
    }

    fn of(image: &Image, target: Target) -> Callee {
        let callees = Callees::new(image);
        let known = callees.known(target);
        let called = callees.called(target);
        let code = called.as_ref().and_then(|called| called.at);
        let dropped = match known.kind {
            CalleeKind::Drops { .. } => code.and_then(|at| image.dropped_type(at)),
            _ => None,
        };
        let function = code.and_then(|at| image.function_at(at));
        Callee {
            known,
            allocator: called.is_some_and(|called| called.path.contains("__rust_")),
            dropped: dropped.and_then(|ty| Some(image.get(ty).ok()?.name.clone())),
            passing: function.and_then(|function| Passing::of(image, &function)),
        }
    }
}

/// The code of the drops that are inlined in a function: of those that no other drop encloses.
fn inlined_drops(image: &Image, scope: &Scope) -> Vec<(Range<FileAddr>, Arc<str>)> {
    let mut found = Vec::new();
    let mut open = vec![scope];
    while let Some(scope) = open.pop() {
        match scope.inlined.as_ref().and_then(|call| image.dropped_by_call(call)) {
            Some(name) => found.extend(scope.ranges.iter().map(|range| (*range, name.clone()))),
            None => open.extend(&scope.inner),
        }
    }
    found
}
