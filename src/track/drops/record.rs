//! What a source reports of a drop, complete in itself.

use std::sync::Arc;

use crate::base::{At, Range, ThreadNo, VirtAddr, Whose};
use crate::dwarf::DropPart;

/// Code that drops values of one type: a function, or an inlined call of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DropSite {
    /// Which part of a drop it is.
    pub part: DropPart,
    /// The type's full name.
    pub type_name: Arc<str>,
    /// Who wrote the type.
    pub whose: Whose,
    /// Whether the type has a `Drop::drop` of its own, as far as its code was found.
    pub implements_drop: bool,
    /// Whether the type's own `Drop::drop` is no part of this code, although the type has one: the
    /// optimiser has merged the beginning of the drop, or its end, with other code.
    pub without_body: bool,
    /// Where it is entered.
    pub entry: VirtAddr,
    /// Where its instructions lie.
    pub ranges: Vec<Range<VirtAddr>>,
    /// For an inlined call, where the function begins that has its code.
    pub inlined_into: Option<VirtAddr>,
    /// The functions to which its instructions jump, so that those return in the place of the
    /// function that has the code.
    pub jumps_to: Vec<VirtAddr>,
}

/// A thread came to the first instruction of code that drops a value.
#[derive(Clone, Debug)]
pub struct DropRecord {
    /// The thread.
    pub thread: ThreadNo,
    /// The code.
    pub site: Arc<DropSite>,
    /// The inlined drops within it that begin at the same instruction, outermost first.
    pub inner: Vec<Arc<DropSite>>,
    /// The value's address, where the parameter that holds it could be read.
    pub address: Option<VirtAddr>,
    /// The physical frames, innermost first: that of the code itself, and those that called it, as
    /// far out as the outermost drop that was open.
    pub frames: Vec<FrameSeen>,
    /// The functions that called it, inlined ones among them, innermost first, up to one of the
    /// user's at least where there is one.
    pub calls: Vec<CallSeen>,
    /// Where the value lies, as far as it could be told.
    pub place: Option<PlaceSeen>,
    /// The handles that share the value, this one included, for an `Rc`, an `Arc` or a `Weak`.
    pub count: Option<u64>,
}

/// A physical frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameSeen {
    /// Its canonical frame address.
    pub cfa: VirtAddr,
    /// An address inside the instruction at which it stands.
    pub lookup: VirtAddr,
    /// Where the function begins that it is of now.
    pub function: Option<VirtAddr>,
    /// The function that was called when it was made, as the call instruction tells. Where that is
    /// not the function that the frame is of now, a jump has led from the one to the other.
    pub called: Option<VirtAddr>,
}

/// A function that called, directly or through others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSeen {
    /// Its demangled path.
    pub function: Arc<str>,
    /// Whether the user wrote it.
    pub user: bool,
    /// Its line.
    pub at: Arc<At>,
    /// The canonical frame address of the frame that it has, or was inlined into.
    pub cfa: VirtAddr,
}

/// A place, and what its variable's scope tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaceSeen {
    /// Its name: `main::a`, `#3`.
    pub name: String,
    /// What it is.
    pub kind: PlaceKind,
    /// Whether it is concluded: in optimised code the variables that a value is moved through share
    /// their bytes with it and with others, and what passes it on by its address leaves it there.
    pub inferred: bool,
}

/// What a place is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlaceKind {
    /// A variable of the function that drops it, or a part of one, whose scope is over.
    ScopeOver,
    /// The same of a variable in scope, to which the code behind the drop writes anew.
    Overwritten,
    /// Bytes of the frame of the function that drops it, which are of no variable.
    Temporary,
    /// Another.
    Other,
}

impl PlaceSeen {
    /// A place that is certain.
    pub fn certain(name: String, kind: PlaceKind) -> PlaceSeen {
        PlaceSeen { name, kind, inferred: false }
    }
}

impl DropSite {
    /// Whether an address lies in its code.
    pub(super) fn has(&self, at: VirtAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(at))
    }
}
