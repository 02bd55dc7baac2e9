//! The variables of a function with the code of their scopes, whether that is in force or over.

use crate::base::{FileAddr, Range};
use crate::dwarf::{Function, InlinedCall, Scope, Variable};

/// A variable with the scope that declares it.
pub(super) struct Scoped<'f> {
    /// The variable.
    pub variable: &'f Variable,
    /// The inlined call that it belongs to; none for the function's own.
    pub call: Option<&'f InlinedCall>,
    /// The code of its scope; empty where that is all of the function.
    pub ranges: &'f [Range<FileAddr>],
}

impl Scoped<'_> {
    /// Whether its scope has code at an address.
    pub fn is_in_scope(&self, at: FileAddr) -> bool {
        self.ranges.is_empty() || self.ranges.iter().any(|range| range.contains(at))
    }

    /// The last end of its scope's code in front of an address.
    pub fn ended_before(&self, at: FileAddr) -> Option<FileAddr> {
        self.ranges.iter().map(|range| range.end).filter(|end| *end <= at).max()
    }
}

/// The variables of a function, and those of the calls that are inlined at an address, in the order
/// of declaration.
pub(super) fn variables_around(function: &Function, at: FileAddr) -> Vec<Scoped<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<(&Scope, Option<&InlinedCall>)> = vec![(&function.scope, None)];
    while let Some((scope, call)) = open.pop() {
        let variables = scope.variables.iter();
        found.extend(variables.map(|variable| Scoped { variable, call, ranges: &scope.ranges }));
        for inner in scope.inner.iter().rev() {
            match &inner.inlined {
                None => open.push((inner, call)),
                Some(own) if inner.ranges.iter().any(|range| range.contains(at)) => {
                    open.push((inner, Some(own)));
                }
                Some(_) => {}
            }
        }
    }
    found
}
