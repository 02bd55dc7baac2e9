//! Freehold: the debugger that knows who owns every byte of a running Rust program.
//!
//! It runs a compiled program under ptrace, names every slot of every stack frame from DWARF,
//! follows `String`, `Vec`, `Box` and what is made of them into the heap, and tells, while the
//! program runs, how memory splits between stack and heap and which line allocates, moves and frees
//! each block. This page shows the library, and is the map of the code, for whoever comes next.
//!
//! # In a test
//!
//! A [`Session`] launches a program, stops it in a function and reads values there, by the same means
//! as `freehold debug`. The program needs debug information and nothing else: its types are those
//! that DWARF describes.
//!
//! ```
//! use freehold::{Halt, Session};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let program = folder.path().join("moved");
//! let rustc = std::process::Command::new("rustc")
//!     .args(["-g", "test-programs/moved.rs", "-o"])
//!     .arg(&program)
//!     .status()?;
//! assert!(rustc.success());
//!
//! let mut session = Session::builder(&program).capture_output().open()?;
//! session.run_to("f")?;
//! assert_eq!(session.print("value")?, "hello, ownership");
//! assert_eq!(session.print("value.len() * 2")?, 32);
//! assert!(session.holds("value.starts_with(\"hello\")")?);
//!
//! session.finish()?;
//! assert_eq!(session.output()?, "f owns \"hello, ownership\"\n");
//! // The bytes of `value` are still there, and are no value any more.
//! let moved = session.print("value").expect_err("it was moved");
//! assert_eq!(moved.to_string(), "`value` is moved to f::value at moved.rs:12");
//! assert!(matches!(session.resume()?, Halt::Ended { .. }));
//! # Ok(())
//! # }
//! ```
//!
//! What an expression is worth is an [`Answered`]: it compares with numbers, texts, `bool` and
//! `char`, prints as `print` prints it, and is a [`Value`] with parts. [`Session::locals`],
//! [`Session::backtrace`], [`Session::split`] and [`Session::set`] do what the commands of these names
//! do; [`Session::step`], [`Session::next`] and [`Session::finish`] let the program run on. Errors say
//! in `{:?}`, too, what is wrong and what can be done, so that a test may end with `?`.
//!
//! A session stays on the thread that opened it, and is not [`Send`]: the kernel lets that thread
//! alone control the program (ptrace(2)). Each test has a thread, so that tests run side by side.
//!
//! ```compile_fail
//! fn elsewhere(session: freehold::Session) {
//!     std::thread::spawn(move || drop(session));
//! }
//! ```
//!
//! # The house
//!
//! Folders are floors. Imports only go down; folders on the same floor never import each other.
//! `tests/tidy.rs` reads the sources and fails where that does not hold.
//!
//! | floor | folder | what is there |
//! |---|---|---|
//! | 0 | [`base`] | words without I/O: addresses, registers, `Memory`, ids, regions, events |
//! | 1 | [`os`] | the kernel: ptrace, wait, memory, procfs, remote system calls; all `unsafe` |
//! | 1 | [`dwarf`] | bytes to meaning: image, symbols, lines, functions, types, locations, CFI |
//! | 1 | [`asm`] | machine code: the exits of a function, relocation, loops |
//! | 2 | [`inferior`] | a process under control: launch, attach, threads, sites, steps, watchpoints |
//! | 2 | [`frame`] | unwinding, and the slots of a frame |
//! | 2 | [`value`] | typed reading with limits; `std_types` has one file per family of std types |
//! | 3 | [`track`] | records in, events out: the ledger, the owners of blocks, drops, folding, the log |
//! | 3 | [`expr`] | Rust expressions, evaluated on typed places |
//! | 4 | [`session`] | a run: sites planted, stops turned into events; a session: breakpoints, frames, values |
//! | 5 | [`command`] | the commands of a session, one file each, declared in one table |
//! | 6 | [`front`] | arguments, targets (cargo, rustc), prompt, scripts (lines, Rhai), text and JSON |
//!
//! # The way of a stop
//!
//! A wait status is decoded ([`os::decode`]), becomes an [`inferior::Stop`], and reaches the one
//! loop in `session/run.rs`. What a site is for is its roles (`session/planting.rs`): a chosen
//! function is entered or left, its variables go out of scope, the allocator is called or returns.
//! Allocator calls become [`track::Record`]s of a [`track::Source`] (`session/stop_source.rs`: the
//! one that stops the program), and the [`track::Ledger`] makes changes of the table of blocks out
//! of them; entries and returns become pictures (`session/picture.rs`): frames by
//! [`frame::Unwinder`], their slots by [`frame::slots`], their values by [`value::Reader`], and who
//! owns what by [`track::Owners`]. What only looks asks a process and a core file alike
//! (`session/subject.rs`). Everything ends as [`base::Event`]s, which go to a [`session::Observer`].
//! Text and JSON are drawn from those alone.
//!
//! # The way of a step
//!
//! What lets the program run to somewhere is a plan (`session/plan/`): it sends one thread over
//! single instructions, runs over the calls that are not entered by a site at the return address,
//! and says at each arrival how to go on. Everything else that stops the program on the way halts
//! it, and the session drops the plan.
//!
//! # The way of a drop
//!
//! [`dwarf::DropCode`] is code that drops values: drop glue and `Drop::drop`, out of line and inlined.
//! `session/drops` plants it for the types that a reader cares for. The optimiser moves, merges and
//! copies the instructions of an inlined drop: where it begins each time that it is run is told by the
//! ways through the function (`asm/uses/begins.rs`, `session/drops/begins.rs`). A stop there becomes a
//! [`track::drops::DropRecord`]: the frames and calls around it, the value's address, the name of its
//! place. [`track::drops::Drops`] tells from records alone which drops are the program's own, which
//! one encloses which, and when one is over. `front/drops` makes a snapshot of the events and
//! compares two; `front/text/drops` draws the report.
//!
//! # The way of a question of ownership
//!
//! [`track::Stories`] tells what happened to each block; [`track::Graph`] searches from statics,
//! thread-local variables, stacks and registers for words that lead to blocks
//! (`session/keepers.rs`), at a stop and when the process is about to end, so that a leak is told
//! from what is kept. `session/ownership.rs` answers `owner`, `history` and `leaks` of them, and
//! `session/why.rs` puts what the code says and what was seen together for `why`. A
//! [`testing::Recording`] is the events of a whole run, to be asserted on; `freehold test` makes
//! one of each test of a package.
//!
//! # The way of a stop on ownership
//!
//! `break alloc > 1 MiB` and its kin are [`session::OwnershipStop`]s. Blocks: the ledger's change
//! becomes a [`session::Happened`], inside of the stop that the allocator makes anyway, and is
//! compared with what breakpoints wait for (`session/block_stops.rs`); the ledger learns of a free
//! only when the thread goes on, so that the block is alive while somebody looks. Drops: the code of
//! the types that are asked for is planted (`session/drop_stops.rs`). Moves: the instructions come
//! from the code (`asm/uses/moves.rs`), and at each the drop flags decide. A free of what is not
//! there stops before the allocator is called (`session/bad_frees.rs`).
//!
//! What lies in a block that was freed ([`track::Ledger::ended_at`]) or in a frame that was left is
//! read by nobody who shows values: `session/alive.rs` stands before the memory.
//!
//! # The way back
//!
//! Every event of a session goes into a [`track::Log`], with a picture of the stack at each stop
//! (`session/recording.rs`). To look at a moment of the past, the session puts its [`session::Run`]
//! aside (`session/viewing.rs`), so that nothing can be read of the process by mistake, and what is
//! looked at comes from the log (`session/views_then.rs`, `session/value_then.rs`). `command/past.rs`
//! says which commands answer there.
//!
//! # The way of a question
//!
//! At a stop a command asks the [`session::Session`]: it unwinds the thread, looks at the frame
//! (`session/looking.rs`: its function, the inlined call, the variables in scope and what is known
//! of moved and dropped ones), and evaluates [`expr::Expression`]s in it (`session/scope.rs` says
//! what names stand for). What comes out is a place with a type; [`value::Reader`] makes a
//! [`value::Value`] of it, and that is what is printed, in lines ([`value::Pretty`]) or in parts.
//! [`value::Shape`] is the same knowledge of std's types without reading: where the length, the
//! elements, the entries and the value behind a pointer are.
//!
//! # The fate of a variable
//!
//! Whether a variable still holds its value is told by the code of its function, in builds that were
//! not optimised (`asm/uses`): a variable that needs to be dropped and that no way ahead uses, as its
//! drop flag stands, was moved or dropped, and its last use behind tells where. `session/followed.rs`
//! gives that analysis what it needs (landing pads, callees, types), `session/part_states.rs` makes a
//! [`base::SlotState`] of what it finds for each part of a variable, and `session/fates.rs` puts that
//! together with what [`track::Owners`] has seen of blocks.
//!
//! Optimised code says less: a variable has no slot of its own, and its bytes stay in several places. There
//! `session/ahead` walks through the code that has not run yet (`asm/walk`), with what is known of the
//! registers and of memory. A function that is called may change what its arguments lead to, and what
//! others have kept the address of (`ahead/lent.rs`); a store to an address that is not known may change
//! all but the bytes whose address nobody computes (`asm/walk/taken.rs`). A variable that every way ahead
//! drops, lends or gives away, before something new is stored in its place, is live, if no other variable
//! can be what is seen there (`session/alike.rs`). One that was seen to be live before, and of which all
//! blocks have ended since, is gone: of one that was not, its bytes may be those of what lay there before
//! (`session/seen_live.rs`). Calls stay in their order in every build: what a statement has moved that
//! control came through is gone, and what nothing can have taken is there, as far as the text of the
//! function tells (`session/source_flow.rs`), and if neither the blocks nor the bytes of other variables
//! contradict it. Of all others `session/doubts.rs` says that it is not known, and why. Where
//! what such a variable would own lives, its value is shown with that doubt ([`base::SlotState::Perhaps`]).
//! `tests/states.rs` compares all of it with programs that are made up and know their own truth.
//!
//! # The way of a borrow
//!
//! In each picture [`value::Value::loans`] finds the references that variables hold: `&T`, slices,
//! guards, iterators of std, and structs, closures and collections of those. [`track::lent`] finds
//! the variable, or the owner of the block, that each leads into. A reference that is used no more
//! borrows nothing: a parameter's is used until its function returns; of another variable
//! `asm/uses/outlook.rs` tells whether its bytes are used ahead. Where the compiler keeps no bytes
//! of a reference that is only an address, the use of the reference looks like that of the place
//! itself, and the lines of the source that name the variable tell them apart
//! (`session/mentions.rs`). In optimised code the lines that are ahead tell most of it
//! (`session/lines_ahead.rs`). What none of these tells is told as "perhaps", and why
//! ([`track::Doubt`]). `session/borrows.rs` puts it into the slots ([`base::Borrow`]) and makes
//! events of what has begun and ended. It asks in frames of the user's functions, and at
//! a stop in those of calls that run code of the user's (`session/std_calls.rs`), in closures that
//! run (`session/captured.rs`), and in temporaries: in cells without a name whose type the functions
//! tell that made them or get them (`asm/uses/temporaries.rs`, `session/temporaries.rs`), and in
//! values on the stack that references lead to (`session/nameless.rs`).
//!
//! # What holds everywhere
//!
//! 1. Only [`os`] speaks to the kernel or writes `unsafe`.
//! 2. One place waits, with `__WALL | __WNOTHREAD`, so that debuggers on several threads of one
//!    process (parallel tests) do not steal each other's stops.
//! 3. Registers exist only on a stopped thread, and resuming consumes it.
//! 4. A breakpoint is never lifted while the program runs: threads pass it through a relocated copy
//!    of its instruction, one stop a hit.
//! 5. Addresses have types: [`base::FileAddr`] as linked, [`base::VirtAddr`] as loaded; a return
//!    address is looked up at minus one.
//! 6. Readers take [`base::Memory`]; lengths are capped before they are believed, and nothing
//!    panics, loops or allocates on the program's word.
//! 7. "Cannot be read" is a value with a reason ([`base::Unreadable`]), and so is "moved" and
//!    "freed" ([`base::SlotState`]): stale bytes are never shown as a value.
//! 8. What was seen and what was concluded are told apart ([`base::Evidence`]).
//! 9. Nothing is parsed that nobody asked for: functions come from the symbol table, units are found
//!    by address, a function's exits are decoded when it is first entered.
//!
//! # Where it differs from what was planned
//!
//! - Events beside those of the plan: `start` (sections and statics), `scope_end` (the last
//!   instruction at which a function's variables are all in scope: at its `ret` the frame is gone
//!   already), `repeated` (what was counted instead of shown), `unknown_free`, `note`,
//!   `thread_start`, `thread_end`, `fork`, `exec`, `stop` (a session lets its user look).
//! - The block of a variable with a constant initialiser begins *at* the first store to it, and not
//!   behind the last: `session/slots.rs` looks at the stores.
//! - A relocated call pushes its true return address itself instead of being emulated.
//! - Line tables are read here and not by addr2line, because breakpoints need `prologue_end` and
//!   the rows themselves; addr2line is what the tests compare with.

pub use base::{Event, ExitStatus, Split, ThreadNo, Unreadable};
pub use inferior::Launch;
pub use session::{
    Answered, Breakpoint, BreakpointId, Builder, Frame, Halt, Observer, PlaceError, Session,
    SessionError, Settings, Variable, VariableValue, Where,
};
pub use value::{Limits, Value, ValueKind};

pub mod asm;
pub mod base;
pub mod command;
pub mod dwarf;
pub mod expr;
pub mod frame;
pub mod front;
pub mod inferior;
pub mod os;
pub mod session;
pub mod track;
pub mod value;

pub use front::testing;
