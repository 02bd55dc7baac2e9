//! System calls made by a stopped thread of the program, in the debugger's name.

use std::io;

use thiserror::Error;

use super::ptrace::{registers, resume, send_signal, set_registers, set_signal_mask, signal_mask};
use super::{ProcessMemory, RawRegisters, WaitEvent, is_stop_signal, wait};
use crate::base::{Range, Tid, VirtAddr};

/// `syscall; int3`: the second instruction gives the thread back.
const CODE: [u8; 3] = [0x0f, 0x05, 0xcc];

/// All signals but `SIGTRAP`: blocking that one would make the kernel reset the program's handler
/// for it when the `int3` is reached.
const BLOCK: u64 = !(1 << (libc::SIGTRAP - 1));

/// Why a remote system call did not return.
#[derive(Debug, Error)]
pub enum RemoteError {
    /// The call itself, or setting it up, failed.
    #[error(transparent)]
    Kernel(#[from] io::Error),
    /// The thread ended, or was replaced, meanwhile. The event was taken from the kernel and must
    /// be handled by whoever waits.
    #[error("the thread ended during a system call made in its name")]
    Ended(WaitEvent),
}

/// A stopped thread that is ready to make system calls; dropping this puts back the code, the
/// registers and the signal mask, as they were, on every path.
pub struct RemoteCalls<'a> {
    tid: Tid,
    process: Tid,
    memory: &'a ProcessMemory,
    at: VirtAddr,
    code: [u8; 3],
    registers: RawRegisters,
    mask: u64,
    stop_signal: Option<i32>,
}

impl<'a> RemoteCalls<'a> {
    /// Prepares a thread that is stopped outside of any system call, or in one that waits to be
    /// restarted.
    ///
    /// `at` is executable memory that no thread runs through meanwhile: the program's entry point
    /// is such a place, as it runs once.
    ///
    /// # Errors
    /// As ptrace(2), and `EFAULT` where `at` cannot be written.
    pub fn begin(
        process: Tid,
        tid: Tid,
        memory: &'a ProcessMemory,
        at: VirtAddr,
    ) -> io::Result<RemoteCalls<'a>> {
        let fault = |_| io::Error::from_raw_os_error(libc::EFAULT);
        let saved = registers(tid)?;
        let mask = signal_mask(tid)?;
        let mut code = [0; 3];
        memory.read(at, &mut code).map_err(fault)?;
        let calls = RemoteCalls {
            tid,
            process,
            memory,
            at,
            code,
            registers: saved,
            mask,
            stop_signal: None,
        };
        // From here on, dropping `calls` undoes what was done.
        set_signal_mask(tid, BLOCK)?;
        memory.write(at, &CODE).map_err(fault)?;
        Ok(calls)
    }

    /// Maps pages that the program may read and execute at an address where nothing is mapped.
    ///
    /// # Errors
    /// `EEXIST` where something is mapped there; as mmap(2), and [`RemoteError::Ended`].
    pub fn map_code(&mut self, at: VirtAddr, len: u64) -> Result<(), RemoteError> {
        let word = |number: i32| number.cast_unsigned().into();
        let protection = word(libc::PROT_READ | libc::PROT_EXEC);
        let flags = word(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE);
        let no_file = u64::MAX;
        let mapped = self.call(libc::SYS_mmap, [at.0, len, protection, flags, no_file, 0])?;
        if mapped == at.0 {
            return Ok(());
        }
        // A kernel before 4.17 takes MAP_FIXED_NOREPLACE for a hint.
        self.call(libc::SYS_munmap, [mapped, len, 0, 0, 0, 0])?;
        Err(io::Error::from_raw_os_error(libc::EEXIST).into())
    }

    /// Unmaps pages.
    ///
    /// # Errors
    /// As munmap(2), and [`RemoteError::Ended`].
    pub fn unmap(&mut self, pages: Range<VirtAddr>) -> Result<(), RemoteError> {
        let len = pages.end.0.saturating_sub(pages.start.0);
        self.call(libc::SYS_munmap, [pages.start.0, len, 0, 0, 0, 0]).map(|_| ())
    }

    /// Makes one system call and returns its result.
    ///
    /// # Errors
    /// The error number that the call returned, or [`RemoteError::Ended`].
    pub fn call(&mut self, number: i64, arguments: [u64; 6]) -> Result<u64, RemoteError> {
        let mut registers = self.registers;
        registers.set_pc(self.at);
        registers.set_call(number, arguments);
        registers.leave_system_call();
        set_registers(self.tid, &registers)?;
        self.run_to_trap()?;
        let result = super::registers(self.tid)?.call_result();
        // The kernel returns -4095..=-1 for errors (syscall(2)).
        match result.cast_signed() {
            error @ -4095..=-1 => Err(io::Error::from_raw_os_error((-error) as i32).into()),
            _ => Ok(result),
        }
    }

    fn run_to_trap(&mut self) -> Result<(), RemoteError> {
        loop {
            resume(self.tid, 0)?;
            match wait(Some(self.tid))?.1 {
                WaitEvent::Signal { signal: libc::SIGTRAP }
                    if super::registers(self.tid)?.pc() == self.at + 3 =>
                {
                    return Ok(());
                }
                // SIGSTOP cannot be blocked: it is sent again at the end.
                WaitEvent::Signal { signal } if is_stop_signal(signal) => {
                    self.stop_signal = Some(signal);
                }
                event @ (WaitEvent::Exited { .. } | WaitEvent::Killed { .. } | WaitEvent::Exec) => {
                    return Err(RemoteError::Ended(event));
                }
                _ => {}
            }
        }
    }
}

impl Drop for RemoteCalls<'_> {
    /// Each step can only fail because the thread or the process is gone, and then there is
    /// nothing left to restore.
    fn drop(&mut self) {
        let _ = self.memory.write(self.at, &self.code);
        let _ = set_registers(self.tid, &self.registers);
        let _ = set_signal_mask(self.tid, self.mask);
        if let Some(signal) = self.stop_signal {
            let _ = send_signal(self.process, self.tid, signal);
        }
    }
}
