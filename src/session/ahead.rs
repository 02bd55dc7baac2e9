//! What the code ahead of a frame will do with the values that lie in it, where the code was optimised:
//! it is walked through with what is known of the registers and of memory now.
//!
//! In such code a variable has no slot of its own, and a drop is no call. But what is inlined of a drop
//! is described as such, with the type that it drops; and a value that will be dropped, lent or given
//! away on every way ahead, before a new one is stored in its place, is there now.

use std::collections::HashSet;
use std::sync::Arc;

use iced_x86::{Instruction, OpKind};

use super::callees::{Callees, Passing};
use crate::asm::uses::{CalleeKind, CalleeKnown, Target};
use crate::asm::walk::{Machine, Then, Touched};
use crate::base::{Bias, FileAddr, Memory, MemoryExt, Range, VirtAddr};
use crate::dwarf::{Function, Image, LandingPad, Scope, Types};

/// How many instructions are walked through at a stop, for all values of a frame.
const MAX_STEPS: usize = 1 << 14;
/// How often the way is not known.
const MAX_FORKS: usize = 256;
/// The largest copy that is followed, in bytes.
const MAX_COPY: u64 = 1 << 12;
/// Bytes that a function may write to behind an address that it gets, where that is not described.
const REACH: u64 = 256;

/// A value that needs to be dropped: a variable, or a field of one that is dropped by itself.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    /// The full name of its type.
    pub type_name: Arc<str>,
    /// Where it lies; none for one that is in registers.
    pub place: Option<Span>,
    /// The bytes of it in which nothing but a new value is stored.
    pub core: Vec<Span>,
    /// The full name of the type of the variable.
    pub whole_type: Arc<str>,
    /// Where the variable lies.
    pub whole: Option<Span>,
    /// The memory that it owns itself.
    pub blocks: Vec<Span>,
}

/// Some bytes of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    /// The first.
    pub at: u64,
    /// How many.
    pub size: u64,
}

impl Span {
    fn contains(self, at: u64) -> bool {
        at.checked_sub(self.at).is_some_and(|offset| offset < self.size)
    }

    fn touched(self, by: &Touched) -> bool {
        self.contains(by.at) || Span { at: by.at, size: by.size }.contains(self.at)
    }
}

/// What is known of a value by the code ahead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Fortune {
    /// On how many ways it is used where it lies.
    pub used: usize,
    /// On how many something is used that has its words: itself, or what it was moved to.
    pub words: usize,
    /// On how many the function is left without a use of it.
    pub left: usize,
    /// On how many a new value is stored where it lies, before it was used.
    pub renewed: usize,
    /// On how many that is not known.
    pub unsure: usize,
}

impl Fortune {
    /// Whether every way ahead uses it, so that it is there, if no other has its words.
    pub fn is_live(self) -> bool {
        let used = self.used > 0 || self.words > 0;
        used && self.left == 0 && self.renewed == 0 && self.unsure == 0
    }

    fn add(&mut self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Used => &mut self.used,
            Outcome::Words => &mut self.words,
            Outcome::Left => &mut self.left,
            Outcome::Renewed => &mut self.renewed,
            Outcome::Unsure => &mut self.unsure,
        };
        *count = count.saturating_add(1);
    }
}

/// How a way went for a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Outcome {
    Used,
    Words,
    Left,
    Renewed,
    Unsure,
}

/// The code of a frame.
pub(super) struct Ahead<'a> {
    pub image: &'a Image,
    pub function: &'a Function,
    pub bias: Bias,
    pub callees: Callees<'a>,
    pub pads: Vec<LandingPad>,
    /// The code of inlined drops, with the full name of the type that is dropped.
    pub drops: Vec<(Vec<Range<FileAddr>>, Arc<str>)>,
    /// Memory as it is now.
    pub memory: &'a dyn Memory,
    /// What no function writes to that does not get its address: the frame, and what was passed to
    /// it by value.
    pub own: Vec<Span>,
    /// The values that are asked for.
    pub owned: &'a [Owned],
}

/// One way.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Path {
    machine: Machine,
    at: u64,
    /// Whether another function ran, which may have changed what is not the frame's own.
    called: bool,
    outcomes: Vec<Option<Outcome>>,
    /// Of which values the words were used.
    words: Vec<bool>,
}

/// The code of the drops that are inlined in a function, each with the type that is dropped: those that
/// no other drop encloses.
pub(super) fn inlined_drops(image: &Image, scope: &Scope) -> Vec<(Vec<Range<FileAddr>>, Arc<str>)> {
    let mut found = Vec::new();
    let mut open = vec![scope];
    while let Some(scope) = open.pop() {
        match scope.inlined.as_ref().and_then(|call| image.dropped_by_call(call)) {
            Some(name) => found.push((scope.ranges.clone(), name)),
            None => open.extend(&scope.inner),
        }
    }
    found
}

impl Ahead<'_> {
    /// What becomes of the values from an address on.
    pub fn fortunes(&self, machine: Machine, at: u64) -> Vec<Fortune> {
        let mut fortunes = vec![Fortune::default(); self.owned.len()];
        let outcomes = vec![None; self.owned.len()];
        let words = vec![false; self.owned.len()];
        let mut open = vec![Path { machine, at, called: false, outcomes, words }];
        let mut seen: HashSet<Path> = HashSet::new();
        let mut left = MAX_STEPS;
        while let Some(mut path) = open.pop() {
            let ended = loop {
                let Some(fewer) = left.checked_sub(1) else { break Some(Outcome::Unsure) };
                left = fewer;
                match self.step(&mut path) {
                    On::Goes if self.is_decided(&path) => break None,
                    On::Goes => {}
                    On::Forks(other) => {
                        let other = Path { at: other, ..path.clone() };
                        if seen.len() >= MAX_FORKS && !seen.contains(&other) {
                            break Some(Outcome::Unsure);
                        }
                        // Behind a branch that was come to before, all is as it was.
                        match seen.insert(other.clone()) {
                            true => open.push(other),
                            false => break None,
                        }
                    }
                    On::Ends(outcome) => break outcome,
                }
            };
            let told = path.outcomes.iter().zip(&path.words);
            for (fortune, (outcome, words)) in fortunes.iter_mut().zip(told) {
                match outcome.or(ended) {
                    Some(Outcome::Used) => fortune.add(Outcome::Used),
                    _ if *words => fortune.add(Outcome::Words),
                    Some(outcome) => fortune.add(outcome),
                    None => {}
                }
            }
        }
        fortunes
    }

    /// Whether nothing more is to be found out on a way.
    fn is_decided(&self, path: &Path) -> bool {
        let told = path.outcomes.iter().zip(&path.words).zip(self.owned);
        told.into_iter()
            .all(|((outcome, words), owned)| outcome.is_some() || (*words && owned.place.is_none()))
    }

    /// Where control goes on behind the call that a frame stands in: `inside` lies in it, and `next`
    /// follows it.
    pub fn behind(&self, inside: FileAddr, next: u64) -> Option<u64> {
        let range = *self.function.ranges.iter().find(|range| range.contains(inside))?;
        let mut at = self.bias.to_virt(range.start).0;
        let mut call = None;
        while at < next {
            let instruction = self.decode(at)?;
            at = instruction.next_ip();
            call = Some(instruction);
        }
        let call = call.filter(|call| call.next_ip() == next)?;
        let target = self.target(&Machine::default(), &call);
        let known = target.map(|target| self.callees.known(target).kind);
        match known {
            Some(CalleeKind::Never | CalleeKind::Resumes) => {
                let pad = self.pads.iter().find(|pad| pad.calls.contains(inside))?;
                Some(self.bias.to_virt(pad.at).0)
            }
            _ => Some(next),
        }
    }

    fn file(&self, at: u64) -> FileAddr {
        self.bias.to_file(VirtAddr(at))
    }

    fn decode(&self, at: u64) -> Option<Instruction> {
        let file = self.file(at);
        let range = self.function.ranges.iter().find(|range| range.contains(file))?;
        let bytes = self.image.bytes(Range::new(file, range.end))?;
        let mut decoder = iced_x86::Decoder::with_ip(64, bytes, at, 0);
        Some(decoder.decode()).filter(|instruction| !instruction.is_invalid())
    }

    /// Bytes that are what they are now when control comes to where they are read.
    fn peek(&self, called: bool, at: u64, size: usize) -> Option<Vec<u8>> {
        let last = at.checked_add(u64::try_from(size).ok()?)?.checked_sub(1)?;
        let own = self.own.iter().any(|span| span.contains(at) && span.contains(last));
        let constant = || {
            let section = self.image.section_at(self.file(at));
            section.is_some_and(|section| section.name.starts_with(".rodata"))
        };
        (own || !called || constant()).then_some(())?;
        self.memory.read_bytes(VirtAddr(at), size).ok()
    }

    fn step(&self, path: &mut Path) -> On {
        let Some(instruction) = self.decode(path.at) else {
            return On::Ends(Some(Outcome::Unsure));
        };
        self.look(path, &instruction);
        let called = path.called;
        let then = path.machine.step(&instruction, &|at, size| self.peek(called, at, size));
        match then {
            Then::To(to) if self.is_inside(to) => {
                path.at = to;
                On::Goes
            }
            // A jump to another function is a call in the place of a return.
            Then::To(to) => {
                self.call(path, Some(Target::Code(self.file(to))));
                On::Ends(Some(Outcome::Left))
            }
            Then::Either(one, other) if self.is_inside(one) && self.is_inside(other) => {
                path.at = one;
                On::Forks(other)
            }
            Then::Calls => {
                let target = self.target(&path.machine, &instruction);
                let known = self.call(path, target);
                self.behind_call(path, &instruction, known.kind)
            }
            Then::Returns => {
                self.returned(path);
                On::Ends(Some(Outcome::Left))
            }
            Then::Stops => On::Ends(None),
            Then::Either(..) | Then::Unknown => On::Ends(Some(Outcome::Unsure)),
        }
    }

    fn is_inside(&self, at: u64) -> bool {
        let at = self.file(at);
        self.function.ranges.iter().any(|range| range.contains(at))
    }

    /// What an instruction does to the values, before it runs.
    fn look(&self, path: &mut Path, instruction: &Instruction) {
        let dropped = self.dropped_at(path.at);
        let touched = path.machine.touched(instruction);
        let registers =
            if dropped.is_some() { path.machine.registers_read(instruction) } else { Vec::new() };
        let told = path.outcomes.iter_mut().zip(&mut path.words);
        for (owned, (outcome, words)) in self.owned.iter().zip(told) {
            if outcome.is_some() {
                continue;
            }
            if dropped.is_some_and(|name| owned.is_of(name)) {
                let by = |span: &Span| {
                    let touches = touched.is_some_and(|touched| span.touched(&touched));
                    touches || registers.iter().any(|value| span.contains(*value))
                };
                *outcome = owned.place.filter(by).map(|_| Outcome::Used);
                *words |= owned.blocks.iter().any(by);
            } else if let Some(touched) = touched.filter(|touched| touched.written)
                && owned.core.iter().any(|core| core.touched(&touched))
            {
                *outcome = Some(Outcome::Renewed);
            }
        }
    }

    fn dropped_at(&self, at: u64) -> Option<&Arc<str>> {
        let at = self.file(at);
        let here = |(ranges, _): &&(Vec<Range<FileAddr>>, Arc<str>)| {
            ranges.iter().any(|range| range.contains(at))
        };
        self.drops.iter().find(here).map(|(_, name)| name)
    }

    fn target(&self, machine: &Machine, instruction: &Instruction) -> Option<Target> {
        match instruction.op0_kind() {
            OpKind::NearBranch64 => Some(Target::Code(self.file(instruction.near_branch_target()))),
            OpKind::Memory if instruction.is_ip_rel_memory_operand() => {
                Some(Target::Slot(self.file(instruction.ip_rel_memory_address())))
            }
            OpKind::Register => {
                let to = machine.registers_read(instruction).first().copied()?;
                Some(Target::Code(self.file(to)))
            }
            _ => None,
        }
    }

    /// What a call does to the values and to what is known.
    fn call(&self, path: &mut Path, target: Option<Target>) -> CalleeKnown {
        let none = CalleeKnown::of(CalleeKind::Other);
        let known = target.map_or(none, |target| self.callees.known(target));
        let called = target.and_then(|target| self.callees.called(target));
        let allocator = called.as_ref().is_some_and(|called| called.path.contains("__rust_"));
        if known.kind == CalleeKind::Copies {
            self.copy(path);
            return known;
        }
        let code = called.as_ref().and_then(|called| called.at);
        let dropped = match known.kind {
            CalleeKind::Drops { .. } => code.and_then(|at| self.image.dropped_type(at)),
            _ => None,
        };
        let dropped = dropped.and_then(|ty| Some(self.image.get(ty).ok()?.name.clone()));
        let function = code.and_then(|at| self.image.function_at(at));
        let passing = function.and_then(|function| Passing::of(self.image, &function));
        let count = known.registers.unwrap_or(6).min(6);
        let inlined_drop = self.dropped_at(path.at).cloned();
        let called_before = path.called;
        let peek = |at, size| self.peek(called_before, at, size);
        let machine = &path.machine;
        let told = path.outcomes.iter_mut().zip(&mut path.words);
        let open = self.owned.iter().zip(told).filter(|(_, (outcome, _))| outcome.is_none());
        for (owned, (outcome, words)) in open {
            let arguments = (0..count).filter_map(|index| Some((index, machine.argument(index)?)));
            for (index, value) in arguments {
                let inside = owned.place.is_some_and(|place| place.contains(value));
                let by_inlined = inlined_drop.as_ref().is_some_and(|name| owned.is_of(name));
                *words |= by_inlined && owned.blocks.iter().any(|block| block.contains(value));
                let told = match known.kind {
                    _ if by_inlined && inside => Some(Outcome::Used),
                    CalleeKind::Drops { .. } if index == 0 => {
                        owned.is_exactly(dropped.as_ref(), value).then_some(Outcome::Used)
                    }
                    CalleeKind::Drops { .. } => None,
                    _ if allocator => None,
                    _ if known.returns_there && index == 0 => inside.then_some(Outcome::Renewed),
                    // Whether it is the value that is given away, its type tells.
                    _ if known.takes_value_at(index) => None,
                    _ if known.registers.is_some() && inside => Some(Outcome::Used),
                    _ if inside => Some(Outcome::Unsure),
                    _ => None,
                };
                *outcome = outcome.or(told);
            }
            let given = |passing| self.given(owned, passing, machine, &peek);
            match passing.as_ref().filter(|_| outcome.is_none()).and_then(given) {
                Some(Outcome::Words) => *words = true,
                told => *outcome = outcome.or(told),
            }
        }
        if !allocator && !matches!(known.kind, CalleeKind::Drops { .. }) {
            self.forget(&mut path.machine, count);
        }
        known
    }

    /// Whether a function gets the value by value, from where it lies, or something with its words.
    fn given(
        &self,
        owned: &Owned,
        passing: &Passing,
        machine: &Machine,
        peek: &dyn Fn(u64, usize) -> Option<Vec<u8>>,
    ) -> Option<Outcome> {
        passing.parameters.iter().find_map(|passed| {
            let ty = self.image.get(passed.ty).ok()?;
            let value = machine.argument(passed.register?)?;
            let words = match passed.by_address {
                true if owned.is_exactly(Some(&ty.name), value) => return Some(Outcome::Used),
                true => owned.is_copied(value, ty.size, machine, peek),
                false => owned.blocks.iter().any(|block| block.at == value),
            };
            match passed.by_address && owned.place.is_some_and(|place| place.contains(value)) {
                // What lies there is something else by then, as a closure that has captured it.
                true => Some(Outcome::Left),
                false => (words && owned.is_of(&ty.name)).then_some(Outcome::Words),
            }
        })
    }

    /// A function that gets the address of bytes may write to them.
    fn forget(&self, machine: &mut Machine, count: usize) {
        let arguments: Vec<u64> = (0..count).filter_map(|index| machine.argument(index)).collect();
        for value in arguments {
            let whole = self.owned.iter().filter_map(|owned| owned.whole);
            let span = whole.chain(self.own.iter().copied()).find(|span| span.contains(value));
            if let Some(span) = span {
                let end = span.at.saturating_add(span.size);
                machine.forget(value, end.saturating_sub(value).min(REACH));
            }
        }
    }

    fn copy(&self, path: &mut Path) {
        let [to, from, size] = [0, 1, 2].map(|index| path.machine.argument(index));
        let called = path.called;
        if let Some(to) = to {
            let size = size.unwrap_or(REACH).min(MAX_COPY);
            let written = Touched { at: to, size, written: true };
            for (owned, outcome) in self.owned.iter().zip(&mut path.outcomes) {
                if outcome.is_none() && owned.core.iter().any(|core| core.touched(&written)) {
                    *outcome = Some(Outcome::Renewed);
                }
            }
            match from {
                Some(from) => {
                    path.machine.copy(to, from, size, &|at, size| self.peek(called, at, size));
                }
                None => path.machine.forget(to, size),
            }
        }
    }

    fn behind_call(&self, path: &mut Path, instruction: &Instruction, kind: CalleeKind) -> On {
        let last = self.file(instruction.next_ip().wrapping_sub(1));
        path.machine.after_call();
        path.called |= kind != CalleeKind::Copies;
        match kind {
            CalleeKind::Resumes => On::Ends(Some(Outcome::Left)),
            CalleeKind::Never => match self.pads.iter().find(|pad| pad.calls.contains(last)) {
                Some(pad) => {
                    path.at = self.bias.to_virt(pad.at).0;
                    On::Goes
                }
                // It ends the program, or leaves the function without a drop of anything.
                None => On::Ends(None),
            },
            _ => {
                path.at = instruction.next_ip();
                On::Goes
            }
        }
    }

    /// What the function returns may be one of the values.
    fn returned(&self, path: &mut Path) {
        let ty = self.function.returns.and_then(|ty| self.image.get(ty).ok());
        let (Some(ty), Some(result)) = (ty, path.machine.result()) else { return };
        let called = path.called;
        let peek = |at, size| self.peek(called, at, size);
        for (owned, words) in self.owned.iter().zip(&mut path.words) {
            let held = || owned.blocks.iter().any(|block| block.at == result);
            let copied = || owned.is_copied(result, ty.size, &path.machine, &peek);
            *words |= owned.is_of(&ty.name) && (held() || copied());
        }
    }
}

impl Owned {
    /// Whether it is of a type, or the variable is that it is a field of.
    pub fn is_of(&self, name: &str) -> bool {
        *self.type_name == *name || *self.whole_type == *name
    }

    /// Whether it, or the variable, is what lies at an address as a value of a type.
    fn is_exactly(&self, name: Option<&Arc<str>>, at: u64) -> bool {
        let of = |span: Option<Span>, ty: &Arc<str>| {
            span.is_some_and(|span| span.at == at) && name == Some(ty)
        };
        of(self.place, &self.type_name) || of(self.whole, &self.whole_type)
    }

    /// Whether its words are among the bytes at an address.
    fn is_copied(
        &self,
        at: u64,
        size: Option<u64>,
        machine: &Machine,
        peek: &dyn Fn(u64, usize) -> Option<Vec<u8>>,
    ) -> bool {
        let words = size.unwrap_or(0).min(REACH) >> 3;
        let word = |n: u64| machine.word(at.wrapping_add(n << 3), peek);
        let words: HashSet<u64> = (0..words).filter_map(word).collect();
        !self.blocks.is_empty() && self.blocks.iter().all(|block| words.contains(&block.at))
    }
}

/// How a way goes on.
enum On {
    Goes,
    /// To where it stands, and to another address.
    Forks(u64),
    /// With this for what is not decided yet; nothing is said of it where the way does not count.
    Ends(Option<Outcome>),
}
