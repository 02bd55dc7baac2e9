//! The registers of one thread, numbered as the psABI numbers them for DWARF.

use serde::{Deserialize, Deserializer, Serialize};

use super::VirtAddr;

/// A register by its DWARF number (System V psABI for AMD64, figure 3.36).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct Register(pub u16);

/// The general registers of a stopped thread, or of a frame further up as far as it is known.
///
/// A register that the unwinder could not restore is unknown, never stale: [`Registers::get`]
/// then returns nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Registers {
    general: [u64; 17],
    known: u32,
    /// The flags register.
    pub eflags: u64,
    /// The base of the `fs` segment: on x86-64 Linux the thread pointer.
    pub fs_base: u64,
    /// The number of the system call that the thread is inside of, or -1 as a `u64`.
    pub orig_rax: u64,
}

/// The vector registers xmm0 to xmm15 (the low 128 bits), which cost a system call of their own.
pub type Vectors = [u128; 16];

/// The assembler's name of a register. It is an alias because serde would want to borrow a plain
/// `&'static str` from what is read.
pub type RegisterName = &'static str;

/// Reads the name of a register back.
///
/// # Errors
/// A name that is none.
pub(super) fn register_name<'de, D: Deserializer<'de>>(from: D) -> Result<RegisterName, D::Error> {
    let name = String::deserialize(from)?;
    match Register::named(&name) {
        Some(register) => Ok(register.name()),
        None if name == UNNAMED => Ok(UNNAMED),
        None => Err(serde::de::Error::custom(format!("{name} is no register"))),
    }
}

/// What a register is called that the psABI does not name.
const UNNAMED: RegisterName = "r?";

impl Register {
    /// The integer return register, and scratch.
    pub const RAX: Register = Register(0);
    /// The second integer return register, and the third integer argument.
    pub const RDX: Register = Register(1);
    /// The fourth integer argument.
    pub const RCX: Register = Register(2);
    /// Callee-saved.
    pub const RBX: Register = Register(3);
    /// The second integer argument.
    pub const RSI: Register = Register(4);
    /// The first integer argument.
    pub const RDI: Register = Register(5);
    /// Callee-saved, and in some builds the frame pointer.
    pub const RBP: Register = Register(6);
    /// The stack pointer.
    pub const RSP: Register = Register(7);
    /// The return address column; as a register of a thread, the instruction pointer.
    pub const RIP: Register = Register(16);
    /// The first vector register.
    pub const XMM0: Register = Register(17);

    /// The registers that a called function must preserve (psABI, figure 3.4).
    pub const CALLEE_SAVED: [Register; 6] =
        [Register(3), Register(6), Register(12), Register(13), Register(14), Register(15)];

    /// The register of an assembler's name.
    pub fn named(name: &str) -> Option<Register> {
        (0..33).map(Register).find(|register| register.name() == name)
    }

    /// The assembler's name, `r?` for a number the psABI does not give.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 33] = [
            "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11",
            "r12", "r13", "r14", "r15", "rip", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
            "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
        ];
        NAMES.get(usize::from(self.0)).copied().unwrap_or(UNNAMED)
    }
}

impl Registers {
    /// The value of a general register or of the instruction pointer, if it is known.
    pub fn get(&self, register: Register) -> Option<u64> {
        let index = usize::from(register.0);
        let known = index < 17 && self.known & (1 << index) != 0;
        known.then(|| self.general[index])
    }

    /// Makes a register known. Numbers beyond the instruction pointer are ignored.
    pub fn set(&mut self, register: Register, value: u64) {
        let index = usize::from(register.0);
        if index < 17 {
            self.general[index] = value;
            self.known |= 1 << index;
        }
    }

    /// Makes a register unknown.
    pub fn forget(&mut self, register: Register) {
        if register.0 < 17 {
            self.known &= !(1 << register.0);
        }
    }

    /// The instruction pointer; zero where it is unknown, which is where unwinding ends.
    pub fn pc(&self) -> VirtAddr {
        VirtAddr(self.get(Register::RIP).unwrap_or(0))
    }

    /// The stack pointer; zero where it is unknown.
    pub fn sp(&self) -> VirtAddr {
        VirtAddr(self.get(Register::RSP).unwrap_or(0))
    }

    /// Moves the instruction pointer.
    pub fn set_pc(&mut self, at: VirtAddr) {
        self.set(Register::RIP, at.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_register_is_not_zero() {
        let mut registers = Registers::default();
        assert_eq!(registers.get(Register::RAX), None);
        registers.set(Register::RAX, 0);
        assert_eq!(registers.get(Register::RAX), Some(0));
        registers.forget(Register::RAX);
        assert_eq!(registers.get(Register::RAX), None);
        registers.set(Register::XMM0, 7);
        assert_eq!(registers.get(Register::XMM0), None);
    }

    #[test]
    fn names_follow_the_psabi_and_not_the_instruction_encoding() {
        assert_eq!(Register(1).name(), "rdx");
        assert_eq!(Register(4).name(), "rsi");
        assert_eq!(Register::XMM0.name(), "xmm0");
        assert_eq!(Register(900).name(), "r?");
        assert_eq!(Register::named("rsi"), Some(Register::RSI));
        assert_eq!(Register::named("r?"), None);
    }
}
