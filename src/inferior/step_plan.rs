//! How a thread is sent over one instruction, so that the program does not notice.
//!
//! The trap flag does for most. It shows where flags are pushed, which is put right afterwards; and
//! it does not do for system calls, which leave it in r11, in signal frames and with children, nor
//! for repeated instructions, where it traps at each repetition. Those end at a site of our own.

use super::Inferior;
use crate::asm::{self, Stepping};
use crate::base::{Register, VirtAddr};
use crate::os::RawRegisters;

/// The trap flag in the flags register (Intel SDM, volume 1, section 3.4.3.3).
const TRAP_FLAG: u64 = 1 << 8;

/// Where a system call leaves the flags (Intel SDM, volume 2, SYSCALL).
const R11: Register = Register(11);

/// `rt_sigreturn`, which does not go on behind its instruction (linux/asm/unistd_64.h).
const SIGRETURN: u64 = 15;

/// How a thread is sent over its instruction.
pub(super) struct Plan {
    /// Where the instruction is.
    pub(super) from: VirtAddr,
    pub(super) how: Stepping,
    /// Where a site of our own ends the step, instead of the trap flag.
    pub(super) end: Option<VirtAddr>,
    /// Whether the program has set the trap flag itself.
    pub(super) own_trap_flag: bool,
}

impl Plan {
    /// Whether a thread that the trap flag has stopped may show it in r11: behind a system call that
    /// had to be stepped so.
    pub(super) fn shows_in_r11(&self, raw: &RawRegisters) -> bool {
        let Stepping::SystemCall { len } = self.how else { return false };
        self.end.is_none() && !self.own_trap_flag && raw.pc() == self.from + len
    }
}

impl Inferior {
    /// Looks at the instruction that a thread is to run. Inside a system call that is the rest of
    /// it, and ends where the thread stands now.
    pub(super) fn plan(&self, raw: &RawRegisters) -> Plan {
        let from = self.original(raw.pc());
        let registers = raw.to_registers();
        let how = match raw.system_call() {
            Some(_) => Stepping::SystemCall { len: 0 },
            None => asm::stepping(&self.memory.instruction_bytes(from)),
        };
        let returns_elsewhere =
            raw.system_call().is_none() && registers.get(Register::RAX) == Some(SIGRETURN);
        let end = match how {
            // The flags that it leaves are those it finds on the stack.
            Stepping::SystemCall { .. } if returns_elsewhere => None,
            Stepping::SystemCall { len } | Stepping::Repeats { len } => Some(from + len),
            Stepping::Plain | Stepping::PushesFlags => None,
        };
        Plan { from, how, end, own_trap_flag: registers.eflags & TRAP_FLAG != 0 }
    }

    /// As [`Inferior::hide_pushed_trap_flag`], for the flags that a system call leaves in r11.
    pub(super) fn hide_trap_flag_in_r11(&self, raw: &mut RawRegisters) {
        let mut registers = raw.to_registers();
        let flags = registers.get(R11).unwrap_or(0);
        registers.set(R11, flags & !TRAP_FLAG);
        raw.update(&registers);
    }

    /// The flags that were just pushed are those of the program, without the debugger's trap flag.
    /// It is the lowest bit of their second byte.
    pub(super) fn hide_pushed_trap_flag(&self, flags: VirtAddr) {
        let mut byte = [0];
        if self.memory.file().read(flags + 1, &mut byte).is_ok() {
            let [pushed] = byte;
            // Where this fails the memory is gone, and the thread with it.
            let _ = self.memory.file().write(flags + 1, &[pushed & !1]);
        }
    }
}
