//! What the code of a function says of its variables where a frame stands.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::callees::Callees;
use super::context::FrameContext;
use super::lines_ahead::LinesAhead;
use super::mentions::Mentions;
use super::move_stops::MoveAsked;
use super::outlooks::{Lenders, Outlooks};
use super::part_states::handed_on;
use super::slots::{is_body, is_closure, short_function};
use super::sources::Sources;
use crate::asm::uses::{Code, Leaf, Pad, Part, Place, Standing, Uses, Verdict, argument_cell};
use crate::base::{FileAddr, GonePart, MemoryExt, Range, Register, VirtAddr};
use crate::dwarf::{
    Function, Image, InFrame, Location, LocationContext, Scope, TypeRef, Types, Variable,
    short_type_name,
};
use crate::frame::slots::Placed;
use crate::value::{OwningPart, Reader, needs_drop, owning_parts};

/// The registers that arguments are passed in, in their order (psABI, section 3.2.3).
const ARGUMENTS: [Register; 6] =
    [Register(5), Register(4), Register(1), Register(2), Register(8), Register(9)];

/// For how many places of a function, and states of its flags, what was found is kept.
const MAX_KNOWN: usize = 1024;
/// How many drop flags of one function are read.
const MAX_FLAGS: usize = 4096;

/// The code of the functions that frames were seen in, by where they begin.
#[derive(Default)]
pub(super) struct Followed {
    functions: RefCell<HashMap<VirtAddr, Option<Rc<FunctionUses>>>>,
    /// Which of their lines are ahead of where.
    pub(super) lines: RefCell<HashMap<VirtAddr, Option<Rc<LinesAhead>>>>,
    pub(super) sources: Sources,
    /// Which types of which files may hold references.
    pub(super) lenders: RefCell<Lenders>,
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
        self.sources.forget();
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
        let names = frame.names(variables);
        let later = frame.in_scope(variables);
        for variable in variables.iter_mut().filter(|v| v.in_scope && v.inlined.is_none()) {
            if let Some(fate) = fates.get(&variable.die) {
                // A variable that is kept in registers is copied to its own slot for debuggers.
                let own = frame.slot(variable);
                let others = names.iter().filter(|(place, _)| Some(*place) != own);
                let others: Names = others.cloned().collect();
                let state = frame.state(variable, fate, &others);
                variable.fate = match later
                    .iter()
                    .find(|(die, place, _)| *die > variable.die && Some(*place) == own)
                {
                    Some((.., name)) => state.map(|state| handed_on(state, name)),
                    None => state,
                };
            }
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
        let mut names = frame.names(variables);
        names.retain(|(place, _)| Some(*place) != own);
        frame.leaves_of(asked).iter().find_map(|(part, leaf)| {
            let ending = uses.uses.move_at(leaf, at, &flag)?;
            Some(frame.told(part, &ending, &names))
        })
    }
}

/// Where variables lie in a frame, with their names.
pub(super) type Names = Vec<(Part, String)>;

impl Frame<'_> {
    pub(super) fn cfa(&self) -> Option<VirtAddr> {
        self.context.frame.cfa
    }

    /// The distance of the stack pointer from the canonical frame address.
    fn sp(&self) -> Option<i64> {
        let sp = self.context.frame.registers.sp();
        Some(sp.0.wrapping_sub(self.cfa()?.0).cast_signed())
    }

    fn flag(&self, at: i64) -> Option<bool> {
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
            FunctionUses { uses, flags, known, outlooks, mentions: RefCell::default() }
        })
    }

    /// Asks something of the code of the function.
    pub(super) fn with_code<T>(
        &self,
        range: Range<FileAddr>,
        ask: impl FnOnce(&Code<'_>) -> Option<T>,
    ) -> Option<T> {
        let pads: Vec<Pad> = self
            .image
            .landing_pads(range)
            .into_iter()
            .map(|pad| Pad { calls: pad.calls, at: pad.at })
            .collect();
        let callees = Callees::new(self.image);
        let code = Code {
            bytes: self.image.bytes(range)?,
            range,
            pads: &pads,
            callee: &|target| callees.known(target),
            word: &|at| {
                let bytes = self.image.bytes(Range::new(at, FileAddr(at.0.checked_add(4)?)))?;
                bytes.first_chunk().map(|word| i32::from_le_bytes(*word))
            },
        };
        ask(&code)
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

    /// The parts of what a breakpoint waits for that are moved as one.
    fn leaves_of(&self, asked: &MoveAsked) -> Vec<(OwningPart, Leaf)> {
        let mut found = Vec::new();
        self.each_variable(&self.function.scope, &mut |variable, scope| {
            if variable.die != asked.die {
                return;
            }
            let passed = variable.parameter || self.is_captured(variable);
            let Some((whole, ty)) = self.place_of(variable, passed) else { return };
            let parts = owning_parts(self.image, ty).into_iter();
            for part in parts.filter(|part| part.size > 0 && asked.means(&part.path)) {
                let leaf = leaf_of(whole, &part, &scope.ranges);
                found.push((part, leaf));
            }
        });
        found
    }

    /// The same of all of a variable.
    fn whole(&self, variable: &Variable, verdict: Verdict) -> Option<Fate> {
        let ty = variable.ty.filter(|ty| needs_drop(self.image, *ty))?;
        let size = self.image.get(ty).ok()?.size?;
        let part = OwningPart { path: String::new(), ty, offset: 0, size, core: Vec::new() };
        Some(vec![(part, verdict)])
    }

    fn is_captured(&self, variable: &Variable) -> bool {
        is_captured(self.image, self.function, variable)
    }

    /// Whether a variable is what a closure has captured that is called by reference, or what it has
    /// captured by reference: nobody can move that out of it. A closure that is called once gets a
    /// large capture by its address, too: that is described from where its code has stored the address.
    fn is_lent(&self, variable: &Variable) -> bool {
        self.is_captured(variable)
            && match self.image.place_in_frame(variable) {
                Some(InFrame::Referred) => true,
                Some(InFrame::ByAddress { .. }) => self.image.stays_in_place(variable),
                _ => false,
            }
    }

    pub(super) fn each_variable(&self, scope: &Scope, tell: &mut dyn FnMut(&Variable, &Scope)) {
        let mut open = vec![scope];
        while let Some(scope) = open.pop() {
            scope.variables.iter().for_each(|variable| tell(variable, scope));
            open.extend(scope.inner.iter().filter(|inner| inner.inlined.is_none()));
        }
    }

    /// The bytes of a variable that lies in the frame, or that is `passed` by its address.
    fn place_of(&self, variable: &Variable, passed: bool) -> Option<(Part, TypeRef)> {
        let ty = variable.ty?;
        let size = self.image.get(ty).ok()?.size?;
        let place = match self.image.place_in_frame(variable)? {
            InFrame::Direct(offset) => Place::Frame(self.sp()?.checked_add(offset)?),
            InFrame::ByAddress { cell, plus } if passed => {
                Place::Behind { cell: self.sp()?.checked_add(cell)?, plus }
            }
            InFrame::ByRegister { register, plus } if passed => {
                let index = ARGUMENTS.iter().position(|argument| *argument == register)?;
                Place::Behind { cell: argument_cell(index), plus }
            }
            _ => return None,
        };
        Some((Part { at: place, size }, ty))
    }

    /// The names of what lies in the frame.
    fn names(&self, variables: &[Placed]) -> Names {
        let function = short_function(&self.function.name);
        let named = variables.iter().filter(|v| v.inlined.is_none() && v.size > 0);
        let place = |variable: &Placed| {
            Some((self.slot(variable)?, format!("{function}::{}", variable.name)))
        };
        named.filter_map(place).collect()
    }

    /// The variables in scope that own something, with their places and names.
    fn in_scope(&self, variables: &[Placed]) -> Vec<(usize, Part, String)> {
        let own = variables.iter().filter(|v| v.in_scope && v.inlined.is_none() && v.size > 0);
        let function = short_function(&self.function.name);
        let place = |variable: &Placed| {
            let name = format!("{function}::{}", variable.name);
            Some((variable.die, self.slot(variable)?, name))
        };
        own.filter_map(place).collect()
    }

    /// Where a variable lies, if that is in memory.
    pub(super) fn slot(&self, variable: &Placed) -> Option<Part> {
        let Ok(Location::Memory(at)) = variable.location else { return None };
        let at = Place::Frame(at.0.wrapping_sub(self.cfa()?.0).cast_signed());
        Some(Part { at, size: variable.size })
    }
}

fn leaf_of(whole: Part, part: &OwningPart, scope: &[Range<FileAddr>]) -> Leaf {
    let at = |offset: u64| whole.at.plus(i64::try_from(offset).unwrap_or(i64::MAX));
    let core = part.core.iter().map(|(offset, size)| Part { at: at(*offset), size: *size });
    let own = Part { at: at(part.offset), size: part.size };
    Leaf::new(own, core.collect(), whole, scope.to_vec())
}

/// Whether a function was not optimised: every variable of it has one place, and no drop is inlined.
pub(super) fn is_plain(image: &Image, function: &Function) -> bool {
    // Where a closure finds what it has captured moves about in every build.
    let optimised = |at: &Range<FileAddr>| image.is_optimised_at(at.start);
    if is_closure(&function.name) && function.ranges.iter().any(optimised) {
        return false;
    }
    let mut open = vec![&function.scope];
    while let Some(scope) = open.pop() {
        let settled = |variable: &Variable| {
            variable.parameter
                || !image.moves_about(variable)
                || is_captured(image, function, variable)
        };
        if !scope.variables.iter().all(settled) {
            return false;
        }
        for inner in &scope.inner {
            match &inner.inlined {
                None => open.push(inner),
                Some(call) if call.name.starts_with("core::ptr::drop_in_place") => return false,
                Some(_) => {}
            }
        }
    }
    true
}

/// Whether a variable is what a closure has captured: it has that when it is called.
fn is_captured(image: &Image, function: &Function, variable: &Variable) -> bool {
    !variable.parameter
        && is_closure(&function.name)
        && !is_coroutine(image, function)
        && function.scope.variables.iter().any(|own| own.die == variable.die)
}

/// Whether a function is the body of an async function or block, which keeps its variables from one
/// call to the next.
pub(super) fn is_coroutine(image: &Image, function: &Function) -> bool {
    let parameters = function.scope.variables.iter().filter(|variable| variable.parameter);
    let types = parameters.filter_map(|variable| image.get(variable.ty?).ok());
    types.into_iter().any(|ty| is_body(&short_type_name(&ty.name)))
}
