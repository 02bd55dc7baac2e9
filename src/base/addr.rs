//! Addresses with types: as linked in a file, and as loaded in a process.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An address as the linker wrote it into an ELF file, and as its DWARF speaks of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct FileAddr(pub u64);

/// An address in the memory of a running process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, Serialize)]
pub struct VirtAddr(pub u64);

/// What the kernel added to every address of a file when it mapped it: `VirtAddr - FileAddr`.
///
/// Zero for an executable that is not position independent. Arithmetic wraps, because a file may
/// be linked above the place where it is loaded (the vdso of some kernels is).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Bias(pub u64);

/// A half-open range of addresses, `start` included and `end` excluded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Range<A> {
    /// The first address inside.
    pub start: A,
    /// The first address behind.
    pub end: A,
}

impl Bias {
    /// The bias that puts `file` at `virt`.
    pub fn between(file: FileAddr, virt: VirtAddr) -> Bias {
        Bias(virt.0.wrapping_sub(file.0))
    }

    /// Where an address of the file lies in the process.
    pub fn to_virt(self, file: FileAddr) -> VirtAddr {
        VirtAddr(file.0.wrapping_add(self.0))
    }

    /// Which address of the file lies here in the process.
    pub fn to_file(self, virt: VirtAddr) -> FileAddr {
        FileAddr(virt.0.wrapping_sub(self.0))
    }

    /// A range of the file as it lies in the process.
    pub fn range_to_virt(self, range: Range<FileAddr>) -> Range<VirtAddr> {
        Range { start: self.to_virt(range.start), end: self.to_virt(range.end) }
    }
}

impl<A: Copy + Ord> Range<A> {
    /// The range from `start` up to, and without, `end`.
    pub fn new(start: A, end: A) -> Self {
        Range { start, end }
    }

    /// Whether `at` lies inside.
    pub fn contains(&self, at: A) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether no address lies inside.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }
}

macro_rules! address {
    ($name:ident) => {
        impl $name {
            /// The address to look a return address up at: one byte back, inside the call.
            ///
            /// The instruction behind a call can belong to another line, another inlined call, or,
            /// when the callee never returns, to another function.
            pub fn for_lookup_of_return(self) -> Self {
                $name(self.0.saturating_sub(1))
            }

            /// The address `bytes` further on, or nothing where it would leave the address space.
            pub fn checked_add(self, bytes: u64) -> Option<Self> {
                self.0.checked_add(bytes).map($name)
            }

            /// The address `bytes` away in either direction, wrapping as the processor does.
            pub fn offset(self, bytes: i64) -> Self {
                $name(self.0.wrapping_add_signed(bytes))
            }
        }

        impl Add<u64> for $name {
            type Output = $name;
            fn add(self, bytes: u64) -> $name {
                $name(self.0.wrapping_add(bytes))
            }
        }

        /// The distance in bytes, wrapping.
        impl Sub<$name> for $name {
            type Output = u64;
            fn sub(self, other: $name) -> u64 {
                self.0.wrapping_sub(other.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:#x})"), self.0)
            }
        }
    };
}

address!(FileAddr);
address!(VirtAddr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bias_goes_both_ways_and_wraps() {
        let bias = Bias::between(FileAddr(0xffff_ffff_ff70_0000), VirtAddr(0x7ffc_0000_0000));
        assert_eq!(bias.to_virt(FileAddr(0xffff_ffff_ff70_0010)), VirtAddr(0x7ffc_0000_0010));
        assert_eq!(bias.to_file(VirtAddr(0x7ffc_0000_0010)), FileAddr(0xffff_ffff_ff70_0010));
    }

    #[test]
    fn a_return_address_is_looked_up_inside_the_call() {
        assert_eq!(VirtAddr(0x1005).for_lookup_of_return(), VirtAddr(0x1004));
        assert_eq!(VirtAddr(0).for_lookup_of_return(), VirtAddr(0));
    }

    #[test]
    fn a_range_is_half_open() {
        let range = Range::new(FileAddr(4), FileAddr(8));
        assert!(range.contains(FileAddr(4)) && !range.contains(FileAddr(8)));
        assert!(Range::new(FileAddr(8), FileAddr(4)).is_empty());
    }
}
