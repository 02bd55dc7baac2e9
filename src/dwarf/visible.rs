//! What a function's scopes say about one address: which variables can be seen there, and through
//! which inlined calls it is reached.

use std::collections::HashSet;
use std::sync::Arc;

use super::functions::{Function, InlinedCall, Scope, Variable};
use super::lines::SourceLine;
use crate::base::FileAddr;

/// A variable of a function, as seen from one address.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'f> {
    /// The variable.
    pub variable: &'f Variable,
    /// Whether its block is in force. rustc lets a variable's block begin behind its initialiser,
    /// so that one out of scope is not initialised, or has ended.
    pub in_scope: bool,
    /// Whether another of the same name, in a block further in, hides it here.
    pub shadowed: bool,
    /// The inlined call that it belongs to; none for the function's own.
    pub inlined: Option<&'f InlinedCall>,
}

/// A call in the chain of inlined calls that leads to an address.
#[derive(Clone, Debug)]
pub struct InlineFrame<'f> {
    /// The demangled path without hash of the function.
    pub name: Arc<str>,
    /// Where it stands: the innermost at the address itself, the others at the call of the one
    /// before.
    pub at: Option<SourceLine>,
    /// Its call; none for the function that has the code.
    pub inlined: Option<&'f InlinedCall>,
}

impl Scope {
    /// Whether the scope has code at an address. The outermost scope of a function, which lists no
    /// ranges, is not asked.
    fn covers(&self, at: FileAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(at))
    }

    fn inner_at(&self, at: FileAddr) -> Option<&Scope> {
        self.inner.iter().find(|inner| inner.covers(at))
    }
}

impl Function {
    /// The chain of scopes in force at an address, outermost first, as indices would be walked:
    /// each is one of the `inner` of the one before.
    pub fn scopes_at(&self, at: FileAddr) -> Vec<&Scope> {
        let mut scopes = vec![&self.scope];
        while let Some(inner) = scopes.last().and_then(|scope| scope.inner_at(at)) {
            scopes.push(inner);
        }
        scopes
    }

    /// All variables of the function itself, whether in scope or not, and those of the inlined
    /// calls that the address lies in, in the order of declaration.
    pub fn visible_at(&self, at: FileAddr) -> Vec<Visible<'_>> {
        let mut found = Vec::new();
        // Scopes still to visit, with whether the scope around is in force and the call it is in.
        let mut stack = vec![(&self.scope, true, None)];
        while let Some((scope, in_scope, inlined)) = stack.pop() {
            found.extend(scope.variables.iter().map(|variable| Visible {
                variable,
                in_scope,
                shadowed: false,
                inlined,
            }));
            for inner in scope.inner.iter().rev() {
                let in_force = in_scope && inner.covers(at);
                match &inner.inlined {
                    None => stack.push((inner, in_force, inlined)),
                    Some(call) if in_force => stack.push((inner, true, Some(call))),
                    Some(_) => {}
                }
            }
        }
        mark_shadowed(&mut found);
        found
    }

    /// The inlined calls that lead to an address, innermost first, and last the function itself.
    /// `line` is the line of the address, from the line table.
    pub fn inline_chain(&self, at: FileAddr, line: Option<SourceLine>) -> Vec<InlineFrame<'_>> {
        let scopes = self.scopes_at(at);
        let mut frames = Vec::new();
        let mut line = line;
        for call in scopes.iter().rev().filter_map(|scope| scope.inlined.as_ref()) {
            let at = std::mem::replace(&mut line, call.call_site.clone());
            frames.push(InlineFrame { name: call.name.clone(), at, inlined: Some(call) });
        }
        frames.push(InlineFrame { name: self.name.clone(), at: line, inlined: None });
        frames
    }
}

/// Within one call the last of a name that is in scope hides those before it. An inlined call hides
/// nothing of the function around it: its names are its own.
fn mark_shadowed(found: &mut [Visible<'_>]) {
    let mut seen = HashSet::new();
    for visible in found.iter_mut().rev().filter(|visible| visible.in_scope) {
        let call = visible.inlined.map(std::ptr::from_ref);
        visible.shadowed = !seen.insert((call, visible.variable.name.clone()));
    }
}
