//! What the code of a function says of its variables where a frame stands.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::ahead::FunctionCode;
use super::callees::with_code;
use super::context::FrameContext;
use super::holders::Holders;
use super::leaves::leaf_of;
use super::lines_ahead::LinesAhead;
use super::mentions::Mentions;
use super::move_stops::MoveAsked;
use super::outlooks::{Lenders, Outlooks};
use super::part_states::handed_on;
use super::plain::is_plain;
use super::seen_live::SeenLive;
use super::sources::Sources;
use super::temporaries::KnownTemporaries;
use crate::asm::uses::{Code, Standing, Uses, Verdict};
use crate::base::{FileAddr, GonePart, MemoryExt, Range, SlotState, VirtAddr};
use crate::dwarf::{Function, Image, LocationContext};
use crate::frame::slots::Placed;
use crate::value::{OwningPart, Reader, owning_parts};

/// For how many places of a function, and states of its flags, what was found is kept.
const MAX_KNOWN: usize = 1024;
/// How many drop flags of one function are read.
const MAX_FLAGS: usize = 4096;

/// The code of the functions that frames were seen in, by where they begin.
#[derive(Default)]
pub(super) struct Followed {
    functions: RefCell<HashMap<VirtAddr, Option<Rc<FunctionUses>>>>,
    optimised: RefCell<HashMap<VirtAddr, Rc<FunctionCode>>>,
    /// Which of their lines are ahead of where.
    pub(super) lines: RefCell<HashMap<VirtAddr, Option<Rc<LinesAhead>>>>,
    pub(super) sources: Sources,
    /// Which types of which files may hold references.
    pub(super) lenders: RefCell<Lenders>,
    /// What variables of optimised code were seen to own.
    pub(super) seen: SeenLive,
}

/// What is known of one function.
pub(super) struct FunctionUses {
    pub uses: Uses,
    flags: Vec<i64>,
    /// What was found of the variables already, by place and drop flags.
    known: RefCell<HashMap<Standpoint, Rc<Fates>>>,
    /// What was found of the references that variables hold.
    pub outlooks: RefCell<Outlooks>,
    /// Where the source names variables, by die.
    pub mentions: RefCell<HashMap<usize, Option<Rc<Mentions>>>>,
    /// What lies in cells that no variable has.
    pub temporaries: RefCell<KnownTemporaries>,
}

/// A place in a function, with what its drop flags hold.
type Standpoint = (FileAddr, Vec<Option<bool>>);

/// What is known of variables, by die.
type Fates = HashMap<usize, Fate>;

/// What is known of the parts of a variable.
pub(super) type Fate = Vec<(OwningPart, Verdict)>;

/// Whether the code of a function could be followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Judged {
    /// It was.
    Followed,
    /// It was optimised, or goes ways that are not understood.
    NotFollowed,
}

/// A frame of a function that is looked at.
pub(super) struct Frame<'a> {
    pub context: &'a FrameContext<'a>,
    pub function: &'a Function,
    pub image: &'a Image,
    pub reader: &'a Reader<'a>,
}

impl Followed {
    /// The address space was replaced.
    pub fn forget(&self) {
        self.functions.borrow_mut().clear();
        self.lines.borrow_mut().clear();
        self.lenders.borrow_mut().clear();
        self.optimised.borrow_mut().clear();
        self.sources.forget();
        self.seen.forget();
    }

    /// What is known of the function of a frame; none where it cannot be followed.
    pub(super) fn uses_of(&self, frame: &Frame<'_>) -> Option<Rc<FunctionUses>> {
        let at = frame.context.bias_to_file();
        let range = *frame.function.ranges.iter().find(|range| range.contains(at))?;
        let start = frame.context.bias().to_virt(range.start);
        let known = self.functions.borrow().get(&start).cloned();
        let uses = known.unwrap_or_else(|| {
            let uses = frame.follow(range).map(Rc::new);
            self.functions.borrow_mut().insert(start, uses.clone());
            uses
        })?;
        Some(uses)
    }

    /// What is known of the code of the function of a frame, for walks through it.
    pub(super) fn code_of(&self, frame: &Frame<'_>) -> Rc<FunctionCode> {
        let start = frame.function.ranges.first().map_or(FileAddr(0), |range| range.start);
        let start = frame.context.bias().to_virt(start);
        if let Some(known) = self.optimised.borrow().get(&start) {
            return known.clone();
        }
        let code = Rc::new(FunctionCode::of(frame.image, frame.function));
        self.optimised.borrow_mut().insert(start, code.clone());
        code
    }

    /// Fills in what the code says of the variables that are in scope.
    pub fn judge(&self, frame: &Frame<'_>, variables: &mut [Placed]) -> Judged {
        match self.uses_of(frame) {
            Some(uses) => {
                self.judge_by(&uses, frame, variables);
                Judged::Followed
            }
            None => Judged::NotFollowed,
        }
    }

    fn judge_by(
        &self,
        uses: &FunctionUses,
        frame: &Frame<'_>,
        variables: &mut [Placed],
    ) -> Option<()> {
        let at = frame.context.bias_to_file();
        uses.uses.has_frame_at(at).then_some(())?;
        let flags: Vec<_> = uses.flags.iter().map(|flag| frame.flag(*flag)).collect();
        let key = (at, flags.clone());
        let known = uses.known.borrow().get(&key).cloned();
        let fates = known.unwrap_or_else(|| {
            let flag =
                |at: i64| uses.flags.binary_search(&at).ok().and_then(|index| *flags.get(index)?);
            let fates = Rc::new(frame.fates(&uses.uses, &flag));
            let mut known = uses.known.borrow_mut();
            if known.len() >= MAX_KNOWN {
                known.clear();
            }
            known.insert(key, fates.clone());
            drop(known);
            fates
        });
        let state = |variable: &Placed| {
            let fate = fates.get(&variable.die)?;
            // A variable that is kept in registers is copied to its own slot for debuggers.
            let others = Holders::but(frame, variables, frame.slot(variable));
            let state = frame.state(variable, fate, &others)?;
            Some(match others.later(variable) {
                Some(name) => handed_on(state, &name),
                None => state,
            })
        };
        let judged = |variable: &Placed| variable.in_scope && variable.inlined.is_none();
        let states: Vec<Option<SlotState>> = variables
            .iter()
            .map(|variable| judged(variable).then(|| state(variable)).flatten())
            .collect();
        for (variable, state) in variables.iter_mut().zip(states) {
            variable.fate = state.or(variable.fate.take());
        }
        Some(())
    }

    /// The instructions at which what is asked for may be moved.
    pub fn move_points(&self, frame: &Frame<'_>, asked: &MoveAsked) -> Option<Vec<FileAddr>> {
        let uses = self.uses_of(frame)?;
        let mut points = Vec::new();
        for (_, leaf) in frame.leaves_of(asked) {
            points.extend(uses.uses.moves(&leaf)?.into_iter().map(|ending| ending.at));
        }
        points.sort_unstable();
        points.dedup();
        Some(points)
    }

    /// What becomes of what is asked for by the instruction at which a frame stands; none where that
    /// does not move it.
    pub fn moved_at(
        &self,
        frame: &Frame<'_>,
        variables: &[Placed],
        asked: &MoveAsked,
    ) -> Option<GonePart> {
        let uses = self.uses_of(frame)?;
        let at = frame.context.bias_to_file();
        let flag = |flag: i64| frame.flag(flag);
        let own = variables.iter().find(|variable| variable.die == asked.die);
        let own = own.and_then(|variable| frame.slot(variable));
        let names = Holders::but(frame, variables, own);
        frame.leaves_of(asked).iter().find_map(|(part, leaf)| {
            let ending = uses.uses.move_at(leaf, at, &flag)?;
            Some(frame.told(part, &ending, &names))
        })
    }
}

impl Frame<'_> {
    pub(super) fn cfa(&self) -> Option<VirtAddr> {
        self.context.frame.cfa
    }

    pub(super) fn flag(&self, at: i64) -> Option<bool> {
        let at = VirtAddr(self.cfa()?.0.wrapping_add_signed(at));
        let byte = *self.context.memory.read_bytes(at, 1).ok()?.first()?;
        Some(byte & 1 != 0)
    }

    /// Reads the code of the function; none for optimised code, where a variable has no slot of its
    /// own and values are dropped without calls.
    fn follow(&self, range: Range<FileAddr>) -> Option<FunctionUses> {
        is_plain(self.image, self.function).then_some(())?;
        let uses = self.with_code(range, Uses::of)?;
        let flags = uses.flags();
        (flags.len() <= MAX_FLAGS).then(|| {
            let (known, outlooks) = (RefCell::default(), RefCell::default());
            let (mentions, temporaries) = (RefCell::default(), RefCell::default());
            FunctionUses { uses, flags, known, outlooks, mentions, temporaries }
        })
    }

    /// Asks something of the code of the function.
    pub(super) fn with_code<T>(
        &self,
        range: Range<FileAddr>,
        ask: impl FnOnce(&Code<'_>) -> Option<T>,
    ) -> Option<T> {
        with_code(self.image, range, ask)
    }

    /// What the code says of every variable of the function.
    fn fates(&self, uses: &Uses, flag: &dyn Fn(i64) -> Option<bool>) -> Fates {
        let at = self.context.bias_to_file();
        let mut fates = HashMap::new();
        self.each_variable(&self.function.scope, &mut |variable, scope| {
            if self.is_lent(variable) {
                fates.extend(self.whole(variable, Verdict::Live).map(|fate| (variable.die, fate)));
                return;
            }
            let passed = variable.parameter || self.is_captured(variable);
            let Some((whole, ty)) = self.place_of(variable, passed) else {
                let unknown = passed.then(|| self.whole(variable, Verdict::Unknown)).flatten();
                fates.extend(unknown.map(|fate| (variable.die, fate)));
                return;
            };
            let parts = owning_parts(self.image, ty);
            let judged = parts.into_iter().map(|part| {
                let leaf = leaf_of(whole, &part, &scope.ranges);
                let standing = Standing { at, flag };
                let verdict = match part.size {
                    0 => Verdict::Unknown,
                    _ => uses.verdict(&leaf, passed, standing),
                };
                (part, verdict)
            });
            fates.insert(variable.die, judged.collect());
        });
        fates
    }
}
