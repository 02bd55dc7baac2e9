//! What commands answer: data, for `front` to print.

use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::looked::{ContextShown, Displayed, Looked};
use super::{Command, Topic};
use crate::base::{Borrow, Shown, Split, Unreadable};
use crate::session::{Answered, Breakpoint, Frame, Halt, PastMoment, Skip, Whereabouts};
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
    /// What steps run through.
    Skips(Vec<Skip>),
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
    /// Names, and what there is to say of each.
    Rows(Vec<(String, String)>),
    /// What a command answered from the recording of a moment of the past.
    Past {
        /// The moment.
        moment: PastMoment,
        /// What it answered.
        answer: Box<Answer>,
    },
    /// Commands to run next.
    Script(Vec<ScriptLine>),
    /// A program to run next.
    Program(Program),
    /// The commands of this session are to be written to a file.
    Transcript(PathBuf),
    /// The commands, by topic.
    Commands,
    /// The commands of a topic.
    Topic(Topic),
    /// One command.
    Help(#[serde(serialize_with = "command_name")] &'static Command),
    /// What one of the commands found that look at the program; the JSON form has its own names.
    #[serde(untagged)]
    Looked(Looked),
}

/// A program of Rhai.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Program {
    /// The file, as it was named.
    pub file: String,
    /// What is in it.
    pub text: String,
}

/// A command of a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ScriptLine {
    /// The file, as it was named.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
    /// The command.
    pub text: String,
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
    /// Whether that is the frame that the command began in.
    pub same_frame: bool,
    /// What the call that was run to its end has returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned: Option<Box<Answered>>,
    /// Why that value cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<Unreadable>,
    /// The command that the halt has kept from its end: `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<&'static str>,
    /// What is shown at each stop.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub displays: Vec<Displayed>,
    /// Source, stack, heap and events, where they are shown at each stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Box<ContextShown>>,
}

/// Frames of a thread.
#[derive(Serialize)]
pub struct Listing {
    /// The frames that are listed, innermost first.
    pub frames: Vec<FrameShown>,
    /// Frames that stand between those and are not listed one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folded: Vec<Folded>,
    /// How many there are beyond those.
    pub more: usize,
    /// Whether the outermost frames were asked for, so that those left out are inner ones.
    #[serde(skip)]
    pub outermost: bool,
    /// Why unwinding ended before the outermost frame, where it did.
    pub cut: Option<String>,
    /// The number of the frame that is looked at.
    pub selected: usize,
}

/// A frame that is listed.
#[derive(Serialize)]
pub struct FrameShown {
    /// The frame.
    #[serde(flatten)]
    pub frame: Frame,
    /// Its variables, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locals: Option<Vec<VariableShown>>,
}

/// Frames in a row that are not listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Folded {
    /// The number of the first.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// Whose they are: `std`, `dependencies`, `C`.
    pub whose: Vec<&'static str>,
    /// Whether they are at work on a panic.
    pub panicking: bool,
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
    /// The references into its value that others hold, the innermost holder first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub borrowed: Vec<Borrow>,
    /// Why nothing tells whether its value was moved or dropped, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

fn command_name<S: Serializer>(command: &&Command, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(command.name)
}
