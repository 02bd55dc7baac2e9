//! `freehold watch`: the stack and the heap as the program runs.

use super::args::WatchArgs;
use super::errors::Outcome;
use super::narrator::{Narrator, Text};
use super::program;
use super::text::WatchText;
use crate::session::{EntryPoint, Options, Selection};

/// Runs the program and shows it.
pub(super) fn run(args: &WatchArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let mut narrator = Narrator::new(&args.output, |width| Text::Watch(WatchText::new(width)))?;
    let options = Options {
        launch: program::launch(&resolved),
        calls: true,
        selection: Selection {
            patterns: args.function.clone(),
            crates: args.crates.clone(),
            all: args.all,
            may_be_none: false,
        },
        entry: EntryPoint::AfterPrologue,
        ledger: true,
        drops: false,
        whole_stack: true,
        values: true,
        full: args.output.full,
        halt_on_signals: false,
        nameless_borrows: false,
        pin: !args.output.no_pin,
        max_depth: None,
    };
    program::session(options, &mut narrator)
}
