//! What the code ahead of a frame will do with the values that lie in it, where the code was optimised:
//! it is walked through with what is known of the registers and of memory now.
//!
//! In such code a variable has no slot of its own, and a drop is no call. But what is inlined of a drop
//! is described as such, with the type that it drops; and a value that will be dropped, lent or given
//! away on every way ahead, before a new one is stored in its place, is there now.

mod calls;
mod code;
mod fortune;
mod lent;
mod owned;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use iced_x86::OpKind;

pub(super) use code::FunctionCode;
pub(super) use fortune::Fortune;
use fortune::Outcome;
pub(super) use owned::{Owned, Span};

use crate::asm::uses::{CalleeKind, Target};
use crate::asm::walk::{Decoded, Machine, Then};
use crate::base::{Bias, FileAddr, Memory, MemoryExt, Range, VirtAddr};
use crate::dwarf::{Function, Image};

/// How many instructions are walked through at a stop, for all values of a frame.
const MAX_STEPS: usize = 1 << 14;
/// How often the way is not known.
const MAX_FORKS: usize = 256;

/// The code of a frame.
pub(super) struct Ahead<'a> {
    pub image: &'a Image,
    pub function: &'a Function,
    pub code: &'a FunctionCode,
    pub bias: Bias,
    /// Memory as it is now.
    pub memory: &'a dyn Memory,
    /// What no function writes to that does not get its address: the frame, and what was passed to
    /// it by value.
    pub own: Vec<Span>,
    /// The values that are asked for.
    pub owned: &'a [Owned],
    /// Where pointers lead that lie in other memory: into the function's own; none where there are
    /// too many to tell.
    pub leads: RefCell<HashMap<u64, Option<Vec<u64>>>>,
}

/// One way.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Path {
    machine: Machine,
    at: u64,
    /// Whether another function ran, which may have changed what is not the frame's own.
    called: bool,
    /// What other functions may have kept the address of.
    lent: BTreeSet<Span>,
    outcomes: Vec<Option<Outcome>>,
    /// Of which values the words were used.
    words: Vec<bool>,
}

/// How a way goes on.
enum On {
    Goes,
    /// To where it stands, and to another address.
    Forks(u64),
    /// With this for what is not decided yet; nothing is said of it where the way does not count.
    Ends(Option<Outcome>),
}

impl Ahead<'_> {
    /// What becomes of the values from an address on.
    pub fn fortunes(&self, machine: Machine, at: u64) -> Vec<Fortune> {
        let mut fortunes = vec![Fortune::default(); self.owned.len()];
        let outcomes = vec![None; self.owned.len()];
        let words = vec![false; self.owned.len()];
        let lent = BTreeSet::new();
        let mut open = vec![Path { machine, at, called: false, lent, outcomes, words }];
        let mut seen: HashSet<Path> = HashSet::new();
        let mut left = MAX_STEPS;
        while let Some(mut path) = open.pop() {
            let ended = self.walk(&mut path, &mut open, &mut seen, &mut left);
            let told = path.outcomes.iter().zip(&path.words);
            for (fortune, (outcome, words)) in fortunes.iter_mut().zip(told) {
                fortune.add(outcome.or(ended), *words);
            }
        }
        fortunes
    }

    /// Goes one way to its end, and gives what that is for the values that nothing was found of.
    fn walk(
        &self,
        path: &mut Path,
        open: &mut Vec<Path>,
        seen: &mut HashSet<Path>,
        left: &mut usize,
    ) -> Option<Outcome> {
        loop {
            let Some(fewer) = left.checked_sub(1) else { return Some(Outcome::Unsure) };
            *left = fewer;
            match self.step(path, left) {
                On::Goes if self.is_decided(path) => return None,
                On::Goes => {}
                On::Forks(other) => {
                    let other = Path { at: other, ..path.clone() };
                    if seen.len() >= MAX_FORKS && !seen.contains(&other) {
                        return Some(Outcome::Unsure);
                    }
                    // Behind a branch that was come to before, all is as it was.
                    match seen.insert(other.clone()) {
                        true => open.push(other),
                        false => return None,
                    }
                }
                On::Ends(outcome) => return outcome,
            }
        }
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
        let callee = self.code.called_before(self.image, self.bias, VirtAddr(next));
        match callee.map(|callee| callee.known.kind) {
            Some(CalleeKind::Never | CalleeKind::Resumes) => {
                Some(self.bias.to_virt(self.code.pad(inside)?).0)
            }
            _ => Some(next),
        }
    }

    fn file(&self, at: u64) -> FileAddr {
        self.bias.to_file(VirtAddr(at))
    }

    fn decode(&self, at: u64) -> Option<Rc<Decoded>> {
        self.code.decoded(at, || {
            let file = self.file(at);
            let range = self.function.ranges.iter().find(|range| range.contains(file))?;
            let bytes = self.image.bytes(Range::new(file, range.end))?;
            let mut decoder = iced_x86::Decoder::with_ip(64, bytes, at, 0);
            Some(decoder.decode()).filter(|instruction| !instruction.is_invalid())
        })
    }

    /// Bytes that are what they are now when control comes to where they are read.
    fn peek(&self, path: Changed, at: u64, size: usize) -> Option<Vec<u8>> {
        let last = at.checked_add(u64::try_from(size).ok()?)?.checked_sub(1)?;
        let own = self.own.iter().any(|span| span.contains(at) && span.contains(last));
        let reached = path.scattered.is_some_and(|own| !own.contains(at) || !own.contains(last));
        let kept = !reached && (own || !path.called);
        (kept || self.is_constant(at)).then_some(())?;
        self.memory.read_bytes(VirtAddr(at), size).ok()
    }

    /// Whether what lies at an address never changes.
    fn is_constant(&self, at: u64) -> bool {
        let section = self.image.section_at(self.file(at));
        section.is_some_and(|section| section.name.starts_with(".rodata"))
    }

    fn step(&self, path: &mut Path, left: &mut usize) -> On {
        let Some(instruction) = self.decode(path.at) else {
            return On::Ends(Some(Outcome::Unsure));
        };
        let touched = path.machine.touched(&instruction);
        self.look(path, &instruction, &touched);
        let changed = path.changed();
        let then = path.machine.step(&instruction, &|at, size| self.peek(changed, at, size));
        self.keep_lent(path, &instruction, &touched);
        match then {
            Then::To(to) if self.is_inside(to) => {
                path.at = to;
                On::Goes
            }
            // A jump to another function is a call in the place of a return.
            Then::To(to) => {
                self.call(path, Some(Target::Code(self.file(to))), left);
                On::Ends(Some(Outcome::Left))
            }
            Then::Either(one, other) if self.is_inside(one) && self.is_inside(other) => {
                path.at = one;
                On::Forks(other)
            }
            Then::Calls => {
                let target = self.target(&path.machine, &instruction);
                let known = self.call(path, target, left);
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

    fn target(&self, machine: &Machine, decoded: &Decoded) -> Option<Target> {
        let instruction = &decoded.instruction;
        match instruction.op0_kind() {
            OpKind::NearBranch64 => Some(Target::Code(self.file(instruction.near_branch_target()))),
            OpKind::Memory if instruction.is_ip_rel_memory_operand() => {
                Some(Target::Slot(self.file(instruction.ip_rel_memory_address())))
            }
            OpKind::Register => {
                let to = machine.registers_read(decoded).first().copied()?;
                Some(Target::Code(self.file(to)))
            }
            _ => None,
        }
    }
}

/// What may be other in memory than it is now.
#[derive(Clone, Copy)]
struct Changed {
    /// Whether another function ran.
    called: bool,
    /// Where something was stored nobody knows where: the bytes that no pointer leads to.
    scattered: Option<Span>,
}

impl Path {
    fn changed(&self) -> Changed {
        let own = || {
            let (at, end) = self.machine.own();
            Span { at, size: end.saturating_sub(at) }
        };
        let scattered = self.machine.is_scattered().then(own);
        Changed { called: self.called, scattered }
    }
}
