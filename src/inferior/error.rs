//! What can go wrong with a process, in words for people.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::asm::RelocationError;
use crate::base::VirtAddr;
use crate::dwarf::ImageError;
use crate::os;

/// Why a program could not be started.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// There is no such file.
    #[error("there is no file {}; check the path, or build it first", .0.display())]
    NotFound(PathBuf),
    /// It is a folder or a device.
    #[error("{} is not a file, but a folder or a device; name an executable", .0.display())]
    NotAFile(PathBuf),
    /// It may not be read or executed.
    #[error("{} may not be executed; `chmod +x` allows it", .0.display())]
    NotPermitted(PathBuf),
    /// It is a script.
    #[error("{} is a script for {interpreter}; debug that instead: name it, with the script \
             as its argument", .program.display())]
    Script {
        /// The script.
        program: PathBuf,
        /// What is behind its `#!`.
        interpreter: String,
    },
    /// It is a file that cannot be debugged.
    #[error("{} cannot be debugged: {reason}", .program.display())]
    Image {
        /// The file.
        program: PathBuf,
        /// What it is instead.
        reason: ImageError,
    },
    /// It is a shared library.
    #[error("{} is a shared library; name an executable that uses it", .0.display())]
    Library(PathBuf),
    /// The working directory cannot be entered.
    #[error("the working directory {} cannot be entered: {error}", .cwd.display())]
    WorkingDirectory {
        /// The directory.
        cwd: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A path, an argument or a variable holds a null byte, which no program can be given.
    #[error("{0:?} holds a null byte, which no program can be given")]
    NullByte(String),
    /// The kernel does not let it be traced.
    #[error(
        "the kernel does not allow tracing: {0}; see /proc/sys/kernel/yama/ptrace_scope, and \
             give a container CAP_SYS_PTRACE"
    )]
    Trace(io::Error),
    /// Something else failed on the way.
    #[error("{} could not be started ({doing}): {error}", .program.display())]
    Other {
        /// The program.
        program: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// How it failed.
        error: io::Error,
    },
}

/// Why a request to a process failed.
#[derive(Debug, Error)]
pub enum InferiorError {
    /// No code is loaded at the address of a site.
    #[error("no code is loaded at {0}")]
    NotCode(VirtAddr),
    /// The instruction at a site cannot run elsewhere.
    #[error("Freehold cannot stop at {at}: {reason}")]
    Instruction {
        /// The address.
        at: VirtAddr,
        /// Why not.
        reason: RelocationError,
    },
    /// There is no room for copies of instructions near the code.
    #[error(
        "no memory within reach of {near} could be mapped for copies of its instructions: \
             {reason}"
    )]
    NoScratch {
        /// The code.
        near: VirtAddr,
        /// Why not.
        reason: String,
    },
    /// The processor cannot watch that memory.
    #[error("{len} bytes at {at} cannot be watched: {reason}")]
    Watch {
        /// The first byte.
        at: VirtAddr,
        /// How many.
        len: u64,
        /// Why not.
        reason: &'static str,
    },
    /// Every thread is stopped, so there is nothing to wait for.
    #[error("every thread is stopped: resume one before waiting")]
    NothingRuns,
    /// The process executes something that cannot be debugged; it was let go.
    #[error("the process now executes {}, which cannot be debugged ({reason}); it was let go",
            .path.display())]
    NewProgram {
        /// The new program.
        path: PathBuf,
        /// What it is.
        reason: ImageError,
    },
    /// There is a core file instead of a process.
    #[error("this is a core file: nothing runs in it, and nothing can be changed")]
    CoreFile,
    /// The process has ended.
    #[error("the process has ended")]
    Ended,
    /// The kernel refused a request.
    #[error("{doing} failed: {error}")]
    Kernel {
        /// What was being done.
        doing: &'static str,
        /// How it failed.
        error: io::Error,
    },
}

impl InferiorError {
    /// For `map_err`: what was being done when the kernel refused.
    pub(super) fn when(doing: &'static str) -> impl Fn(io::Error) -> InferiorError {
        move |error| InferiorError::Kernel { doing, error }
    }
}

/// Turns "no such thread" into nothing: see the head of the floor.
pub(super) fn unless_gone<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if os::is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
