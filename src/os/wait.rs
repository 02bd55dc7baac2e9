//! The one place that waits.

use std::io;

use crate::base::Tid;

/// What a wait status says, before anybody asks what it means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitEvent {
    /// The thread ended by `exit` or `exit_group`. For the first thread of a process this comes
    /// when all others are gone.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// A signal killed the thread.
    Killed {
        /// Its number.
        signal: i32,
    },
    /// The thread stopped because a signal is about to be delivered to it.
    Signal {
        /// Its number.
        signal: i32,
    },
    /// The thread stopped at the entry or exit of a system call (`PTRACE_SYSCALL`).
    Syscall,
    /// It forked; `PTRACE_GETEVENTMSG` gives the child.
    Fork,
    /// It vforked; `PTRACE_GETEVENTMSG` gives the child.
    Vfork,
    /// It cloned; `PTRACE_GETEVENTMSG` gives the new thread or process.
    Clone,
    /// It executed another program; `PTRACE_GETEVENTMSG` gives the thread id it had before.
    Exec,
    /// The child of its vfork let it go on.
    VforkDone,
    /// `PTRACE_EVENT_STOP` without a stop signal: the first stop of a new tracee, an answer to
    /// `PTRACE_INTERRUPT`, or the end of a group stop.
    Trapped,
    /// `PTRACE_EVENT_STOP` with a stop signal: job control has stopped the process.
    GroupStop {
        /// `SIGSTOP`, `SIGTSTP`, `SIGTTIN` or `SIGTTOU`.
        signal: i32,
    },
    /// A ptrace event that Freehold did not ask for.
    Other {
        /// The number behind the signal in the status.
        event: i32,
    },
}

/// Says what a status of `waitpid(2)` means, for a tracee under `PTRACE_SEIZE` with
/// `PTRACE_O_TRACESYSGOOD` (ptrace(2), "Stopped states").
pub fn decode(status: i32) -> WaitEvent {
    if libc::WIFEXITED(status) {
        return WaitEvent::Exited { code: libc::WEXITSTATUS(status) };
    }
    if libc::WIFSIGNALED(status) {
        return WaitEvent::Killed { signal: libc::WTERMSIG(status) };
    }
    let signal = libc::WSTOPSIG(status);
    // The event sits above the signal; WSTOPSIG has masked it off.
    match status >> 16 {
        0 if signal == libc::SIGTRAP | 0x80 => WaitEvent::Syscall,
        0 => WaitEvent::Signal { signal },
        libc::PTRACE_EVENT_FORK => WaitEvent::Fork,
        libc::PTRACE_EVENT_VFORK => WaitEvent::Vfork,
        libc::PTRACE_EVENT_CLONE => WaitEvent::Clone,
        libc::PTRACE_EVENT_EXEC => WaitEvent::Exec,
        libc::PTRACE_EVENT_VFORK_DONE => WaitEvent::VforkDone,
        EVENT_STOP if super::is_stop_signal(signal) => WaitEvent::GroupStop { signal },
        EVENT_STOP => WaitEvent::Trapped,
        event => WaitEvent::Other { event },
    }
}

/// `PTRACE_EVENT_STOP`, which the libc crate does not have for every libc (linux/ptrace.h).
const EVENT_STOP: i32 = 128;

/// Waits until a thread that the calling thread traces changes its state: this one, or any.
///
/// With `__WALL`, so that threads are seen as well as processes, and with `__WNOTHREAD`, so that
/// this thread does not take the tracees of another thread of the debugger. Ordinary children of
/// the calling thread are reaped too when any is waited for.
///
/// # Errors
/// `ECHILD` where the calling thread traces nothing (or not this thread).
pub fn wait(for_thread: Option<Tid>) -> io::Result<(Tid, WaitEvent)> {
    loop {
        if let Some(seen) = waitpid(for_thread, 0)? {
            return Ok(seen);
        }
    }
}

/// As [`wait`], but returns nothing where nothing has changed.
///
/// # Errors
/// As [`wait`].
pub fn poll(for_thread: Option<Tid>) -> io::Result<Option<(Tid, WaitEvent)>> {
    waitpid(for_thread, libc::WNOHANG)
}

fn waitpid(for_thread: Option<Tid>, flags: i32) -> io::Result<Option<(Tid, WaitEvent)>> {
    let which = for_thread.map_or(-1, |tid| tid.0);
    loop {
        let mut status = 0;
        // SAFETY: waitpid writes to `status`, which lives as long as the call.
        let seen =
            unsafe { libc::waitpid(which, &mut status, libc::__WALL | libc::__WNOTHREAD | flags) };
        match seen {
            0 => return Ok(None),
            tid if tid > 0 => return Ok(Some((Tid(tid), decode(status)))),
            _ => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(signal: i32, event: i32) -> WaitEvent {
        decode(0x7f | signal << 8 | event << 16)
    }

    #[test]
    fn an_end_is_an_exit_code_or_a_signal_with_or_without_core() {
        assert_eq!(decode(7 << 8), WaitEvent::Exited { code: 7 });
        assert_eq!(decode(libc::SIGKILL), WaitEvent::Killed { signal: libc::SIGKILL });
        assert_eq!(decode(libc::SIGSEGV | 0x80), WaitEvent::Killed { signal: libc::SIGSEGV });
    }

    #[test]
    fn a_signal_stop_is_told_from_a_system_call_stop() {
        assert_eq!(stopped(libc::SIGTRAP, 0), WaitEvent::Signal { signal: libc::SIGTRAP });
        assert_eq!(stopped(libc::SIGTRAP | 0x80, 0), WaitEvent::Syscall);
        assert_eq!(stopped(libc::SIGSTOP, 0), WaitEvent::Signal { signal: libc::SIGSTOP });
    }

    #[test]
    fn events_are_told_apart() {
        let events = [
            (libc::PTRACE_EVENT_FORK, WaitEvent::Fork),
            (libc::PTRACE_EVENT_VFORK, WaitEvent::Vfork),
            (libc::PTRACE_EVENT_CLONE, WaitEvent::Clone),
            (libc::PTRACE_EVENT_EXEC, WaitEvent::Exec),
            (libc::PTRACE_EVENT_VFORK_DONE, WaitEvent::VforkDone),
            (99, WaitEvent::Other { event: 99 }),
        ];
        for (number, meaning) in events {
            assert_eq!(stopped(libc::SIGTRAP, number), meaning);
        }
    }

    #[test]
    fn a_group_stop_is_told_from_the_first_stop_of_a_tracee() {
        assert_eq!(stopped(libc::SIGTRAP, 128), WaitEvent::Trapped);
        let signal = libc::SIGTSTP;
        assert_eq!(stopped(signal, 128), WaitEvent::GroupStop { signal });
    }

    #[test]
    fn a_thread_that_traces_nothing_is_told_so() {
        let error = wait(None).expect_err("nothing to wait for");
        assert_eq!(error.raw_os_error(), Some(libc::ECHILD));
    }
}
