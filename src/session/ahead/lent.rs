//! What other functions can write to: what the pointers lead to that they get, or have kept.

use std::collections::BTreeSet;

use super::code::Callee;
use super::{Ahead, Path, Span};
use crate::asm::uses::CalleeKind;
use crate::asm::walk::{Decoded, Touched};
use crate::base::{MemoryExt, VirtAddr};
use crate::dwarf::{PointerFlavour, TypeKind, TypeRef, Types};

/// How many bytes behind a pointer are looked at and may be written, where nothing says how large
/// what lies there is.
const REACH: u64 = 256;
/// How many bytes are searched for pointers at one address.
const MAX_SEARCHED: u64 = 1 << 12;
/// How many pointers are followed from one argument.
const MAX_POINTERS: usize = 64;
/// Addresses of a program: the kernel maps nothing lower (`vm.mmap_min_addr`), and nothing higher is
/// canonical.
const ADDRESSES: std::ops::Range<u64> = 0x1_0000..0x8000_0000_0000;

impl Ahead<'_> {
    /// A function is called: what its arguments lead to, and what others may have kept the address
    /// of, is not known any more.
    pub(super) fn lend(&self, path: &mut Path, callee: &Callee, left: &mut usize) {
        // A word of which a part is the function's own stays: what else is in it is not looked at.
        let in_own = |word: u64| Span { at: word, size: 8 };
        path.machine.keep(&|word| self.own.iter().any(|own| in_own(word).meets(*own)));
        let mut reached: BTreeSet<Span> = path.lent.clone();
        for (value, argument) in self.arguments(path, callee) {
            let Some(spans) = self.reached(path, value, argument.size, left) else {
                path.machine.scatter();
                break;
            };
            reached.extend(&spans);
            if argument.kept {
                path.lent.extend(&spans);
            }
        }
        for span in &reached {
            path.machine.forget(span.at, span.size);
        }
    }

    /// The addresses that a function gets, and what is known of each.
    fn arguments(&self, path: &Path, callee: &Callee) -> Vec<(u64, Argument)> {
        let count = callee.known.registers.unwrap_or(6).min(6);
        let described = |index: usize| {
            let passing = callee.passing.as_ref()?;
            passing.parameters.iter().find(|passed| passed.register == Some(index))
        };
        let argument = |index: usize| {
            let value = path.machine.argument(index)?;
            let result = callee.known.returns_there && index == 0;
            let size = match callee.known.kind {
                CalleeKind::Drops { size } if index == 0 => size,
                _ => described(index).and_then(|passed| match passed.by_address {
                    true => self.image.get(passed.ty).ok()?.size,
                    false => self.pointee(passed.ty),
                }),
            };
            // No function keeps the address of its result, or of what it got by value, and a drop
            // is the last use of a value.
            let by_value = callee.known.takes_value_at(index);
            let drops = matches!(callee.known.kind, CalleeKind::Drops { .. });
            Some((value, Argument { size, kept: !result && !by_value && !drops }))
        };
        (0..count).filter_map(argument).collect()
    }

    /// Bytes of what a reference refers to; none where it is not described, or has no size by type.
    fn pointee(&self, ty: TypeRef) -> Option<u64> {
        let ty = self.image.get(ty).ok()?;
        match &ty.kind {
            TypeKind::Pointer { to, flavour: PointerFlavour::Shared | PointerFlavour::Unique } => {
                self.image.get((*to)?).ok()?.size
            }
            _ => None,
        }
    }

    /// The function's own bytes that an address leads to, by way of other memory too. None where that
    /// is too much to follow.
    fn reached(
        &self,
        path: &Path,
        from: u64,
        size: Option<u64>,
        left: &mut usize,
    ) -> Option<BTreeSet<Span>> {
        let mut found = BTreeSet::new();
        let mut open = vec![(from, size)];
        while let Some((at, size)) = open.pop() {
            if !self.is_own(at) {
                open.extend(self.own_behind(at)?.into_iter().map(|at| (at, None)));
                continue;
            }
            let span = self.extent(at, size);
            if !path.machine.is_reachable(at) || !found.insert(span) {
                continue;
            }
            *left = left.saturating_sub(1);
            if found.len() > MAX_POINTERS || span.size > MAX_SEARCHED {
                return None;
            }
            let changed = path.changed();
            let peek = |at, size| self.peek(changed, at, size);
            let word = |at| path.machine.word(at, &peek).filter(|word| ADDRESSES.contains(word));
            open.extend(words(span).filter_map(word).map(|word| (word, None)));
        }
        Some(found)
    }

    /// The addresses in the function's own memory that other memory leads to, as it is now. What is
    /// stored there on the way is seen when it is stored.
    fn own_behind(&self, from: u64) -> Option<Vec<u64>> {
        if let Some(known) = self.leads.borrow().get(&from) {
            return known.clone();
        }
        let found = self.search(from);
        self.leads.borrow_mut().insert(from, found.clone());
        found
    }

    fn search(&self, from: u64) -> Option<Vec<u64>> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if self.is_own(at) {
                found.push(at);
                continue;
            }
            let is_code_or_constant = self.image.section_at(self.file(at)).is_some();
            if !ADDRESSES.contains(&at) || is_code_or_constant || !seen.insert(at) {
                continue;
            }
            if seen.len() > MAX_POINTERS {
                return None;
            }
            let span = Span { at, size: REACH };
            let word = |at| self.memory.read_u64(VirtAddr(at)).ok();
            open.extend(words(span).map_while(word));
        }
        Some(found)
    }

    /// Something is stored: where that is an address in the function's own memory, and goes to other
    /// memory, functions that are called may find it there.
    pub(super) fn keep_lent(&self, path: &mut Path, i: &Decoded, touched: &[Touched]) {
        let to_other = |touched: &&Touched| touched.written && !self.is_own(touched.at);
        let changed = path.changed();
        let mut stored: Vec<u64> = Vec::new();
        for touched in touched.iter().filter(to_other) {
            let peek = |at, size| self.peek(changed, at, size);
            let word = |at| path.machine.word(at, &peek);
            stored.extend(words(Span { at: touched.at, size: touched.size }).filter_map(word));
        }
        if path.machine.is_scattered() {
            stored.extend(path.machine.registers_read(i));
        }
        let own = stored.into_iter().filter(|value| self.is_own(*value));
        let own: Vec<Span> = own.map(|at| self.extent(at, None)).collect();
        path.lent.extend(own);
    }

    fn is_own(&self, at: u64) -> bool {
        self.own.iter().any(|span| span.contains(at))
    }

    /// The bytes that who has an address can reach: as many as its type says, or all of the variable
    /// there, and `REACH` at least.
    fn extent(&self, at: u64, size: Option<u64>) -> Span {
        let of_variable = || {
            let wholes = self.owned.iter().filter_map(|owned| owned.whole);
            let ends = wholes.filter(|whole| whole.contains(at)).map(|whole| whole.end() - at);
            ends.max().unwrap_or(0).max(REACH)
        };
        let ends = self.own.iter().filter(|span| span.contains(at)).map(|span| span.end() - at);
        let size = size.unwrap_or_else(of_variable).min(ends.max().unwrap_or(0));
        Span { at, size }
    }
}

/// An argument that may be an address.
struct Argument {
    /// Bytes of what lies there, where that is described.
    size: Option<u64>,
    /// Whether the function may keep the address.
    kept: bool,
}

/// The addresses of the words of some bytes.
fn words(span: Span) -> impl Iterator<Item = u64> {
    let first = span.at.saturating_add(7) & !7;
    (first..span.end()).step_by(8).filter(move |at| at.saturating_add(8) <= span.end())
}
