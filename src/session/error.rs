//! Why a session cannot begin or go on.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::base::MemoryError;
use crate::expr::ExprError;
use crate::inferior::{InferiorError, LaunchError};

/// Why a session cannot begin or go on.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The program did not start.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The kernel refused something in the middle of the run.
    #[error(transparent)]
    Inferior(#[from] InferiorError),
    /// An expression cannot be read or has no value.
    #[error(transparent)]
    Expression(#[from] ExprError),
    /// Memory that cannot be written.
    #[error("cannot write: {0}")]
    Memory(#[from] MemoryError),
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
    /// There is no process to ask.
    #[error("the program is not running")]
    NotRunning,
    /// The thread has no frame of that number.
    #[error("there is no frame {no}: the frames are 0 to {}", frames.saturating_sub(1))]
    NoFrame {
        /// The number.
        no: usize,
        /// How many there are.
        frames: usize,
    },
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
