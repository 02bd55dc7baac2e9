//! The functions of the allocator: where they are, and what their arguments say.

use crate::base::{FileAddr, Memory, MemoryExt, Register, Registers, VirtAddr};
use crate::dwarf::{Image, demangle};
use crate::track::AllocatorCall;

/// A function of the allocator, by its signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hook {
    /// `__rust_alloc(size, align)`, `__rust_alloc_zeroed(size, align)`.
    RustAlloc,
    /// `__rust_realloc(ptr, old_size, align, new_size)`.
    RustRealloc,
    /// `__rust_dealloc(ptr, size, align)`.
    RustDealloc,
    /// `malloc(size)`.
    Malloc,
    /// `calloc(count, size)`.
    Calloc,
    /// `realloc(ptr, size)`.
    Realloc,
    /// `aligned_alloc(align, size)`, `memalign(align, size)`.
    AlignedAlloc,
    /// `posix_memalign(out, align, size)`.
    PosixMemalign,
    /// `free(ptr)`.
    Free,
}

/// Which functions tell of allocations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Family {
    /// Rust's allocator shims.
    Shims,
    /// The functions of libc.
    Libc,
}

/// What malloc aligns to (psABI: `max_align_t` is 16 bytes).
const MALLOC_ALIGN: u64 = 16;

const SHIMS: [(&str, Hook); 4] = [
    ("__rust_alloc", Hook::RustAlloc),
    ("__rust_alloc_zeroed", Hook::RustAlloc),
    ("__rust_realloc", Hook::RustRealloc),
    ("__rust_dealloc", Hook::RustDealloc),
];

const LIBC: [(&str, Hook); 7] = [
    ("malloc", Hook::Malloc),
    ("calloc", Hook::Calloc),
    ("realloc", Hook::Realloc),
    ("aligned_alloc", Hook::AlignedAlloc),
    ("memalign", Hook::AlignedAlloc),
    ("posix_memalign", Hook::PosixMemalign),
    ("free", Hook::Free),
];

impl Family {
    /// How it is named to people.
    pub fn name(self) -> &'static str {
        match self {
            Family::Shims => "__rust_alloc, __rust_realloc, __rust_dealloc",
            Family::Libc => "malloc, calloc, realloc, free of libc",
        }
    }
}

/// Rust's shims in an image, or nothing where they are absent or were inlined away in part: a
/// ledger that sees only some of the calls would be wrong.
pub(super) fn shims(image: &Image) -> Option<Vec<(FileAddr, Hook)>> {
    let mut found = Vec::new();
    let mut names = Vec::new();
    let mut twins = false;
    for symbol in image.symbols().all() {
        // The test by substring spares demangling all the others.
        if symbol.name.contains("_alloc_zeroed") && !symbol.name.contains("__rust_") {
            twins |= symbol.name.contains("__rdl_") || symbol.name.contains("__rg_");
        }
        if !symbol.name.contains("__rust_") {
            continue;
        }
        let path = demangle(symbol.name);
        let last = path.rsplit("::").next().unwrap_or(&path);
        if let Some((name, hook)) = SHIMS.iter().find(|(name, _)| *name == last) {
            found.push((symbol.range.start, *hook));
            names.push(*name);
        }
    }
    let has = |name: &str| names.contains(&name);
    let zeroed = has("__rust_alloc_zeroed") || !twins;
    let complete = has("__rust_alloc") && has("__rust_realloc") && has("__rust_dealloc") && zeroed;
    complete.then_some(found)
}

/// The malloc family in an image that defines all of its core.
pub(super) fn libc_family(image: &Image) -> Option<Vec<(FileAddr, Hook)>> {
    let found: Vec<_> = LIBC
        .iter()
        .filter_map(|(name, hook)| {
            let symbol = image.symbols().by_linkage_name(name).next()?;
            Some((symbol.range.start, *hook))
        })
        .collect();
    let has = |hook: Hook| found.iter().any(|(_, known)| *known == hook);
    (has(Hook::Malloc) && has(Hook::Realloc) && has(Hook::Free)).then_some(found)
}

/// The call, from the registers at the first instruction of the function (psABI, 3.2.3).
pub(super) fn call_at_entry(hook: Hook, registers: &Registers) -> AllocatorCall {
    let argument = |register| registers.get(register).unwrap_or(0);
    let first = argument(Register::RDI);
    let second = argument(Register::RSI);
    let third = argument(Register::RDX);
    match hook {
        Hook::RustAlloc => AllocatorCall::Alloc { size: first, align: second },
        Hook::RustRealloc => AllocatorCall::Realloc {
            pointer: VirtAddr(first),
            size: argument(Register::RCX),
            align: third,
        },
        Hook::RustDealloc | Hook::Free => AllocatorCall::Free { pointer: VirtAddr(first) },
        Hook::Malloc => AllocatorCall::Alloc { size: first, align: MALLOC_ALIGN },
        Hook::Calloc => {
            AllocatorCall::Alloc { size: first.saturating_mul(second), align: MALLOC_ALIGN }
        }
        Hook::Realloc => {
            AllocatorCall::Realloc { pointer: VirtAddr(first), size: second, align: MALLOC_ALIGN }
        }
        Hook::AlignedAlloc => AllocatorCall::Alloc { size: second, align: first },
        Hook::PosixMemalign => AllocatorCall::Alloc { size: third, align: second },
    }
}

/// What a call returned. `out` is the first argument of a `posix_memalign`.
pub(super) fn result_at_return(
    registers: &Registers,
    out: Option<VirtAddr>,
    memory: &dyn Memory,
) -> VirtAddr {
    let rax = registers.get(Register::RAX).unwrap_or(0);
    match out {
        None => VirtAddr(rax),
        // It returns an error number, and stores the pointer only where that is zero.
        Some(out) if rax & 0xffff_ffff == 0 => VirtAddr(memory.read_u64(out).unwrap_or(0)),
        Some(_) => VirtAddr(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Buffer;

    fn registers(arguments: [u64; 4]) -> Registers {
        let mut registers = Registers::default();
        let order = [Register::RDI, Register::RSI, Register::RDX, Register::RCX];
        order.iter().zip(arguments).for_each(|(register, value)| registers.set(*register, value));
        registers
    }

    #[test]
    fn arguments_are_read_by_the_signature_of_each_function() {
        let regs = registers([1, 2, 3, 4]);
        let call = |hook| call_at_entry(hook, &regs);
        assert_eq!(call(Hook::RustAlloc), AllocatorCall::Alloc { size: 1, align: 2 });
        let realloc = AllocatorCall::Realloc { pointer: VirtAddr(1), size: 4, align: 3 };
        assert_eq!(call(Hook::RustRealloc), realloc);
        let realloc = AllocatorCall::Realloc { pointer: VirtAddr(1), size: 2, align: 16 };
        assert_eq!(call(Hook::Realloc), realloc);
        assert_eq!(call(Hook::AlignedAlloc), AllocatorCall::Alloc { size: 2, align: 1 });
        assert_eq!(call(Hook::PosixMemalign), AllocatorCall::Alloc { size: 3, align: 2 });
        assert_eq!(call(Hook::Calloc), AllocatorCall::Alloc { size: 2, align: 16 });
    }

    #[test]
    fn an_absurd_calloc_does_not_overflow() {
        let regs = registers([u64::MAX, u64::MAX, 0, 0]);
        let call = call_at_entry(Hook::Calloc, &regs);
        assert_eq!(call, AllocatorCall::Alloc { size: u64::MAX, align: 16 });
    }

    #[test]
    fn posix_memalign_returns_its_pointer_in_memory() {
        let memory = Buffer { start: VirtAddr(0x100), bytes: 0x5000u64.to_le_bytes().to_vec() };
        let mut regs = registers([0; 4]);
        regs.set(Register::RAX, 0);
        let out = Some(VirtAddr(0x100));
        assert_eq!(result_at_return(&regs, out, &memory), VirtAddr(0x5000));
        regs.set(Register::RAX, 12);
        assert_eq!(result_at_return(&regs, out, &memory), VirtAddr(0));
        assert_eq!(result_at_return(&regs, None, &memory), VirtAddr(12));
    }
}
