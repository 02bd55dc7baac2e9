//! A value that is borrowed, as views show it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{Evidence, ThreadNo};

/// A reference into a value, or into what the value owns, that a variable holds.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct Borrow {
    /// The part that is borrowed: `.name`, `[1].name`; empty for the whole value, and where a
    /// smaller part has no name of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
    /// The variable that holds the reference, as a place: `g::value`; or what else holds it: `a
    /// temporary of f in line 12`, `a call of vec::Vec<T,A>::retain`.
    pub by: String,
    /// What the reference lets its holder do.
    pub kind: BorrowKind,
    /// Whether it cannot be told that the holder still uses the reference: one that is in scope and
    /// used no more is no borrow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub perhaps: bool,
    /// Why it cannot be told, as a clause, where it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Cow<'static, str>>,
    /// The thread of the holder, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<ThreadNo>,
    /// How it is known: always concluded from bytes, scopes and code.
    pub evidence: Evidence,
}

/// What a reference lets its holder do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BorrowKind {
    /// It reads, as others may: `&T`, `Ref`, `slice::Iter`.
    Shared,
    /// It may write, and nobody else may read: `&mut T`, `RefMut`, `MutexGuard`, `Drain`.
    Unique,
}

impl std::fmt::Display for BorrowKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            BorrowKind::Shared => "shared",
            BorrowKind::Unique => "unique",
        })
    }
}

/// Names of holders that are told one by one.
const NAMED: usize = 2;

/// `borrowed by g::value, main::r (shared)`, each kind and part once; none where nothing is borrowed.
pub fn borrowed_text(borrows: &[Borrow]) -> Option<String> {
    let mut told: Vec<(&str, BorrowKind, bool, Vec<String>)> = Vec::new();
    for borrow in borrows {
        let thread = borrow.thread.map_or(String::new(), |no| format!(" of thread {no}"));
        let name = format!("{}{thread}", borrow.by);
        let same = told.iter_mut().find(|(part, kind, perhaps, _)| {
            (*part, *kind, *perhaps) == (&*borrow.part, borrow.kind, borrow.perhaps)
        });
        match same {
            Some((.., names)) if names.contains(&name) => {}
            Some((.., names)) => names.push(name),
            None => told.push((&borrow.part, borrow.kind, borrow.perhaps, vec![name])),
        }
    }
    let texts = told.iter().map(|(part, kind, perhaps, names)| {
        let part = if part.is_empty() { String::new() } else { format!("{part} ") };
        let perhaps = if *perhaps { "perhaps " } else { "" };
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
        format!("{part}{perhaps}borrowed by {}{more} ({kind})", named.join(", "))
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn borrow(part: &str, by: &str, kind: BorrowKind, perhaps: bool) -> Borrow {
        let (part, by, evidence) = (part.to_owned(), by.to_owned(), Evidence::Inferred);
        Borrow { part, by, kind, perhaps, why: None, thread: None, evidence }
    }

    #[test]
    fn holders_of_one_kind_and_part_are_told_together() {
        use BorrowKind::{Shared, Unique};
        let borrows = [
            borrow("", "g::value", Shared, false),
            borrow("", "main::r", Shared, false),
            borrow("", "main::r", Shared, false),
            borrow(".name", "main::n", Unique, true),
        ];
        let expected = "borrowed by g::value, main::r (shared); \
                        .name perhaps borrowed by main::n (unique)";
        assert_eq!(borrowed_text(&borrows).as_deref(), Some(expected));
        let many: Vec<Borrow> =
            (0..5).map(|n| borrow("", &format!("f::r{n}"), Unique, false)).collect();
        let expected = "borrowed by f::r0, f::r1 and 3 more (unique)";
        assert_eq!(borrowed_text(&many).as_deref(), Some(expected));
        assert_eq!(borrowed_text(&[]), None);
    }

    #[test]
    fn a_holder_of_another_thread_is_told_with_it() {
        let other = Borrow {
            thread: Some(ThreadNo(2)),
            ..borrow("", "main::{closure}::v", BorrowKind::Shared, false)
        };
        let expected = "borrowed by main::{closure}::v of thread 2 (shared)";
        assert_eq!(borrowed_text(&[other]).as_deref(), Some(expected));
    }
}
