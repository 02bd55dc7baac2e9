//! What a text calls the things that a value only refers to.

use crate::base::{Region, VirtAddr};

/// How the things that a value only refers to are named.
///
/// Addresses differ from run to run, so that a text shows none: the caller names what is there.
pub struct Naming<'a> {
    /// Names an address: `#3`, `main::value`, a section.
    pub address: &'a dyn Fn(VirtAddr) -> String,
    /// The full path of the function whose first instruction lies at an address, where one does.
    pub function: &'a dyn Fn(VirtAddr) -> Option<String>,
    /// Shortens the full name of a type.
    pub type_name: &'a dyn Fn(&str) -> String,
    /// Tells where an address lies.
    pub region: &'a dyn Fn(VirtAddr) -> Region,
    /// Characters that a line may have.
    pub width: usize,
}
