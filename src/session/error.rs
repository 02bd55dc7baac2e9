//! Why a session cannot begin or go on.

use std::path::PathBuf;

use thiserror::Error;

use crate::dwarf::ImageError;
use crate::inferior::{InferiorError, LaunchError};

/// Why a session cannot begin or go on.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a program that Freehold can run.
    #[error("cannot debug {path}: {source}")]
    Image {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        source: ImageError,
    },
    /// The file is a shared library.
    #[error("cannot run {path}: it is a shared library")]
    Library {
        /// The file.
        path: PathBuf,
    },
    /// The program did not start.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The kernel refused something in the middle of the run.
    #[error(transparent)]
    Inferior(#[from] InferiorError),
    /// No function was chosen by what the user asked for.
    #[error("no function matches {wanted}")]
    NothingChosen {
        /// What was asked for.
        wanted: String,
        /// The names that there are, in no order.
        known: Vec<String>,
    },
}
