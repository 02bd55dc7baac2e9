//! A snapshot of the order of drops: what of a run is the same in every run, in every build and
//! with every compiler that keeps the language's promises.

use std::collections::BTreeMap;

/// What stands for a function where it is none of the user's, or not known.
pub(super) const STD: &str = "(std)";

/// The drops of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Snapshot {
    /// Whether it was made from an optimised build.
    pub optimised: bool,
    /// The drops of each thread that has some, the first thread's first.
    pub threads: Vec<Thread>,
    /// How many blocks were never freed, by the user's function that allocated them, but for what
    /// statics lead to; none where that was not found out.
    pub unfreed: Option<BTreeMap<String, usize>>,
}

impl Default for Snapshot {
    /// One of a run without drops and without blocks that were never freed.
    fn default() -> Snapshot {
        Snapshot { optimised: false, threads: Vec::new(), unfreed: Some(BTreeMap::new()) }
    }
}

/// The place of a value that has no name.
pub(super) const TEMPORARY: &str = "temporary";
/// What stands behind a place that is concluded, and not certain.
pub(super) const UNSURE: &str = "?";

/// How the name of a closure ends.
pub(super) const CLOSURE: &str = "::{closure}";

/// Whether a function is another, or a closure in it.
pub(super) fn is_within(function: &str, owner: &str) -> bool {
    let closures = function.strip_prefix(owner);
    closures.is_some_and(|rest| rest.replace(CLOSURE, "").is_empty())
}

/// The drops of a thread.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Thread {
    /// `main`, or the function in which the thread first dropped something.
    pub name: String,
    /// The drops in their order; what a drop encloses follows it.
    pub drops: Vec<Drop>,
}

/// A drop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Drop {
    /// The user's function in which it happened, without its crate.
    pub function: String,
    /// How many drops enclose it.
    pub depth: usize,
    /// The type's short name.
    pub type_name: String,
    /// What kind of type it is.
    pub kind: Kind,
    /// The place, in its function or in what encloses it; none where it is not known or has no name.
    pub place: Option<String>,
    /// Whether its thread was unwinding.
    pub unwinding: bool,
    /// The file, as seen from the current directory, and the line, where they are known. In a file
    /// of a snapshot it is the name of the file alone.
    pub at: Option<(String, u32)>,
}

/// What kind of type is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// One of the user's that implements `Drop`.
    User,
    /// One of a dependency that implements `Drop`.
    Dependency,
    /// One that only drops its fields: a struct, a closure, a future.
    Fields,
    /// One of std's.
    Std,
}

impl Kind {
    /// Whether every build drops it. Of types that implement `Drop` the language promises it; a drop
    /// that only frees memory, or drops fields, need not be left in an optimised build.
    pub fn is_strict(self) -> bool {
        matches!(self, Kind::User | Kind::Dependency)
    }
}

impl Drop {
    /// The name of the file and the line.
    pub fn line(&self) -> Option<(&str, u32)> {
        let (file, line) = self.at.as_ref()?;
        Some((file.rsplit('/').next().unwrap_or(file), *line))
    }

    /// What a drop is called in a sentence: `Guard` (`b`).
    pub fn named(&self) -> String {
        match &self.place {
            Some(place) => format!("`{}` (`{place}`)", self.type_name),
            None => format!("`{}`", self.type_name),
        }
    }

    /// Whether two drops can be of the same value: a place that is not known can be any, and where one
    /// is concluded, another that is certain can be the true one.
    pub fn is_like(&self, other: &Drop) -> bool {
        // Within a closure rustc names the part of a variable that it has captured `pair__left`; where
        // the closure is inlined, its function's own variable is there.
        let written = |place: &str| place.replace("__", ".");
        let unsure = |place: &str| place.ends_with(UNSURE);
        // A value without a name can be of a variable that is not described.
        let unnamed = |place: &str| place.starts_with(TEMPORARY);
        let same = |(a, b): (&String, &String)| {
            unsure(a) != unsure(b)
                || (unsure(a) && (unnamed(a) || unnamed(b)))
                || written(a) == written(b)
        };
        self.type_name == other.type_name
            && self.place.as_ref().zip(other.place.as_ref()).is_none_or(same)
    }

    /// Whether a variable held the value, or a part of it did: the source says where it ends.
    pub fn is_of_a_variable(&self) -> bool {
        let named =
            |place: &str| !place.starts_with(['.', '[', '*']) && !place.starts_with(TEMPORARY);
        self.depth == 0 && self.place.as_deref().is_some_and(named)
    }
}

impl Thread {
    /// The drops of types that implement `Drop`.
    pub fn strict(&self) -> impl Iterator<Item = &Drop> {
        self.drops.iter().filter(|drop| drop.kind.is_strict())
    }
}
