//! What a thread did, as a tree: calls, what they did to blocks, what they dropped. What repeats is
//! folded while it is built, so that a loop of a million rounds takes the room of one.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::base::{At, BlockId, DropView, Seq};

/// How many nodes in a row are compared with those before them: a loop can make several calls.
const LONGEST_ROUND: usize = 6;

/// How many elements of a vector are told one by one, whatever becomes of them.
const ELEMENTS_TOLD: u64 = 8;

/// Something that a thread did.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A call of one of the user's functions.
    Call(Call),
    /// The drop of a value.
    Drop(Dropped),
    /// Something that takes one line.
    Deed(Deed),
    /// What was done several times in a row, as it was the first time.
    Rounds {
        /// The first round.
        first: Vec<Node>,
        /// How many rounds there were.
        times: u64,
    },
}

/// A call.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    /// The function's full path.
    pub function: String,
    /// Where it was entered.
    pub at: Option<At>,
    /// What it did.
    pub nodes: Vec<Node>,
}

/// The drop of a value.
#[derive(Clone, Debug)]
pub(super) struct Dropped {
    /// The event's number.
    pub seq: Seq,
    /// What the event says.
    pub view: DropView,
    /// The user's line.
    pub at: Option<At>,
    /// The blocks that it freed itself, with their sizes.
    pub frees: Vec<(BlockId, u64)>,
    /// What it dropped and called in turn.
    pub nodes: Vec<Node>,
}

/// What was done to a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Verb {
    /// A block began.
    Allocates,
    /// A block changed its size.
    Grows,
    /// A parameter owns a block.
    Receives,
    /// A parameter of a function that is called refers to a block.
    Lends,
    /// A block went to a place of another function.
    Gives,
    /// A block went to another place of the same function.
    Moves,
    /// A block goes to the caller with the value that is returned.
    Returns,
    /// A block ended, and no drop that is known did it.
    Frees,
}

/// How something is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// It was seen.
    Observed,
    /// It is concluded.
    Inferred,
    /// Optimised code does not tell whether the place that is named still had it.
    Perhaps,
}

/// Something that takes one line.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    /// What was done.
    pub verb: Verb,
    /// The block.
    pub block: BlockId,
    /// What else there is to say.
    pub text: String,
    /// How it is known.
    pub known: Known,
    /// The user's line.
    pub at: Option<At>,
}

impl Node {
    /// A number that is the same for what looks the same but for the ordinals of blocks.
    fn shape(&self) -> u64 {
        if let Node::Rounds { first, times } = self {
            return shape_of_rounds(&shapes(first), *times);
        }
        let mut hasher = DefaultHasher::new();
        self.hash_shape(&mut hasher);
        hasher.finish()
    }

    fn hash_shape(&self, hasher: &mut DefaultHasher) {
        std::mem::discriminant(self).hash(hasher);
        match self {
            Node::Call(call) => (&call.function, &call.at, shapes(&call.nodes)).hash(hasher),
            Node::Drop(drop) => {
                let view = &drop.view;
                (&view.type_path, view.place.as_deref().map(without_ordinals)).hash(hasher);
                let sizes: Vec<u64> = drop.frees.iter().map(|(_, size)| *size).collect();
                (view.unwinding, &drop.at, sizes, shapes(&drop.nodes)).hash(hasher);
                view.count.map(|count| (count.before, count.after)).hash(hasher);
            }
            Node::Deed(deed) => {
                (deed.verb, without_ordinals(&deed.text), &deed.at).hash(hasher);
            }
            Node::Rounds { .. } => self.shape().hash(hasher),
        }
    }
}

fn shapes(nodes: &[Node]) -> Vec<u64> {
    nodes.iter().map(Node::shape).collect()
}

/// The shape of rounds, from those of the nodes of the first.
fn shape_of_rounds(first: &[u64], times: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (first, times).hash(&mut hasher);
    hasher.finish()
}

/// A text with each `#12` as `#`, and each `[12]` as `[]` but for those of the first elements: blocks
/// and the many elements of a vector that are treated alike are told once.
pub(super) fn without_ordinals(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(mark) = rest.find(['#', '[']) {
        let (before, behind) = rest.split_at(mark + 1);
        plain.push_str(before);
        let digits = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = behind.split_at(digits);
        let is_far = number.parse::<u64>().map_or(digits > 0, |index| index >= ELEMENTS_TOLD);
        let is_ordinal = before.ends_with('#') || (after.starts_with(']') && is_far);
        rest = if is_ordinal { after } else { behind };
    }
    plain + rest
}

/// The nodes of a call, with the shape of each beside it, so that none is looked at twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    shapes: Vec<u64>,
}

impl Nodes {
    /// Adds a node, or folds it into those before it where they did the same.
    pub fn push(&mut self, node: Node) {
        self.shapes.push(node.shape());
        self.nodes.push(node);
        for round in 1..=LONGEST_ROUND {
            if self.folds(round) {
                return;
            }
        }
    }

    /// The nodes.
    pub fn into_vec(self) -> Vec<Node> {
        self.nodes
    }

    /// Folds the last so many nodes into the round before them, where they did the same.
    fn folds(&mut self, round: usize) -> bool {
        let Some(start) = self.nodes.len().checked_sub(round) else { return false };
        let Some(last) = self.shapes.get(start..).map(<[u64]>::to_vec) else { return false };
        let before = start.checked_sub(1);
        let before =
            before.and_then(|at| Some((self.nodes.get_mut(at)?, self.shapes.get_mut(at)?)));
        if let Some((Node::Rounds { times, .. }, shape)) = before
            && *shape == shape_of_rounds(&last, *times)
        {
            *times = times.saturating_add(1);
            *shape = shape_of_rounds(&last, *times);
            self.nodes.truncate(start);
            self.shapes.truncate(start);
            return true;
        }
        let Some(before) = start.checked_sub(round) else { return false };
        if self.shapes.get(before..start) != Some(&last) {
            return false;
        }
        self.nodes.truncate(start);
        let first = self.nodes.split_off(before);
        self.nodes.push(Node::Rounds { first, times: 2 });
        self.shapes.truncate(before);
        self.shapes.push(shape_of_rounds(&last, 2));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: &str) -> Node {
        Node::Call(Call { function: function.into(), ..Call::default() })
    }

    fn folded(functions: &str) -> String {
        let mut nodes = Nodes::default();
        functions.chars().for_each(|c| nodes.push(call(&c.to_string())));
        fn text(nodes: &[Node]) -> String {
            let one = |node: &Node| match node {
                Node::Call(call) => call.function.clone(),
                Node::Rounds { first, times } => format!("({})*{times}", text(first)),
                other => panic!("{other:?}"),
            };
            nodes.iter().map(one).collect()
        }
        text(&nodes.into_vec())
    }

    #[test]
    fn what_repeats_is_folded_in_rounds_of_several_calls() {
        assert_eq!(folded("abc"), "abc");
        assert_eq!(folded("aaaa"), "(a)*4");
        assert_eq!(folded("xabababy"), "x(ab)*3y");
        assert_eq!(folded("abcabcabcd"), "(abc)*3d");
        assert_eq!(folded("abbcabbcabbc"), "(a(b)*2c)*3");
        assert_eq!(folded("abbcabbbc"), "a(b)*2ca(b)*3c");
    }

    #[test]
    fn blocks_are_alike_whatever_their_numbers() {
        assert_eq!(without_ordinals("#3[1] → f::x #41"), "#[1] → f::x #");
        assert_eq!(without_ordinals("#3[12].a[8]: [u8; 16]"), "#[].a[]: [u8; 16]");
        assert_eq!(without_ordinals("[7][99999999999999999999][] #"), "[7][][] #");
        let mut nodes = Nodes::default();
        for block in 1..=3 {
            let deed = Deed {
                verb: Verb::Allocates,
                block: BlockId(block),
                text: "16 B".into(),
                known: Known::Observed,
                at: None,
            };
            nodes.push(Node::Deed(deed));
        }
        assert!(matches!(nodes.into_vec()[..], [Node::Rounds { times: 3, .. }]));
    }
}
