//! Functions by the names that people give them.

use super::image::Image;
use super::names::without_generics;
use super::origin::Origin;
use super::symbols::{Symbol, Symbols};
use super::{crate_of, demangle};

impl Image {
    /// The functions that a name means: every instance, by address.
    ///
    /// A name is a whole path or the end of one: `f`, `module::f`, `Type::method`,
    /// `Trait::method`, `<T as Trait>::method`, with or without generic arguments. Where a function
    /// of the user's own ends so, those of std and of dependencies are not meant; where one has
    /// exactly this path, no other is.
    pub fn functions_called(&self, name: &str) -> Vec<&Symbol> {
        let symbols = self.symbols();
        let exact = symbols.functions_named(name);
        if !exact.is_empty() && name.contains("::") {
            return exact;
        }
        let mut found = symbols.functions_ending(name);
        found.extend(exact);
        found.sort_by_key(|symbol| symbol.range.start);
        found.dedup_by_key(|symbol| symbol.range.start);
        let is_users = |symbol: &&Symbol| {
            self.origin_of_crate(crate_of(&demangle(symbol.name))) == Origin::User
        };
        let (users, others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_users);
        if users.is_empty() { others } else { users }
    }
}

impl Symbols {
    fn functions_ending(&self, name: &str) -> Vec<&Symbol> {
        let wanted = without_generics(name);
        let required = super::symbol_filter::text_required_by_path(&wanted);
        self.functions_where(required, |path| ends_with(&without_generics(path), &wanted))
    }
}

/// Whether a name, as a person writes it, means a function with this demangled path.
pub fn names_function(name: &str, path: &str) -> bool {
    ends_with(&without_generics(path), &without_generics(name))
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
