//! What the commands that look at the program answer.

use serde::Serialize;

use super::answer::{Answer, SourceText};
use crate::base::{Event, Seq};
use crate::session::{
    Answered, BlockDetail, ContextView, Disassembly, DropsView, Dump, Frame, HeapView, Leaks,
    LibraryView, LineCodeView, MapView, Names, OwnerPath, RecordedValue, RegistersView,
    ScopeVariable, SignalRow, Slots, SymbolView, ThreadView, Why,
};
use crate::track::{NotRead, Story};
use crate::value::layout::TypeLayout;

/// What was found. `addresses` says whether addresses are to be printed as numbers; the JSON form
/// has them always.
#[derive(Serialize)]
#[serde(tag = "answer", content = "data", rename_all = "snake_case")]
pub enum Looked {
    /// The registers of a frame.
    Registers {
        /// The registers.
        #[serde(flatten)]
        view: RegistersView,
        /// Whether addresses are printed.
        #[serde(skip)]
        addresses: bool,
    },
    /// Memory, in units.
    Memory {
        /// The memory.
        #[serde(flatten)]
        dump: Dump,
        /// Whether addresses are printed.
        #[serde(skip)]
        addresses: bool,
    },
    /// Machine code.
    Code(CodeListing),
    /// Frames with their slots.
    Slots(Slots),
    /// The blocks of the heap.
    Heap {
        /// The blocks.
        #[serde(flatten)]
        view: HeapView,
        /// Whether addresses are printed.
        #[serde(skip)]
        addresses: bool,
    },
    /// One block.
    Block {
        /// The block.
        #[serde(flatten)]
        block: Box<BlockDetail>,
        /// Whether addresses are printed.
        #[serde(skip)]
        addresses: bool,
    },
    /// Who owns a block.
    Owner(OwnerPath),
    /// What happened to a block.
    History(Box<Story>),
    /// What nothing keeps.
    Leaks(Leaks),
    /// Why a value is dead or alive.
    Why(Why),
    /// What was dropped.
    Drops(DropsView),
    /// The threads.
    Threads(Vec<ThreadView>),
    /// What a command answered for several threads.
    Applied(Vec<Applied>),
    /// What is done with signals.
    Signals(Vec<SignalRow>),
    /// The map of the memory.
    Maps {
        /// The mappings.
        maps: Vec<MapView>,
        /// Whether addresses are printed.
        #[serde(skip)]
        addresses: bool,
    },
    /// The libraries that are loaded.
    Libraries {
        /// The libraries.
        libraries: Vec<LibraryView>,
        /// Whether addresses are printed.
        #[serde(skip)]
        addresses: bool,
    },
    /// Names of functions, types or variables.
    Names(Names),
    /// The code of a line.
    Lines(Vec<LineCodeView>),
    /// A symbol.
    Symbol(SymbolView),
    /// The variables of functions, by function.
    Scope(Vec<(String, Vec<ScopeVariable>)>),
    /// The declaration of a type.
    Type {
        /// Its layout.
        layout: Box<TypeLayout>,
        /// Whether offsets and sizes are printed.
        #[serde(skip)]
        offsets: bool,
    },
    /// The types that a name may mean.
    Types {
        /// The name.
        name: String,
        /// The types.
        instances: Vec<TypeLayout>,
    },
    /// The name of a type.
    TypeName(String),
    /// What is shown at each stop, as it is now.
    Displays(Vec<Displayed>),
    /// Where the program stands.
    Context(Box<ContextShown>),
    /// What was recorded.
    Events(EventList),
    /// The moment of the past that was gone to.
    Moment(Box<MomentShown>),
    /// What was recorded of a variable.
    Recorded(RecordedValue),
    /// Facts, each with its name.
    Facts(Vec<(String, String)>),
}

/// Events that were recorded, without their pictures.
#[derive(Serialize)]
pub struct EventList {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether more of what was asked for comes before them.
    pub more: bool,
    /// The first event that is kept.
    pub first: Seq,
    /// The last event.
    pub last: Seq,
    /// The event after which the moment is that is looked at, in the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Seq>,
    /// What is missing at the beginning, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<String>,
    /// Events that cannot be read back, where some of those asked for may be among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<NotRead>,
}

/// A moment of the past.
#[derive(Serialize)]
pub struct MomentShown {
    /// The event after which it is, without its picture.
    pub event: Event,
    /// The frame that is looked at, where there is a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
    /// The line of the event, or of the frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceText>,
}

/// Machine code with its source.
#[derive(Serialize)]
pub struct CodeListing {
    /// The pieces of code.
    pub pieces: Vec<Disassembly>,
    /// The lines of source that they are made of, where those were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceLineText>,
    /// How it is printed.
    #[serde(skip)]
    pub style: CodeStyle,
}

/// How code is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CodeStyle {
    /// The bytes of each instruction.
    pub bytes: bool,
    /// Lines of source between the instructions.
    pub source: bool,
    /// In the order of the source instead of that of the addresses.
    pub by_line: bool,
    /// Addresses as numbers.
    pub addresses: bool,
}

/// A line of source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SourceLineText {
    /// The path of its file, as the debug information gives it.
    pub file: String,
    /// Its number.
    pub line: u32,
    /// The line; none where the file cannot be read.
    pub text: Option<String>,
}

/// What a command answered for one thread.
#[derive(Serialize)]
pub struct Applied {
    /// The thread.
    pub thread: ThreadView,
    /// What it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// Why it could not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Something that is shown at each stop.
#[derive(Serialize)]
pub struct Displayed {
    /// Its number.
    pub no: usize,
    /// The expression, with how it is shown in front.
    pub expression: String,
    /// What it is worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Box<Answered>>,
    /// The code or memory that it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked: Option<Box<Looked>>,
    /// Why it has no value here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Where the program stands, with the source around.
#[derive(Serialize)]
pub struct ContextShown {
    /// The source around the line, where it can be read.
    pub source: Option<SourceText>,
    /// Stack, heap and events.
    #[serde(flatten)]
    pub view: ContextView,
}
