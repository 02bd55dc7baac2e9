//! `LinkedList<T>`: a chain of nodes, each with its `element` and the `next` one; and what remains of
//! its iterators, which know the first node and the length as well.

use std::collections::HashSet;

use super::entries::{field, node, pointee, words};
use super::{Look, Parts, members};
use crate::base::{Unreadable, VirtAddr};
use crate::dwarf::Type;
use crate::value::HeapSpan;
use crate::value::place::Source;
use crate::value::shape::{Entries, EntriesKind};

/// Nodes that are visited for their blocks alone, when enough elements were found.
const NODES: usize = 64;

pub(super) fn is(ty: &Type) -> bool {
    ty.is_std("LinkedList") || is_iter(ty)
}

/// Whether it is an iterator, which owns no node.
fn is_iter(ty: &Type) -> bool {
    let named = ty.is_std("Iter") || ty.is_std("IterMut");
    named && ty.name.starts_with("alloc::collections::linked_list::")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let len = look.word("len")?;
    let head = look.address("head")?;
    let node = pointee(types, look.find("head")?.id);
    let node = types.get(node.ok_or_else(|| members::missing(look.ty(), "head"))?)?;
    let (element, key) = field(&node, "element")?;
    let (next, _) = field(&node, "next")?;
    let blocks = match chain(look, head, len, next, node.size.unwrap_or(0)) {
        Ok(blocks) => blocks,
        Err(reason) => return Ok(Parts::Broken(words(head, len), reason)),
    };
    let place = |block: &HeapSpan| (block.pointer + element, block.pointer + element);
    let at = blocks.iter().take(look.wanted(len)).map(place).collect();
    let blocks = if is_iter(look.ty()) { vec![] } else { blocks };
    Ok(Parts::Entries(Entries { kind: EntriesKind::List, len, key, at, blocks }))
}

/// The nodes from the head on, of which each points to the next.
fn chain(
    look: &mut Look<'_, '_>,
    head: VirtAddr,
    len: u64,
    next: u64,
    size: u64,
) -> Result<Vec<HeapSpan>, Unreadable> {
    let most = NODES.max(look.wanted(len)) as u64;
    let mut seen = HashSet::new();
    let mut blocks = Vec::new();
    let mut at = head;
    for found in 0..len.min(most) {
        if at.0 == 0 {
            return Err(look.at.invalid(&format!("its chain ends after {found} of {len} nodes")));
        }
        if !seen.insert(at) {
            return Err(look.at.invalid("its nodes lead in a circle"));
        }
        blocks.push(node(at, size));
        at = VirtAddr(look.walk.number(&Source::Memory(at + next), 8)? as u64);
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use crate::value::testing::World;

    #[test]
    fn a_list_is_read_along_its_nodes_and_owns_each_of_them() {
        let mut world = World::new();
        let u64_ = world.uint(8);
        let list = world.linked_list_of(u64_);
        world.put_words(0x5000, &[7, 0x6000, 0]);
        world.put_words(0x6000, &[8, 0, 0x5000]);
        let value = world.read_words(list, &[0x5000, 0x6000, 2]);
        assert_eq!(world.text(&value), "[7, 8]");
        let listed: Vec<_> = value
            .heap_parts()
            .into_iter()
            .map(|part| (part.path, part.pointer.0, part.capacity))
            .collect();
        let second = (".node[1]".to_owned(), 0x6000, 24);
        assert_eq!(listed, [(String::new(), 0x5000, 24), second]);
        world.limits.elements = 1;
        let value = world.read_words(list, &[0x5000, 0x6000, 2]);
        assert_eq!((world.text(&value).as_str(), value.heap_parts().len()), ("[7, … 1 more]", 2));
        let value = world.read_words(list, &[0, 0, 0]);
        assert_eq!((world.text(&value).as_str(), value.heap), ("[]", None));
    }

    #[test]
    fn a_chain_that_is_a_circle_or_too_short_is_not_believed() {
        let mut world = World::new();
        let u64_ = world.uint(8);
        let list = world.linked_list_of(u64_);
        world.put_words(0x5000, &[7, 0x5000, 0]);
        world.put_words(0x6000, &[8, 0, 0]);
        let text = |words: &[u64]| world.text(&world.read_words(list, words));
        let wrong = |what: &str| format!("<not a valid LinkedList: {what}>");
        assert_eq!(text(&[0x5000, 0x5000, u64::MAX]), wrong("its nodes lead in a circle"));
        assert_eq!(text(&[0x6000, 0x6000, 3]), wrong("its chain ends after 1 of 3 nodes"));
        assert_eq!(text(&[0xdead_0000, 0, 1]), "<unmapped>");
    }
}
