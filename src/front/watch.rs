//! `freehold watch`: the stack and the heap as the program runs.

use super::args::WatchArgs;
use super::errors::Outcome;
use super::narrator::{Narrator, Text};
use super::run;
use super::text::WatchText;
use crate::session::{EntryPoint, Options, Selection};

/// Runs the program and shows it.
pub(super) fn run(args: &WatchArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let mut narrator =
        Narrator::new(&args.output, |width| Text::Watch(WatchText::new(width)))?;
    let options = Options {
        launch: run::launch(&resolved),
        selection: Selection {
            patterns: args.function.clone(),
            crates: args.crates.clone(),
            all: args.all,
        },
        entry: EntryPoint::AfterPrologue,
        ledger: true,
        whole_stack: true,
        full: args.output.full,
        max_depth: None,
    };
    run::session(options, &mut narrator)
}
