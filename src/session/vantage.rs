//! Asking the program something at a stop that may turn out to be none: ten thousand times, so that
//! nothing is read that the question does not need.

use std::cell::{Cell, OnceCell};

use super::alive::Alive;
use super::context::FrameContext;
use super::looking::Looking;
use super::run::Run;
use super::scope::{FrameScope, variable_among};
use super::slots::{self, Calls, Surroundings};
use super::stack::{Stack, not_begun, nth_call};
use crate::base::{Cached, Register, ThreadNo, VirtAddr};
use crate::dwarf::{Function, Image, Origin, PointerFlavour, TypeKind, TypeRef, Types};
use crate::expr::{ExprError, History, Lookup, Operand, RegisterValue, Scope, Which};
use crate::frame::innermost;
use crate::frame::slots::Placed;
use crate::value::{Limits, Reader};

/// How deep a type is searched for something that owns memory.
const MAX_DEPTH: usize = 4;

/// The frame in which something is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Vantage {
    /// The innermost.
    Innermost {
        /// The position of the function in the chain of calls that are inlined there, where that is
        /// not the one that the frame stands in by itself.
        depth: Option<usize>,
        /// Whether the function has just been entered: what it was passed, it still has.
        entered: bool,
    },
    /// The innermost of the user's own.
    Users,
    /// The one with this canonical frame address, or else the innermost.
    Frame(VirtAddr),
}

/// A question to a frame.
pub(super) type Question<'q, T> = dyn Fn(&Looking<'_>, &dyn Scope) -> Result<T, ExprError> + 'q;

impl Vantage {
    /// The innermost frame as it stands.
    pub fn innermost() -> Vantage {
        Vantage::Innermost { depth: None, entered: false }
    }
}

impl Run {
    /// Asks a thread that is held.
    ///
    /// Bytes are read first as they lie. Where a variable that can own memory was among them, which
    /// may have been moved out of it, the whole stack is looked at and the question is asked again.
    ///
    /// # Errors
    /// As the question has it.
    pub(super) fn ask<T>(
        &mut self,
        no: ThreadNo,
        vantage: &Vantage,
        question: &Question<'_, T>,
    ) -> Result<T, ExprError> {
        if let Vantage::Innermost { depth, entered } = vantage
            && let Some((Ok(answer), owners)) = self.ask_quickly(no, *depth, question)
            && (!owners || *entered || self.ledger_in_use().is_none())
        {
            return Ok(answer);
        }
        self.ask_thoroughly(no, vantage, question)
    }

    /// Asks the innermost frame, without its callers and without finding out who owns what. Also
    /// tells whether a variable was read that can own memory.
    fn ask_quickly<T>(
        &self,
        no: ThreadNo,
        depth: Option<usize>,
        question: &Question<'_, T>,
    ) -> Option<(Result<T, ExprError>, bool)> {
        let thread = self.held(no)?;
        let (modules, memory) = (self.inferior.modules(), self.inferior.memory());
        let raw = innermost(modules, memory, *thread.registers());
        let loaded = raw.loaded.as_ref()?;
        let (image, bias) = (loaded.image.clone(), loaded.bias);
        let at = bias.to_file(raw.lookup);
        let function = image.function_at(at)?;
        let memory = Cached::new(self.inferior.memory());
        let context = FrameContext { frame: &raw, vectors: None, memory: &memory };
        let vectors = OnceCell::new();
        let read_register = |register: Register| match register.0.checked_sub(Register::XMM0.0) {
            Some(index) => {
                let vectors = vectors.get_or_init(|| thread.vectors().ok());
                vectors.as_ref()?.get(usize::from(index)).copied()
            }
            None => context.whole_register(register),
        };
        let regions = self.regions();
        let reader = Reader {
            types: &*image,
            bias,
            memory: &Alive { memory: &memory, regions: &regions },
            registers: &read_register,
            limits: Limits::default(),
            running: &[],
        };
        let call = depth.unwrap_or_else(|| not_begun(&raw));
        let around = Surroundings {
            calls: Calls::One(nth_call(&function, at, call)),
            ..self.surroundings(&regions, no)
        };
        let looking = Looking {
            run: self,
            thread: no,
            stack: &Stack::default(),
            innermost: true,
            raw: &raw,
            image: &image,
            function: Some(&function),
            reader: &reader,
            regions: &regions,
            variables: Vec::new(),
        };
        let owners = Cell::new(false);
        let scope = BriefScope {
            inner: FrameScope { looking: &looking, history: &self.stops.history },
            around: &around,
            context: &context,
            function: &function,
            owners: &owners,
        };
        let answer = question(&looking, &scope);
        Some((answer, owners.get()))
    }

    fn ask_thoroughly<T>(
        &mut self,
        no: ThreadNo,
        vantage: &Vantage,
        question: &Question<'_, T>,
    ) -> Result<T, ExprError> {
        let nothing = || ExprError::new("the thread has no frame");
        if let Vantage::Innermost { depth: Some(depth), .. } = vantage {
            self.begin_inlined(no, *depth);
        }
        self.judge_once(no);
        let stack = self.stack(no).ok_or_else(nothing)?;
        let users = || stack.frames.iter().find(|frame| frame.origin == Origin::User);
        let frame = match vantage {
            Vantage::Innermost { .. } => None,
            Vantage::Users => users(),
            Vantage::Frame(cfa) => stack.frames.iter().find(|frame| {
                !frame.inlined && stack.raw_of(frame).and_then(|raw| raw.cfa) == Some(*cfa)
            }),
        };
        let frame = frame.or(stack.frames.first()).ok_or_else(nothing)?;
        let history = &self.stops.history;
        let answer = self.look(&stack, frame, no, Limits::default(), |looking| {
            question(looking, &FrameScope { looking, history })
        });
        answer.ok_or_else(nothing)?
    }
}

/// The names of the innermost frame, of which each is placed when it is asked for.
struct BriefScope<'a> {
    inner: FrameScope<'a>,
    around: &'a Surroundings<'a>,
    context: &'a FrameContext<'a>,
    function: &'a Function,
    /// Set when a variable is asked for that can own memory.
    owners: &'a Cell<bool>,
}

impl Scope for BriefScope<'_> {
    fn variable(&self, name: &str, which: Which) -> Lookup {
        let looking = self.inner.looking;
        let low = looking.raw.registers.sp();
        let (around, context) = (self.around, self.context);
        let mut placed: Vec<Placed> =
            slots::place_where(around, context, self.function, looking.image, low, &|seen| {
                &*seen.variable.name == name
            });
        placed.sort_by_key(|variable| variable.die);
        let may_own =
            |variable: &Placed| variable.ty.is_none_or(|ty| may_own(looking.image, ty, MAX_DEPTH));
        self.owners.set(self.owners.get() || placed.iter().any(may_own));
        variable_among(looking, &placed, name, which)
    }

    fn item(&self, path: &str) -> Lookup {
        self.inner.item(path)
    }

    fn type_named(&self, path: &str) -> Option<TypeRef> {
        self.inner.type_named(path)
    }

    fn register(&self, name: &str) -> Option<RegisterValue> {
        self.inner.register(name)
    }

    fn history(&self, which: History) -> Option<Operand> {
        self.inner.history(which)
    }

    fn reader(&self) -> &Reader<'_> {
        self.inner.reader()
    }

    fn names(&self) -> Vec<String> {
        // An error makes the question be asked again, of the whole frame.
        Vec::new()
    }
}

/// Whether a value of a type can own memory, and so can lose it.
fn may_own(image: &Image, ty: TypeRef, left: usize) -> bool {
    let Ok(ty) = image.get(ty) else { return true };
    match &ty.kind {
        TypeKind::Base(_)
        | TypeKind::Unit
        | TypeKind::Never
        | TypeKind::CLike { .. }
        | TypeKind::Function => false,
        TypeKind::Pointer { flavour, .. } => *flavour == PointerFlavour::Box,
        TypeKind::Array { element, .. } => left == 0 || may_own(image, *element, left - 1),
        TypeKind::Struct { fields, .. } => {
            left == 0 || fields.iter().any(|field| may_own(image, field.ty, left - 1))
        }
        TypeKind::Union { .. } | TypeKind::Enum(_) | TypeKind::Opaque => true,
    }
}
