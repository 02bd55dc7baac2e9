//! What the code of a function does with the values in its frame, from one place in it onwards and
//! on the ways to it: whether a variable that needs to be dropped still holds its value.
//!
//! In code that is not optimised every variable has a slot of its own, and the compiler decides
//! where each is dropped: by a call that gets its address, behind a test of a drop flag where it
//! depends on the way that was taken. So a variable whose slot is used on some way that control can
//! still take, before it is initialised again, holds its value; and one that is used on none of them
//! up to the end of the function has been moved or dropped, and the last use before tells where.
//!
//! ```text
//!        let a = …            ◀ writes a
//!        take(a)              ◀ reads a: its last use behind the line
//!   ─▶   mark()               ◀ the frame stands here
//!        test flag of a; jne  ◀ its flag is 0 now: this way is not taken
//!        drop_in_place(&a)
//!        ret                  ◀ reached without a use of a: it is gone
//! ```

mod ahead;
mod before;
mod begins;
mod cells;
mod effects;
mod known;
mod leaf;
mod moves;
mod outlook;
mod reachable;
mod registers;
mod steps;
mod temporaries;
#[cfg(test)]
mod tests;
mod twin;
mod verdict;
mod visited;
mod ways;

pub use begins::{Begins, Piece};
pub use effects::{CalleeKind, CalleeKnown, Part, Place, Target};
pub use known::{CallResult, Within};
pub use leaf::Leaf;
pub use outlook::{Holding, Mention, Outlook};
pub use reachable::{Ahead, Reachable, Work};
pub use registers::argument_cell;
pub use steps::{Code, Pad, Uses};
pub use temporaries::{CellUse, Made};
pub use verdict::{Ending, Standing, Verdict, Way};
