//! Functions by the names that people give them.

use regex::Regex;

use super::asked_function::{Asked, plain};
use super::image::Image;
use super::inlined_copies::InlinedCopy;
use super::origin::Origin;
use super::symbol_filter::{text_required_by_path, text_required_by_pattern};
use super::symbols::{Symbol, Symbols};
use super::{crate_of, demangle};

/// The code that a name means.
#[derive(Default)]
pub struct Called<'i> {
    /// Functions with code of their own: every instance, by address.
    pub functions: Vec<&'i Symbol>,
    /// Where such functions were inlined, by address.
    pub inlined: Vec<InlinedCopy>,
}

impl Image {
    /// The functions that a name means: every instance, by address.
    ///
    /// A name is a whole path or the end of one: `f`, `module::f`, `Type::method`,
    /// `Trait::method`, `<T as Trait>::method`, `f::{closure}`, `f::{closure#1}`, with or without
    /// generic arguments: `max::<i32>`. Where a function of the user's own ends so, those of std
    /// and of dependencies are not meant; where one has exactly this path, no other is.
    pub fn functions_called(&self, name: &str) -> Vec<&Symbol> {
        let symbols = self.symbols();
        let asked = Asked::of(name);
        let exact = symbols.functions_named(&asked.path);
        let mut found = match exact.is_empty() || !asked.path.contains("::") {
            true => symbols.functions_ending(&asked.path),
            false => exact,
        };
        if asked.is_precise() {
            found.retain(|symbol| {
                let described = self.name_of_instance_at(symbol.range.start);
                asked.means(&described.unwrap_or_else(|| demangle(symbol.name).into_owned()))
            });
        }
        let is_users = |symbol: &&Symbol| self.is_users_path(&demangle(symbol.name));
        let (users, others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_users);
        if users.is_empty() { others } else { users }
    }

    /// The same functions, and where they were inlined.
    ///
    /// All inlined calls of the program are looked through only where there can be some of these:
    /// where no function of the name has code of its own, or one that has was optimised.
    pub fn code_called(&self, name: &str) -> Called<'_> {
        let functions = self.functions_called(name);
        let asked = Asked::of(name);
        let may_be_inlined = |symbol: &&Symbol| {
            let at = symbol.range.start;
            self.is_optimised_at(at) || self.is_inlined_elsewhere(at)
        };
        if !functions.is_empty() && !functions.iter().any(may_be_inlined) {
            return Called { functions, inlined: Vec::new() };
        }
        let required = text_required_by_path(&asked.path);
        let mut inlined = self.inlined_where(
            required,
            &|path| ends_with(&plain(path), &asked.path),
            &|instance| !asked.is_precise() || asked.means(instance),
        );
        let users = |copy: &InlinedCopy| self.is_users_path(&copy.name);
        let functions_are_users =
            functions.iter().any(|symbol| self.is_users_path(&demangle(symbol.name)));
        if functions_are_users || inlined.iter().any(users) {
            inlined.retain(users);
            let functions = if functions_are_users { functions } else { Vec::new() };
            return Called { functions, inlined };
        }
        Called { functions, inlined }
    }

    /// All code of the functions whose path without hash matches, inlined copies too.
    pub fn code_matching(&self, pattern: &Regex) -> Called<'_> {
        let functions = self.symbols().functions_matching(pattern);
        let required = text_required_by_pattern(pattern.as_str());
        let inlined = self.inlined_where(required, &|path| pattern.is_match(path), &|_| true);
        Called { functions, inlined }
    }

    fn is_users_path(&self, path: &str) -> bool {
        self.origin_of_crate(crate_of(path)) == Origin::User
    }
}

impl Symbols {
    fn functions_ending(&self, wanted: &str) -> Vec<&Symbol> {
        let required = text_required_by_path(wanted);
        self.functions_where(required, |path| ends_with(&plain(path), wanted))
    }
}

/// Whether a name, as a person writes it, means a function with this demangled path.
pub fn names_function(name: &str, path: &str) -> bool {
    let asked = Asked::of(name);
    ends_with(&plain(path), &asked.path) && (!asked.is_precise() || asked.means(path))
}

/// Whether the last segments of a path without generic arguments are those of a name.
fn ends_with(path: &str, name: &str) -> bool {
    if is_end(path, name) {
        return true;
    }
    // `<krate::T as other::Trait>::method` is a method of the type and of the trait.
    let Some((ty, of, method)) = split_impl(path) else { return false };
    let Some((holder, wanted)) = name.rsplit_once("::") else { return false };
    if wanted != method {
        return false;
    }
    match split_impl(name) {
        Some((wanted_type, wanted_trait, _)) => is_end(ty, wanted_type) && is_end(of, wanted_trait),
        None => is_end(ty, holder) || is_end(of, holder),
    }
}

fn is_end(path: &str, end: &str) -> bool {
    // `crate::` stands for any one crate, as in the names of types.
    if let Some(whole) = end.strip_prefix("crate::") {
        return path.split_once("::").is_some_and(|(_, within)| within == whole);
    }
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with("::"))
}

/// Type, trait and method of `<T as Trait>::method`.
fn split_impl(path: &str) -> Option<(&str, &str, &str)> {
    let (inner, method) = path.strip_prefix('<')?.rsplit_once(">::")?;
    let (ty, of) = inner.split_once(" as ")?;
    Some((ty, of, method))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::debug_builds;
    use super::*;

    #[test]
    fn a_name_means_the_paths_that_end_with_its_segments() {
        assert!(ends_with("krate::module::f", "f"));
        assert!(ends_with("krate::module::f", "module::f"));
        assert!(!ends_with("krate::module::off", "f"));
        assert!(!ends_with("krate::submodule::f", "module::f"));
        assert!(ends_with("krate::f", "crate::f") && !ends_with("krate::module::f", "crate::f"));
        for name in ["T::speak", "Speak::speak", "a::T::speak", "<T as Speak>::speak"] {
            assert!(ends_with("<a::T as b::Speak>::speak", name), "{name}");
        }
        assert!(!ends_with("<a::T as b::Speak>::speak", "U::speak"));
        assert!(!ends_with("<a::T as b::Speak>::speak", "<T as Shout>::speak"));
    }

    #[test]
    fn the_users_functions_come_before_others_of_the_name() {
        for build in debug_builds() {
            let found = build.image.functions_called("main");
            let paths: Vec<_> = found.iter().map(|s| demangle(s.name).into_owned()).collect();
            assert_eq!(paths, ["program::main"]);
            assert!(build.image.functions_called("no_such_function").is_empty());
            // Of std's own there is no other.
            assert!(!build.image.functions_called("lang_start").is_empty());
        }
    }
}
