//! What happened in the program, for people and for machines alike.
//!
//! Every view (text, JSON, HTML, tests) is drawn from these and from nothing else. The JSON form is
//! one [`Event`] a line, schema version 1.

use serde::{Deserialize, Serialize};

use super::{
    BlockId, BlockRef, Borrow, BorrowKind, DropView, ExitStatus, Region, Seq, ThreadNo, Totals,
    Unreadable, VirtAddr,
};

/// One thing that happened.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
pub struct Event {
    /// The version of the schema: 1.
    pub v: u32,
    /// The position in the order in which Freehold saw events.
    pub seq: Seq,
    /// What happened, with what is particular to it.
    #[serde(flatten)]
    pub kind: EventKind,
    /// The thread in which it happened.
    pub thread: ThreadNo,
    /// How it is known.
    pub evidence: Evidence,
    /// The user's line that caused it, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// Bytes of this thread's stack in use, from the outermost frame to the stack pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_bytes: Option<u64>,
    /// Bytes in live heap blocks, after the event; none where no ledger is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heap_bytes: Option<u64>,
    /// Number of live heap blocks, after the event; none where no ledger is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<u64>,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The program stands before its first instruction of user code.
    Start {
        /// The path of the executable.
        program: String,
        /// Which functions tell of allocations; none where no ledger is kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        allocator: Option<String>,
        /// Where drops are followed: whether some of the code, but for std's, was optimised.
        #[serde(skip_serializing_if = "Option::is_none")]
        optimised: Option<bool>,
        /// The sections of the executable that occupy memory.
        sections: Vec<SectionView>,
        /// The statics of the user's crates. Their offset is none: they lie in no frame.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        statics: Vec<SlotView>,
    },
    /// A block came to be.
    Alloc {
        /// The block.
        block: BlockId,
        /// Bytes asked for.
        size: u64,
        /// Alignment asked for, in bytes.
        align: u64,
        /// Where it lies.
        address: VirtAddr,
    },
    /// A block changed its size, and perhaps its place.
    Realloc {
        /// The block: its ordinal stays.
        block: BlockId,
        /// Bytes before.
        old_size: u64,
        /// Bytes now.
        size: u64,
        /// Whether the allocator moved it.
        moved: bool,
        /// Where it lies now.
        address: VirtAddr,
    },
    /// A block ended.
    Free {
        /// The block.
        block: BlockId,
        /// Its size at the end, in bytes.
        size: u64,
        /// The line that allocated it.
        #[serde(skip_serializing_if = "Option::is_none")]
        allocated_at: Option<At>,
        /// The thread that allocated it, where it was another one.
        #[serde(skip_serializing_if = "Option::is_none")]
        allocated_by: Option<ThreadNo>,
        /// The `drop` event of the value that freed it, where drops are followed: the innermost
        /// that had begun and was not over.
        #[serde(skip_serializing_if = "Option::is_none")]
        drop: Option<Seq>,
    },
    /// A value is dropped: the program stands at the first instruction of what drops it.
    Drop(DropView),
    /// A pointer was freed or reallocated that no live block begins at.
    UnknownFree {
        /// The pointer.
        address: VirtAddr,
        /// The block that lay there before and has ended, if there was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        ended: Option<BlockId>,
        /// The line that allocated that block.
        #[serde(skip_serializing_if = "Option::is_none")]
        allocated_at: Option<At>,
        /// The line that freed it before.
        #[serde(skip_serializing_if = "Option::is_none")]
        freed_at: Option<At>,
        /// The size in bytes that a `realloc` asks for; none where it is a `free`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        realloc: Option<u64>,
    },
    /// A block passed from one owner to another.
    Move {
        /// The block.
        block: BlockId,
        /// Blocks that passed along with it, by the same value.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        with: Vec<BlockId>,
        /// The owner before, as a place: `main::value`.
        from: String,
        /// The owner now.
        to: String,
    },
    /// A reference into a value of a variable, or into what that owns, was found in a variable.
    Borrow {
        /// The value, as a place: `main::value.name`.
        from: String,
        /// The variable that holds the reference: `g::value`.
        to: String,
        /// What the reference lets it do.
        kind: BorrowKind,
        /// Whether it cannot be told that the reference is still used.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        perhaps: bool,
        /// The blocks that the value owns; `blocks` of every event says how many live.
        #[serde(rename = "lent", default, skip_serializing_if = "Vec::is_empty")]
        blocks: Vec<BlockId>,
    },
    /// A reference that was found is gone, or used no more.
    BorrowEnd {
        /// The value, as a place.
        from: String,
        /// The variable that held the reference.
        to: String,
        /// What the reference let it do.
        kind: BorrowKind,
        /// The blocks that the value owned when it was lent.
        #[serde(rename = "lent", default, skip_serializing_if = "Vec::is_empty")]
        blocks: Vec<BlockId>,
    },
    /// A function was entered.
    Enter {
        /// How many calls of the chosen functions are open below this one in its thread.
        depth: u32,
        /// The function's own frame.
        frame: FrameView,
        /// The frames of its callers, where they were asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        stack: Option<StackView>,
    },
    /// A function is about to leave the scope of its variables: the last instruction at which those
    /// that it declares one after the other can all be read.
    ScopeEnd {
        /// How many calls of the chosen functions are open below this one in its thread.
        depth: u32,
        /// The function's own frame.
        frame: FrameView,
        /// The frames of its callers, where they were asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        stack: Option<StackView>,
    },
    /// A function returned, or passed on to another by a tail call.
    Return {
        /// How many calls of the chosen functions are open below this one in its thread.
        depth: u32,
        /// The function, as in its `enter` event.
        function: String,
        /// Bytes of stack that its frame gives back.
        frame_bytes: u64,
        /// The value returned.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Shown>,
        /// How it ended.
        end: ReturnEnd,
        /// The frames that are left, where they were asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        stack: Option<StackView>,
    },
    /// Calls that were counted instead of shown one by one.
    Repeated {
        /// One entry for each function that was counted.
        calls: Vec<RepeatedCalls>,
        /// Allocations among them.
        allocs: u64,
        /// Reallocations among them.
        reallocs: u64,
        /// Frees among them.
        frees: u64,
    },
    /// A thread began. It gets its name later, from itself: until then it has that of its parent.
    ThreadStart,
    /// A thread ended.
    ThreadEnd,
    /// A process was forked. One of the two goes on without Freehold, clean of breakpoints: the
    /// child, unless it is followed.
    Fork {
        /// The process id of the parent.
        parent: i32,
        /// The process id of the child.
        child: i32,
        /// Whether Freehold goes on with the child, and has let the parent go.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        followed: bool,
    },
    /// The process replaced its program.
    Exec {
        /// The path of the new program.
        program: String,
    },
    /// A signal arrived.
    Signal {
        /// Its number.
        number: i32,
        /// Its name, `SIGSEGV`.
        name: String,
        /// What it means here: for a fault, the address and what lies there.
        #[serde(skip_serializing_if = "Option::is_none")]
        explanation: Option<String>,
        /// The stack where it arrived, where the signal is fatal.
        #[serde(skip_serializing_if = "Option::is_none")]
        stack: Option<StackView>,
    },
    /// A session let its user look: the program stands still, with the stack of the thread that it
    /// stands still for.
    Stop {
        /// Why, in a few words: `breakpoint 1`, `step`.
        reason: String,
        /// The number of the frame that was looked at first, as `backtrace` counts.
        frame: usize,
        /// How many of the innermost frames are inlined calls that have not begun: `backtrace` does
        /// not count those.
        #[serde(default, skip_serializing_if = "is_zero_usize")]
        hidden: usize,
        /// The frames.
        stack: StackView,
    },
    /// Something about Freehold's own view that the reader must know to read it rightly.
    Note {
        /// A sentence.
        text: String,
    },
    /// A breakpoint has said something instead of stopping the program.
    Log {
        /// Its number.
        breakpoint: u32,
        /// The message, with the values of its expressions.
        text: String,
    },
    /// The process ended.
    Exit {
        /// How.
        #[serde(flatten)]
        status: ExitStatus,
        /// What it allocated in all.
        totals: Totals,
        /// The blocks still alive, in their order.
        alive: Vec<BlockRef>,
    },
}

/// A section of the executable.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct SectionView {
    /// Its name: `.bss`.
    pub name: String,
    /// Bytes of memory.
    pub size: u64,
    /// Bytes of the file.
    pub file_size: u64,
}

/// How a function's activation ended.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnEnd {
    /// By a `ret` instruction.
    Ret,
    /// By a jump to another function, which will return in its place.
    TailCall,
    /// Its frame was gone at the next event of its thread: unwinding, or an exit not seen.
    Unwound,
    /// It was open when its thread ended: the process ended, or the thread was ended inside of it.
    ThreadEnded,
}

/// Calls of one function that were counted.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct RepeatedCalls {
    /// The function; where several implementations of one method of a trait were called, the
    /// method, as `krate::Trait::method`.
    pub function: String,
    /// How many calls.
    pub calls: u64,
}

/// How it is known that something happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// An instruction of the program was seen doing it.
    Observed,
    /// Concluded from bytes and scopes.
    Inferred,
}

/// A place in the source.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Deserialize, Serialize)]
pub struct At {
    /// The demangled path of the function, without hash: `krate::module::f`.
    pub function: String,
    /// The path of the file, as the debug information gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A value as people and programs read it.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
pub struct Shown {
    /// On one line.
    #[serde(rename = "text")]
    pub text: String,
    /// In parts.
    pub data: Data,
}

/// A value in parts.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
pub struct Data {
    /// The name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its address, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<VirtAddr>,
    /// Where it lives.
    pub region: Region,
    /// The address that it points to, for what leads elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<VirtAddr>,
    /// The scalar or text itself, for a value without parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<Unreadable>,
    /// Parts by name: fields, elements (`[0]`), the pointee (`*`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<(String, Data)>,
    /// How many elements there are beyond those among the children.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// Bytes that the value takes where it is, without what it leads to; only where the bytes were
    /// asked for, and none where its type does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Those bytes as two hexadecimal digits each, in the order of their addresses, 64 of them at
    /// most; only where they were asked for and can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

fn is_zero_usize(n: &usize) -> bool {
    *n == 0
}

/// The frames of one thread, innermost first.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize, Default)]
pub struct StackView {
    /// The frames.
    pub frames: Vec<FrameView>,
    /// Why unwinding ended before the outermost frame, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
}

/// One frame.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
pub struct FrameView {
    /// The function and the line that it stands at.
    pub at: At,
    /// Whether the function is one of those the user asked to see.
    pub user: bool,
    /// Bytes of stack from its canonical frame address down to the frame above; an inlined call has
    /// no stack of its own.
    pub bytes: u64,
    /// Whether the call was inlined into the frame below.
    pub inlined: bool,
    /// The instruction that runs next in it, or that its call returns to; only in the log of a
    /// session, whose frames can be listed later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<VirtAddr>,
    /// Whether a signal interrupted it; as `pc`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signal: bool,
    /// What the frame holds, from the canonical frame address down. Empty where it was not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<SlotView>,
}

/// What a slot is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// A `let` binding.
    Variable,
    /// A parameter.
    Parameter,
    /// Where the function will return to.
    ReturnAddress,
    /// A caller's register, to be restored.
    SavedRegister,
    /// Bytes that the debug information does not name: compiler temporaries and padding.
    Unnamed,
}

/// What is known of a slot's value.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// It holds its value.
    Live,
    /// Its bytes are a value, but nothing tells whether that was moved or dropped: optimised code
    /// keeps no record. It is shown, and never without saying so.
    Perhaps {
        /// Why it cannot be told.
        why: String,
    },
    /// Its initialiser has not ended.
    Uninitialised,
    /// What it owned has passed to another place. Its bytes are stale. Where the slot still has
    /// blocks, those are of the parts that were not moved.
    Moved {
        /// The new owner, as a place, or the function that it was passed to.
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// The line that moved it, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    /// Its value was moved or dropped: which of the two depends on the way that control took. Its
    /// bytes are stale.
    MovedOrDropped {
        /// The lines that can have done it.
        at: Vec<At>,
    },
    /// Some of its fields were moved out of it, and the others hold their values.
    PartlyMoved {
        /// The fields that were moved or dropped.
        parts: Vec<GonePart>,
    },
    /// Its value was dropped. Its bytes are stale.
    Dropped {
        /// The line that dropped it, where it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    /// What it owned is gone. Its bytes are stale.
    Freed {
        /// The block that it last owned.
        block: BlockId,
        /// The line that freed it.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<At>,
    },
    /// It cannot be read.
    Unreadable(Unreadable),
}

/// A field that was moved out of a variable, or dropped before the rest of it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct GonePart {
    /// The path to it: `.name`, `.pair.0`; `.*` for what a box held.
    pub path: String,
    /// Whether it was dropped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped: bool,
    /// Where it was moved to, as a place, or the function that it was passed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The line that moved or dropped it, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

/// One slot of a frame.
#[derive(Clone, PartialEq, Debug, Deserialize, Serialize)]
pub struct SlotView {
    /// The variable's name, the saved register's, or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    pub kind: SlotKind,
    /// The position among the frame's variables in the order of their declaration, from 1; 0 for
    /// what is not a variable.
    pub declared: usize,
    /// The type's name, where there is one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Distance from the canonical frame address in bytes; none for what is not in the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// Bytes.
    pub size: u64,
    /// Where it lives.
    pub region: Region,
    /// What is known of its value.
    pub state: SlotState,
    /// The value, where it is live and readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Shown>,
    /// The blocks that the value leads to, in the order of its parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Held>,
    /// The references into the value, the innermost holder first. A borrowed value is live.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub borrowed: Vec<Borrow>,
    /// Where what it points to lies, for a reference or pointer to what is no live block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<Region>,
    /// The function that it belongs to, where that was inlined into the frame's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inlined_from: Option<String>,
    /// Whether another variable of the same name hides it here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadowed: bool,
    /// Whether the block that declares it has ended, where it is not in scope.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
    /// Whether its bytes also belong to another slot that is listed, so that they count once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shares_bytes: bool,
}

/// A block that a value leads to.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct Held {
    /// The block.
    pub block: BlockId,
    /// The part of the value that holds the pointer: empty for the value itself, `[1].name`.
    pub path: String,
    /// What the part is to the block.
    pub hold: Hold,
    /// The type of the part that holds the pointer, without module paths.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Bytes of the block that hold values.
    pub used: u64,
    /// Bytes of the block.
    pub size: u64,
}

/// What a value is to the memory that it leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// Its destructor frees it: `Box`, `Vec`, `String`.
    Owner,
    /// The destructor of the last of several that share it frees it: `Rc`, `Arc`.
    Shares,
    /// Somebody else frees it, or nobody: references, raw pointers, `Weak`.
    Refers,
}

impl Hold {
    /// What a part is, that lies in memory which is held so: what a shared block owns is shared, and
    /// what lies behind a reference is owned by somebody else.
    pub fn within(self, outer: Hold) -> Hold {
        match (self, outer) {
            (Hold::Refers, _) | (_, Hold::Refers) => Hold::Refers,
            (Hold::Shares, _) | (_, Hold::Shares) => Hold::Shares,
            (Hold::Owner, Hold::Owner) => Hold::Owner,
        }
    }
}
