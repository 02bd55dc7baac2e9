//! What commands answer: data, for `front` to print.

use serde::{Serialize, Serializer};

use super::Command;
use crate::base::{Shown, Split, Unreadable};
use crate::session::{Answered, Breakpoint, Frame, Halt, Whereabouts};
use crate::value::Pretty;

/// What a command answers.
#[derive(Serialize)]
#[serde(tag = "answer", content = "data", rename_all = "snake_case")]
pub enum Answer {
    /// There is nothing to say.
    Nothing,
    /// The session is over.
    Quit,
    /// A sentence.
    Said(String),
    /// A breakpoint was set.
    Breakpoint(Breakpoint),
    /// The breakpoints that there are.
    Breakpoints(Vec<Breakpoint>),
    /// The program stands still, or has ended.
    Stopped(Stopped),
    /// Frames of a thread.
    Backtrace(Listing),
    /// The frame that is looked at now, with its source.
    Frame(Frame, Option<SourceText>),
    /// Lines of source.
    Source(SourceText),
    /// Variables of a frame.
    Variables(Vec<VariableShown>),
    /// What an expression is worth.
    Value(Box<Answered>),
    /// Where the bytes of the value of an expression are.
    Split {
        /// The expression.
        name: String,
        /// The bytes.
        split: Split,
    },
    /// Where a value is.
    Where(Whereabouts),
    /// The commands, by topic.
    Commands,
    /// One command.
    Help(#[serde(serialize_with = "command_name")] &'static Command),
}

/// Where the program stands still.
#[derive(Serialize)]
pub struct Stopped {
    /// Why.
    #[serde(flatten)]
    pub halt: Halt,
    /// The frame that is looked at; none where the process has ended.
    pub frame: Option<Frame>,
    /// The line that it stands at.
    pub source: Option<SourceText>,
}

/// Frames of a thread.
#[derive(Serialize)]
pub struct Listing {
    /// The frames, innermost first.
    pub frames: Vec<Frame>,
    /// How many there are beyond those.
    pub more: usize,
    /// Why unwinding ended before the outermost frame, where it did.
    pub cut: Option<String>,
    /// The number of the frame that is looked at.
    pub selected: usize,
}

/// Lines of a source file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SourceText {
    /// The path of the file, as the debug information gives it.
    pub file: String,
    /// The number of the first line.
    pub first: u32,
    /// The lines.
    pub lines: Vec<String>,
    /// The line that the frame stands at.
    pub current: Option<u32>,
}

/// Columns by which a value in lines of its own stands further in than the name of its variable.
pub const INDENT: usize = 4;

/// A variable of a frame.
#[derive(Serialize)]
pub struct VariableShown {
    /// Its name.
    pub name: String,
    /// The expression that means it: its name, or `s@1` for one that another `s` hides.
    pub expression: String,
    /// Its type, without module paths.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// The value, where there is one and the settings ask for its parts.
    pub value: Option<Shown>,
    /// The same in lines of the width of the page without [`INDENT`].
    #[serde(skip)]
    pub pretty: Option<Pretty>,
    /// Why there is none.
    pub unreadable: Option<Unreadable>,
    /// Whether another variable of the same name hides it.
    pub shadowed: bool,
}

fn command_name<S: Serializer>(command: &&Command, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(command.name)
}
