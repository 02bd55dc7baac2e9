//! The functions of the allocator: where they are, and what their arguments say.

use crate::base::{FileAddr, Memory, MemoryExt, Range, Register, Registers, VirtAddr};
use crate::dwarf::{Image, crate_of, demangle};
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

/// Rust's shims in an image, or nothing where they are absent, or were inlined away in part: a
/// ledger that sees only some of the calls would be wrong.
pub(super) fn shims(image: &Image) -> Option<Vec<(FileAddr, Hook)>> {
    let Found { shims, twins, zeroed_twin } = find_shims(image);
    let has = |name: &str| shims.iter().any(|(known, ..)| *known == name);
    let zeroed = has("__rust_alloc_zeroed") || !zeroed_twin;
    let complete = has("__rust_alloc") && has("__rust_realloc") && has("__rust_dealloc") && zeroed;
    let is_whole = || shims.iter().all(|(_, at, _)| jumps_to(image, *at, &twins));
    // Where the shims do the allocator's work themselves, they were compiled along with code that
    // calls them: that of a `#[global_allocator]`, or all of the program (link-time optimisation).
    let trusted = complete && (is_whole() || !is_bypassed(image));
    trusted.then(|| shims.into_iter().map(|(_, at, hook)| (at, hook)).collect())
}

/// The shims of an image.
#[derive(Default)]
struct Found {
    shims: Vec<(&'static str, FileAddr, Hook)>,
    /// The functions that the shims of a default build jump to.
    twins: Vec<FileAddr>,
    /// Whether that of `__rust_alloc_zeroed` is among them.
    zeroed_twin: bool,
}

fn find_shims(image: &Image) -> Found {
    let mut found = Found::default();
    for symbol in image.symbols().all() {
        // The test by substring spares demangling all the others.
        if symbol.name.contains("__rdl_") || symbol.name.contains("__rg_") {
            found.twins.push(symbol.range.start);
            found.zeroed_twin |= symbol.name.contains("_alloc_zeroed");
        }
        if !symbol.name.contains("__rust_") {
            continue;
        }
        let path = demangle(symbol.name);
        let last = path.rsplit("::").next().unwrap_or(&path);
        if let Some((name, hook)) = SHIMS.iter().find(|(name, _)| *name == last) {
            found.shims.push((name, symbol.range.start, *hook));
        }
    }
    found
}

/// Whether the instruction at an address is a jump to one of some functions (`e9`, with the
/// distance from the next instruction).
fn jumps_to(image: &Image, at: FileAddr, targets: &[FileAddr]) -> bool {
    let jump = image.bytes(Range::new(at, FileAddr(at.0.saturating_add(5))));
    let Some([0xe9, distance @ ..]) = jump else { return false };
    let Ok(distance) = distance.try_into().map(i32::from_le_bytes) else { return false };
    targets.contains(&FileAddr(at.0.wrapping_add(5).wrapping_add_signed(distance.into())))
}

/// Whether some Rust code allocates from libc by itself, so that shims must have been inlined into
/// it. What std keeps in `System`, and code that is not Rust, never went through the shims.
fn is_bypassed(image: &Image) -> bool {
    let names = LIBC.map(|(name, _)| name);
    let callers = image.references_to(&names).into_iter();
    let symbols = callers.filter_map(|at| image.symbols().at(at));
    symbols.map(|symbol| demangle(symbol.name)).any(|path| is_beside_the_allocator(&path))
}

fn is_beside_the_allocator(path: &str) -> bool {
    let krate = crate_of(path);
    let by_design = matches!(krate, "" | "std" | "__rustc" | "panic_unwind")
        || path.contains("std::alloc::System")
        || path.contains("GlobalAlloc")
        || path.contains("__rust_");
    !by_design
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

/// Whether a function of glibc gives back what libc kept for a thread that ends
/// (`malloc/malloc.c`, `malloc/thread-freeres.c`). In a static program its name is all there is to
/// go by.
pub(super) fn is_end_of_thread(function: &str) -> bool {
    matches!(
        function,
        "tcache_thread_shutdown" | "__malloc_arena_thread_freeres" | "__libc_thread_freeres"
    )
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
    fn code_that_asks_libc_where_a_shim_should_be_asked_is_told_from_the_allocators_own() {
        let beside = is_beside_the_allocator;
        assert!(beside("user::work") && beside("alloc::raw_vec::RawVecInner<A>::finish_grow"));
        assert!(beside("core::ptr::drop_in_place<std::io::error::Error>"));
        assert!(!beside("<alloc::raw_vec::RawVecInner<std::alloc::System>>::finish_grow"));
        assert!(!beside("<user::Counting as core::alloc::global::GlobalAlloc>::alloc"));
        assert!(!beside("std::sys::fs::unix::canonicalize") && !beside("deflateInit2_"));
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
