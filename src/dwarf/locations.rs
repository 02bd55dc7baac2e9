//! Where a variable is: DWARF location lists and expressions, evaluated.

use super::dies::{Die, Value};
use super::evaluate::Evaluator;
use super::functions::{Function, Variable};
use super::image::{Image, Slice};
use super::pieces::{location, value_of};
use super::type_loader::undescribed;
use super::types::Types;
use crate::base::{FileAddr, Memory, Register, Unreadable, VirtAddr};

/// How many entries of a location list are looked at.
const MAX_LIST: usize = 1 << 16;

/// How many steps lead from a frame to what a closure has captured.
const MAX_STEPS: usize = 8;

/// What an evaluation may ask of the frame.
pub trait LocationContext {
    /// A register of the frame, general (0 to 16) or vector (its low 8 bytes).
    fn register(&self, register: Register) -> Option<u64>;
    /// The canonical frame address.
    fn cfa(&self) -> Option<VirtAddr>;
    /// What was added to the addresses of the image.
    fn bias(&self) -> crate::base::Bias;
    /// Memory.
    fn memory(&self) -> &dyn Memory;
    /// A register as it was at the entry of the function (`DW_OP_entry_value`), where known.
    fn entry_value(&self, register: Register) -> Option<u64>;
    /// The address of a thread-local at this offset in the image's TLS block.
    fn thread_local(&self, offset: u64) -> Option<VirtAddr>;
}

/// Where a variable is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// In memory.
    Memory(VirtAddr),
    /// In a register.
    Register(Register),
    /// Nowhere: this is its value. At most as long as the type; where shorter, the rest is zero.
    Value(Vec<u8>),
    /// In several places (`DW_OP_piece`).
    Pieces(Vec<Piece>),
}

/// A part of a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// Bytes.
    pub size: u64,
    /// Where it is.
    pub at: PieceAt,
}

/// Where a part of a value is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PieceAt {
    /// In memory.
    Memory(VirtAddr),
    /// In the low bytes of a register.
    Register(Register),
    /// This is its value.
    Value(Vec<u8>),
    /// It was optimised out.
    Missing,
}

/// Where a frame holds a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InFrame {
    /// At this distance from the stack pointer.
    Direct(i64),
    /// Behind the address that lies at a distance from the stack pointer.
    ByAddress {
        /// That distance.
        cell: i64,
        /// How far behind.
        plus: i64,
    },
    /// Behind the address that a register holds at the entry.
    ByRegister {
        /// The register.
        register: Register,
        /// How far behind.
        plus: i64,
    },
    /// Where a reference leads that lies behind such an address.
    Referred,
}

impl Image {
    /// Where a variable of a function is when the frame stands at `at`.
    ///
    /// # Errors
    /// [`Unreadable::OptimisedOut`] where no location covers `at`, [`Unreadable::RegisterLost`]
    /// where a register is needed that the frame does not know, [`Unreadable::Unmapped`] where the
    /// location itself is read from memory that is not there, and [`Unreadable::NotDescribed`] for
    /// an expression that is malformed or not supported.
    pub fn locate(
        &self,
        function: &Function,
        variable: &Variable,
        at: FileAddr,
        context: &dyn LocationContext,
    ) -> Result<Location, Unreadable> {
        let chain = self.chain(variable.die);
        let size = || self.get(variable.ty?).ok()?.size;
        // What has no bytes cannot lose any.
        let nothing = |why| match (why, size()) {
            (Unreadable::OptimisedOut, Some(0)) => Ok(Location::Value(Vec::new())),
            (why, _) => Err(why),
        };
        let located = self.located(function, &chain, at, context).or_else(nothing)?;
        Ok(match (located, size()) {
            (Location::Value(bytes), Some(size)) => Location::Value(cut(bytes, size)),
            (located, _) => located,
        })
    }

    fn located(
        &self,
        function: &Function,
        chain: &[Die],
        at: FileAddr,
        context: &dyn LocationContext,
    ) -> Result<Location, Unreadable> {
        let die = chain.first().ok_or_else(|| undescribed("its die is not in the file"))?;
        if let Some(value) = die.value(gimli::DW_AT_location) {
            let expression = self.expression_at(die, value, at)?;
            let evaluator = Evaluator {
                image: self,
                unit: Some(&die.unit),
                frame_base: function.frame_base,
                context,
            };
            location(evaluator.run(expression, None)?)
        } else {
            // A constant may be said once, by the abstract origin of all instances.
            let constant = chain.iter().find_map(|die| die.value(gimli::DW_AT_const_value));
            Ok(Location::Value(self.constant(die, constant.ok_or(Unreadable::OptimisedOut)?)?))
        }
    }

    /// Whether a variable has one place for all of its life, as in code that was not optimised, and
    /// not a list of places for parts of the code.
    pub fn stays_in_place(&self, variable: &Variable) -> bool {
        let chain = self.chain(variable.die);
        let location = chain.first().and_then(|die| die.value(gimli::DW_AT_location));
        location.is_some_and(|location| location.exprloc_value().is_some())
    }

    /// Whether a variable is in different places in different parts of the code, as in code that was
    /// optimised. One without any place is not.
    pub fn moves_about(&self, variable: &Variable) -> bool {
        let chain = self.chain(variable.die);
        let location = chain.first().and_then(|die| die.value(gimli::DW_AT_location));
        location.is_some_and(|location| location.exprloc_value().is_none())
    }

    /// Whether it is described where a variable is, or what its value is, anywhere in the code.
    pub fn has_place(&self, variable: &Variable) -> bool {
        let chain = self.chain(variable.die);
        let described = [gimli::DW_AT_location, gimli::DW_AT_const_value];
        chain.iter().any(|die| described.iter().any(|name| die.value(*name).is_some()))
    }

    /// Whether the value of a variable at an address is worked out from more than one register. That is
    /// how LLVM describes a pointer into an array that it has done away with (`DIArgList`), and it can
    /// have the index of the next element there, not of this one.
    pub fn is_from_registers(&self, variable: &Variable, at: FileAddr) -> bool {
        let chain = self.chain(variable.die);
        let Some(die) = chain.first() else { return false };
        let expression = die.value(gimli::DW_AT_location);
        let expression = expression.and_then(|value| self.expression_at(die, value, at).ok());
        expression.is_some_and(|code| adds_registers(code, die.unit.encoding()))
    }

    /// Where a frame holds a variable whose place is a constant distance from the stack pointer, or
    /// is given by an address at such a distance. None for one that is anywhere else. What is passed
    /// by its address is described from where its function has stored that, but for the first call:
    /// the address lies there all the same.
    pub fn place_in_frame(&self, variable: &Variable) -> Option<InFrame> {
        let chain = self.chain(variable.die);
        let die = chain.first()?;
        let value = die.value(gimli::DW_AT_location)?;
        if let Some(expression) = value.exprloc_value() {
            return in_frame(die, expression.0.slice());
        }
        let mut list = self.dwarf.attr_locations(&die.unit, value).ok()??;
        let mut register = None;
        for _ in 0..MAX_LIST {
            let Some(entry) = list.next().ok()? else { break };
            match in_frame(die, entry.data.0.slice()) {
                Some(found @ (InFrame::ByAddress { .. } | InFrame::Referred)) => {
                    return Some(found);
                }
                Some(found @ InFrame::ByRegister { .. }) => register = register.or(Some(found)),
                _ => {}
            }
        }
        register
    }

    /// Evaluates an expression of the CFI, with the CFA pushed first where the rule says so
    /// (DWARF 4, section 6.4.2).
    ///
    /// # Errors
    /// As [`Image::locate`].
    pub fn evaluate_cfi(
        &self,
        expression: &'static [u8],
        initial: Option<u64>,
        context: &dyn LocationContext,
    ) -> Result<u64, Unreadable> {
        let evaluator = Evaluator { image: self, unit: None, frame_base: None, context };
        value_of(&evaluator.run(expression, initial)?, context)
    }

    /// The expression that is in force at an address, from a location or a list of them
    /// (DWARF 4, section 2.6.2).
    fn expression_at(
        &self,
        die: &Die,
        value: Value,
        at: FileAddr,
    ) -> Result<&'static [u8], Unreadable> {
        if let Some(expression) = value.exprloc_value() {
            return Ok(expression.0.slice());
        }
        let damaged =
            |error: gimli::Error| undescribed(format_args!("its location is damaged: {error}"));
        let list = self.dwarf.attr_locations(&die.unit, value).map_err(damaged)?;
        let mut list = list.ok_or_else(|| undescribed("its location has an unknown form"))?;
        for _ in 0..MAX_LIST {
            let Some(entry) = list.next().map_err(damaged)? else { break };
            if entry.range.begin <= at.0 && at.0 < entry.range.end {
                return Ok(entry.data.0.slice());
            }
        }
        Err(Unreadable::OptimisedOut)
    }

    /// `DW_AT_const_value`, low byte first (DWARF 4, section 4.1, item 10).
    pub(super) fn constant(&self, die: &Die, value: Value) -> Result<Vec<u8>, Unreadable> {
        Ok(match value {
            Value::Data1(value) => vec![value],
            Value::Data2(value) => value.to_le_bytes().to_vec(),
            Value::Data4(value) => value.to_le_bytes().to_vec(),
            Value::Data8(value) | Value::Udata(value) => value.to_le_bytes().to_vec(),
            Value::Data16(value) => value.to_le_bytes().to_vec(),
            // Long enough for the widest integer, so that the sign is not lost when it is cut.
            Value::Sdata(value) => i128::from(value).to_le_bytes().to_vec(),
            Value::Block(bytes) => bytes.slice().to_vec(),
            Value::Exprloc(bytes) => bytes.0.slice().to_vec(),
            text => match self.dwarf.attr_string(&die.unit, text) {
                Ok(bytes) => bytes.slice().to_vec(),
                Err(_) => return Err(undescribed("its constant value has an unknown form")),
            },
        })
    }
}

/// Whether an expression asks for the values of different registers.
fn adds_registers(code: &'static [u8], encoding: gimli::Encoding) -> bool {
    let mut code = Slice::new(code, gimli::LittleEndian);
    let mut known = None;
    while let Ok(operation) = gimli::Operation::parse(&mut code, encoding) {
        if let gimli::Operation::RegisterOffset { register, .. } = operation
            && known.replace(register).is_some_and(|known| known != register)
        {
            return true;
        }
    }
    false
}

/// The place that an expression gives, where it is a distance from the stack pointer, or behind an
/// address there or in a register.
fn in_frame(die: &Die, code: &'static [u8]) -> Option<InFrame> {
    let mut code = Slice::new(code, gimli::LittleEndian);
    let encoding = die.unit.encoding();
    let (mut place, plus) = match gimli::Operation::parse(&mut code, encoding).ok()? {
        gimli::Operation::RegisterOffset { register: gimli::X86_64::RSP, offset, .. }
        | gimli::Operation::FrameOffset { offset } => (InFrame::Direct(offset), 0),
        gimli::Operation::RegisterOffset { register, offset, .. } => {
            (InFrame::ByRegister { register: Register(register.0), plus: 0 }, offset)
        }
        _ => return None,
    };
    place = place.plus(plus)?;
    for _ in 0..MAX_STEPS {
        if code.is_empty() {
            return Some(place);
        }
        place = match (gimli::Operation::parse(&mut code, encoding).ok()?, place) {
            (gimli::Operation::PlusConstant { value }, place) => {
                place.plus(i64::try_from(value).ok()?)?
            }
            (gimli::Operation::Deref { size: 8, space: false, .. }, InFrame::Direct(cell)) => {
                InFrame::ByAddress { cell, plus: 0 }
            }
            (gimli::Operation::Deref { size: 8, space: false, .. }, _) => InFrame::Referred,
            _ => return None,
        };
    }
    None
}

impl InFrame {
    fn plus(self, number: i64) -> Option<InFrame> {
        Some(match self {
            InFrame::Direct(at) => InFrame::Direct(at.checked_add(number)?),
            InFrame::ByAddress { cell, plus } => {
                InFrame::ByAddress { cell, plus: plus.checked_add(number)? }
            }
            InFrame::ByRegister { register, plus } => {
                InFrame::ByRegister { register, plus: plus.checked_add(number)? }
            }
            InFrame::Referred => InFrame::Referred,
        })
    }
}

fn cut(mut bytes: Vec<u8>, size: u64) -> Vec<u8> {
    bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Build, Frame, addresses, debug_builds, optimised_builds};
    use super::*;

    fn frame() -> Frame {
        let mut frame = Frame::default();
        for number in 0..17 {
            frame.registers.set(Register(number), 0x10_0000);
        }
        frame
    }

    fn located(build: &Build, function: &str, name: &str) -> Vec<Result<Location, Unreadable>> {
        let function = build.function(function);
        let variable = build.variable(&function, name);
        let at = |at| build.image.locate(&function, &variable, at, &frame());
        addresses(&function).map(at).collect()
    }

    #[test]
    fn the_variables_of_a_debug_build_lie_apart_in_the_frame() {
        for build in debug_builds() {
            let function = build.function("program::types");
            let mut taken = Vec::new();
            for visible in function.visible_at(function.ranges[0].start) {
                let at = function.ranges[0].start;
                let found = build.image.locate(&function, visible.variable, at, &frame());
                let Ok(Location::Memory(at)) = found else { panic!("{visible:?}: {found:?}") };
                let ty = build.ty(visible.variable.ty.expect("typed"));
                taken.push((at.0, at.0 + ty.size.expect("a size")));
            }
            assert!(taken.len() > 30);
            taken.sort_unstable();
            assert!(taken.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{taken:?}");
        }
    }

    #[test]
    fn in_an_optimised_build_an_argument_is_in_its_register_until_it_is_gone() {
        for build in optimised_builds() {
            let found = located(build, "program::shadowing", "x");
            assert!(
                found.iter().any(|at| matches!(
                    at,
                    Ok(Location::Register(_) | Location::Value(_) | Location::Pieces(_))
                )),
                "{found:?}"
            );
            let found = located(build, "program::inlining", "start");
            assert_eq!(found[0], Ok(Location::Register(Register::RDI)));
            let gone = |at: &Result<_, _>| matches!(at, Err(Unreadable::OptimisedOut));
            let kept = |at: &Result<_, _>| at.is_ok();
            assert!(found.iter().all(|at| gone(at) || kept(at)), "{found:?}");
        }
    }

    #[test]
    fn a_pointer_into_an_array_that_llvm_describes_is_from_two_registers() {
        let encoding =
            gimli::Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 4 };
        // breg7 +8, breg15 +0, lit4, mul, plus, stack_value
        assert!(adds_registers(&[0x77, 8, 0x7f, 0, 0x34, 0x1e, 0x22, 0x9f], encoding));
        assert!(!adds_registers(&[0x77, 8, 0x77, 0, 0x22, 0x9f], encoding), "one of them twice");
        assert!(!adds_registers(&[0x77, 8], encoding));
        assert!(!adds_registers(&[], encoding));
    }

    #[test]
    fn a_value_is_no_longer_than_its_type() {
        assert_eq!(cut(vec![1, 2, 3, 4], 2), [1, 2]);
        assert_eq!(cut(vec![1], 8), [1]);
        for build in optimised_builds() {
            for function in build.functions() {
                for visible in function.visible_at(function.ranges[0].start) {
                    let at = function.ranges[0].start;
                    let found = build.image.locate(&function, visible.variable, at, &frame());
                    if let Ok(Location::Value(bytes)) = found {
                        let ty = build.ty(visible.variable.ty.expect("typed"));
                        assert!(bytes.len() as u64 <= ty.size.expect("a size"));
                    }
                }
            }
        }
    }
}
