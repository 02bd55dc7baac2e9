//! Floor 0: the words that every other floor speaks, without any I/O.
//!
//! Addresses, registers, the [`Memory`] trait, ids, regions, reasons and events. Nothing here may
//! touch a file, a process or the clock, and nothing here may import another floor.

mod addr;
mod borrow;
mod cached;
mod drop_view;
mod ending;
mod event;
mod event_name;
#[cfg(any(test, fuzzing))]
pub mod garbage;
mod ids;
mod memory;
mod nearest;
mod reason;
mod region;
mod registers;
mod split;
mod system_calls;

pub use addr::{Bias, FileAddr, Range, VirtAddr};
pub use borrow::{Borrow, BorrowKind, borrowed_text};
pub use cached::Cached;
pub use drop_view::{DropCause, DropView, DroppedPart, HandleCount, Whose};
pub use ending::{BlockRef, ExitStatus, Keeper, Totals};
pub use event::{
    At, Data, Event, EventKind, Evidence, FrameView, GonePart, Held, Hold, RepeatedCalls,
    ReturnEnd, SectionView, Shown, SlotKind, SlotState, SlotView, StackView,
};
pub use ids::{BlockId, Seq, ThreadNo, Tid};
pub use memory::{Buffer, Memory, MemoryError, MemoryExt};
pub use nearest::{did_you_mean, nearest};
pub use reason::Unreadable;
pub use region::Region;
pub use registers::{Register, RegisterName, Registers, Vectors};
pub use split::{SizesFrom, Split, SplitMore, SplitPart, SplitTotals};
pub use system_calls::{system_call_name, system_call_names, system_call_number};
