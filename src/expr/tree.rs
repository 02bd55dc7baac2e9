//! An expression once it was understood: what is evaluated, ten thousand times if need be.

use std::ops::Range;
use std::sync::Arc;

use super::integer::Integer;
use super::scalar::Float;
use super::scope::{History, Which};
use super::types::TypeName;
use crate::dwarf::PointerFlavour;

/// A part of the text, in bytes.
pub(super) type Span = Range<usize>;

/// An expression, and where it stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Unit,
    Bool(bool),
    Char(char),
    Int(Integer),
    Float(Float),
    Text(Arc<str>),
    Bytes(Arc<[u8]>),
    /// A variable, or something of several segments.
    Path(Path),
    Register(String),
    History(History),
    Unary(Unary, Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Field(Box<Node>, Arc<str>),
    Index(Box<Node>, Box<Node>),
    Range(Ends),
    Cast(Box<Node>, TypeName),
    Tuple(Vec<Node>),
    Array(Vec<Node>),
    /// A variant or struct with its fields.
    Construct {
        path: Path,
        fields: Vec<(Arc<str>, Node)>,
        tuple: bool,
    },
    Method {
        of: Box<Node>,
        name: String,
        args: Vec<Node>,
        name_span: Span,
    },
    If {
        condition: Box<Node>,
        then: Box<Node>,
        otherwise: Box<Node>,
    },
    Let(Pattern, Box<Node>),
    Matches {
        of: Box<Node>,
        pattern: Pattern,
        guard: Option<Box<Node>>,
    },
    SizeOf(Measured),
    AlignOf(Measured),
    TypeOf(Box<Node>),
}

/// A path of one segment or more, without generic arguments.
#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    pub(super) which: Which,
}

/// What has a size.
#[derive(Clone, Debug)]
pub(super) enum Measured {
    Type(TypeName),
    /// An expression, or the name of a type that reads like one.
    Node(Box<Node>),
}

#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub(super) start: Option<Box<Node>>,
    pub(super) end: Option<Box<Node>>,
    pub(super) inclusive: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unary {
    Not,
    Negate,
    Deref,
    AddressOf(PointerFlavour),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A pattern, and where it stands in the text.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) kind: PatternKind,
    pub(super) span: Span,
}

#[derive(Clone, Debug)]
pub(super) enum PatternKind {
    Anything,
    /// `..` among the parts of another pattern.
    Rest,
    /// A name: a variant without data, a constant, or a binding.
    Name(Arc<str>, Option<Box<Pattern>>),
    /// A value to be equal to.
    Value(Box<Node>),
    Range(Ends),
    Either(Vec<Pattern>),
    Tuple(Vec<Pattern>),
    Slice(Vec<Pattern>),
    /// A variant or struct with patterns for its fields.
    Fields {
        path: Path,
        fields: Vec<(Arc<str>, Pattern)>,
    },
    /// A variant or struct with patterns for its fields in their order.
    Parts {
        path: Path,
        parts: Vec<Pattern>,
    },
    Path(Path),
}

impl Binary {
    /// How it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Sub => "-",
            Binary::Mul => "*",
            Binary::Div => "/",
            Binary::Rem => "%",
            Binary::BitAnd => "&",
            Binary::BitOr => "|",
            Binary::BitXor => "^",
            Binary::Shl => "<<",
            Binary::Shr => ">>",
        }
    }
}

impl Path {
    /// A path of one segment.
    pub(super) fn of(name: &str) -> Path {
        Path { segments: vec![name.to_owned()], which: Which::Innermost }
    }

    /// As it is written.
    pub(super) fn text(&self) -> String {
        self.segments.join("::")
    }

    /// The last segment.
    pub(super) fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }
}
