//! What calls do to the values, and what instructions do to them between calls.

use super::code::Callee;
use super::{Ahead, On, Outcome, Owned, Path, Span};
use crate::asm::uses::{CalleeKind, CalleeKnown, Target};
use crate::asm::walk::{Decoded, Machine, Peek, Touched};
use crate::dwarf::Types;

/// The largest copy that is followed, in bytes.
const MAX_COPY: u64 = 1 << 12;
/// How many bytes are copied at the cost of one instruction.
const BYTES_A_STEP: u64 = 16;

impl Ahead<'_> {
    /// What an instruction does to the values, before it runs.
    pub(super) fn look(&self, path: &mut Path, instruction: &Decoded, touched: &[Touched]) {
        let dropped = self.code.dropped_at(self.file(path.at));
        let registers =
            if dropped.is_some() { path.machine.registers_read(instruction) } else { Vec::new() };
        let told = path.outcomes.iter_mut().zip(&mut path.words);
        for (owned, (outcome, words)) in self.owned.iter().zip(told) {
            if outcome.is_some() {
                continue;
            }
            if dropped.is_some_and(|name| owned.is_of(name)) {
                // What only stores there may be the drop of another, which makes room for something.
                let by = |span: &Span| {
                    let reads = |touched: &Touched| touched.read && span.touched(touched);
                    touched.iter().any(reads) || registers.iter().any(|at| span.contains(*at))
                };
                *outcome = owned.place.filter(by).map(|_| Outcome::Used);
                *words |= owned.blocks.iter().any(by);
            }
            if outcome.is_none() && touched.iter().any(|touched| renews(owned, touched)) {
                *outcome = Some(Outcome::Renewed);
            }
        }
    }

    /// What a call does to the values and to what is known.
    pub(super) fn call(
        &self,
        path: &mut Path,
        target: Option<Target>,
        left: &mut usize,
    ) -> CalleeKnown {
        let callee = match target {
            Some(target) => self.code.callee(self.image, target),
            None => Callee::unknown(),
        };
        match callee.known.kind {
            CalleeKind::Copies => self.copy(path, left),
            _ => {
                self.pass(path, &callee);
                if !callee.allocator {
                    self.lend(path, &callee, left);
                }
            }
        }
        callee.known
    }

    /// What the arguments of a call say of the values.
    fn pass(&self, path: &mut Path, callee: &Callee) {
        let known = callee.known;
        let count = known.registers.unwrap_or(6).min(6);
        let inlined_drop = self.code.dropped_at(self.file(path.at));
        let changed = path.changed();
        let peek = |at, size| self.peek(changed, at, size);
        let machine = &path.machine;
        let told = path.outcomes.iter_mut().zip(&mut path.words);
        let open = self.owned.iter().zip(told).filter(|(_, (outcome, _))| outcome.is_none());
        for (owned, (outcome, words)) in open {
            let arguments = (0..count).filter_map(|index| Some((index, machine.argument(index)?)));
            for (index, value) in arguments {
                let inside = owned.place.is_some_and(|place| place.contains(value));
                let by_inlined = inlined_drop.is_some_and(|name| owned.is_of(name));
                *words |= by_inlined && owned.blocks.iter().any(|block| block.contains(value));
                let told = match known.kind {
                    _ if by_inlined && inside => Some(Outcome::Used),
                    CalleeKind::Drops { .. } if index == 0 => {
                        let is_it = owned.is_exactly(callee.dropped.as_ref(), value);
                        is_it.then_some(Outcome::Used)
                    }
                    CalleeKind::Drops { .. } => None,
                    _ if callee.allocator => None,
                    _ if known.returns_there && index == 0 => inside.then_some(Outcome::Renewed),
                    // Whether it is the value that is given away, its type tells.
                    _ if known.takes_value_at(index) => None,
                    _ if known.registers.is_some() && inside => Some(Outcome::Used),
                    _ if inside => Some(Outcome::Unsure),
                    _ => None,
                };
                *outcome = outcome.or(told);
            }
            match outcome.is_none().then(|| self.given(owned, callee, machine, &peek)).flatten() {
                Some(Outcome::Words) => *words = true,
                told => *outcome = outcome.or(told),
            }
        }
    }

    /// Whether a function gets the value by value, from where it lies, or something with its words.
    fn given(
        &self,
        owned: &Owned,
        callee: &Callee,
        machine: &Machine,
        peek: &Peek<'_>,
    ) -> Option<Outcome> {
        callee.passing.as_ref()?.parameters.iter().find_map(|passed| {
            let ty = self.image.get(passed.ty).ok()?;
            let value = machine.argument(passed.register?)?;
            let words = match passed.by_address {
                true if owned.is_exactly(Some(&ty.name), value) => return Some(Outcome::Used),
                true => owned.is_copied(value, ty.size, machine, peek),
                false => owned.blocks.iter().any(|block| block.at == value),
            };
            match passed.by_address && owned.place.is_some_and(|place| place.contains(value)) {
                // What lies there is something else by then, as a closure that has captured it.
                true => Some(Outcome::Left),
                false => (words && owned.is_of(&ty.name)).then_some(Outcome::Words),
            }
        })
    }

    fn copy(&self, path: &mut Path, left: &mut usize) {
        let changed = path.changed();
        let [to, from, size] = [0, 1, 2].map(|index| path.machine.argument(index));
        let Some((to, size)) = to.zip(size).filter(|(_, size)| *size <= MAX_COPY) else {
            path.machine.scatter();
            return;
        };
        *left = left.saturating_sub(usize::try_from(size / BYTES_A_STEP).unwrap_or(usize::MAX));
        let written = Touched { at: to, size, read: false, written: true };
        for (owned, outcome) in self.owned.iter().zip(&mut path.outcomes) {
            if outcome.is_none() && renews(owned, &written) {
                *outcome = Some(Outcome::Renewed);
            }
        }
        match from {
            Some(from) => {
                path.machine.copy(to, from, size, &|at, size| self.peek(changed, at, size));
            }
            None => path.machine.forget(to, size),
        }
    }

    /// Where control goes on behind a call.
    pub(super) fn behind_call(
        &self,
        path: &mut Path,
        instruction: &Decoded,
        kind: CalleeKind,
    ) -> On {
        let last = self.file(instruction.instruction.next_ip().wrapping_sub(1));
        path.machine.after_call();
        path.called |= kind != CalleeKind::Copies;
        match kind {
            CalleeKind::Resumes => On::Ends(Some(Outcome::Left)),
            CalleeKind::Never => match self.code.pad(last) {
                Some(pad) => {
                    path.at = self.bias.to_virt(pad).0;
                    On::Goes
                }
                // It ends the program, or leaves the function without a drop of anything.
                None => On::Ends(None),
            },
            _ => {
                path.at = instruction.instruction.next_ip();
                On::Goes
            }
        }
    }

    /// What the function returns may be one of the values.
    pub(super) fn returned(&self, path: &mut Path) {
        let ty = self.function.returns.and_then(|ty| self.image.get(ty).ok());
        let (Some(ty), Some(result)) = (ty, path.machine.result()) else { return };
        let changed = path.changed();
        let peek = |at, size| self.peek(changed, at, size);
        for (owned, words) in self.owned.iter().zip(&mut path.words) {
            let held = || owned.blocks.iter().any(|block| block.at == result);
            let copied = || owned.is_copied(result, ty.size, &path.machine, &peek);
            *words |= owned.is_of(&ty.name) && (held() || copied());
        }
    }
}

/// Whether what is written is a new value in the place of one.
fn renews(owned: &Owned, touched: &Touched) -> bool {
    touched.written && owned.core.iter().any(|core| core.touched(touched))
}
