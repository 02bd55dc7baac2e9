//! An instruction with what it uses, looked up once.

use iced_x86::{Instruction, InstructionInfoFactory, OpAccess, Register as Name, UsedMemory};

use crate::asm::access::{is_access, reads, writes};

/// An instruction, with the memory and the registers that it uses.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The instruction.
    pub instruction: Instruction,
    /// The memory that it reads or writes; a `lea` and a `nop` do neither.
    pub(super) memory: Vec<UsedMemory>,
    /// The registers that it reads, without the stack pointer, which all read that use the stack.
    pub(super) read: Vec<Name>,
    /// The registers that it writes.
    pub(super) written: Vec<Name>,
}

impl From<Instruction> for Decoded {
    fn from(instruction: Instruction) -> Decoded {
        let mut factory = InstructionInfoFactory::new();
        let info = factory.info(&instruction);
        let registers = |wanted: fn(OpAccess) -> bool| {
            let used = info.used_registers().iter().filter(move |used| wanted(used.access()));
            used.map(|used| used.register())
        };
        let memory = info.used_memory().iter().filter(|used| is_access(used.access()));
        let memory = memory.copied().collect();
        let read = registers(reads).filter(|name| *name != Name::RSP).collect();
        let written = registers(writes).collect();
        Decoded { instruction, memory, read, written }
    }
}
