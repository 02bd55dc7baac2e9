//! Why a session cannot begin or go on.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::halt::Halt;
use super::places::PlaceError;
use crate::base::{BlockId, MemoryError, ThreadNo, VirtAddr};
use crate::expr::ExprError;
use crate::inferior::{AttachError, CoreError, InferiorError, LaunchError, WriteCoreError};
use crate::track::Missing;

/// Why a session cannot begin or go on.
#[derive(Error)]
pub enum SessionError {
    /// The program did not start.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// A process that runs already cannot be taken control of.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// A core file cannot be looked at.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A core file cannot be written.
    #[error(transparent)]
    WriteCore(#[from] WriteCoreError),
    /// What was asked for needs a process, and there is a core file.
    #[error("this is a core file: nothing runs in it, and nothing can be changed")]
    CoreFile,
    /// The kernel refused something in the middle of the run.
    #[error(transparent)]
    Inferior(#[from] InferiorError),
    /// An expression cannot be read or has no value.
    #[error(transparent)]
    Expression(#[from] ExprError),
    /// Memory that cannot be written.
    #[error("cannot write: {0}")]
    Memory(#[from] MemoryError),
    /// The stack cannot be read where a return address must be.
    #[error("the return address of the call cannot be read: {0}")]
    Stack(MemoryError),
    /// The frame has no caller to return to.
    #[error("the frame is the outermost one: nothing called it that it could return to")]
    NoCaller,
    /// A file of the user's that cannot be used.
    #[error("cannot {doing} {}: {error}", path.display())]
    File {
        /// What was to be done with it: `read`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// What was asked for, as it was written, and what is wrong with it.
    #[error("`{text}`: {error}")]
    About {
        /// The text.
        text: String,
        /// What is wrong.
        error: Box<SessionError>,
    },
    /// The program has stopped elsewhere than was wanted.
    #[error("the program has not come to {wanted}: {halt}")]
    Elsewhere {
        /// Where it was to stop.
        wanted: String,
        /// Why it stands still.
        halt: Box<Halt>,
    },
    /// The output of the program goes where it always goes.
    #[error("the output of the program is not kept")]
    OutputNotKept,
    /// More output than is kept.
    #[error("the program wrote {0} bytes more than are kept")]
    OutputLost(u64),
    /// There is no process to ask.
    #[error("the program is not running")]
    NotRunning,
    /// A moment of the past is looked at, and the process is out of reach.
    #[error("this is the past of the program, and only what was recorded can be told")]
    InThePast,
    /// An event that is not to be had.
    #[error(transparent)]
    Past(#[from] Missing),
    /// Something that the recording does not hold.
    #[error("{0}")]
    NotRecorded(String),
    /// There is no such place.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// A jump that would leave the function.
    #[error(
        "a jump to {to} would leave {from}: its frame would be taken for that of another function"
    )]
    JumpOut {
        /// The place.
        to: String,
        /// The function in which the thread stands.
        from: String,
    },
    /// A jump to one of several places.
    #[error("that means {0} places in this function")]
    JumpWhere(usize),
    /// The thread has no frame of that number.
    #[error("there is no frame {no}: the frames are 0 to {}", frames.saturating_sub(1))]
    NoFrame {
        /// The number.
        no: usize,
        /// How many there are.
        frames: usize,
    },
    /// No thread of that number stands still.
    #[error("there is no thread {no}: {}", present(threads))]
    NoThread {
        /// The number.
        no: ThreadNo,
        /// Those that there are.
        threads: Vec<ThreadNo>,
    },
    /// Vector registers of a caller's frame.
    #[error("the vector registers of a caller are not known: calls do not preserve them")]
    NoVectors,
    /// An expression that is no address and has none.
    #[error("`{0}` is in no memory: it has no address")]
    NoAddress(String),
    /// Nothing can be read there.
    #[error("nothing is mapped at {0}")]
    Unmapped(VirtAddr),
    /// The blocks of the heap are not followed.
    #[error("the heap is not followed in this run")]
    NoLedger,
    /// No block of that ordinal lives.
    #[error("no block {0} is alive")]
    NoBlock(BlockId),
    /// Nothing is known of what happened to a block.
    #[error("nothing is known of what happened to {0}: no block of that number was allocated")]
    NoStory(BlockId),
    /// It means no block, and leads to none.
    #[error("`{0}` is no block, and leads to none")]
    NotABlock(String),
    /// What keeps the blocks was not searched.
    #[error(
        "what keeps the blocks was not searched: the program was killed, or has too much memory"
    )]
    NotSearched,
    /// No code of the program drops such a value.
    #[error("nothing drops a `{0}` in this program: it has nothing to drop, or none is dropped")]
    NeverDropped(String),
    /// A variable of which it cannot be told where it is moved.
    #[error("where `{what}` is moved cannot be told: {why}")]
    NoMove {
        /// The expression, as it was written.
        what: String,
        /// Why.
        why: String,
    },
    /// No type is called so.
    #[error("no type is called `{0}`")]
    NoType(String),
    /// No symbol covers an address.
    #[error("no symbol covers {0}")]
    NoSymbol(VirtAddr),
    /// No function was chosen by what the user asked for.
    #[error("no function matches {wanted}")]
    NothingChosen {
        /// What was asked for.
        wanted: String,
        /// The names that there are, in no order.
        known: Vec<String>,
        /// Whether the program has a table of its functions at all.
        stripped: bool,
    },
}

fn present(threads: &[ThreadNo]) -> String {
    match threads {
        [only] => format!("there is only thread {only}"),
        several => format!("there are {}", listed(several)),
    }
}

fn listed(threads: &[ThreadNo]) -> String {
    let mut threads = threads.to_vec();
    threads.sort_unstable();
    let numbers: Vec<_> = threads.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
