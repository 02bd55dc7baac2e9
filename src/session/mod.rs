//! Floor 4: a run of a program, from its launch to its end, as events.
//!
//! A [`Run`] owns the inferior and plants sites: at the entries and exits of the functions that
//! were chosen, and at the allocator's. Each stop becomes [`Event`](crate::base::Event)s, and those
//! go to an [`Observer`], which watches and cannot resume the program. A [`Session`] is what a
//! debugger's user has: breakpoints that outlive a run, a program that stands still at a [`Halt`],
//! frames and values to look at. Nothing here prints.

mod address_names;
mod allocator;
mod asking;
mod attaching;
mod breaking;
mod breakpoints;
mod calls;
mod capture;
mod catching;
mod code_asked;
mod context;
mod cores;
mod debugger;
mod deciding;
mod disassembly;
mod error;
mod events;
mod following;
mod frame_view;
mod functions;
mod halt;
mod heap;
mod heap_view;
mod interrupt;
mod kin;
pub mod library;
mod listing;
mod lists;
mod log_message;
mod looking;
mod looks;
mod maps;
mod memory_dump;
mod missing;
mod names;
mod options;
mod panic_message;
mod picture;
mod places;
mod places_asked;
mod plan;
mod planting;
mod reaching;
mod regions;
mod register_view;
mod run;
mod running;
mod scope;
mod set_watch;
mod signal_table;
mod signals;
mod skip;
mod slots;
mod stack;
mod stack_names;
mod stage;
mod stepping;
mod subject;
mod symbolize;
mod telling;
mod thread_list;
mod threads;
mod turns;
mod types_asked;
mod user_stops;
mod value_returned;
mod vantage;
mod variables;
mod watch_ends;
mod watching;

pub use asking::{Answered, Whereabouts};
pub use breaking::{Due, Enabling};
pub use breakpoints::{Breakpoint, BreakpointId, Condition, Target, Terms};
pub use capture::Output;
pub use catching::{Catch, Caught};
pub use code_asked::{CodeAsked, disassemble_file};
pub use debugger::{Session, Settings};
pub use disassembly::{CodeLine, Disassembly, Part};
pub use error::SessionError;
pub use events::ContextView;
pub use following::{FollowExec, FollowFork};
pub use frame_view::Slots;
pub use halt::Halt;
pub use heap_view::{BlockDetail, BlockView, HeapOrder, HeapView, Holder};
pub use interrupt::Interrupter;
pub use library::Builder;
pub use listing::ListedSource;
pub use lists::{Listed, NameGroup, Names};
pub use log_message::LogMessage;
pub use looks::Display;
pub use maps::{LibraryView, MapView};
pub use memory_dump::{Dump, DumpFormat, DumpRow, Letter, Unit};
pub use options::{EntryPoint, Options, Selection};
pub use places::{BreakPlace, PlaceError, Where, pattern};
pub use places_asked::{LineCodeView, ScopeVariable, SymbolView};
pub use register_view::{RegisterView, RegistersView, VectorView};
pub use run::{Observer, Run};
pub use signal_table::{
    Change, Handling, SignalRow, SignalTable, signal_name, signal_names, signals_named,
};
pub use skip::Skip;
pub use stack::{Frame, FrameId, Stack};
pub use stage::{Redirections, Written};
pub use thread_list::ThreadView;
pub use types_asked::TypeAsked;
pub use value_returned::Returned;
pub use variables::{Variable, VariableValue};
pub use watch_ends::WatchEnd;
pub use watching::{Access, Touched, Watched};
