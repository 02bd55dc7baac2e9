//! Registers as the kernel has them, and as the rest of Freehold does.

use crate::base::{Register, Registers, VirtAddr};

/// `struct user_regs_struct` (sys/user.h): all that must be written back to change one register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawRegisters(pub(super) libc::user_regs_struct);

/// System calls that fail with `EINTR` where others are restarted, and have done nothing then.
const GIVE_UP: [i64; 14] = [
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_semop,
    libc::SYS_semtimedop,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_io_getevents,
    libc::SYS_io_uring_enter,
    // With a timeout on the socket (socket(7), SO_RCVTIMEO).
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
];

/// Bytes of `struct user_regs_struct`.
const SIZE: usize = size_of::<libc::user_regs_struct>();

impl RawRegisters {
    /// Reads them as a core file has them: `struct user_regs_struct`, byte for byte. None where
    /// the bytes are not as many.
    pub fn from_bytes(bytes: &[u8]) -> Option<RawRegisters> {
        let bytes: [u8; SIZE] = bytes.try_into().ok()?;
        // SAFETY: the structure holds integers only, so that any bytes are a value of it, and the
        // array has its size.
        Some(RawRegisters(unsafe {
            std::mem::transmute::<[u8; SIZE], libc::user_regs_struct>(bytes)
        }))
    }

    /// As a core file has them.
    pub fn to_bytes(self) -> [u8; SIZE] {
        // SAFETY: the structure holds integers of eight bytes only, so that it has no padding.
        unsafe { std::mem::transmute::<libc::user_regs_struct, [u8; SIZE]>(self.0) }
    }

    /// The registers with their DWARF numbers.
    pub fn to_registers(&self) -> Registers {
        let r = &self.0;
        // The order of the psABI's DWARF numbers, figure 3.36.
        let general = [
            r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9, r.r10, r.r11,
            r.r12, r.r13, r.r14, r.r15, r.rip,
        ];
        let mut registers = Registers::default();
        registers.eflags = r.eflags;
        registers.fs_base = r.fs_base;
        registers.orig_rax = r.orig_rax;
        for (number, value) in (0..).zip(general) {
            registers.set(Register(number), value);
        }
        registers
    }

    /// Takes over every general register that is known, and the flags.
    pub fn update(&mut self, from: &Registers) {
        let r = &mut self.0;
        let general = [
            &mut r.rax, &mut r.rdx, &mut r.rcx, &mut r.rbx, &mut r.rsi, &mut r.rdi, &mut r.rbp,
            &mut r.rsp, &mut r.r8, &mut r.r9, &mut r.r10, &mut r.r11, &mut r.r12, &mut r.r13,
            &mut r.r14, &mut r.r15, &mut r.rip,
        ];
        for (number, place) in (0..).zip(general) {
            if let Some(value) = from.get(Register(number)) {
                *place = value;
            }
        }
        r.eflags = from.eflags;
    }

    /// The instruction pointer.
    pub fn pc(&self) -> VirtAddr {
        VirtAddr(self.0.rip)
    }

    /// Moves the instruction pointer, and nothing else: a system call that waits to be restarted
    /// will be.
    pub fn set_pc(&mut self, at: VirtAddr) {
        self.0.rip = at.0;
    }

    /// Whether they are the same as others, but for the instruction pointer.
    pub fn same_but_for_pc(mut self, from: &RawRegisters) -> bool {
        self.0.rip = from.0.rip;
        self == *from
    }

    /// The stack pointer.
    pub fn sp(&self) -> VirtAddr {
        VirtAddr(self.0.rsp)
    }

    /// Moves the stack pointer.
    pub fn set_sp(&mut self, at: VirtAddr) {
        self.0.rsp = at.0;
    }

    /// The number of the system call that the thread is inside of, if it is inside of one.
    pub fn system_call(&self) -> Option<i64> {
        let number = self.0.orig_rax.cast_signed();
        (number >= 0).then_some(number)
    }

    /// Makes the kernel forget that the thread is inside a system call, so that it does not
    /// restart it at an instruction pointer that was moved elsewhere.
    pub fn leave_system_call(&mut self) {
        self.0.orig_rax = u64::MAX;
    }

    /// Whether the thread is in the middle of a system call. One that waits to be restarted is not:
    /// nothing of it is left in the kernel.
    pub fn is_unfinished_call(&self) -> bool {
        // linux/errno.h: ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK.
        let waits = matches!(self.0.rax.cast_signed(), -514..=-512 | -516);
        self.system_call().is_some() && !waits
    }

    /// Makes a system call that was broken off because the debugger stopped the thread go on as if
    /// nothing had happened; whether anything had to be done.
    ///
    /// The kernel restarts most calls by itself. Some give up with `EINTR` whenever a thread is
    /// stopped (signal(7), "Interruption of system calls and library functions by stop signals");
    /// they are marked to be restarted unless a signal handler runs. A timeout then begins anew.
    pub fn restart_broken_call(&mut self) -> bool {
        // linux/errno.h: restart if no handler is called.
        const RESTART_NO_HANDLER: i64 = -514;
        let broken = self.system_call().is_some_and(|number| GIVE_UP.contains(&number));
        let broken = broken && self.0.rax.cast_signed() == -i64::from(libc::EINTR);
        if broken {
            self.0.rax = RESTART_NO_HANDLER.cast_unsigned();
        }
        broken
    }

    /// The first argument of a system call.
    pub fn first_argument(&self) -> u64 {
        self.0.rdi
    }

    /// Sets up a system call (psABI, section A.2.1): the number, and six arguments.
    pub(super) fn set_call(&mut self, number: i64, arguments: [u64; 6]) {
        let r = &mut self.0;
        r.rax = number.cast_unsigned();
        [r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9] = arguments;
    }

    /// What a system call returned.
    pub(super) fn call_result(&self) -> u64 {
        self.0.rax
    }
}

#[cfg(test)]
impl RawRegisters {
    /// A thread inside a system call, for tests.
    pub(super) fn in_call(number: i64, first_argument: u64) -> RawRegisters {
        // SAFETY: the structure holds integers only.
        let mut registers = RawRegisters(unsafe { std::mem::zeroed() });
        registers.0.orig_rax = number.cast_unsigned();
        registers.0.rdi = first_argument;
        registers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zero() -> RawRegisters {
        RawRegisters::in_call(0, 0)
    }

    #[test]
    fn registers_go_to_their_dwarf_numbers_and_back() {
        let mut raw = zero();
        raw.0.rdx = 1;
        raw.0.rsi = 4;
        raw.0.rip = 16;
        raw.0.cs = 0x33;
        let mut registers = raw.to_registers();
        assert_eq!(registers.get(Register::RDX), Some(1));
        assert_eq!(registers.get(Register::RSI), Some(4));
        assert_eq!(registers.pc(), VirtAddr(16));
        registers.set(Register(15), 99);
        registers.forget(Register::RDX);
        raw.update(&registers);
        assert_eq!((raw.0.r15, raw.0.rdx, raw.0.rsi, raw.0.cs), (99, 1, 4, 0x33));
    }

    #[test]
    fn registers_are_the_same_after_a_journey_through_bytes() {
        let mut raw = zero();
        (raw.0.r15, raw.0.rip, raw.0.gs) = (1, 2, 3);
        let bytes = raw.to_bytes();
        assert_eq!((bytes[0], bytes[16 * 8], bytes[26 * 8]), (1, 2, 3));
        assert_eq!(RawRegisters::from_bytes(&bytes), Some(raw));
        assert_eq!(RawRegisters::from_bytes(&bytes[1..]), None);
    }

    #[test]
    fn a_change_of_the_instruction_pointer_is_told_from_others() {
        let mut moved = zero();
        moved.set_pc(VirtAddr(16));
        assert!(moved.same_but_for_pc(&zero()) && zero().same_but_for_pc(&zero()));
        moved.set_sp(VirtAddr(8));
        assert!(!moved.same_but_for_pc(&zero()));
    }

    #[test]
    fn a_call_that_gave_up_is_restarted_and_no_other() {
        let call = |number: i64, result: i32| {
            let mut raw = RawRegisters::in_call(number, 0);
            raw.0.rax = i64::from(result).cast_unsigned();
            raw
        };
        let mut given_up = call(libc::SYS_epoll_wait, -libc::EINTR);
        assert!(given_up.restart_broken_call());
        assert_eq!(given_up.0.rax.cast_signed(), -514);
        assert!(!given_up.restart_broken_call());
        assert!(!call(libc::SYS_epoll_wait, 1).restart_broken_call());
        assert!(!call(libc::SYS_connect, -libc::EINTR).restart_broken_call());
        let mut outside = call(libc::SYS_epoll_wait, -libc::EINTR);
        outside.leave_system_call();
        assert!(!outside.restart_broken_call());
    }

    #[test]
    fn a_thread_outside_of_system_calls_has_none() {
        let mut raw = zero();
        raw.0.orig_rax = 56;
        assert_eq!(raw.system_call(), Some(56));
        raw.leave_system_call();
        assert_eq!(raw.system_call(), None);
    }
}
