//! Marks in the program that is recorded.

use std::hint::black_box;

/// The end of the path of [`mark`], as the events name it.
pub(super) const MARK: &str = "testing::marks::mark";

/// Marks a moment of the run by a name, for [`super::Point::mark`]. It does nothing.
///
/// A program needs no marks to be recorded: entries and returns of its functions are points in time
/// as well.
#[inline(never)]
pub fn mark(name: &str) {
    // Where the name is optimised away, the mark could not be told from others.
    black_box(name);
}
