//! What there is by name: functions, types, statics.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Serialize;

use super::debugger::Session;
use crate::dwarf::{Origin, crate_of, short_type_name};

/// Names that are listed, by the file or section that has them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Names {
    /// The names, grouped and sorted.
    pub groups: Vec<NameGroup>,
    /// How many there are beyond those.
    pub more: usize,
    /// Whether those of std and of dependencies were left out, because nothing was asked for.
    pub users_only: bool,
}

/// The names of one group.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NameGroup {
    /// The crate.
    pub krate: String,
    /// The names, sorted, each with its line where one is known.
    pub names: Vec<(Option<u32>, String)>,
}

/// What is listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Listed {
    /// Functions with code of their own.
    Functions,
    /// Types.
    Types,
    /// Statics and thread-locals.
    Variables,
}

impl Session {
    /// The names of a kind that match; without a pattern those of the user's crates.
    pub fn names_of(&self, kind: Listed, pattern: Option<&Regex>, limit: usize) -> Names {
        let found: BTreeSet<(String, Option<u32>)> = match kind {
            Listed::Functions => self.functions_listed(pattern),
            Listed::Types => {
                let names = self.image().type_names();
                let declared = |name: &String| !name.starts_with(['&', '*', '(', '[']);
                let names = names.filter(declared);
                names.filter(|name| self.is_wanted(name, pattern)).map(|n| (n, None)).collect()
            }
            Listed::Variables => {
                let names = self.image().static_names();
                names.filter(|name| self.is_wanted(name, pattern)).map(|n| (n, None)).collect()
            }
        };
        let more = found.len().saturating_sub(limit);
        let mut groups: BTreeMap<String, Vec<(Option<u32>, String)>> = BTreeMap::new();
        for (name, line) in found.into_iter().take(limit) {
            let shown = match kind {
                Listed::Types => short_type_name(&name),
                _ => name.clone(),
            };
            groups.entry(crate_of(&name).to_owned()).or_default().push((line, shown));
        }
        let groups = groups.into_iter().map(|(krate, names)| NameGroup { krate, names });
        Names { groups: groups.collect(), more, users_only: pattern.is_none() }
    }

    fn functions_listed(&self, pattern: Option<&Regex>) -> BTreeSet<(String, Option<u32>)> {
        let image = self.image();
        let any = Regex::new("").ok();
        let Some(pattern_or_any) = pattern.or(any.as_ref()) else { return BTreeSet::new() };
        let found = image.symbols().functions_matching(pattern_or_any).into_iter();
        let wanted = found.filter(|symbol| pattern.is_some() || image.may_be_users(symbol.name));
        wanted
            .filter_map(|symbol| {
                let name = crate::dwarf::demangle(symbol.name).into_owned();
                // Only the user's functions need their unit parsed for a line.
                let users = self.is_users(&name);
                let line = users.then(|| image.line_at(symbol.range.start)).flatten();
                (users || pattern.is_some()).then(|| (name, line.map(|line| line.line)))
            })
            .collect()
    }

    fn is_wanted(&self, name: &str, pattern: Option<&Regex>) -> bool {
        match pattern {
            Some(pattern) => pattern.is_match(name) || pattern.is_match(&short_type_name(name)),
            None => self.is_users(name),
        }
    }

    fn is_users(&self, name: &str) -> bool {
        let krate = crate_of(name);
        !krate.is_empty() && self.image().origin_of_crate(krate) == Origin::User
    }
}
