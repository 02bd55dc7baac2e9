//! `freehold trace`.

use super::args::TraceArgs;
use super::errors::{Outcome, UserError};
use crate::dwarf::{Image, ImageKind};

/// Runs the program and prints its calls.
pub(super) fn run(args: &TraceArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let path = &resolved.executable;
    let bytes = std::fs::read(path).map_err(|error| UserError::io("read", path, &error))?;
    let image = Image::parse(path, Vec::leak(bytes)).map_err(|e| UserError::image(path, &e))?;
    if image.kind() == ImageKind::Library {
        return Err(UserError::library(path));
    }
    Err(UserError::new("`freehold trace` is not in this version"))
}
