//! The part of a tree that concerns some types, functions or files.

use super::tree::{Call, Dropped, Node};
use crate::base::At;

/// What is left of nodes: those that concern one of the names, with what is in them and the calls
/// around them.
pub(super) fn only(nodes: Vec<Node>, names: &[String]) -> Vec<Node> {
    nodes.into_iter().filter_map(|node| kept(node, names)).collect()
}

fn kept(node: Node, names: &[String]) -> Option<Node> {
    let named = |text: &str| names.iter().any(|name| text.contains(&**name));
    let of_file = |at: &Option<At>| named_in(at, names);
    match node {
        Node::Call(call) if named(&call.function) || of_file(&call.at) => Some(Node::Call(call)),
        Node::Call(call) => {
            let nodes = only(call.nodes, names);
            (!nodes.is_empty()).then_some(Node::Call(Call { nodes, ..call }))
        }
        Node::Drop(drop) if named(&drop.view.type_path) => Some(Node::Drop(drop)),
        Node::Drop(drop) => {
            let nodes = only(drop.nodes, names);
            (!nodes.is_empty()).then_some(Node::Drop(Dropped { nodes, ..drop }))
        }
        Node::Deed(deed) => named(&deed.text).then_some(Node::Deed(deed)),
        Node::Rounds { first, times } => {
            let first = only(first, names);
            (!first.is_empty()).then_some(Node::Rounds { first, times })
        }
    }
}

/// Whether a place lies in a file that one of the names means.
pub(super) fn named_in(at: &Option<At>, names: &[String]) -> bool {
    at.as_ref().and_then(|at| at.file.as_deref()).is_some_and(|file| {
        // A folder that happens to be called so is not meant.
        let file = file.rsplit('/').next().unwrap_or(file);
        names.iter().any(|name| file.contains(&**name))
    })
}
