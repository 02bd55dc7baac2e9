//! The ends of functions' paths that begin with a text: what a person who writes a name may mean.

use std::collections::BTreeSet;

use super::image::Image;
use super::names::without_generics;
use super::origin::Origin;
use super::{crate_of, demangle};

/// A text with fewer letters is looked for among the user's own functions alone.
const LETTERS: usize = 3;

impl Image {
    /// The ends of the paths of functions that begin with a text, without generic arguments, in
    /// order: `par` finds `parse`, `parser::Parser::new` and `parser::run`. Those of the user's own
    /// functions, and where there is none and the text is long enough, those of all others; at
    /// most so many.
    pub fn function_names_beginning(&self, text: &str, most: usize) -> Vec<String> {
        let last = text.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next();
        // A linker's name spells every identifier as it is.
        let required = last.filter(|last| !last.is_empty() && last.is_ascii());
        let find = |users: bool| {
            let begins = |path: &str| {
                (!users || self.origin_of_crate(crate_of(path)) == Origin::User)
                    && ends(&without_generics(path)).any(|end| end.starts_with(text))
            };
            let found = self.symbols().functions_where(required, begins);
            let mut names = BTreeSet::new();
            for symbol in found {
                let path = without_generics(&demangle(symbol.name));
                let beginning = ends(&path).filter(|end| end.starts_with(text));
                names.extend(beginning.map(str::to_owned));
                if names.len() > most.saturating_mul(4) {
                    break;
                }
            }
            names.into_iter().take(most).collect::<Vec<_>>()
        };
        let users = find(true);
        match users.is_empty() && text.len() >= LETTERS {
            true => find(false),
            false => users,
        }
    }
}

/// The path, and what is behind each of its `::`; of a method of a trait, the whole alone.
fn ends(path: &str) -> impl Iterator<Item = &str> {
    let plain = !path.contains(['<', '{', ' ']);
    let behind = path
        .match_indices("::")
        .filter_map(move |(at, colons)| path.get(at + colons.len()..).filter(|_| plain));
    std::iter::once(path).chain(behind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dwarf::sample;

    #[test]
    fn a_path_has_as_many_ends_as_segments() {
        assert_eq!(ends("a::b::c").collect::<Vec<_>>(), ["a::b::c", "b::c", "c"]);
        assert_eq!(ends("<a::B as c::D>::e").count(), 1);
    }

    #[test]
    fn names_of_the_user_come_before_all_others() {
        let image = sample::debug();
        let mains = image.function_names_beginning("mai", 10);
        assert!(mains.contains(&"main".to_owned()), "{mains:?}");
        let all = image.function_names_beginning("", 5);
        assert_eq!(all.len(), 5, "{all:?}");
        let std = image.function_names_beginning("lang_star", 10);
        assert!(std.contains(&"lang_start".to_owned()), "{std:?}");
        assert_eq!(image.function_names_beginning("no_such_name", 10), Vec::<String>::new());
    }
}
