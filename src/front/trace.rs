//! `freehold trace`: calls and returns with their values.

use super::args::TraceArgs;
use super::errors::Outcome;
use super::narrator::{Narrator, Text};
use super::program;
use super::text::TraceText;
use crate::session::{EntryPoint, Options, Selection};

/// Runs the program and traces the functions.
pub(super) fn run(args: &TraceArgs) -> Outcome {
    let resolved = args.target.resolve()?;
    let mut narrator = Narrator::new(&args.output, |width| Text::Trace(TraceText::new(width)))?;
    let options = Options {
        launch: program::launch(&resolved),
        calls: true,
        selection: Selection { patterns: vec![args.pattern.clone()], ..Selection::default() },
        entry: match args.first_instruction {
            true => EntryPoint::FirstInstruction,
            false => EntryPoint::AfterPrologue,
        },
        ledger: false,
        drops: false,
        whole_stack: false,
        values: true,
        full: args.output.full,
        halt_on_signals: false,
        nameless_borrows: false,
        pin: !args.output.no_pin,
        max_depth: args.limit_depth,
    };
    program::session(options, &mut narrator)
}
