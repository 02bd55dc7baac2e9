//! What an empty line does: the last command once more, where that makes sense.

use crate::command::find;

/// How an empty line repeats a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Repeat {
    /// As it was written.
    Same,
    /// Without what stood behind its name: it goes on where it ended.
    GoOn,
}

/// The commands that an empty line repeats, as in gdb.
const REPEATED: &[(&str, Repeat)] = &[
    ("step", Repeat::Same),
    ("next", Repeat::Same),
    ("stepi", Repeat::Same),
    ("nexti", Repeat::Same),
    ("continue", Repeat::Same),
    ("finish", Repeat::Same),
    ("until", Repeat::Same),
    ("advance", Repeat::Same),
    ("up", Repeat::Same),
    ("down", Repeat::Same),
    ("back", Repeat::Same),
    ("forward", Repeat::Same),
    ("print", Repeat::Same),
    ("list", Repeat::GoOn),
    ("x", Repeat::GoOn),
];

/// The line that an empty one stands for after this one; none after one that is not repeated.
pub(super) fn repeated(line: &str) -> Option<String> {
    let line = line.trim();
    let word = crate::command::command_word(line);
    let name = find(word).ok()?.name;
    let (_, how) = REPEATED.iter().find(|(repeated, _)| *repeated == name)?;
    match how {
        Repeat::Same => Some(line.to_owned()),
        // `list -` goes on backwards.
        Repeat::GoOn if line.ends_with(" -") => Some(line.to_owned()),
        Repeat::GoOn => Some(word.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_and_listing_are_repeated_and_the_rest_is_not() {
        let line = |text: &str| Some(text.to_owned());
        assert_eq!(repeated(" c "), line("c"));
        assert_eq!(repeated("list 20"), line("list"));
        assert_eq!(repeated("l -"), line("l -"));
        assert_eq!(repeated("up 2"), line("up 2"));
        assert_eq!(repeated("run"), None);
        assert_eq!(repeated("break main"), None);
        assert_eq!(repeated("nonsense"), None);
    }
}
