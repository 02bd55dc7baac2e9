//! The requests of ptrace(2), one function each.
//!
//! All of them fail with `ESRCH` where the thread is gone or not stopped: a tracee can be killed at
//! any moment, so every caller must take that for an answer.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::{RawRegisters, SignalInfo};
use crate::base::{Tid, Vectors, VirtAddr};

/// Whether an error says that the thread is gone, or not stopped because it is being killed.
pub fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ESRCH)
}

/// Makes a request whose last argument is a number.
fn request(what: libc::c_uint, tid: Tid, number: usize) -> io::Result<()> {
    // SAFETY: none of the requests made through here takes an address of this process; the number
    // is a signal, a set of options, or is ignored.
    let answer = unsafe { libc::ptrace(what, tid.0, ptr::null_mut::<u8>(), number) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes a request that fills a value of this process; `size` is the request's third argument.
fn fetch<T>(what: libc::c_uint, tid: Tid, size: usize) -> io::Result<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: the callers name a `T` that is what the request writes, a plain C structure for
    // which all-zero bytes are a value.
    let answer = unsafe { libc::ptrace(what, tid.0, size, value.as_mut_ptr()) };
    if answer == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was zeroed, and the kernel has filled what it knows.
    Ok(unsafe { value.assume_init() })
}

/// Makes a request that reads a value of this process.
fn store<T>(what: libc::c_uint, tid: Tid, size: usize, value: &T) -> io::Result<()> {
    // SAFETY: the kernel only reads `value`, which is what the request takes.
    let answer = unsafe { libc::ptrace(what, tid.0, size, ptr::from_ref(value)) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// `PTRACE_SEIZE` with the options that Freehold lives by: the program dies with the debugger,
/// every new thread and child process is seen before it runs, and so is every exec.
pub(super) fn seize(tid: Tid) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, tid, (OPTIONS | libc::PTRACE_O_EXITKILL) as usize)
}

/// Attaches to a thread that runs already, and lets it run on (`PTRACE_SEIZE`). It does not die
/// with the debugger.
///
/// # Errors
/// `EPERM` where that is not allowed, or somebody traces it; `ESRCH` where it is gone.
pub fn attach(tid: Tid) -> io::Result<()> {
    request(libc::PTRACE_SEIZE, tid, OPTIONS as usize)
}

const OPTIONS: libc::c_int = libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK
    | libc::PTRACE_O_TRACEVFORKDONE
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACESYSGOOD;

/// Lets a stopped thread run, delivering a signal first (0: none).
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn resume(tid: Tid, signal: i32) -> io::Result<()> {
    request(libc::PTRACE_CONT, tid, signal.cast_unsigned() as usize)
}

/// As [`resume`], up to the beginning or the end of the next system call (`PTRACE_SYSCALL`).
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn resume_to_system_call(tid: Tid, signal: i32) -> io::Result<()> {
    request(libc::PTRACE_SYSCALL, tid, signal.cast_unsigned() as usize)
}

/// Where in a system call a thread stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallSide {
    /// Before it.
    Begins,
    /// Behind it; a result from -4095 to -1 is an error.
    Ends {
        /// What it returned.
        result: i64,
    },
}

/// Where in a system call a thread stands that has stopped for one
/// (`PTRACE_GET_SYSCALL_INFO`, since Linux 5.3); nothing where it stands at none.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn call_side(tid: Tid) -> io::Result<Option<CallSide>> {
    // struct ptrace_syscall_info (linux/ptrace.h): the operation is the first byte, what the call
    // returned lies behind the architecture, the instruction pointer and the stack pointer.
    const GET_SYSCALL_INFO: libc::c_uint = 0x420e;
    const WORDS: usize = 11;
    let info = fetch::<[u64; WORDS]>(GET_SYSCALL_INFO, tid, size_of::<[u64; WORDS]>())?;
    let [operation, _, _, result, ..] = info;
    Ok(match operation & 0xff {
        1 => Some(CallSide::Begins),
        2 => Some(CallSide::Ends { result: result.cast_signed() }),
        _ => None,
    })
}

/// As [`resume`], for one instruction: the thread then stops with `SIGTRAP`.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn step(tid: Tid, signal: i32) -> io::Result<()> {
    request(libc::PTRACE_SINGLESTEP, tid, signal.cast_unsigned() as usize)
}

/// Leaves a thread in its group stop, but hears of its end (`PTRACE_LISTEN`).
///
/// # Errors
/// `ESRCH` where it is gone, `EIO` where it is not in a group stop.
pub fn listen(tid: Tid) -> io::Result<()> {
    request(libc::PTRACE_LISTEN, tid, 0)
}

/// Asks a running thread to stop; the stop is [`WaitEvent::Trapped`](super::WaitEvent::Trapped).
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn interrupt(tid: Tid) -> io::Result<()> {
    request(libc::PTRACE_INTERRUPT, tid, 0)
}

/// Stops tracing a stopped thread and lets it run, delivering a signal first (0: none).
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn detach(tid: Tid, signal: i32) -> io::Result<()> {
    request(libc::PTRACE_DETACH, tid, signal.cast_unsigned() as usize)
}

/// The number that belongs to the event the thread is stopped at: a thread id, mostly.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn event_message(tid: Tid) -> io::Result<u64> {
    fetch::<libc::c_ulong>(libc::PTRACE_GETEVENTMSG, tid, 0)
}

/// What is known of the signal that the thread is stopped for.
///
/// # Errors
/// `ESRCH` where it is gone, `EINVAL` in a group stop.
pub fn signal_info(tid: Tid) -> io::Result<SignalInfo> {
    fetch::<libc::siginfo_t>(libc::PTRACE_GETSIGINFO, tid, 0)
        .map(|info| SignalInfo::from_kernel(&info))
}

/// Whether a trap of the processor (a breakpoint, a step, a watchpoint) waits to be reported by a
/// thread that stopped for another reason: an answer to [`interrupt`] and a group stop come before
/// the signals that are queued.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn has_pending_trap(tid: Tid) -> io::Result<bool> {
    /// Far more than there are signals with a code of the kernel's own.
    const MOST: u64 = 4096;
    let mut from = PeekArguments { off: 0, flags: 0, nr: 1 };
    while from.off < MOST {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: the kernel reads the arguments, which have the layout of
        // `struct ptrace_peeksiginfo_args`, and writes at most one `siginfo_t`, as they ask.
        let count = unsafe {
            libc::ptrace(libc::PTRACE_PEEKSIGINFO, tid.0, &raw const from, info.as_mut_ptr())
        };
        match count {
            -1 => return Err(io::Error::last_os_error()),
            0 => return Ok(false),
            _ => {}
        }
        // SAFETY: it was zeroed, which is a value, and the kernel has filled it.
        let info = unsafe { info.assume_init() };
        if info.si_signo == libc::SIGTRAP && info.si_code > 0 {
            return Ok(true);
        }
        from.off += 1;
    }
    Ok(false)
}

/// `struct ptrace_peeksiginfo_args` (linux/ptrace.h): which of the queued signals, of which queue
/// (0: the thread's own), and how many.
#[repr(C)]
struct PeekArguments {
    off: u64,
    flags: u32,
    nr: i32,
}

/// The general registers of a stopped thread.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn registers(tid: Tid) -> io::Result<RawRegisters> {
    fetch(libc::PTRACE_GETREGS, tid, 0).map(RawRegisters)
}

/// Replaces the general registers of a stopped thread.
///
/// # Errors
/// `ESRCH` where it is gone, `EIO` for values that the kernel refuses (segment registers).
pub fn set_registers(tid: Tid, registers: &RawRegisters) -> io::Result<()> {
    store(libc::PTRACE_SETREGS, tid, 0, &registers.0)
}

/// Moves the instruction pointer of a stopped thread and nothing else: the kernel then checks and
/// stores one register, not 27.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn set_pc(tid: Tid, pc: VirtAddr) -> io::Result<()> {
    // PTRACE_POKEUSER takes an offset in `struct user`, which begins with the general registers.
    poke_user(tid, std::mem::offset_of!(libc::user_regs_struct, rip), pc.0)
}

/// Writes a word at an offset of the kernel's `struct user` of a stopped thread.
pub(super) fn poke_user(tid: Tid, offset: usize, word: u64) -> io::Result<()> {
    // SAFETY: the kernel takes an offset in a structure of its own and a number; no address of this
    // process is involved.
    let answer = unsafe { libc::ptrace(libc::PTRACE_POKEUSER, tid.0, offset, word) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Reads a word at an offset of the kernel's `struct user` of a stopped thread.
pub(super) fn peek_user(tid: Tid, offset: usize) -> io::Result<u64> {
    let mut word = 0_u64;
    // SAFETY: the system call itself, unlike its wrapper in libc, stores the word at the address
    // that it is given (ptrace(2), "C library/kernel differences"), which is that of `word`.
    let answer = unsafe {
        libc::syscall(libc::SYS_ptrace, libc::PTRACE_PEEKUSER, tid.0, offset, &raw mut word)
    };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(word) }
}

/// The registers xmm0 to xmm15 of a stopped thread.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn vectors(tid: Tid) -> io::Result<Vectors> {
    let state = fetch::<libc::user_fpregs_struct>(libc::PTRACE_GETFPREGS, tid, 0)?;
    let mut vectors = Vectors::default();
    for (vector, words) in vectors.iter_mut().zip(state.xmm_space.chunks_exact(4)) {
        *vector = words.iter().rev().fold(0, |high, word| high << 32 | u128::from(*word));
    }
    Ok(vectors)
}

/// The floating-point registers of a stopped thread, as core files have them
/// (`struct user_fpregs_struct`, sys/user.h).
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn floating_point(tid: Tid) -> io::Result<[u8; 512]> {
    fetch::<[u8; 512]>(libc::PTRACE_GETFPREGS, tid, 0)
}

/// All that the processor keeps for a stopped thread beside the general registers, vectors of any
/// width among it, in the layout of `xsave` (`NT_X86_XSTATE`).
///
/// # Errors
/// `ESRCH` where it is gone, `EINVAL` or `ENODEV` on a processor without it.
pub fn extended_state(tid: Tid) -> io::Result<Vec<u8>> {
    const NT_X86_XSTATE: usize = 0x202;
    // The largest there is has about 11 KiB (AMX tiles); the kernel says how much it has written.
    let mut state = vec![0_u8; 1 << 16];
    let mut place = libc::iovec { iov_base: state.as_mut_ptr().cast(), iov_len: state.len() };
    // SAFETY: the kernel writes at most `iov_len` bytes to `state`, which lives until it is done,
    // and the number that it has written to `place`.
    let answer = unsafe {
        libc::ptrace(libc::PTRACE_GETREGSET, tid.0, NT_X86_XSTATE, ptr::from_mut(&mut place))
    };
    if answer == -1 {
        return Err(io::Error::last_os_error());
    }
    state.truncate(place.iov_len);
    Ok(state)
}

/// The signal that a thread stands before, as core files have it (`siginfo_t`).
///
/// # Errors
/// As [`signal_info`].
pub fn signal_bytes(tid: Tid) -> io::Result<[u8; 128]> {
    fetch::<[u8; 128]>(libc::PTRACE_GETSIGINFO, tid, 0)
}

/// Replaces the registers xmm0 to xmm15 of a stopped thread; what lies above their 128 bits stays.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn set_vectors(tid: Tid, vectors: &Vectors) -> io::Result<()> {
    let mut state = fetch::<libc::user_fpregs_struct>(libc::PTRACE_GETFPREGS, tid, 0)?;
    for (vector, words) in vectors.iter().zip(state.xmm_space.chunks_exact_mut(4)) {
        for (index, word) in words.iter_mut().enumerate() {
            *word = (*vector >> (index * 32)) as u32;
        }
    }
    store(libc::PTRACE_SETFPREGS, tid, 0, &state)
}

/// The signals that a stopped thread has blocked, as a bit set from bit 0 for signal 1.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn signal_mask(tid: Tid) -> io::Result<u64> {
    fetch::<u64>(libc::PTRACE_GETSIGMASK, tid, size_of::<u64>())
}

/// Blocks other signals in a stopped thread.
///
/// # Errors
/// `ESRCH` where it is gone.
pub fn set_signal_mask(tid: Tid, mask: u64) -> io::Result<()> {
    store(libc::PTRACE_SETSIGMASK, tid, size_of::<u64>(), &mask)
}

/// Kills a whole process, whatever state it is in.
///
/// # Errors
/// `ESRCH` where there is none.
pub fn kill_process(process: Tid) -> io::Result<()> {
    // SAFETY: kill takes two numbers.
    let answer = unsafe { libc::kill(process.0, libc::SIGKILL) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The process that this code runs in.
pub fn own_process() -> Tid {
    Tid(std::process::id().cast_signed())
}

/// Sends a signal to one thread of a process.
///
/// # Errors
/// `ESRCH` where there is none.
pub fn send_signal(process: Tid, thread: Tid, signal: i32) -> io::Result<()> {
    // SAFETY: tgkill takes three numbers.
    let answer = unsafe { libc::syscall(libc::SYS_tgkill, process.0, thread.0, signal) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
