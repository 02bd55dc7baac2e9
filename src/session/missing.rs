//! What the files of the program do not say, and which flag makes them say it.

use super::run::Run;
use crate::dwarf::{Detail, Image};

/// How many of the chosen functions are asked: they are of few crates, and a crate is built alike.
const SAMPLES: usize = 8;

impl Run {
    /// Notes what is missing to show the program as it could be shown.
    pub(super) fn note_missing(&mut self) {
        let main = self.inferior.modules().main();
        let missing = match self.least_detail(&main.image) {
            _ if !main.image.has_symbol_table() => Some(STRIPPED),
            None if self.options.calls => Some(NOT_YOURS),
            None => None,
            Some(detail) => note(detail),
        };
        self.notes.extend(missing.map(str::to_owned));
    }

    /// What is known of the best described of some of the chosen functions, spread over all.
    fn least_detail(&self, image: &Image) -> Option<Detail> {
        if !self.options.calls {
            // Nobody has chosen functions; that in which the program begins is built like the rest.
            let main = image.functions_called("main");
            return main.first().map(|symbol| image.detail_at(symbol.range.start));
        }
        let step = self.functions.len().div_ceil(SAMPLES).max(1);
        let samples = self.functions.iter().step_by(step);
        samples.map(|function| image.detail_at(function.range.start)).max()
    }
}

const STRIPPED: &str = "This program has no symbol table: its functions have no names and cannot \
    be chosen. Blocks and signals are seen all the same. Build it without -C strip=symbols (cargo: \
    strip = false) to see functions.";

const NOT_YOURS: &str = "None of the program's functions is yours (all belong to std or to \
    dependencies): choose some with --crate NAME, --function REGEX or --all.";

fn note(detail: Detail) -> Option<&'static str> {
    match detail {
        Detail::All => None,
        Detail::Nothing => Some(
            "There is no debug information of the functions that are watched, or it cannot be \
             read: variables, types and lines are not known. Functions, frame sizes and blocks \
             are. Build with -g (cargo: the dev profile, or debug = true) to see the rest.",
        ),
        Detail::Lines => Some(
            "The debug information has functions and lines, but no variables and types. Build \
             with -g, which is -C debuginfo=2 (cargo: debug = true), to see them.",
        ),
        Detail::Elsewhere => Some(
            "The debug information lies in files beside the program (.dwo, .dwp), which Freehold \
             does not read: variables and types are not known. Build with -C split-debuginfo=off \
             (cargo: split-debuginfo = \"off\") to see them.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_note_names_the_flag_that_helps() {
        assert_eq!(note(Detail::All), None);
        let says = |detail, flag| note(detail).is_some_and(|note| note.contains(flag));
        assert!(says(Detail::Nothing, " -g ") && says(Detail::Lines, "debuginfo=2"));
        assert!(says(Detail::Elsewhere, "-C split-debuginfo=off"));
        assert!(STRIPPED.contains("-C strip=symbols"));
    }
}
