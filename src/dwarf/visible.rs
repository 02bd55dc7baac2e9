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
    /// Where the part of its block that is in force begins; none for one that has no block of its
    /// own or is out of scope.
    pub since: Option<FileAddr>,
    /// Whether code of its block lies before the address, which is not in the block: it went out of
    /// scope, as far as the order of addresses is that of the source. A loop can come back to it.
    /// What lies behind the address of such a block is what runs when a panic unwinds, or was moved
    /// there by the optimiser.
    pub over: bool,
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
            let since = scope.ranges.iter().find(|range| range.contains(at)).map(|r| r.start);
            found.extend(scope.variables.iter().map(|variable| Visible {
                variable,
                in_scope,
                since: since.filter(|_| in_scope),
                over: !in_scope && scope.ranges.iter().any(|range| range.end <= at),
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
/// nothing of the function around it: its names are its own. Parameters without a name hide nothing.
fn mark_shadowed(found: &mut [Visible<'_>]) {
    let mut seen = HashSet::new();
    let named = |visible: &&mut Visible<'_>| visible.in_scope && &*visible.variable.name != "_";
    for visible in found.iter_mut().rev().filter(named) {
        let call = visible.inlined.map(std::ptr::from_ref);
        visible.shadowed = !seen.insert((call, visible.variable.name.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{addresses, builds, debug_builds, line_of, optimised_builds};
    use super::*;

    #[test]
    fn at_the_entry_only_the_parameters_are_in_scope_and_the_others_are_listed() {
        for build in debug_builds() {
            let function = build.function("program::shadowing");
            let visible = function.visible_at(function.ranges[0].start);
            let found: Vec<_> = visible
                .iter()
                .filter(|visible| visible.inlined.is_none())
                .map(|v| (&*v.variable.name, v.variable.parameter, v.in_scope))
                .collect();
            let expected = [
                ("x", true, true),
                ("x", false, false),
                ("x", false, false),
                ("last", false, false),
            ];
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_innermost_variable_of_a_name_hides_the_others() {
        for build in debug_builds() {
            let function = build.function("program::shadowing");
            let line = line_of("let x = black_box(\"inner\");");
            let mut seen = 0;
            for at in addresses(&function) {
                let visible = function.visible_at(at);
                let own: Vec<_> = visible.iter().filter(|v| v.inlined.is_none()).collect();
                let open: Vec<_> =
                    own.iter().filter(|v| v.in_scope && &*v.variable.name == "x").collect();
                let (last, before) = open.split_last().expect("a parameter named x");
                assert!(!last.shadowed && before.iter().all(|hidden| hidden.shadowed));
                if last.variable.line == Some(line) {
                    assert_eq!(open.len(), 3, "parameter, outer and inner");
                    seen += 1;
                }
            }
            assert!(seen > 0, "the inner block has code");
        }
    }

    #[test]
    fn a_block_is_in_force_only_where_it_has_code() {
        for build in debug_builds() {
            let function = build.function("program::six");
            let in_scope = |at| {
                let visible = function.visible_at(at);
                visible.iter().any(|v| &*v.variable.name == "sum" && v.in_scope)
            };
            assert!(!in_scope(function.ranges[0].start));
            assert!(addresses(&function).any(in_scope));
        }
    }

    #[test]
    fn scopes_are_a_chain_of_inner_scopes() {
        for build in builds() {
            let function = build.function("program::inlining");
            for at in addresses(&function) {
                let chain = function.scopes_at(at);
                assert!(std::ptr::eq(chain[0], &raw const function.scope));
                for pair in chain.windows(2) {
                    assert!(pair[0].inner.iter().any(|inner| std::ptr::eq(inner, pair[1])));
                    assert!(pair[1].covers(at));
                }
            }
        }
    }

    #[test]
    fn the_inline_chain_names_every_call_and_where_it_was_made() {
        for build in builds() {
            let function = build.function("program::inlining");
            let here = SourceLine { file: "here".into(), line: 1, column: 2 };
            let mut seen = 0;
            for at in addresses(&function) {
                let chain = function.inline_chain(at, Some(here.clone()));
                assert_eq!(chain.first().and_then(|frame| frame.at.as_ref()), Some(&here));
                let last = chain.last().expect("the function");
                assert!(last.inlined.is_none() && &*last.name == "program::inlining");
                let from = |name| chain.iter().position(|frame| &*frame.name == name);
                let Some(doubled) = from("program::doubled") else { continue };
                let lines: Vec<_> = chain[doubled + 1..]
                    .iter()
                    .map(|frame| (&*frame.name, frame.at.as_ref().expect("a call").line))
                    .collect();
                let expected = [
                    ("program::outer_call", line_of("let inner = doubled(value);")),
                    ("program::inlining", line_of("let result = outer_call(start);")),
                ];
                assert_eq!(lines, expected);
                let file = &chain[doubled + 1].at.as_ref().expect("a call").file;
                assert_eq!(**file, *function.declared.as_ref().expect("declared").file);
                seen += 1;
            }
            assert!(seen > 0, "doubled was inlined");
        }
    }

    #[test]
    fn variables_of_an_inlined_call_are_seen_inside_of_it_and_kept_apart() {
        for build in debug_builds() {
            let function = build.function("program::inlining");
            let mut seen = 0;
            for at in addresses(&function) {
                let visible = function.visible_at(at);
                let inside = function
                    .inline_chain(at, None)
                    .iter()
                    .any(|frame| &*frame.name == "program::doubled");
                let product = visible.iter().find(|v| &*v.variable.name == "product");
                assert_eq!(product.is_some(), inside);
                if let Some(product) = product {
                    let call = product.inlined.expect("a call");
                    assert_eq!(&*call.name, "program::doubled");
                    assert!(call.declared.is_some());
                    assert!(product.variable.ty.is_some(), "the type is the abstract origin's");
                    seen += 1;
                }
                let own = visible.iter().filter(|v| v.inlined.is_none());
                assert!(own.eq_by_name(&["start", "result"]));
            }
            assert!(seen > 0, "doubled was inlined");
        }
    }

    #[test]
    fn optimised_code_keeps_its_inlined_std_calls_apart_from_the_users_variables() {
        for build in optimised_builds() {
            let main = build.function("program::main");
            let known = ["swapped", "total", "many"];
            for at in addresses(&main) {
                let visible = main.visible_at(at);
                let mut own = visible.iter().filter(|v| v.inlined.is_none());
                assert!(own.all(|v| known.contains(&&*v.variable.name)), "{visible:?}");
            }
        }
    }

    trait EqByName {
        fn eq_by_name(self, names: &[&str]) -> bool;
    }

    impl<'a, I: Iterator<Item = &'a Visible<'a>>> EqByName for I {
        fn eq_by_name(self, names: &[&str]) -> bool {
            self.map(|visible| &*visible.variable.name).eq(names.iter().copied())
        }
    }
}
