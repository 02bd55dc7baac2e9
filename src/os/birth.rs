//! What kind of child a system call makes.

use super::RawRegisters;
use crate::base::VirtAddr;

/// What a thread that stopped at a fork, vfork or clone event has made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Newborn {
    /// A thread of the same process.
    Thread,
    /// Another process that shares the memory (vfork, posix_spawn).
    Guest,
    /// Another process with a copy of the memory.
    Fork,
}

/// Reads the flags that a thread gave to the system call it is stopped in. The event itself does
/// not tell: it depends on the signal that the child will send at its end (ptrace(2),
/// `PTRACE_O_TRACECLONE`).
///
/// `word` reads eight bytes of the program: clone3(2) takes its flags from memory.
pub fn newborn(registers: &RawRegisters, word: impl Fn(VirtAddr) -> Option<u64>) -> Newborn {
    let first = registers.first_argument();
    let flags = match registers.system_call() {
        Some(libc::SYS_clone) => first,
        Some(libc::SYS_clone3) => word(VirtAddr(first)).unwrap_or(0),
        Some(libc::SYS_vfork) => (libc::CLONE_VM | libc::CLONE_VFORK).cast_unsigned().into(),
        _ => 0,
    };
    let has = |flag: i32| flags & u64::from(flag.cast_unsigned()) != 0;
    if has(libc::CLONE_THREAD) {
        Newborn::Thread
    } else if has(libc::CLONE_VM) {
        Newborn::Guest
    } else {
        Newborn::Fork
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calling(number: i64, first: i32) -> RawRegisters {
        RawRegisters::in_call(number, first.cast_unsigned().into())
    }

    #[test]
    fn flags_tell_threads_from_processes() {
        let thread = libc::CLONE_VM | libc::CLONE_THREAD;
        let spawn = libc::CLONE_VM | libc::CLONE_VFORK;
        let none = |_| None;
        assert_eq!(newborn(&calling(libc::SYS_clone, thread), none), Newborn::Thread);
        assert_eq!(newborn(&calling(libc::SYS_clone, spawn), none), Newborn::Guest);
        assert_eq!(newborn(&calling(libc::SYS_clone, libc::SIGCHLD), none), Newborn::Fork);
        assert_eq!(newborn(&calling(libc::SYS_vfork, 0), none), Newborn::Guest);
        assert_eq!(newborn(&calling(libc::SYS_fork, -1), none), Newborn::Fork);
    }

    #[test]
    fn clone3_has_its_flags_in_memory() {
        let call = calling(libc::SYS_clone3, 0x1000);
        let flags = (libc::CLONE_VM | libc::CLONE_THREAD).cast_unsigned().into();
        let word = |at: VirtAddr| (at.0 == 0x1000).then_some(flags);
        assert_eq!(newborn(&call, word), Newborn::Thread);
        assert_eq!(newborn(&call, |_| None), Newborn::Fork);
    }
}
