//! The registers, as far as they can be followed from the beginning of a piece of code that is only
//! entered there.

use std::collections::HashMap;

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

use super::effects::{Callee, CalleeKind, Effect, Part, Place, Taker, Target};
use super::known::{CallResult, Known, Within};
use crate::base::FileAddr;

/// The registers that floats are passed in, in their order (psABI, section 3.2.3).
const VECTORS: [Register; 8] = [
    Register::XMM0,
    Register::XMM1,
    Register::XMM2,
    Register::XMM3,
    Register::XMM4,
    Register::XMM5,
    Register::XMM6,
    Register::XMM7,
];
/// The registers that arguments are passed in, in their order (psABI, section 3.2.3).
const ARGUMENTS: [Register; 6] =
    [Register::RDI, Register::RSI, Register::RDX, Register::RCX, Register::R8, Register::R9];

/// What is known of the registers, and what was seen to happen.
pub(super) struct Registers<'a> {
    /// By full register.
    known: HashMap<Register, Known>,
    /// Cells of the frame that hold the same address wherever they are loaded.
    pub spilled: &'a HashMap<i64, Known>,
    /// The distance of the stack pointer from the canonical frame address.
    pub sp: i64,
    /// Whether the registers still hold what the caller put there.
    at_entry: bool,
    pub effects: Vec<Effect>,
    /// What a function has returned, and the last instruction stored.
    pub kept: Option<Kept>,
}

/// A cell of the frame in which a part is stored of what a function has returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    /// The cell, by its distance from the canonical frame address.
    pub cell: i64,
    /// What is stored there.
    pub of: CallResult,
}

/// A memory operand.
#[derive(Clone, Copy)]
struct Operand {
    place: Option<Place>,
    /// Whether the instruction names the frame itself, or an argument by its pointer.
    direct: bool,
}

/// Where an argument is while its register has not been stored in the frame: a cell that no frame
/// has, because it lies further up than any.
pub const fn argument_cell(index: usize) -> i64 {
    (1 << 60) + ((index as i64) << 3)
}

impl Registers<'_> {
    pub fn new(spilled: &HashMap<i64, Known>, sp: i64) -> Registers<'_> {
        let argument = |(index, register): (usize, Register)| {
            let part = Part { at: Place::Frame(argument_cell(index)), size: 8 };
            (register, Known::Bytes { part, plus: 0, fresh: true })
        };
        let known = ARGUMENTS.into_iter().enumerate().map(argument).collect();
        Registers { known, spilled, sp, at_entry: true, effects: Vec::new(), kept: None }
    }

    /// Control can come from elsewhere: nothing is known any more.
    pub fn forget(&mut self) {
        self.known.clear();
        self.at_entry = false;
    }

    fn get(&self, register: Register) -> Known {
        if register == Register::RSP {
            return Known::Address(Place::Frame(self.sp));
        }
        self.known.get(&register.full_register()).copied().unwrap_or(Known::Nothing)
    }

    fn set(&mut self, register: Register, known: Known) {
        self.known.insert(register.full_register(), known);
    }

    /// What the target register of an indirect call holds.
    pub fn target(&self, register: Register) -> Option<Target> {
        match self.get(register) {
            Known::Slot(target) => Some(target),
            _ => None,
        }
    }

    /// The flag that a `test` of one byte looks at: a byte of the frame, of which only the lowest
    /// bit counts.
    pub fn tested(&self, instruction: &Instruction) -> Option<i64> {
        let one = instruction.op1_kind() == OpKind::Immediate8 && instruction.immediate8() == 1;
        if instruction.mnemonic() != Mnemonic::Test || !one {
            return None;
        }
        match instruction.op0_kind() {
            OpKind::Memory => match self.resolve(instruction).place? {
                Place::Frame(at) => Some(at),
                Place::Behind { .. } => None,
            },
            OpKind::Register => match self.get(instruction.op0_register()) {
                Known::Bytes { part: Part { at: Place::Frame(at), size: 1 }, plus: 0, .. } => {
                    Some(at)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// One instruction that is no call. `written` are the registers that it writes.
    pub fn step(&mut self, instruction: &Instruction, written: &[Register]) {
        match instruction.mnemonic() {
            Mnemonic::Lea => return self.lea(instruction),
            Mnemonic::Ret => return self.ret(),
            Mnemonic::Cmp | Mnemonic::Test | Mnemonic::Ucomisd | Mnemonic::Ucomiss => {
                return self.compare(instruction);
            }
            _ => {}
        }
        let moves = is_move(instruction);
        let memory =
            (0..instruction.op_count()).find(|n| instruction.op_kind(*n) == OpKind::Memory);
        match memory {
            Some(0) if moves => self.store(instruction),
            Some(_) if moves => self.load(instruction),
            Some(n) => self.other_memory(instruction, n == 0, written),
            None => self.between_registers(instruction, written),
        }
    }

    /// A call at an address: what its arguments are, what is lost by it, and what it returns.
    pub fn call(&mut self, callee: Callee, call: FileAddr) {
        if callee.known.kind == CalleeKind::Copies {
            self.copy(callee);
        } else {
            for (index, register) in ARGUMENTS.into_iter().enumerate() {
                match callee.known.registers {
                    Some(count) if index >= count => continue,
                    Some(_) => self.renew(register),
                    None => {}
                }
                self.consume(register, Taker::Argument { index, callee });
            }
            self.pass_vectors(callee);
        }
        self.forget();
        let Some(target) = callee.target else { return };
        for (register, within) in [(Register::RAX, Within::Rax), (Register::RDX, Within::Rdx)] {
            self.set(register, Known::Result(CallResult { call, target, within }));
        }
    }

    /// Floats are arguments as well: without optimisation they are loaded right before the call.
    fn pass_vectors(&mut self, callee: Callee) {
        for (number, register) in VECTORS.into_iter().enumerate() {
            if let Known::Bytes { part, fresh: true, .. } = self.get(register) {
                let index = ARGUMENTS.len().saturating_add(number);
                self.effects.push(Effect::Reads { part, by: Taker::Argument { index, callee } });
            }
        }
    }

    fn copy(&mut self, callee: Callee) {
        let [to, from, len] = [ARGUMENTS[0], ARGUMENTS[1], ARGUMENTS[2]].map(|r| self.get(r));
        let size = match len {
            Known::Constant(size) => size,
            // It copies something, wherever it ends.
            _ => 1,
        };
        let (to, from) = (to.pointee(), from.pointee());
        if let Some(at) = from {
            let by = to.map_or(Taker::Argument { index: 1, callee }, Taker::Place);
            self.effects.push(Effect::Reads { part: Part { at, size }, by });
        }
        if let Some(at) = to {
            let part = Part { at, size };
            self.effects.push(Effect::Writes { part, direct: true, constant: None });
        }
    }

    /// What a register holds is used once more.
    fn renew(&mut self, register: Register) {
        if let Known::Bytes { part, plus, .. } = self.get(register) {
            self.set(register, Known::Bytes { part, plus, fresh: true });
        }
    }

    /// What a register holds is used.
    fn consume(&mut self, register: Register, by: Taker) {
        let known = self.get(register);
        if let Known::Bytes { part, plus, fresh } = known {
            if fresh {
                self.effects.push(Effect::Reads { part, by });
            }
            self.set(register, Known::Bytes { part, plus, fresh: false });
        }
        let is_pointer = matches!(known, Known::Address(_)) || matches!(by, Taker::Argument { .. });
        if let Some(at) = known.pointee().filter(|_| is_pointer) {
            self.effects.push(Effect::Takes { at, by });
        }
    }

    fn resolve(&self, instruction: &Instruction) -> Operand {
        let nothing = Operand { place: None, direct: false };
        let segment = instruction.segment_prefix();
        if instruction.memory_index() != Register::None || segment == Register::FS {
            return nothing;
        }
        let base = instruction.memory_base();
        let displacement = instruction.memory_displacement64().cast_signed();
        if base == Register::RSP {
            let place = Place::Frame(self.sp.wrapping_add(displacement));
            return Operand { place: Some(place), direct: true };
        }
        let known = self.get(base);
        let place = known.pointee().map(|place| place.plus(displacement));
        Operand { place, direct: matches!(known, Known::Bytes { plus: 0, .. }) }
    }

    /// The registers that the address of an operand is made of are used.
    fn follow(&mut self, instruction: &Instruction) {
        let (base, index) = (instruction.memory_base(), instruction.memory_index());
        if base != Register::RSP && base != Register::None && !base.is_ip() {
            if index == Register::None {
                if let Known::Bytes { part, plus, fresh: true } = self.get(base) {
                    self.effects.push(Effect::Reads { part, by: Taker::Elsewhere });
                    self.set(base, Known::Bytes { part, plus, fresh: false });
                }
            } else {
                self.consume(base, Taker::Elsewhere);
            }
        }
        if index != Register::None {
            if base == Register::RSP {
                let displacement = instruction.memory_displacement64().cast_signed();
                let at = Place::Frame(self.sp.wrapping_add(displacement));
                self.effects.push(Effect::Takes { at, by: Taker::Elsewhere });
            }
            self.consume(index, Taker::Elsewhere);
        }
    }

    fn compare(&mut self, instruction: &Instruction) {
        for operand in 0..instruction.op_count() {
            let (register, place) = match instruction.op_kind(operand) {
                OpKind::Register => (instruction.op_register(operand), None),
                OpKind::Memory => (instruction.memory_base(), self.resolve(instruction).place),
                _ => continue,
            };
            let size = match instruction.op_kind(operand) {
                OpKind::Memory => instruction.memory_size().size() as u64,
                _ => 1,
            };
            let held = match self.get(register) {
                Known::Bytes { part, .. } => Some(part),
                Known::Address(at) if place.is_none() => Some(Part { at, size }),
                _ => None,
            };
            let compared = held.into_iter().chain(place.map(|at| Part { at, size }));
            self.effects.extend(compared.map(|part| Effect::Compares { part }));
        }
    }

    fn lea(&mut self, instruction: &Instruction) {
        let into = instruction.op0_register();
        let known = if instruction.memory_index() != Register::None {
            self.follow(instruction);
            Known::Nothing
        } else if instruction.memory_base().is_ip() {
            Known::Constant(instruction.memory_displacement64())
        } else {
            let displacement = instruction.memory_displacement64().cast_signed();
            self.get(instruction.memory_base()).plus(displacement)
        };
        self.set(into, known);
    }

    fn ret(&mut self) {
        for register in [Register::RAX, Register::RDX, Register::XMM0] {
            if let Known::Bytes { part, fresh: true, .. } = self.get(register) {
                self.effects.push(Effect::Reads { part, by: Taker::Caller });
            }
        }
    }

    fn load(&mut self, instruction: &Instruction) {
        self.follow(instruction);
        let into = instruction.op0_register();
        let size = instruction.memory_size().size() as u64;
        let known = match self.resolve(instruction).place {
            Some(Place::Frame(at)) if size == 8 && self.spilled.contains_key(&at) => {
                self.spilled.get(&at).copied().unwrap_or(Known::Nothing)
            }
            Some(at) => Known::Bytes { part: Part { at, size }, plus: 0, fresh: true },
            None if instruction.is_ip_rel_memory_operand() && size == 8 => {
                Known::Slot(Target::Slot(FileAddr(instruction.ip_rel_memory_address())))
            }
            None => Known::Nothing,
        };
        self.set(into, known);
    }

    fn store(&mut self, instruction: &Instruction) {
        self.follow(instruction);
        let Operand { place, direct } = self.resolve(instruction);
        let constant = match instruction.op1_kind() {
            OpKind::Register => {
                let by = place.map_or(Taker::Elsewhere, Taker::Place);
                let register = instruction.op1_register();
                self.consume(register, by);
                self.keep_argument(instruction, register, place);
                if let (Known::Result(of), Some(Place::Frame(cell))) = (self.get(register), place) {
                    self.kept = Some(Kept { cell, of });
                }
                None
            }
            _ => instruction.try_immediate(1).ok().and_then(|n| u8::try_from(n & 0xff).ok()),
        };
        if let Some(at) = place {
            let size = instruction.memory_size().size().max(1) as u64;
            let part = Part { at, size };
            self.effects.push(Effect::Writes { part, direct, constant });
        }
    }

    /// An argument is stored in the frame: its register holds the same until something else is
    /// called.
    fn keep_argument(
        &mut self,
        instruction: &Instruction,
        register: Register,
        place: Option<Place>,
    ) {
        let size = instruction.memory_size().size() as u64;
        let passed = match self.get(register) {
            // What did not fit into registers lies above the return address.
            Known::Bytes { part: Part { at: Place::Frame(0..), .. }, plus: 0, .. } => true,
            _ => false,
        };
        if let (true, true, Some(at @ Place::Frame(_)), 4 | 8) =
            (self.at_entry, passed, place, size)
        {
            let part = Part { at, size };
            self.set(register, Known::Bytes { part, plus: 0, fresh: true });
        }
    }

    /// An instruction that computes with memory: what it only reads is compared or counted with;
    /// what it writes it has read before.
    fn other_memory(&mut self, instruction: &Instruction, into: bool, written: &[Register]) {
        self.follow(instruction);
        if into && let Some(at) = self.resolve(instruction).place {
            let size = instruction.memory_size().size().max(1) as u64;
            let part = Part { at, size };
            self.effects.push(Effect::Reads { part, by: Taker::Elsewhere });
            self.effects.push(Effect::Writes { part, direct: false, constant: None });
        }
        for register in written {
            self.set(*register, Known::Nothing);
        }
    }

    fn between_registers(&mut self, instruction: &Instruction, written: &[Register]) {
        let (first, second) = (instruction.op0_register(), instruction.op1_register());
        let immediate = matches!(
            instruction.op1_kind(),
            OpKind::Immediate8
                | OpKind::Immediate8to16
                | OpKind::Immediate8to32
                | OpKind::Immediate8to64
                | OpKind::Immediate16
                | OpKind::Immediate32
                | OpKind::Immediate32to64
                | OpKind::Immediate64
        );
        let number = || instruction.try_immediate(1).unwrap_or(0);
        let known = match instruction.mnemonic() {
            _ if instruction.op_count() != 2 => Known::Nothing,
            _ if is_move(instruction) && !immediate => self.get(second),
            Mnemonic::Mov if immediate => Known::Constant(number()),
            Mnemonic::Xor if first == second => Known::Constant(0),
            Mnemonic::Add if immediate => self.get(first).plus(number().cast_signed()),
            Mnemonic::Sub if immediate => {
                self.get(first).plus(number().cast_signed().wrapping_neg())
            }
            Mnemonic::Add if !immediate => {
                self.escape(first);
                self.escape(second);
                Known::Nothing
            }
            Mnemonic::Push => {
                self.consume(first, Taker::Elsewhere);
                return;
            }
            _ => Known::Nothing,
        };
        for register in
            written.iter().filter(|register| register.full_register() != first.full_register())
        {
            self.set(*register, Known::Nothing);
        }
        if written.iter().any(|register| register.full_register() == first.full_register()) {
            self.set(first, known);
        }
    }

    /// An address to which a number was added that is not known may lead to any part.
    fn escape(&mut self, register: Register) {
        if let Known::Address(at) = self.get(register) {
            self.effects.push(Effect::Takes { at, by: Taker::Elsewhere });
        }
    }
}

/// Whether an instruction copies bytes without a change: `mov` and the vector moves that debug code
/// copies values with. `movzx` loads a part of the register, and is none.
fn is_move(instruction: &Instruction) -> bool {
    matches!(
        instruction.mnemonic(),
        Mnemonic::Mov
            | Mnemonic::Movups
            | Mnemonic::Movaps
            | Mnemonic::Movdqu
            | Mnemonic::Movdqa
            | Mnemonic::Movupd
            | Mnemonic::Movapd
            | Mnemonic::Movq
            | Mnemonic::Movd
            | Mnemonic::Movsd
            | Mnemonic::Movss
            | Mnemonic::Vmovups
            | Mnemonic::Vmovaps
            | Mnemonic::Vmovdqu
            | Mnemonic::Vmovdqa
    )
}
