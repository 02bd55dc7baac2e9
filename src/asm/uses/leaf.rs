//! What one instruction does to one value that needs to be dropped.

use super::effects::{CalleeKind, CalleeKnown, Effect, Part, Place, Taker};
use super::steps::Step;
use crate::base::{FileAddr, Range};

/// A value that is moved and dropped as a whole: a variable, or a field of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Where it is.
    pub part: Part,
    /// The bytes of it by which it owns what it owns: nothing but a new value is stored there.
    /// Empty for one that has a `Drop` of its own and nothing else.
    pub core: Vec<Part>,
    /// The variable that it is, or that it is a field of.
    pub whole: Part,
    /// Where the variable is in scope; empty for one that is so everywhere.
    pub scope: Vec<Range<FileAddr>>,
    /// The instruction that copies the value to where the variable is described to be, for one that
    /// is kept elsewhere: see `twin.rs`.
    pub(super) copied_at: Option<u64>,
    /// Cells that the address of a box is copied to before a flag tells whether its value is there.
    pub(super) aliases: Vec<Part>,
}

/// What an instruction does to a leaf.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Touch {
    /// It uses it, so that it must hold a value.
    Uses(Taker),
    /// It frees the box, whose value was moved out.
    FreesBox,
    /// It stores a new value.
    Initialises,
    /// It stores something, a new value or a new field of the one it holds.
    MayInitialise,
}

impl Leaf {
    /// A value at a place. `core` are the bytes by which it owns what it owns: nothing but a new
    /// value is stored there. `whole` is the variable that it is, or that it is a field of, and
    /// `scope` where that is in scope, empty for everywhere.
    pub fn new(part: Part, core: Vec<Part>, whole: Part, scope: Vec<Range<FileAddr>>) -> Leaf {
        Leaf { part, core, whole, scope, copied_at: None, aliases: Vec::new() }
    }

    /// What an instruction does to the leaf. One that does several things uses it before it
    /// initialises it.
    pub(super) fn touch(&self, step: &Step) -> Option<Touch> {
        if self.copied_at == Some(step.at) {
            return Some(Touch::Initialises);
        }
        let touches = step.effects.iter().filter_map(|effect| self.touched_by(effect, step.at));
        touches.min_by_key(|touch| match touch {
            Touch::Uses(_) => 0,
            Touch::FreesBox => 1,
            Touch::Initialises => 2,
            Touch::MayInitialise => 3,
        })
    }

    fn touched_by(&self, effect: &Effect, at: u64) -> Option<Touch> {
        match effect {
            Effect::Reads { by: Taker::Place(to), .. }
                if self.aliases.iter().any(|alias| alias.at == *to) =>
            {
                None
            }
            Effect::Reads { part, by } => {
                let alias = self.aliases.iter().any(|alias| alias.overlaps(part));
                (alias || self.part.overlaps(part)).then_some(Touch::Uses(*by))
            }
            Effect::Takes { at: place, by } => self.taken(*place, *by, at),
            Effect::Compares { .. } => None,
            Effect::Writes { part, direct: false, .. } => {
                self.part.overlaps(part).then_some(Touch::Uses(Taker::Elsewhere))
            }
            Effect::Writes { part, .. } if self.core.iter().any(|core| core.overlaps(part)) => {
                Some(Touch::Initialises)
            }
            Effect::Writes { part, .. } => self.part.overlaps(part).then_some(Touch::MayInitialise),
        }
    }

    fn taken(&self, place: Place, by: Taker, at: u64) -> Option<Touch> {
        let kind = match by {
            Taker::Argument { callee, .. } => callee.known.kind,
            _ => CalleeKind::Other,
        };
        match kind {
            CalleeKind::Drops { size: Some(size) } => {
                let dropped = Part { at: place, size };
                return self.part.overlaps(&dropped).then_some(Touch::Uses(by));
            }
            CalleeKind::Drops { size: None } => {
                let before = place.to(self.part.at).is_some_and(|distance| distance >= 0);
                let hits = self.part.contains(place) || (self.whole.contains(place) && before);
                return hits.then_some(Touch::Uses(by));
            }
            CalleeKind::FreesBox => return self.part.contains(place).then_some(Touch::FreesBox),
            _ => {}
        }
        let whole = place == self.whole.at;
        let result = |index, known: CalleeKnown| index == 0 && known.returns_there;
        if matches!(by, Taker::Argument { index, callee } if result(index, callee.known)) {
            return (self.part.contains(place) || whole).then_some(Touch::Initialises);
        }
        if self.is_in_scope(at) {
            // A whole variable is given away in its place; of a field a copy is made.
            let given = whole
                && matches!(by, Taker::Argument { index, callee }
                    if callee.known.takes_value_at(index));
            return (self.part.contains(place) || given).then_some(Touch::Uses(by));
        }
        // Before a variable is in scope its address is taken only to initialise it.
        (self.part.contains(place) || whole).then_some(Touch::Initialises)
    }

    /// Where control comes to the variable's declaration; none for a parameter.
    pub(super) fn declared_at(&self) -> Option<u64> {
        self.scope.iter().map(|range| range.start.0).min()
    }

    fn is_in_scope(&self, at: u64) -> bool {
        self.scope.is_empty() || self.scope.iter().any(|range| range.contains(FileAddr(at)))
    }
}
