//! Runs DWARF expressions (DWARF 5, section 2.5): gimli's machine asks, the frame answers.

use gimli::{EvaluationResult, ReaderOffset as _, UnitOffset, ValueType};

use super::dies::{Unit, reference};
use super::image::{Image, Slice};
use super::locations::LocationContext;
use super::pieces::{Pieces, malformed, value_of};
use super::type_loader::undescribed;
use crate::base::{FileAddr, MemoryError, Register, Unreadable, VirtAddr};

/// How many operations one expression may take. Those of compilers have a few dozen at most.
const MAX_OPERATIONS: u32 = 4096;

/// The encoding of expressions that belong to no unit: those of the CFI.
const CFI_ENCODING: gimli::Encoding =
    gimli::Encoding { address_size: 8, format: gimli::Format::Dwarf32, version: 4 };

type Evaluation = gimli::Evaluation<Slice>;
type Asked = EvaluationResult<Slice>;

/// What an expression is evaluated in.
pub(super) struct Evaluator<'a> {
    pub image: &'a Image,
    /// The unit that the expression belongs to; none for one of the CFI.
    pub unit: Option<&'a Unit>,
    /// `DW_AT_frame_base` of the function; none while that itself is evaluated.
    pub frame_base: Option<&'static [u8]>,
    pub context: &'a dyn LocationContext,
}

impl Evaluator<'_> {
    /// Evaluates an expression to the pieces of its result.
    pub fn run(&self, code: &'static [u8], initial: Option<u64>) -> Result<Pieces, Unreadable> {
        if code.is_empty() && initial.is_none() {
            // DWARF 4, section 2.6.1.1.4: the object was optimised out.
            return Ok(Vec::new());
        }
        let encoding = self.unit.map_or(CFI_ENCODING, |unit| unit.header.encoding());
        let mut evaluation = evaluation(code, encoding)?;
        evaluation.set_max_iterations(MAX_OPERATIONS);
        if let Some(initial) = initial {
            evaluation.set_initial_value(initial);
        }
        let mut asked = evaluation.evaluate().map_err(malformed)?;
        // Every answer lets at least one operation run, and those are counted.
        while asked != Asked::Complete {
            asked = self.answer(&mut evaluation, asked)?;
        }
        Ok(evaluation.result())
    }

    fn answer(&self, to: &mut Evaluation, asked: Asked) -> Result<Asked, Unreadable> {
        let next = match asked {
            Asked::RequiresRegister { register, base_type } => {
                let value = self.register(Register(register.0))?;
                to.resume_with_register(self.typed(value, base_type)?)
            }
            Asked::RequiresMemory { address, size, space: None, base_type } => {
                let value = self.memory(address, size)?;
                to.resume_with_memory(self.typed(value, base_type)?)
            }
            Asked::RequiresFrameBase => to.resume_with_frame_base(self.frame_base()?),
            Asked::RequiresCallFrameCfa => {
                let cfa = self.context.cfa().ok_or_else(|| undescribed("the frame has no CFA"))?;
                to.resume_with_call_frame_cfa(cfa.0)
            }
            Asked::RequiresTls(offset) => {
                let at = self.context.thread_local(offset);
                let at = at.ok_or_else(|| undescribed("the thread has no block of its module"))?;
                to.resume_with_tls(at.0)
            }
            Asked::RequiresEntryValue(expression) => {
                to.resume_with_entry_value(self.entry_value(expression.0.slice())?)
            }
            Asked::RequiresRelocatedAddress(at) => {
                to.resume_with_relocated_address(self.context.bias().to_virt(FileAddr(at)).0)
            }
            Asked::RequiresIndexedAddress { index, relocate } => {
                to.resume_with_indexed_address(self.indexed(index, relocate)?)
            }
            Asked::RequiresBaseType(offset) => to.resume_with_base_type(self.base_type(offset)?),
            Asked::RequiresAtLocation(die) => to.resume_with_at_location(self.called(die)?),
            // What a caller passed is not known here (`DW_OP_GNU_parameter_ref`).
            Asked::RequiresParameterRef(_) => return Err(Unreadable::OptimisedOut),
            _ => return Err(undescribed("its location uses an operation of another machine")),
        };
        next.map_err(malformed)
    }

    fn register(&self, register: Register) -> Result<u64, Unreadable> {
        let lost = Unreadable::RegisterLost { register: register.name() };
        self.context.register(register).ok_or(lost)
    }

    fn memory(&self, address: u64, size: u8) -> Result<u64, Unreadable> {
        let mut word = [0; 8];
        let bytes = word
            .get_mut(..usize::from(size))
            .ok_or_else(|| undescribed("its location reads more than a word"))?;
        let read = self.context.memory().read(VirtAddr(address), bytes);
        read.map_err(MemoryError::reason)?;
        Ok(u64::from_le_bytes(word))
    }

    /// The frame base: rustc gives `DW_OP_reg7`, a register whose value it is.
    fn frame_base(&self) -> Result<u64, Unreadable> {
        let code = self.frame_base.ok_or_else(|| undescribed("its function has no frame base"))?;
        let base = Evaluator { frame_base: None, ..*self };
        value_of(&base.run(code, None)?, self.context)
    }

    /// `DW_OP_entry_value` of a register; compilers do not write other expressions in it.
    fn entry_value(&self, code: &'static [u8]) -> Result<gimli::Value, Unreadable> {
        let encoding = self.unit.map_or(CFI_ENCODING, |unit| unit.header.encoding());
        let mut bytes = Slice::new(code, gimli::LittleEndian);
        let operation = gimli::Operation::parse(&mut bytes, encoding).map_err(malformed)?;
        let gimli::Operation::Register { register } = operation else {
            return Err(undescribed("its location needs more than a register of the caller"));
        };
        let value = self.context.entry_value(Register(register.0));
        value.map(gimli::Value::Generic).ok_or(Unreadable::OptimisedOut)
    }

    fn indexed(&self, index: gimli::DebugAddrIndex, relocate: bool) -> Result<u64, Unreadable> {
        let unit = self.unit.ok_or_else(|| undescribed("an address index outside of a unit"))?;
        let at = self.image.dwarf.address(unit, index).map_err(malformed)?;
        Ok(if relocate { self.context.bias().to_virt(FileAddr(at)).0 } else { at })
    }

    fn typed(&self, value: u64, base_type: UnitOffset) -> Result<gimli::Value, Unreadable> {
        match self.base_type(base_type)? {
            ValueType::Generic => Ok(gimli::Value::Generic(value)),
            // The bits as they are, not converted: a register may hold an `f64`.
            bits => {
                let bytes = value.to_le_bytes();
                let bytes = gimli::EndianSlice::new(&bytes, gimli::LittleEndian);
                gimli::Value::parse(bits, bytes).map_err(malformed)
            }
        }
    }

    /// A base type by its offset in the unit; zero stands for the generic type.
    fn base_type(&self, offset: UnitOffset) -> Result<ValueType, Unreadable> {
        if offset.0.into_u64() == 0 {
            return Ok(ValueType::Generic);
        }
        let unit = self.unit.ok_or_else(|| undescribed("a type outside of a unit"))?;
        let entry = unit.header.entry(&unit.abbreviations, offset).map_err(malformed)?;
        let ty = ValueType::from_entry(&entry).map_err(malformed)?;
        ty.ok_or_else(|| undescribed("its location computes with an unknown type"))
    }

    /// The location of the die that `DW_OP_call2`, `4` or `_ref` names; one without any is empty.
    fn called(&self, die: gimli::DieReference) -> Result<Slice, Unreadable> {
        let offset = match die {
            gimli::DieReference::UnitRef(offset) => {
                self.unit.and_then(|unit| reference(unit, gimli::AttributeValue::UnitRef(offset)))
            }
            gimli::DieReference::DebugInfoRef(offset) => Some(offset.0),
        };
        let value = offset.and_then(|at| self.image.die(at)?.value(gimli::DW_AT_location));
        let expression = value.and_then(|value| value.exprloc_value());
        Ok(expression.map_or(Slice::new(&[], gimli::LittleEndian), |expression| expression.0))
    }
}

fn evaluation(code: &'static [u8], encoding: gimli::Encoding) -> Result<Evaluation, Unreadable> {
    if encoding.address_size != 8 {
        return Err(undescribed("its unit is for a machine of another word size"));
    }
    Ok(Evaluation::new(Slice::new(code, gimli::LittleEndian), encoding))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Frame, debug_builds};
    use super::super::locations::{Location, Piece, PieceAt};
    use super::super::pieces::location;
    use super::*;
    use crate::base::Buffer;

    /// The location that an expression gives in a frame with rsp 0x1000, whose frame base is rsp.
    fn locate(code: &'static [u8], change: impl Fn(&mut Frame)) -> Result<Location, Unreadable> {
        let build = debug_builds().next().expect("a build");
        let function = build.function("program::six");
        let unit = build.image.unit(function.unit).expect("a unit");
        let mut frame = Frame { bias: 0x5555_0000, ..Frame::default() };
        frame.registers.set(Register::RSP, 0x1000);
        change(&mut frame);
        let frame_base = function.frame_base;
        let evaluator =
            Evaluator { image: &build.image, unit: Some(&unit), frame_base, context: &frame };
        location(evaluator.run(code, None)?)
    }

    fn not_described(found: Result<Location, Unreadable>) -> bool {
        matches!(found, Err(Unreadable::NotDescribed(_)))
    }

    #[test]
    fn the_frame_base_is_what_its_register_holds() {
        // DW_OP_fbreg 8.
        let found = locate(&[0x91, 8], |_| ());
        assert_eq!(found, Ok(Location::Memory(VirtAddr(0x1008))));
        let lost = locate(&[0x91, 8], |frame| frame.registers.forget(Register::RSP));
        assert_eq!(lost, Err(Unreadable::RegisterLost { register: "rsp" }));
    }

    #[test]
    fn a_pointer_in_the_frame_is_followed() {
        // DW_OP_fbreg 8, DW_OP_deref: how a large argument is passed.
        let code: &[u8] = &[0x91, 8, 0x06];
        let memory = Buffer { start: VirtAddr(0x1008), bytes: 0xabcd_u64.to_le_bytes().to_vec() };
        let found = locate(code, |frame| frame.memory = vec![memory.clone()]);
        assert_eq!(found, Ok(Location::Memory(VirtAddr(0xabcd))));
        assert_eq!(locate(code, |_| ()), Err(Unreadable::Unmapped { at: VirtAddr(0x1008) }));
    }

    #[test]
    fn an_address_of_the_file_is_moved_by_the_bias() {
        // DW_OP_addr 0x2000.
        let found = locate(&[0x03, 0, 0x20, 0, 0, 0, 0, 0, 0], |_| ());
        assert_eq!(found, Ok(Location::Memory(VirtAddr(0x5555_2000))));
    }

    #[test]
    fn a_value_can_be_in_a_register_or_nowhere() {
        // DW_OP_reg5; DW_OP_lit5, DW_OP_stack_value; DW_OP_implicit_value of two bytes.
        assert_eq!(locate(&[0x55], |_| ()), Ok(Location::Register(Register::RDI)));
        let five = 5_u64.to_le_bytes().to_vec();
        assert_eq!(locate(&[0x35, 0x9f], |_| ()), Ok(Location::Value(five)));
        let implicit = locate(&[0x9e, 2, 7, 8], |_| ());
        assert_eq!(implicit, Ok(Location::Value(vec![7, 8])));
        assert_eq!(locate(&[], |_| ()), Err(Unreadable::OptimisedOut));
    }

    #[test]
    fn pieces_keep_what_is_left() {
        // Eight bytes gone, then DW_OP_reg2 for eight more: half of an optimised `&str`.
        let found = locate(&[0x93, 8, 0x52, 0x93, 8], |_| ());
        let pieces = vec![
            Piece { size: 8, at: PieceAt::Missing },
            Piece { size: 8, at: PieceAt::Register(Register::RCX) },
        ];
        assert_eq!(found, Ok(Location::Pieces(pieces)));
        assert_eq!(locate(&[0x93, 8, 0x93, 8], |_| ()), Err(Unreadable::OptimisedOut));
        // DW_OP_lit5, DW_OP_stack_value, DW_OP_piece 4: no longer than its piece.
        let found = locate(&[0x35, 0x9f, 0x93, 4, 0x93, 4], |_| ());
        let five = Piece { size: 4, at: PieceAt::Value(vec![5, 0, 0, 0]) };
        let gone = Piece { size: 4, at: PieceAt::Missing };
        assert_eq!(found, Ok(Location::Pieces(vec![five, gone])));
        // DW_OP_implicit_pointer, DW_OP_piece 8, DW_OP_reg2, DW_OP_piece 8.
        let found = locate(&[0xf2, 0, 0, 0, 0, 0, 0x93, 8, 0x52, 0x93, 8], |_| ());
        let pieces = vec![
            Piece { size: 8, at: PieceAt::Missing },
            Piece { size: 8, at: PieceAt::Register(Register::RCX) },
        ];
        assert_eq!(found, Ok(Location::Pieces(pieces)));
        // DW_OP_reg0, DW_OP_bit_piece 3 0.
        assert!(not_described(locate(&[0x50, 0x9d, 3, 0], |_| ())));
    }

    #[test]
    fn the_value_at_the_entry_is_asked_of_the_frame() {
        // DW_OP_GNU_entry_value(DW_OP_reg5), DW_OP_stack_value.
        let code: &[u8] = &[0xf3, 1, 0x55, 0x9f];
        assert_eq!(locate(code, |_| ()), Err(Unreadable::OptimisedOut));
        let known = locate(code, |frame| frame.first_argument = Some(9));
        assert_eq!(known, Ok(Location::Value(9_u64.to_le_bytes().to_vec())));
    }

    #[test]
    fn thread_locals_and_the_cfa_are_asked_of_the_frame() {
        // DW_OP_const1u 16, DW_OP_form_tls_address; DW_OP_call_frame_cfa.
        let found = locate(&[0x08, 16, 0x9b], |_| ());
        assert_eq!(found, Ok(Location::Memory(VirtAddr(0x7000_0010))));
        let found = locate(&[0x9c], |frame| frame.cfa = Some(VirtAddr(0x1040)));
        assert_eq!(found, Ok(Location::Memory(VirtAddr(0x1040))));
        assert!(not_described(locate(&[0x9c], |_| ())));
    }

    #[test]
    fn what_does_not_end_or_make_sense_is_not_described() {
        // DW_OP_skip -3: for ever.
        assert!(not_described(locate(&[0x2f, 0xfd, 0xff], |_| ())));
        // An operation that does not exist, one cut short, an empty stack, a division by zero.
        for code in [[0xff].as_slice(), &[0x91], &[0x06], &[0x31, 0x30, 0x1b]] {
            assert!(not_described(locate(code, |_| ())), "{code:x?}");
        }
        // DW_OP_piece of 2^64 - 1 bytes.
        let huge = [0x50, 0x93, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        assert!(not_described(locate(Vec::leak(huge.to_vec()), |_| ())));
        // DW_OP_implicit_pointer.
        assert!(not_described(locate(&[0xf2, 0, 0, 0, 0, 0], |_| ())));
    }

    #[test]
    fn an_expression_of_the_cfi_starts_with_the_cfa() {
        let image = &debug_builds().next().expect("a build").image;
        let mut frame = Frame::default();
        frame.registers.set(Register::RSP, 0x1000);
        // DW_OP_plus_uconst 16; DW_OP_breg7 8.
        assert_eq!(image.evaluate_cfi(&[0x23, 16], Some(0x40), &frame), Ok(0x50));
        assert_eq!(image.evaluate_cfi(&[0x77, 8], None, &frame), Ok(0x1008));
        assert!(image.evaluate_cfi(&[0x91, 8], None, &frame).is_err(), "there is no frame base");
    }
}
