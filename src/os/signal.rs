//! What the kernel says of a signal.

use crate::base::VirtAddr;

/// A signal that is about to be delivered (`siginfo_t`, sigaction(2)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignalInfo {
    /// Its number.
    pub number: i32,
    /// `si_code`: why it was sent.
    pub code: i32,
    /// For a fault, the address that was touched; none for a fault whose address the processor
    /// does not tell (a general protection fault).
    pub fault_address: Option<VirtAddr>,
    /// For a signal that a process sent, its process id.
    pub sender: Option<i32>,
}

/// Whether job control stops a process by this signal.
pub fn is_stop_signal(signal: i32) -> bool {
    matches!(signal, libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU)
}

/// From now on the terminal's interrupt (SIGINT) leaves this process alone. A handler that does
/// nothing is installed rather than `SIG_IGN`, because a program that we start would inherit that
/// (execve(2)): it must keep the default.
pub fn stay_on_interrupt() {
    extern "C" fn stay(_: libc::c_int) {}
    // SAFETY: the handler does nothing, which is async-signal-safe, and a zeroed sigaction with a
    // handler and flags is a valid one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = stay as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
    }
}

impl SignalInfo {
    /// Whether this is the trap of an `int3`, which alone comes with `SI_KERNEL`.
    pub fn is_breakpoint(&self) -> bool {
        self.number == libc::SIGTRAP && self.code == libc::SI_KERNEL
    }

    /// Whether the terminal sent it, or the kernel for another reason of its own.
    pub fn is_from_kernel(&self) -> bool {
        self.code == libc::SI_KERNEL
    }

    /// Whether an instruction of the program has caused it (sigaction(2): codes above zero, of the
    /// signals that stand for faults), so that it comes again where it is not delivered.
    pub fn is_fault(&self) -> bool {
        let faults =
            [libc::SIGILL, libc::SIGTRAP, libc::SIGBUS, libc::SIGFPE, libc::SIGSEGV, libc::SIGSYS];
        self.code > 0 && faults.contains(&self.number)
    }

    /// Whether this process sent it.
    pub fn is_our_own(&self) -> bool {
        self.sender.and_then(|sender| u32::try_from(sender).ok()) == Some(std::process::id())
    }

    /// Whether this is the trap that ends a single step, or that of a hardware watchpoint. A step
    /// that begins a signal handler is told by the number of the signal itself (linux,
    /// kernel/signal.c, `signal_setup_done`).
    pub fn is_step(&self) -> bool {
        const HARDWARE: i32 = 4; // TRAP_HWBKPT
        let codes = [libc::TRAP_BRKPT, libc::TRAP_TRACE, HARDWARE, libc::SIGTRAP];
        self.number == libc::SIGTRAP && codes.contains(&self.code)
    }

    /// Reads a `siginfo_t` as a core file has it. None where the bytes are too few.
    pub fn from_bytes(bytes: &[u8]) -> Option<SignalInfo> {
        if bytes.len() < size_of::<libc::siginfo_t>() {
            return None;
        }
        // SAFETY: there are enough bytes, which need not be aligned, and any bytes are a value of
        // the structure: it holds integers.
        let info = unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast::<libc::siginfo_t>()) };
        Some(SignalInfo::from_kernel(&info))
    }

    pub(super) fn from_kernel(info: &libc::siginfo_t) -> SignalInfo {
        let (number, code) = (info.si_signo, info.si_code);
        let faults = matches!(number, libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE);
        // Codes up to zero come from processes (SI_USER, SI_QUEUE, SI_TKILL); SI_KERNEL has no
        // further fields.
        // SAFETY: for these signals with these codes the kernel fills `si_addr`.
        let fault_address = (faults && code > 0 && code != libc::SI_KERNEL)
            .then(|| VirtAddr(unsafe { info.si_addr() } as u64));
        // SAFETY: for these codes the kernel fills `si_pid`.
        let sender = matches!(code, libc::SI_USER | libc::SI_TKILL | libc::SI_QUEUE)
            .then(|| unsafe { info.si_pid() });
        SignalInfo { number, code, fault_address, sender }
    }
}
