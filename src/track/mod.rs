//! Floor 3: records in, events out.
//!
//! The [`Ledger`] is the table of blocks, kept from the records of a [`Source`]; [`Owners`] tells
//! which place owns a block when several hold its address; [`Folding`] decides which events are worth
//! showing one by one; [`drops`] tells which drops are the program's own and which one encloses
//! which; the [`Log`] keeps all events of a run, on disk where they are many. All of them are pure:
//! they never speak to a process, and nothing here may assume that the program is stopped when a
//! record is read.

pub mod drops;
mod folding;
mod graves;
mod ledger;
mod lending;
mod log;
mod open_calls;
mod owners;
mod reach;
mod record;
mod source;
mod story;
mod tables;

pub use folding::{Folded, Folding};
pub use ledger::{AboutToEnd, Block, Change, Ended, Ledger};
pub use lending::{Lent, Need, Owned, Party, Taken, lent};
pub use log::{Found, LiveBlock, Log, Missing, NotRead, Query, Room};
pub use open_calls::OpenCalls;
pub use owners::{Claim, MoveSeen, Owners, PlaceKey, Says, Standing};
pub use reach::{Graph, Lost, Reach, Via};
pub use record::{AllocatorCall, Record, What};
pub use source::Source;
pub use story::{Freed, LentTo, Moment, Moved, Resized, Stories, Story};
