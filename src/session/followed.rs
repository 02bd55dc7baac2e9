//! What the code of a function says of its variables where a frame stands.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::callees::Callees;
use super::context::FrameContext;
use super::slots::short_function;
use crate::asm::uses::{
    Code, Ending, Leaf, Pad, Part, Place, Standing, Target, Uses, Verdict, Way, argument_cell,
};
use crate::base::{
    At, FileAddr, GonePart, MemoryExt, Range, Register, SlotState, Unreadable, VirtAddr,
};
use crate::dwarf::{
    Function, Image, InFrame, Location, LocationContext, Scope, TypeRef, Types, Variable,
};
use crate::frame::slots::Placed;
use crate::value::{OwningPart, Reader, ValueKind, owning_parts, variant_needs_drop};

/// The registers that arguments are passed in, in their order (psABI, section 3.2.3).
const ARGUMENTS: [Register; 6] =
    [Register(5), Register(4), Register(1), Register(2), Register(8), Register(9)];

/// How many drop flags of one function are read.
const MAX_FLAGS: usize = 4096;

/// The code of the functions that frames were seen in, by where they begin.
#[derive(Default)]
pub(super) struct Followed(RefCell<HashMap<VirtAddr, Option<Rc<FunctionUses>>>>);

/// What is known of one function.
struct FunctionUses {
    uses: Uses,
    flags: Vec<i64>,
    /// What was found of the variables already, by place and drop flags.
    known: RefCell<HashMap<(FileAddr, Vec<Option<bool>>), Rc<HashMap<usize, Fate>>>>,
}

/// What is known of the parts of a variable.
type Fate = Vec<(OwningPart, Verdict)>;

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
        self.0.borrow_mut().clear();
    }

    /// Fills in what the code says of the variables that are in scope.
    pub fn judge(&self, frame: &Frame<'_>, variables: &mut [Placed]) -> Option<()> {
        let at = frame.context.bias_to_file();
        let range = *frame.function.ranges.iter().find(|range| range.contains(at))?;
        let start = frame.context.bias().to_virt(range.start);
        let known = self.0.borrow().get(&start).cloned();
        let uses = known.unwrap_or_else(|| {
            let uses = frame.follow(range).map(Rc::new);
            self.0.borrow_mut().insert(start, uses.clone());
            uses
        })?;
        uses.uses.has_frame_at(at).then_some(())?;
        let flags: Vec<_> = uses.flags.iter().map(|flag| frame.flag(*flag)).collect();
        let key = (at, flags.clone());
        let known = uses.known.borrow().get(&key).cloned();
        let fates = known.unwrap_or_else(|| {
            let flag =
                |at: i64| uses.flags.binary_search(&at).ok().and_then(|index| *flags.get(index)?);
            let fates = Rc::new(frame.fates(&uses.uses, &flag));
            uses.known.borrow_mut().insert(key, fates.clone());
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
}

/// Where variables lie in a frame, with their names.
type Names = Vec<(Part, String)>;

impl Frame<'_> {
    fn cfa(&self) -> Option<VirtAddr> {
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
        is_plain(self.image, &self.function.scope).then_some(())?;
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
        let uses = Uses::of(&code)?;
        let flags = uses.flags();
        (flags.len() <= MAX_FLAGS).then(|| FunctionUses { uses, flags, known: RefCell::default() })
    }

    /// What the code says of every variable of the function.
    fn fates(&self, uses: &Uses, flag: &dyn Fn(i64) -> Option<bool>) -> HashMap<usize, Fate> {
        let at = self.context.bias_to_file();
        let mut fates = HashMap::new();
        self.each_variable(&self.function.scope, &mut |variable, scope| {
            let Some((whole, ty)) = self.place_of(variable) else { return };
            let parts = owning_parts(self.image, ty);
            let judged = parts.into_iter().map(|part| {
                let leaf = leaf_of(whole, &part, &scope.ranges);
                let standing = Standing { at, flag };
                let verdict = match part.size {
                    0 => Verdict::Unknown,
                    _ => uses.verdict(&leaf, variable.parameter, standing),
                };
                (part, verdict)
            });
            fates.insert(variable.die, judged.collect());
        });
        fates
    }

    fn each_variable(&self, scope: &Scope, tell: &mut dyn FnMut(&Variable, &Scope)) {
        let mut open = vec![scope];
        while let Some(scope) = open.pop() {
            scope.variables.iter().for_each(|variable| tell(variable, scope));
            open.extend(scope.inner.iter().filter(|inner| inner.inlined.is_none()));
        }
    }

    /// The bytes of a variable that lies in the frame, or that is passed by its address.
    fn place_of(&self, variable: &Variable) -> Option<(Part, TypeRef)> {
        let ty = variable.ty?;
        let size = self.image.get(ty).ok()?.size?;
        let place = match self.image.place_in_frame(variable)? {
            InFrame::Direct(offset) => Place::Frame(self.sp()?.checked_add(offset)?),
            InFrame::ByAddress(cell) if variable.parameter => {
                Place::Behind { cell: self.sp()?.checked_add(cell)?, plus: 0 }
            }
            InFrame::ByRegister(register) if variable.parameter => {
                let index = ARGUMENTS.iter().position(|argument| *argument == register)?;
                Place::Behind { cell: argument_cell(index), plus: 0 }
            }
            InFrame::ByAddress(_) | InFrame::ByRegister(_) => return None,
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
    fn slot(&self, variable: &Placed) -> Option<Part> {
        let Ok(Location::Memory(at)) = variable.location else { return None };
        let at = Place::Frame(at.0.wrapping_sub(self.cfa()?.0).cast_signed());
        Some(Part { at, size: variable.size })
    }

    /// The state of a variable by that of its parts; none where that of one is not known.
    fn state(&self, variable: &Placed, fate: &Fate, names: &Names) -> Option<SlotState> {
        let mut live = 0usize;
        let mut never = 0usize;
        let mut gone = Vec::new();
        let mut told: Vec<GonePart> = Vec::new();
        for (part, verdict) in fate {
            if let Verdict::Gone { by } | Verdict::GoneOrEmpty { by } = verdict {
                told.extend(by.iter().map(|ending| self.told(part, ending, names)));
            }
            match verdict {
                Verdict::Live => live = live.saturating_add(1),
                Verdict::NeverGiven => never = never.saturating_add(1),
                Verdict::Unknown => return Some(uncertain()),
                Verdict::Gone { by } => gone.push(self.gone(part, by, names)),
                Verdict::GoneOrEmpty { by } => match self.is_empty(variable, part)? {
                    true => live = live.saturating_add(1),
                    false if by.is_empty() => return Some(uncertain()),
                    false => gone.push(self.gone(part, by, names)),
                },
                Verdict::OpenBox => {
                    let path = format!("{}.*", part.path);
                    gone.push(GonePart { path, dropped: false, to: None, at: None });
                    live = live.saturating_add(1);
                }
            }
        }
        match (live, never, gone.len()) {
            (0, 0, 0) => None,
            (_, 0, 0) => Some(SlotState::Live),
            (0, _, 0) => Some(SlotState::Uninitialised),
            (0, 0, _) if is_mixed(&told) => Some(SlotState::MovedOrDropped { at: lines(told) }),
            (0, 0, _) => gone.pop().map(|last| match last.dropped {
                true => SlotState::Dropped { at: last.at },
                false => SlotState::Moved { to: last.to, at: last.at },
            }),
            (_, 0, _) => Some(SlotState::PartlyMoved { parts: gone }),
            _ => Some(uncertain()),
        }
    }

    /// Whether a part that may be an enum's variant without anything to drop is one. None where it
    /// cannot be read.
    fn is_empty(&self, variable: &Placed, part: &OwningPart) -> Option<bool> {
        let Ok(Location::Memory(at)) = variable.location else { return None };
        let at = Location::Memory(VirtAddr(at.0.checked_add(part.offset)?));
        let value = self.reader.read(part.ty, &at);
        match &value.kind {
            ValueKind::Enum { variant, .. } => {
                Some(!variant_needs_drop(self.image, part.ty, variant))
            }
            ValueKind::Unreadable(_) | ValueKind::Broken { .. } => None,
            _ => Some(false),
        }
    }

    fn gone(&self, part: &OwningPart, by: &[Ending], names: &Names) -> GonePart {
        let told: Vec<_> = by.iter().map(|ending| self.told(part, ending, names)).collect();
        let same = |of: &dyn Fn(&GonePart) -> bool| told.iter().all(of);
        let Some(first) = told.first() else {
            return GonePart { path: part.path.clone(), dropped: false, to: None, at: None };
        };
        GonePart {
            path: part.path.clone(),
            dropped: same(&|other| other.dropped),
            to: first.to.clone().filter(|_| same(&|other| other.to == first.to)),
            at: first.at.clone().filter(|_| same(&|other| other.at == first.at)),
        }
    }

    fn line(&self, ending: &Ending) -> Option<At> {
        let line = self.image.line_at(ending.at)?;
        Some(At {
            function: self.function.name.to_string(),
            file: Some(line.file.to_string()),
            line: Some(line.line),
        })
    }

    fn told(&self, part: &OwningPart, ending: &Ending, names: &Names) -> GonePart {
        let at = self.line(ending);
        let holder = |to: &Part| names.iter().find(|(place, _)| place.contains(to.at));
        if let Some((_, name)) = ending.through.iter().find_map(holder) {
            let to = Some(name.clone());
            return GonePart { path: part.path.clone(), dropped: false, to, at };
        }
        let to = match ending.way {
            Way::Passed { to: Some(target) } => self.callee(target, part.ty),
            Way::Returned => Some(format!("{} (returned)", short_function(&self.function.name))),
            _ => None,
        };
        GonePart { path: part.path.clone(), dropped: ending.way == Way::Dropped, to, at }
    }

    /// A function that a value of a type was passed to: `f::value` where it is clear which
    /// parameter that is.
    fn callee(&self, target: Target, ty: TypeRef) -> Option<String> {
        let called = Callees::new(self.image).called(target)?;
        let name = short_function(&called.path);
        let function = called.at.and_then(|at| self.image.function_at(at));
        let type_name = |ty: TypeRef| Some(self.image.get(ty).ok()?.name.clone());
        let wanted = type_name(ty);
        let parameters = function.iter().flat_map(|function| &function.scope.variables);
        let mut same = parameters
            .filter(|variable| variable.parameter && variable.ty.and_then(type_name) == wanted);
        match (same.next(), same.next()) {
            (Some(parameter), None) => Some(format!("{name}::{}", parameter.name)),
            _ => Some(name),
        }
    }
}

fn leaf_of(whole: Part, part: &OwningPart, scope: &[Range<FileAddr>]) -> Leaf {
    let at = |offset: u64| whole.at.plus(i64::try_from(offset).unwrap_or(i64::MAX));
    let core = part.core.iter().map(|(offset, size)| Part { at: at(*offset), size: *size });
    let own = Part { at: at(part.offset), size: part.size };
    Leaf::new(own, core.collect(), whole, scope.to_vec())
}

/// The state of a variable that shares its slot with a later one, which it was moved to: the compiler
/// leaves out the copy where nothing happens between.
fn handed_on(state: SlotState, to: &str) -> SlotState {
    match state {
        SlotState::Uninitialised | SlotState::Unreadable(_) => state,
        _ => SlotState::Moved { to: Some(to.to_owned()), at: None },
    }
}

/// Whether a value was dropped on some ways, and moved on others.
fn is_mixed(told: &[GonePart]) -> bool {
    told.iter().any(|one| one.dropped) && told.iter().any(|one| !one.dropped)
}

/// The lines of several endings, each once.
fn lines(told: Vec<GonePart>) -> Vec<At> {
    let mut lines: Vec<At> = Vec::new();
    for at in told.into_iter().filter_map(|one| one.at) {
        if !lines.contains(&at) {
            lines.push(at);
        }
    }
    lines.sort_by_key(|at| at.line);
    lines
}

/// What is said of a variable of which the code does not tell.
fn uncertain() -> SlotState {
    let why = "its code does not tell whether it was moved";
    SlotState::Unreadable(Unreadable::Uncertain(why.to_owned()))
}

/// Whether a function was not optimised: every variable of it has one place, and no drop is inlined.
fn is_plain(image: &Image, scope: &Scope) -> bool {
    let mut open = vec![scope];
    while let Some(scope) = open.pop() {
        let settled = |variable: &Variable| variable.parameter || !image.moves_about(variable);
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
