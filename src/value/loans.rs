//! The references that a value holds: what it has borrowed.

use std::sync::Arc;

use super::model::{Value, ValueKind};
use crate::base::{BorrowKind, Hold, VirtAddr};
use crate::dwarf::{PointerFlavour, TypeRef};

/// References of one value that are told apart.
const MOST: usize = 64;

/// What of std lets its holder write, beside what has `Mut` in its name.
const WRITERS: [&str; 9] = [
    "Drain",
    "Splice",
    "ExtractIf",
    "MutexGuard",
    "MappedMutexGuard",
    "RwLockWriteGuard",
    "MappedRwLockWriteGuard",
    "OccupiedEntry",
    "VacantEntry",
];

/// A reference that a value holds: a `&T`, a slice, a guard, an iterator of std.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loan {
    /// Where the reference itself lies, if that is in memory.
    pub at: Option<VirtAddr>,
    /// Where what is borrowed begins.
    pub target: VirtAddr,
    /// Bytes of it; at least one.
    pub size: u64,
    /// What the reference lets its holder do.
    pub kind: BorrowKind,
    /// The full name of the type of what is borrowed, where it was read.
    pub of: Option<Arc<str>>,
}

/// A value that a reference leads to, and that holds references itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LentOn {
    /// Where it lies.
    pub at: VirtAddr,
    /// Its bytes.
    pub size: u64,
    /// Its type.
    pub ty: TypeRef,
    /// The references that it holds.
    pub loans: Vec<Loan>,
}

impl Value {
    /// The references that the value holds: in its own bytes, and in memory that it owns or shares,
    /// as far as it was read. Raw pointers, and what lies behind the references, are none of them.
    pub fn loans(&self) -> Vec<Loan> {
        let mut loans = Vec::new();
        let mut left = MOST;
        self.each_loan(false, &mut left, &mut |_, loan| loans.push(loan));
        loans
    }

    /// The values that the references lead to which the value holds, and those behind them, as far as
    /// they were read and hold references themselves.
    pub fn lent_on(&self) -> Vec<LentOn> {
        let mut found = Vec::new();
        let mut open = vec![self];
        while let Some(value) = open.pop().filter(|_| found.len() < MOST) {
            let mut pointees = Vec::new();
            let mut left = MOST;
            value.each_loan(false, &mut left, &mut |holder, loan| {
                let ValueKind::Pointer(pointer) = &holder.kind else { return };
                pointees.extend(pointer.pointee.as_deref().map(|pointee| (pointee, loan.target)));
            });
            for (pointee, at) in pointees {
                let loans = pointee.loans();
                if let (Some(ty), Some(size), [_, ..]) = (pointee.ty, pointee.size, &*loans) {
                    found.push(LentOn { at, size, ty, loans });
                    open.push(pointee);
                }
            }
        }
        found
    }

    /// Tells the references that the value holds, each with the part that it is; at most so many.
    fn each_loan<'v>(
        &'v self,
        writes: bool,
        left: &mut usize,
        tell: &mut dyn FnMut(&'v Value, Loan),
    ) {
        if *left == 0 {
            return;
        }
        let name = base_name(&self.type_name);
        let of_std = is_std(&self.type_name);
        let writes = writes || (of_std && (name.contains("Mut") || WRITERS.contains(&name)));
        if let Some(loan) = self.own_loan(writes) {
            *left = left.saturating_sub(1);
            tell(self, loan);
            return;
        }
        match &self.kind {
            ValueKind::Pointer(pointer) => {
                let owns = matches!(self.heap, Some(heap) if heap.hold != Hold::Refers);
                if let Some(pointee) = pointer.pointee.as_deref().filter(|_| owns) {
                    pointee.each_loan(writes, left, tell);
                }
            }
            ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => {
                sequence.items.iter().for_each(|item| item.each_loan(writes, left, tell));
            }
            ValueKind::Map(map) => {
                for (key, value) in &map.entries {
                    key.each_loan(writes, left, tell);
                    value.each_loan(writes, left, tell);
                }
            }
            ValueKind::Record { fields, .. } | ValueKind::Enum { fields, .. } => {
                fields.list.iter().for_each(|(_, field)| field.each_loan(writes, left, tell));
            }
            // Which of a union's fields is live, and what the words of a broken value mean, is not
            // known.
            _ => {}
        }
    }

    /// The reference that the value is.
    fn own_loan(&self, writes: bool) -> Option<Loan> {
        let kind_if = |writes| if writes { BorrowKind::Unique } else { BorrowKind::Shared };
        let loan = |target, size: u64, kind, of| {
            Some(Loan { at: self.place.address(), target, size: size.max(1), kind, of })
        };
        if let ValueKind::Pointer(pointer) = &self.kind {
            // `Rc`, `Arc` and `Weak` count, and borrow nothing.
            let counts = !pointer.counts.is_empty() || base_name(&self.type_name) == "Weak";
            if counts || self.heap.is_some_and(|heap| heap.hold != Hold::Refers) {
                return None;
            }
            let kind = match pointer.flavour {
                PointerFlavour::Shared => BorrowKind::Shared,
                PointerFlavour::Unique => BorrowKind::Unique,
                _ => return None,
            };
            let pointee = pointer.pointee.as_deref();
            let of = pointee.map(|pointee| pointee.type_name.clone());
            let size = self.heap.map(|heap| heap.used).or_else(|| pointee?.size)?;
            // Where a value without any byte lies says nothing.
            let dynamic = pointer.vtable.is_some();
            return (size > 0 || dynamic).then(|| loan(pointer.target, size, kind, of))?;
        }
        let reference = self.type_name.starts_with('&');
        if !reference && !is_iterator(&self.type_name) {
            return None;
        }
        let kind = kind_if(self.type_name.starts_with("&mut ") || writes);
        match (self.heap, &self.kind) {
            (Some(heap), _) if heap.hold == Hold::Refers && heap.used > 0 => {
                loan(heap.pointer, heap.used, kind, None)
            }
            (Some(_), _) => None,
            (None, ValueKind::Sequence(sequence) | ValueKind::Set(sequence)) => {
                let first = sequence.items.first()?;
                loan(first.place.address()?, first.size?, kind, None)
            }
            (None, ValueKind::Map(map)) => {
                let (key, _) = map.entries.first()?;
                loan(key.place.address()?, key.size?, kind, None)
            }
            _ => None,
        }
    }
}

/// The last segment of a path without generic arguments.
fn base_name(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or(path);
    path.rsplit("::").next().unwrap_or(path)
}

fn is_std(path: &str) -> bool {
    ["core::", "alloc::", "std::", "lock_api::"].iter().any(|krate| path.starts_with(krate))
}

/// Whether a type of std or hashbrown goes over what another value owns.
fn is_iterator(path: &str) -> bool {
    let name = base_name(path);
    let home = is_std(path) || path.starts_with("hashbrown::");
    // What ends so owns what it goes over.
    home && !name.starts_with("Into") && !OWNERS.contains(&name) && !name.contains("Weak")
}

/// Types of std that lead elsewhere and borrow nothing.
const OWNERS: [&str; 8] =
    ["String", "Vec", "VecDeque", "BinaryHeap", "LinkedList", "HashMap", "HashSet", "Arguments"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::World;

    fn seen(value: &Value) -> Vec<(u64, u64, BorrowKind)> {
        value.loans().into_iter().map(|loan| (loan.target.0, loan.size, loan.kind)).collect()
    }

    #[test]
    fn references_in_fields_and_owned_memory_borrow_and_raw_pointers_do_not() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let shared = world.pointer("&u32", Some(u32_), PointerFlavour::Shared);
        let unique = world.pointer("&mut u32", Some(u32_), PointerFlavour::Unique);
        let raw = world.pointer("*mut u32", Some(u32_), PointerFlavour::Mut);
        let fields = [("a", shared, 0), ("b", unique, 8), ("c", raw, 16)];
        let record = world.record("krate::Three", 24, 8, &fields);
        world.put_words(0x5000, &[7, 7, 7]);
        let value = world.read_words(record, &[0x5000, 0x5008, 0x5010]);
        let expected = [(0x5000, 4, BorrowKind::Shared), (0x5008, 4, BorrowKind::Unique)];
        assert_eq!(seen(&value), expected);
        let vec = world.vec_of(shared, true);
        world.put_words(0x6000, &[0x5000, 0x5008]);
        let value = world.read_words(vec, &[2, 0x6000, 2]);
        let expected = [(0x5000, 4, BorrowKind::Shared), (0x5008, 4, BorrowKind::Shared)];
        assert_eq!(seen(&value), expected);
        assert_eq!(value.loans()[1].at, Some(VirtAddr(0x6008)));
    }

    #[test]
    fn what_lies_behind_a_reference_is_borrowed_by_another() {
        let mut world = World::new();
        let u32_ = world.uint(4);
        let inner = world.pointer("&u32", Some(u32_), PointerFlavour::Shared);
        let outer = world.pointer("&&u32", Some(inner), PointerFlavour::Shared);
        world.put_words(0x5000, &[0x6000]);
        let value = world.read_words(outer, &[0x5000]);
        assert_eq!(seen(&value), [(0x5000, 8, BorrowKind::Shared)]);
        let lent_on: Vec<_> = value.lent_on().into_iter().map(|on| (on.at, on.size)).collect();
        assert_eq!(lent_on, [(VirtAddr(0x5000), 8)]);
        let targets: Vec<_> = value.lent_on().iter().map(|on| on.loans[0].target).collect();
        assert_eq!(targets, [VirtAddr(0x6000)]);
    }

    #[test]
    fn handles_that_count_borrow_nothing() {
        let mut world = World::new();
        let (word, u32_) = (world.uint(8), world.uint(4));
        for (name, inner) in [("Rc", "RcInner"), ("Weak", "RcInner")] {
            let fields = [("strong", word, 0), ("weak", word, 8), ("value", u32_, 16)];
            let inner = world.record(&format!("alloc::rc::{inner}<u32>"), 24, 8, &fields);
            let raw = world.pointer("*mut RcInner<u32>", Some(inner), PointerFlavour::Mut);
            let name = format!("alloc::rc::{name}<u32>");
            let handle = world.record(&name, 8, 8, &[("ptr", raw, 0)]);
            world.put_words(0x5000, &[1, 1, 7]);
            assert_eq!(seen(&world.read_words(handle, &[0x5000])), [], "{name}");
        }
    }

    #[test]
    fn a_string_and_a_vec_borrow_nothing() {
        let mut world = World::new();
        let string = world.string();
        world.put(0x7000, b"abcd");
        assert_eq!(seen(&world.read_words(string, &[4, 0x7000, 4])), []);
    }

    #[test]
    fn a_guard_that_writes_and_an_iterator_of_a_slice_borrow() {
        let mut world = World::new();
        let (word, u32_) = (world.uint(8), world.uint(4));
        let raw = world.pointer("*mut u32", Some(u32_), PointerFlavour::Mut);
        let non_null =
            world.record("core::ptr::non_null::NonNull<u32>", 8, 8, &[("pointer", raw, 0)]);
        let fields = [("value", non_null, 0), ("borrow", word, 8)];
        let guard = world.record("core::cell::RefMut<u32>", 16, 8, &fields);
        world.put_words(0x5000, &[7, 8]);
        let value = world.read_words(guard, &[0x5000, 0]);
        assert_eq!(seen(&value), [(0x5000, 4, BorrowKind::Unique)]);
        let fields = [("ptr", raw, 0), ("end_or_len", raw, 8)];
        for (name, kind) in [("Iter", BorrowKind::Shared), ("IterMut", BorrowKind::Unique)] {
            let name = format!("core::slice::iter::{name}<u32>");
            let iter = world.record(&name, 16, 8, &fields);
            let iter = world.with_element(iter, u32_);
            let value = world.read_words(iter, &[0x5000, 0x5008]);
            assert_eq!(seen(&value), [(0x5000, 8, kind)], "{name}");
        }
    }
}
