//! Code of the user's that was inlined into functions that are not: the closure of an iterator
//! adapter or of a sort, in optimised code.
//!
//! It has no entry of its own. What a function calls directly is followed a little, and each statement
//! of the user's on the way gets a site.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::Plan;
use super::waits::{Means, Wait};
use crate::asm::callees;
use crate::base::{FileAddr, VirtAddr};
use crate::dwarf::{Function, Image, Loaded, Origin, Scope};
use crate::session::error::SessionError;
use crate::session::run::Run;

/// How many functions are looked at for one call. Each takes some ten microseconds.
const FUNCTIONS: usize = 128;

/// How many sites are planted for one call.
const STATEMENTS: usize = 2000;

impl Run {
    /// Lets a plan wait at the statements of the user's that a function may run without calling a
    /// function of the user's: those in itself, and in what it calls.
    pub(super) fn watch_inlined(
        &mut self,
        plan: &mut Plan,
        within: VirtAddr,
    ) -> Result<(), SessionError> {
        let Some(loaded) = self.module_at(within) else { return Ok(()) };
        let main = self.inferior.modules().main();
        if !Arc::ptr_eq(&loaded.image, &main.image) {
            return Ok(());
        }
        for at in self.inlined_statements(&loaded, loaded.bias.to_file(within)).iter() {
            self.wait_at(plan, Wait::anyhow(loaded.bias.to_virt(*at), Means::Inlined))?;
        }
        Ok(())
    }

    fn inlined_statements(&mut self, loaded: &Loaded, within: FileAddr) -> Arc<[FileAddr]> {
        let start = loaded.image.symbols().at(within).map_or(within, |symbol| symbol.range.start);
        if let Some(known) = self.plans.inlined.get(&start) {
            return known.clone();
        }
        let found: Arc<[FileAddr]> = search(&loaded.image, start).into();
        self.plans.inlined.insert(start, found.clone());
        found
    }
}

/// The statements of the user's in a function and in what it calls.
fn search(image: &Image, from: FileAddr) -> Vec<FileAddr> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open = VecDeque::from([from]);
    while let Some(at) = open.pop_front() {
        if seen.len() >= FUNCTIONS || found.len() >= STATEMENTS {
            break;
        }
        let Some(symbol) = image.symbols().at(at).filter(|symbol| symbol.range.start == at) else {
            continue;
        };
        // A function of the user's has an entry that is watched.
        let through = matches!(image.origin_at(at), Origin::Std | Origin::Dependency);
        if !seen.insert(at) || !(through || at == from) {
            continue;
        }
        if let Some(function) = image.function_at(at) {
            found.extend(statements(image, &function));
        }
        if let Some(code) = image.bytes(symbol.range) {
            open.extend(callees(code, symbol.range));
        }
    }
    found.truncate(STATEMENTS);
    found
}

/// Where the statements of inlined code of the user's begin in a function.
fn statements(image: &Image, function: &Function) -> Vec<FileAddr> {
    let mut scopes: Vec<&Scope> = function.scope.inner.iter().collect();
    let mut found = Vec::new();
    while let Some(scope) = scopes.pop() {
        let declared = scope.inlined.as_ref().and_then(|call| call.declared.as_ref());
        let users = declared.is_some_and(|line| Origin::of_source_file(&line.file) == Origin::User);
        if !users {
            scopes.extend(&scope.inner);
            continue;
        }
        for row in scope.ranges.iter().flat_map(|range| image.line_rows(*range)) {
            if row.is_stmt && row.line.is_some() {
                found.push(row.at);
            }
        }
    }
    found
}
