//! What a signal means where it arrived.

use super::run::Run;
use crate::base::{EventKind, Evidence, Region, ThreadNo, VirtAddr};
use crate::inferior::{SignalInfo, Stopped};

/// How far below the stack pointer an access can lie and still be the work of the stack: rustc
/// probes a large frame page by page, and the frame itself may be larger than the guard.
const NEAR_STACK: u64 = 1 << 20;

/// The name of a signal: `SIGSEGV`.
pub(super) fn name(number: i32) -> String {
    match nix::sys::signal::Signal::try_from(number) {
        Ok(signal) => signal.as_str().to_owned(),
        Err(_) => format!("signal {number}"),
    }
}

/// Whether the default action of a signal that comes from the program's own doing is to kill it
/// (`signal(7)`): SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS.
pub(super) fn is_fault(number: i32) -> bool {
    matches!(number, 4 | 5 | 6 | 7 | 8 | 11 | 31)
}

/// Whether a user wants to see a signal arrive: all but those that programs use in passing. The
/// list is gdb's (`info signals`): SIGALRM, SIGCHLD, SIGURG, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO
/// and the realtime signals that glibc keeps for itself.
pub(super) fn halts(number: i32) -> bool {
    !matches!(number, 14 | 17 | 18 | 23 | 26 | 27 | 28 | 29 | 32 | 33)
}

/// A fault: the thread, the instruction, the signal and what it touched.
pub(super) type Fault = (ThreadNo, VirtAddr, SignalInfo);

impl Run {
    /// Tells of a fault, with the stack where it arrived.
    ///
    /// Rust's runtime handles SIGSEGV and SIGBUS to find stack overflows; of any other it washes its
    /// hands, and returns to the instruction, which faults once more to kill the program. The second
    /// time is no news.
    pub(super) fn tell_fault(&mut self, thread: &Stopped, info: &SignalInfo) {
        let fault = (thread.no(), thread.registers().pc(), *info);
        if self.last_fault.replace(fault) == Some(fault) {
            return;
        }
        self.flush_repeated(thread.no());
        let picture = self.picture(thread, 0);
        let at = picture.stack.frames.iter().find(|frame| frame.user).map(|frame| frame.at.clone());
        let kind = EventKind::Signal {
            number: info.number,
            name: name(info.number),
            explanation: self.explain(thread, info),
            stack: Some(picture.stack),
        };
        self.emit(thread.no(), Evidence::Observed, at, picture.stack_bytes, kind);
    }

    /// Tells of a signal for which the program does not stand still.
    pub(super) fn tell_signal(&mut self, thread: &Stopped, info: &SignalInfo) {
        let kind = EventKind::Signal {
            number: info.number,
            name: name(info.number),
            explanation: self.explain(thread, info),
            stack: None,
        };
        self.flush_repeated(thread.no());
        self.emit(thread.no(), Evidence::Observed, None, None, kind);
    }

    /// A sentence on who sent the signal or on what a memory fault touched, where that is known.
    pub(super) fn explain(&self, thread: &Stopped, info: &SignalInfo) -> Option<String> {
        if let Some(sender) = info.sender {
            let itself = sender == self.inferior.process().0;
            return Some(match itself {
                true => "sent by the program itself".to_owned(),
                false => format!("sent by process {sender}"),
            });
        }
        // Codes up to zero come from a process, and then nothing was touched (sigaction(2)).
        if !matches!(info.number, 7 | 11) || info.code <= 0 {
            return None;
        }
        let Some(at) = info.fault_address else {
            return Some("an address that the processor cannot form (not canonical)".to_owned());
        };
        let sp = thread.registers().sp();
        let below = sp.0.wrapping_sub(at.0) < NEAR_STACK || at.0.wrapping_sub(sp.0) < 4096;
        let regions = self.regions();
        let region = regions.of(at);
        Some(match region {
            Region::Unmapped if at < VirtAddr(4096) => {
                format!("access through a null pointer, at offset {} from it", at.0)
            }
            Region::Unmapped | Region::Anonymous if below => {
                "the stack overflowed: the access is below the end of the thread's stack, in its \
                 guard page"
                    .to_owned()
            }
            Region::Unmapped => "access to memory that is not mapped".to_owned(),
            _ => format!("access that {} does not allow", regions.name(at)),
        })
    }
}
