//! Floor 1: the kernel, and nothing else.
//!
//! Everything that Freehold asks of Linux goes through here: mapping files, starting a program
//! under ptrace, waiting, registers, memory, `/proc`, processor affinity and system calls made in
//! the program's name. It is the only floor that may write `unsafe`. It knows no breakpoints, no
//! DWARF and no policy: each function does one thing to one thread and says how it failed. It
//! imports floor 0 only.

mod affinity;
mod birth;
mod debug_registers;
mod files;
mod interrupt;
mod memory;
pub mod processes;
pub mod procfs;
mod ptrace;
mod raw_registers;
mod readable;
mod remote;
mod residency;
mod signal;
mod spawn;
mod terminal;
mod wait;

pub use affinity::Cpus;
pub use birth::{Newborn, newborn};
pub use debug_registers::{
    DebugRegisters, USER_END, forget_watchpoints_hit, set_debug_registers, watchpoints_hit,
};
pub use files::map_file;
pub use interrupt::{StopRequest, stop_on_interrupt};
pub use memory::{ProcessMemory, read_memory};
pub use ptrace::{
    CallSide, attach, call_side, detach, event_message, extended_state, floating_point,
    has_pending_trap, interrupt, is_gone, kill_process, listen, own_process, registers, resume,
    resume_to_system_call, send_signal, set_pc, set_registers, set_signal_mask, set_vectors,
    signal_bytes, signal_info, signal_mask, step, vectors,
};
pub use raw_registers::RawRegisters;
pub use readable::{do_not_block, wait_readable};
pub use remote::{RemoteCalls, RemoteError};
pub use residency::{PageMap, Residency, residency};
pub use signal::{SignalInfo, is_stop_signal, stay_on_interrupt};
pub use spawn::{Group, SpawnError, SpawnStage, Spec, spawn};
pub use terminal::{Terminal, TerminalModes, open_terminal, suspend, write_from_background};
pub use wait::{WaitEvent, decode, poll, wait};

pub use libc::{SIGINT, SIGKILL, SIGSEGV, SIGSTOP, SIGTRAP};
