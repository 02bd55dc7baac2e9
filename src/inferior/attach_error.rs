//! Why a process cannot be taken control of, and what can be done about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::base::Tid;
use crate::dwarf::ImageError;

/// Why a process cannot be attached to.
#[derive(Debug, Error)]
pub enum AttachError {
    /// There is none of that id.
    #[error("there is no process {}", .0.0)]
    NoSuchProcess(Tid),
    /// The id is that of a thread.
    #[error("{} is a thread of process {}", .thread.0, .process.0)]
    Thread {
        /// The id that was given.
        thread: Tid,
        /// The process that it belongs to.
        process: Tid,
    },
    /// It has ended, and waits for its parent to be told; or its first thread has.
    #[error("process {} has ended: it is a zombie until its parent takes note", .0.0)]
    Zombie(Tid),
    /// It is the debugger.
    #[error("process {} is Freehold itself", .0.0)]
    Itself(Tid),
    /// Another debugger is at it.
    #[error("process {} is traced by process {} ({name}) already", .process.0, .by.0)]
    Traced {
        /// The process.
        process: Tid,
        /// Who traces it.
        by: Tid,
        /// The name of who traces it, empty where it is not known.
        name: String,
    },
    /// The kernel does not allow it.
    #[error("the kernel does not allow attaching to process {}", .process.0)]
    NotPermitted {
        /// The process.
        process: Tid,
        /// What may be in the way, and what to do about it.
        hint: String,
    },
    /// Its executable cannot be debugged.
    #[error("process {} runs {}, which cannot be debugged: {reason}", .process.0, .path.display())]
    Image {
        /// The process.
        process: Tid,
        /// Its executable.
        path: PathBuf,
        /// What that is.
        reason: ImageError,
    },
    /// No process has the name.
    #[error("no process is called `{0}`")]
    NoSuchName(String),
    /// Several processes have it.
    #[error("{} processes are called `{name}`: {}", .processes.len(), listed(.processes))]
    Several {
        /// The name.
        name: String,
        /// The processes.
        processes: Vec<Tid>,
    },
    /// Something else failed on the way.
    #[error("attaching to process {} failed ({doing}): {error}", .process.0)]
    Other {
        /// The process.
        process: Tid,
        /// What was being done.
        doing: &'static str,
        /// How it failed.
        error: io::Error,
    },
}

impl AttachError {
    /// What can be done about it, where something can.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            AttachError::NoSuchProcess(_) => "`ps -e` lists the processes".to_owned(),
            AttachError::NoSuchName(_) => {
                "a process is named by its executable, without its folder; `ps -e` lists them"
                    .to_owned()
            }
            AttachError::Thread { process, .. } => {
                format!("attach to {}: all threads come with it", process.0)
            }
            AttachError::Traced { by, .. } => {
                format!("a process has one tracer at most: end process {}, or let it detach", by.0)
            }
            AttachError::Several { .. } => "name one of them by its id".to_owned(),
            AttachError::NotPermitted { hint, .. } => hint.clone(),
            AttachError::Image { reason: ImageError::OtherMachine(_), .. } => {
                "gdb debugs programs of other kinds".to_owned()
            }
            AttachError::Zombie(_)
            | AttachError::Itself(_)
            | AttachError::Image { .. }
            | AttachError::Other { .. } => return None,
        })
    }
}

fn listed(processes: &[Tid]) -> String {
    let ids: Vec<_> = processes.iter().map(|process| process.0.to_string()).collect();
    ids.join(", ")
}
