//! Floor 2: a process under control.
//!
//! An [`Inferior`] is started or attached to, waited for, resumed, stepped and let go. It knows its
//! threads, the files that are loaded in it, and the addresses at which it stops. It turns what the
//! kernel says into [`Stop`]s and keeps the rest to itself: new threads, forks, execs, group stops,
//! dying threads. It knows no functions, lines or variables, and has no opinion on what a stop is
//! for. It imports floors 0 and 1 only.
//!
//! What holds at all times:
//! - Registers exist only on a [`Stopped`] thread, and resuming consumes it.
//! - A site, once inserted, is never lifted while the program runs: threads pass it through a
//!   relocated copy of its instruction ([`crate::asm::relocate`]), so no thread can slip through.
//! - What happens while threads are brought to a stop is kept as the news of the thread, and told
//!   by a later wait: nothing is lost, and nothing told twice.
//! - No address of a scratch page is ever shown: the program counter of a thread that stopped in a
//!   copy is the one it would have in the original.
//! - A request that fails with `ESRCH` means that the thread is gone or about to be; that is never
//!   an error, its end is reported by a later wait.

mod attach;
mod attach_error;
mod births;
mod core_file;
mod detach;
mod end;
mod error;
mod file_source;
mod following;
mod launch;
mod linker;
mod memory;
mod modules;
mod news;
mod passing;
mod pin;
mod process;
mod scratch;
mod sites;
mod standing;
mod step_plan;
mod stepping;
mod stop;
mod system_calls;
mod thread_locals;
mod threads;
mod waiting;
mod watches;
mod writing;

#[cfg(test)]
mod live_tests;
#[cfg(test)]
mod test_programs;

pub use crate::os::SignalInfo;
pub use attach_error::AttachError;
pub use core_file::{
    CoreError, CoreFile, CoreMemory, CoreSignal, CoreThread, WriteCoreError, Written,
};
pub use error::{InferiorError, LaunchError};
pub use file_source::undeleted;
pub use launch::{Launch, Seat};
pub use memory::LiveMemory;
pub use modules::{Module, Modules};
pub use process::Inferior;
pub use stepping::Step;
pub use stop::{Stop, Stopped};
pub use system_calls::{CallSide, SystemCall};
pub use watches::{Watch, WatchKind};
