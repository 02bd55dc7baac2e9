//! One instruction.

use iced_x86::{
    ConditionCode, FlowControl, Instruction, Mnemonic, OpKind, Register as Name, UsedMemory,
};

use super::decoded::Decoded;
use super::flags::{Flags, is_negative, masked};
use super::machine::{Machine, Peek};
use crate::asm::access::{reads, writes};

/// Where control goes from an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// To one place.
    To(u64),
    /// To one of two, by a condition that is not known.
    Either(u64, u64),
    /// Into another function, which may return to the instruction behind.
    Calls,
    /// Out of the function, by `ret`.
    Returns,
    /// Nowhere: the instruction stops the program.
    Stops,
    /// To an address that is not known, or through an instruction that is not followed.
    Unknown,
}

/// Bytes that an instruction reads or writes, where their address is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Touched {
    /// The first of them.
    pub at: u64,
    /// How many.
    pub size: u64,
    /// Whether they are read.
    pub read: bool,
    /// Whether they are written.
    pub written: bool,
}

impl Machine {
    /// The address of the memory operand of an instruction.
    pub fn address(&self, instruction: &Instruction) -> Option<u64> {
        if matches!(instruction.segment_prefix(), Name::FS | Name::GS) {
            return None;
        }
        if instruction.is_ip_rel_memory_operand() {
            return Some(instruction.ip_rel_memory_address());
        }
        let of = |name: Name| match name {
            Name::None => Some(0),
            name => self.register(name),
        };
        let index = of(instruction.memory_index())?;
        let scaled = index.wrapping_mul(u64::from(instruction.memory_index_scale()));
        let start = of(instruction.memory_base())?.wrapping_add(scaled);
        Some(start.wrapping_add(instruction.memory_displacement64()))
    }

    /// What an instruction touches, before it runs, as far as the addresses are known.
    pub fn touched(&self, instruction: &Decoded) -> Vec<Touched> {
        let known = instruction.memory.iter().filter_map(|used| {
            let size = u64::try_from(used.memory_size().size()).ok().filter(|size| *size > 0)?;
            let (read, written) = (reads(used.access()), writes(used.access()));
            Some(Touched { at: self.used(used)?, size, read, written })
        });
        known.collect()
    }

    /// The address of memory that an instruction uses.
    fn used(&self, used: &UsedMemory) -> Option<u64> {
        used.virtual_address(0, |name, _, _| match name {
            // In 64-bit code all segments but two begin at zero (Intel SDM, volume 1, section 3.4.4).
            Name::CS | Name::DS | Name::ES | Name::SS => Some(0),
            name => self.register(name),
        })
    }

    /// What the registers hold that an instruction reads, those of addresses too.
    pub fn registers_read(&self, instruction: &Decoded) -> Vec<u64> {
        instruction.read.iter().filter_map(|name| self.register(*name)).collect()
    }

    /// Runs one instruction. At a call nothing happens yet: its callee is the reader's to know.
    pub fn step(&mut self, decoded: &Decoded, peek: &Peek<'_>) -> Then {
        let instruction = &decoded.instruction;
        let next = instruction.next_ip();
        match instruction.flow_control() {
            FlowControl::Next => match self.run(decoded, peek) {
                Some(()) => Then::To(next),
                None => Then::Unknown,
            },
            FlowControl::Call | FlowControl::IndirectCall => Then::Calls,
            FlowControl::Return => Then::Returns,
            FlowControl::Exception | FlowControl::Interrupt => Then::Stops,
            FlowControl::UnconditionalBranch => Then::To(instruction.near_branch_target()),
            FlowControl::ConditionalBranch => {
                let target = instruction.near_branch_target();
                match self.holds(instruction) {
                    Some(true) => Then::To(target),
                    Some(false) => Then::To(next),
                    None => Then::Either(target, next),
                }
            }
            FlowControl::IndirectBranch => {
                self.read(instruction, 0, peek).map_or(Then::Unknown, Then::To)
            }
            FlowControl::XbeginXabortXend => Then::Unknown,
        }
    }

    fn holds(&self, instruction: &Instruction) -> Option<bool> {
        match instruction.condition_code() {
            ConditionCode::None => None,
            condition => self.flags.hold(condition),
        }
    }

    fn run(&mut self, decoded: &Decoded, peek: &Peek<'_>) -> Option<()> {
        let i = &decoded.instruction;
        if i.has_rep_prefix() || i.has_repne_prefix() {
            return None;
        }
        match i.mnemonic() {
            Mnemonic::Nop | Mnemonic::Endbr64 | Mnemonic::Pause => {}
            Mnemonic::Mov | Mnemonic::Movzx => {
                let value = self.read(i, 1, peek);
                self.write(i, value);
            }
            Mnemonic::Movsx | Mnemonic::Movsxd => {
                let value = self.read(i, 1, peek).map(|value| widened(value, size_of(i, 1)));
                self.write(i, value);
            }
            Mnemonic::Lea => {
                let address = self.address(i);
                self.write(i, address);
            }
            Mnemonic::Push => {
                let value = self.read(i, 0, peek);
                let sp = self.register(Name::RSP)?.wrapping_sub(8);
                self.set_register(Name::RSP, Some(sp));
                self.store(Some(sp), 8, value.map(u128::from));
            }
            Mnemonic::Pop => {
                let sp = self.register(Name::RSP)?;
                let value = self.word(sp, peek);
                self.set_register(Name::RSP, Some(sp.wrapping_add(8)));
                self.write(i, value);
            }
            _ if is_vector_move(i) => self.move_vector(i, peek),
            _ if is_zeroing(i) => {
                self.set_vector(i.op0_register(), Some(0));
            }
            _ if i.op_count() >= 1 && self.compute(i, peek) => {}
            _ => self.lose(decoded),
        }
        Some(())
    }

    /// Arithmetic on whole registers and memory. False for what is none.
    fn compute(&mut self, i: &Instruction, peek: &Peek<'_>) -> bool {
        let size = size_of(i, 0);
        let a = self.read(i, 0, peek);
        let b = if i.op_count() == 2 { self.read(i, 1, peek) } else { Some(1) };
        let same = i.op_count() == 2
            && i.op1_kind() == OpKind::Register
            && i.op0_kind() == OpKind::Register
            && i.op0_register() == i.op1_register();
        let both = if same { a.or(Some(0)).zip(b.or(Some(0))) } else { a.zip(b) };
        let of = |flags: fn(u64, u64, usize) -> Flags| {
            a.zip(b).map_or_else(Flags::default, |(a, b)| flags(a, b, size))
        };
        // What is taken from itself is zero, whatever it is.
        let difference = || {
            let flags = Flags::of_difference;
            both.map_or_else(Flags::default, |(a, b)| flags(a, b, size))
        };
        let bits = |of: fn(u64, u64) -> u64| {
            let result = a.zip(b).map(|(a, b)| of(a, b));
            (result, result.map_or_else(Flags::default, |result| Flags::of_result(result, size)))
        };
        let carry = self.flags;
        let (result, flags) = match i.mnemonic() {
            Mnemonic::Cmp => {
                self.flags = difference();
                return true;
            }
            Mnemonic::Test => {
                self.flags = bits(|a, b| a & b).1;
                return true;
            }
            Mnemonic::Add => (a.zip(b).map(|(a, b)| a.wrapping_add(b)), of(Flags::of_sum)),
            Mnemonic::Sub => (both.map(|(a, b)| a.wrapping_sub(b)), difference()),
            Mnemonic::Xor if same => (Some(0), Flags::of_result(0, size)),
            Mnemonic::Xor => bits(|a, b| a ^ b),
            Mnemonic::And => bits(|a, b| a & b),
            Mnemonic::Or => bits(|a, b| a | b),
            Mnemonic::Inc => (a.map(|a| a.wrapping_add(1)), of(Flags::of_sum).but_carry(carry)),
            Mnemonic::Dec => {
                (a.map(|a| a.wrapping_sub(1)), of(Flags::of_difference).but_carry(carry))
            }
            Mnemonic::Not => (a.map(|a| !a), carry),
            _ if i.condition_code() != ConditionCode::None => {
                let holds = self.holds(i);
                let result = match i.op_count() {
                    1 => holds.map(u64::from),
                    _ => holds.and_then(|holds| if holds { b } else { a }),
                };
                (result, carry)
            }
            _ => return false,
        };
        // A locked count is one that other threads change too.
        let shared = i.has_lock_prefix();
        self.flags = if shared { Flags::default() } else { flags };
        self.write(i, result.filter(|_| !shared));
        true
    }

    fn move_vector(&mut self, i: &Instruction, peek: &Peek<'_>) {
        let from = match i.op1_kind() {
            OpKind::Memory => self.address(i).and_then(|at| self.load(at, 16, peek)),
            _ => self.vector(i.op1_register()),
        };
        match i.op0_kind() {
            OpKind::Memory => self.store(self.address(i), 16, from),
            _ => self.set_vector(i.op0_register(), from),
        }
    }

    /// An instruction that is not followed: what it writes is not known any more.
    fn lose(&mut self, decoded: &Decoded) {
        let i = &decoded.instruction;
        // A bit string is as long as its index says.
        let in_string = i.op_count() == 2
            && i.op1_kind() == OpKind::Register
            && matches!(i.mnemonic(), Mnemonic::Bts | Mnemonic::Btr | Mnemonic::Btc);
        for used in decoded.memory.iter().filter(|used| writes(used.access())) {
            let size = used.memory_size().size();
            let at = self.used(used).filter(|_| !in_string && size > 0);
            self.store(at, size, None);
        }
        for name in &decoded.written {
            self.set_register(*name, None);
        }
        if i.rflags_modified() != 0 {
            self.flags = Flags::default();
        }
    }

    fn read(&self, i: &Instruction, n: u32, peek: &Peek<'_>) -> Option<u64> {
        match i.try_op_kind(n).ok()? {
            OpKind::Register => self.register(i.op_register(n)),
            OpKind::Memory => {
                let size = i.memory_size().size();
                let value = (size <= 8).then(|| self.load(self.address(i)?, size, peek))??;
                u64::try_from(value).ok()
            }
            _ => i.try_immediate(n).ok().map(|value| masked(value, size_of(i, 0))),
        }
    }

    fn write(&mut self, i: &Instruction, value: Option<u64>) {
        match i.op0_kind() {
            OpKind::Register => self.set_register(i.op0_register(), value),
            OpKind::Memory => {
                self.store(self.address(i), i.memory_size().size(), value.map(u128::from));
            }
            _ => {}
        }
    }
}

/// Bytes of an operand.
fn size_of(i: &Instruction, n: u32) -> usize {
    match i.try_op_kind(n) {
        Ok(OpKind::Register) => i.op_register(n).size(),
        Ok(OpKind::Memory) => i.memory_size().size(),
        _ => 8,
    }
}

/// A number with its sign, as a word.
fn widened(value: u64, size: usize) -> u64 {
    match is_negative(value, size) {
        true => value | !masked(u64::MAX, size),
        false => value,
    }
}

/// A move of 16 bytes as they are.
fn is_vector_move(i: &Instruction) -> bool {
    let name = matches!(
        i.mnemonic(),
        Mnemonic::Movups
            | Mnemonic::Movaps
            | Mnemonic::Movdqu
            | Mnemonic::Movdqa
            | Mnemonic::Movupd
            | Mnemonic::Movapd
            | Mnemonic::Vmovups
            | Mnemonic::Vmovaps
            | Mnemonic::Vmovdqu
            | Mnemonic::Vmovdqa
    );
    let whole = |n: u32| match i.op_kind(n) {
        OpKind::Memory => i.memory_size().size() == 16,
        OpKind::Register => i.op_register(n).is_xmm(),
        _ => false,
    };
    name && i.op_count() == 2 && whole(0) && whole(1)
}

/// `xorps xmm0, xmm0` and its like.
fn is_zeroing(i: &Instruction) -> bool {
    let name = matches!(i.mnemonic(), Mnemonic::Xorps | Mnemonic::Pxor | Mnemonic::Xorpd);
    name && i.op0_register() == i.op1_register() && i.op0_register().is_xmm()
}
