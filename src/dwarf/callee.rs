//! What a pointer to a function is called: by the function that begins there.

use super::aggregates::parts;
use super::dies::Die;
use super::image::Image;
use super::names::{demangle, is_rust_symbol};
use super::symbols::{Symbol, SymbolKind};
use super::type_names::short_type_name;
use super::types::Types;
use crate::base::FileAddr;

/// How many functions that the linker folded into one are named.
const MAX_NAMES: usize = 3;

impl Image {
    /// The full path of the function that begins at an address: `krate::twice`,
    /// `krate::into::<u8>`, `krate::f::{closure#0}`. Where the linker folded several into one,
    /// they are all named, with `or` between them: which of them is meant cannot be told. None
    /// where no function begins.
    pub fn function_label(&self, at: FileAddr) -> Option<String> {
        let mut names: Vec<String> = Vec::new();
        let symbols = self.symbols().all();
        let first = symbols.partition_point(|symbol| symbol.range.start < at);
        let here = symbols.iter().skip(first).take_while(|symbol| symbol.range.start == at);
        let is_code = |symbol: &&Symbol| symbol.kind == SymbolKind::Function;
        let mut code = here.filter(is_code);
        let described = self.described_label(at);
        for symbol in code.clone().filter(|symbol| is_rust_symbol(symbol.name)).take(MAX_NAMES) {
            let name = match &described {
                Some((linkage, label)) if *linkage == symbol.name => label.clone(),
                _ => demangle(symbol.name).into_owned(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() {
            let symbol = code.next().map(|symbol| demangle(symbol.name).into_owned());
            return described.map(|(_, label)| label).or(symbol);
        }
        Some(names.join(" or "))
    }

    /// The linkage name of the function that begins at an address, and its path with what only the
    /// debug information tells: its generic arguments, and the numbers of closures.
    fn described_label(&self, at: FileAddr) -> Option<(&'static str, String)> {
        let (_, unit) = self.unit_at(at)?;
        let function = self.unit_index(&unit)?.get()?.function_at(at)?;
        if self.function_at(at)?.ranges.first()?.start != at {
            return None;
        }
        let chain = self.chain(function);
        let linkage = self.linkage_name(&chain)?;
        let path = self.function_name(function);
        if let Some(closure) = chain.iter().find_map(|die| self.called_closure(die, &path)) {
            return Some((linkage, closure));
        }
        let name = chain.iter().find_map(|die| self.name(die)).unwrap_or("");
        Some((linkage, with_details(&path, name)))
    }

    /// The closure that one of std's `FnOnce::call_once` and its like was made to call.
    fn called_closure(&self, die: &Die, path: &str) -> Option<String> {
        path.contains("core::ops::function::Fn").then_some(())?;
        let params = parts(self, die).ok()?;
        let of = params.iter().find(|part| self.name(part) == Some("Self"))?;
        let ty = self.get(of.type_ref()?).ok()?;
        let (function, closure) = ty.name.rsplit_once("::{closure_env#")?;
        Some(format!("{function}::{{closure#{closure}"))
    }
}

/// A path with the generic arguments or the number of the closure that the die's name has, where
/// the mangling of the path has none.
fn with_details(path: &str, name: &str) -> String {
    if let Some(before) = path.strip_suffix("{{closure}}").filter(|_| name.starts_with('{')) {
        return format!("{before}{name}");
    }
    match name.find('<').filter(|at| *at > 0 && !path.ends_with('>')) {
        Some(at) => format!("{path}::{}", short_type_name(name.get(at..).unwrap_or(""))),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{builds, debug_builds};
    use super::*;

    #[test]
    fn a_function_is_called_by_its_path_from_where_it_begins_alone() {
        for build in builds() {
            let six = build.address("program::six");
            assert_eq!(build.image.function_label(six).as_deref(), Some("program::six"));
            assert_eq!(build.image.function_label(FileAddr(six.0 + 1)), None);
            assert_eq!(build.image.function_label(FileAddr(0)), None);
        }
    }

    #[test]
    fn generic_arguments_and_the_numbers_of_closures_come_from_the_debug_information() {
        assert_eq!(with_details("k::f", "f<alloc::string::String>"), "k::f::<String>");
        assert_eq!(with_details("k::f::<u8>", "f<u8>"), "k::f::<u8>");
        assert_eq!(with_details("k::f::{{closure}}", "{closure#3}"), "k::f::{closure#3}");
        assert_eq!(with_details("k::f", "f"), "k::f");
        for build in debug_builds() {
            let closure = build.address("program::types::{{closure}}");
            let label = build.image.function_label(closure);
            assert_eq!(label.as_deref(), Some("program::types::{closure#0}"));
        }
    }
}
