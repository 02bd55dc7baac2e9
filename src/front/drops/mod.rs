//! `freehold drops`: who allocated, received, lent, gave away and dropped what; and the regression
//! test of when things drop.

mod align;
mod check;
mod compare;
mod format;
mod hidden;
mod reading;
mod recording;
mod snapshot;

use super::args::{DropsArgs, Format};
use super::errors::Outcome;
use super::narrator::{Narrator, Text};
use super::program;
use super::target::Resolved;
use super::text::DropsText;
use crate::session::{EntryPoint, Options, Selection};

/// Runs the program and reports its drops, or compares them with a snapshot.
pub(super) fn run(args: &DropsArgs) -> Outcome {
    if let Some(file) = &args.check {
        return check::run(args, file);
    }
    let resolved = args.target.resolve()?;
    let only = args.only.clone();
    let text = |width| Text::Drops(DropsText::new(width, only));
    let mut narrator = Narrator::new(&args.output, text)?;
    program::session(options(args, &resolved), &mut narrator)
}

fn options(args: &DropsArgs, resolved: &Resolved) -> Options {
    Options {
        launch: program::launch(resolved),
        calls: true,
        selection: Selection::default(),
        entry: EntryPoint::AfterPrologue,
        ledger: true,
        drops: true,
        whole_stack: true,
        // The text tells of blocks alone; whoever reads events may want to know what was in them.
        values: args.output.page.format == Format::Json,
        // The view folds what repeats: a drop must not be told without the call that it belongs to.
        full: true,
        halt_on_signals: false,
        nameless_borrows: false,
        pin: !args.output.no_pin,
        max_depth: None,
    }
}
