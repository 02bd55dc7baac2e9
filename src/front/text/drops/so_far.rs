//! Drops that are listed by themselves, without the calls that they belong to.

use super::builder::Builder;
use super::only::named_in;
use super::render::Renderer;
use super::tree::{Dropped, Node};
use super::{Line, thread};
use crate::base::Event;

/// The drops among some events, thread by thread; those alone that concern one of some types,
/// functions and files, where there are such.
pub(in crate::front::text) fn drawn(events: &[Event], only: &[String], width: usize) -> Vec<Line> {
    let mut builder = Builder::default();
    events.iter().for_each(|event| builder.event(event));
    let trees = builder.finish();
    let several = trees.len() > 1;
    let mut renderer = Renderer { width, lines: Vec::new() };
    for (no, nodes) in trees {
        let nodes = if only.is_empty() { nodes } else { kept(nodes, only) };
        if nodes.is_empty() {
            continue;
        }
        if several {
            renderer.lines.push(thread(no, &nodes));
        }
        renderer.nodes(&nodes);
    }
    renderer.lines
}

/// The drops that concern one of the names, and those around them.
fn kept(nodes: Vec<Node>, names: &[String]) -> Vec<Node> {
    let one = |node: Node| match node {
        Node::Drop(drop) if concerns(&drop, names) => Some(Node::Drop(drop)),
        Node::Drop(drop) => {
            let nodes = kept(drop.nodes, names);
            (!nodes.is_empty()).then_some(Node::Drop(Dropped { nodes, ..drop }))
        }
        Node::Rounds { first, times } => {
            let first = kept(first, names);
            (!first.is_empty()).then_some(Node::Rounds { first, times })
        }
        Node::Call(_) | Node::Deed(_) => None,
    };
    nodes.into_iter().filter_map(one).collect()
}

fn concerns(drop: &Dropped, names: &[String]) -> bool {
    let function = drop.at.as_ref().map_or("", |at| &at.function);
    names.iter().any(|name| drop.view.type_path.contains(&**name) || function.contains(&**name))
        || named_in(&drop.at, names)
}
