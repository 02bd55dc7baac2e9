//! Where the variables of a function that was not optimised lie in its frames, and their parts.

use super::followed::{Fate, Frame};
use super::move_stops::MoveAsked;
use super::plain::is_captured;
use crate::asm::uses::{Leaf, Part, Place, Verdict, argument_cell};
use crate::base::{FileAddr, Range, Register};
use crate::dwarf::{InFrame, Location, Scope, TypeRef, Types, Variable};
use crate::frame::slots::Placed;
use crate::value::{OwningPart, needs_drop, owning_parts};

/// The registers that arguments are passed in, in their order (psABI, section 3.2.3).
const ARGUMENTS: [Register; 6] =
    [Register(5), Register(4), Register(1), Register(2), Register(8), Register(9)];

impl Frame<'_> {
    /// The parts of what a breakpoint waits for that are moved as one.
    pub(super) fn leaves_of(&self, asked: &MoveAsked) -> Vec<(OwningPart, Leaf)> {
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

    /// A verdict on all of a variable; none where it needs no drop.
    pub(super) fn whole(&self, variable: &Variable, verdict: Verdict) -> Option<Fate> {
        let ty = variable.ty.filter(|ty| needs_drop(self.image, *ty))?;
        let size = self.image.get(ty).ok()?.size?;
        let part = OwningPart { path: String::new(), ty, offset: 0, size, core: Vec::new() };
        Some(vec![(part, verdict)])
    }

    /// Whether a variable is what a closure has captured.
    pub(super) fn is_captured(&self, variable: &Variable) -> bool {
        is_captured(self.image, self.function, variable)
    }

    /// Whether a variable is what a closure has captured that is called by reference, or what it has
    /// captured by reference: nobody can move that out of it. A closure that is called once gets a
    /// large capture by its address, too: that is described from where its code has stored the address.
    pub(super) fn is_lent(&self, variable: &Variable) -> bool {
        self.is_captured(variable)
            && match self.image.place_in_frame(variable) {
                Some(InFrame::Referred) => true,
                Some(InFrame::ByAddress { .. }) => self.image.stays_in_place(variable),
                _ => false,
            }
    }

    /// Tells every variable of the function itself, with the scope that it is declared in.
    pub(super) fn each_variable(&self, scope: &Scope, tell: &mut dyn FnMut(&Variable, &Scope)) {
        let mut open = vec![scope];
        while let Some(scope) = open.pop() {
            scope.variables.iter().for_each(|variable| tell(variable, scope));
            open.extend(scope.inner.iter().filter(|inner| inner.inlined.is_none()));
        }
    }

    /// The bytes of a variable that lies in the frame, or that is `passed` by its address.
    pub(super) fn place_of(&self, variable: &Variable, passed: bool) -> Option<(Part, TypeRef)> {
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

    /// The places in the frame of all variables of the function.
    pub(super) fn places_of_variables(&self) -> Vec<Part> {
        let mut places = Vec::new();
        self.each_variable(&self.function.scope, &mut |variable, _| {
            places.extend(self.place_of(variable, false).map(|(part, _)| part));
        });
        places
    }

    /// The distance of the stack pointer from the canonical frame address.
    fn sp(&self) -> Option<i64> {
        let sp = self.context.frame.registers.sp();
        Some(sp.0.wrapping_sub(self.cfa()?.0).cast_signed())
    }

    /// Where a variable lies, if that is in memory.
    pub(super) fn slot(&self, variable: &Placed) -> Option<Part> {
        let Ok(Location::Memory(at)) = variable.location else { return None };
        let at = Place::Frame(at.0.wrapping_sub(self.cfa()?.0).cast_signed());
        Some(Part { at, size: variable.size })
    }
}

/// A part of a variable, as the analysis of code asks for it.
pub(super) fn leaf_of(whole: Part, part: &OwningPart, scope: &[Range<FileAddr>]) -> Leaf {
    let at = |offset: u64| whole.at.plus(i64::try_from(offset).unwrap_or(i64::MAX));
    let core = part.core.iter().map(|(offset, size)| Part { at: at(*offset), size: *size });
    let own = Part { at: at(part.offset), size: part.size };
    Leaf::new(own, core.collect(), whole, scope.to_vec())
}
