//! What a step does not stop in, beside std and dependencies.

use std::fmt;

use serde::Serialize;

use crate::dwarf::{crate_of, ends_with_path, names_function};

/// A rule: code that a step runs through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Functions whose path ends so.
    Function(String),
    /// Files whose path ends so.
    File(String),
    /// A crate.
    Crate(String),
}

impl Skip {
    /// Whether it means a function at a place in a file.
    pub(super) fn means(&self, function: &str, file: Option<&str>) -> bool {
        match self {
            Skip::Function(wanted) => names_function(wanted, function),
            Skip::File(wanted) => file.is_some_and(|file| ends_with_path(file, wanted)),
            Skip::Crate(wanted) => crate_of(function) == wanted.replace('-', "_"),
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Skip::Function(name) => write!(f, "function {name}"),
            Skip::File(name) => write!(f, "file {name}"),
            Skip::Crate(name) => write!(f, "crate {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_means_functions_files_or_crates_by_their_ends() {
        let function = Skip::Function("Type::method".to_owned());
        assert!(function.means("krate::module::Type::method", None));
        assert!(!function.means("krate::module::OtherType::method", None));
        let file = Skip::File("parse.rs".to_owned());
        assert!(file.means("f", Some("/a/parse.rs")) && !file.means("f", Some("/a/sparse.rs")));
        assert!(!file.means("f", None));
        let krate = Skip::Crate("my-crate".to_owned());
        assert!(krate.means("my_crate::f", None) && !krate.means("other::my_crate::f", None));
    }
}
