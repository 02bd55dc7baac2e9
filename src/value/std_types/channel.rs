//! The two ends of a channel of `std::sync::mpsc`: `Sender`, `SyncSender`, `Receiver`.
//!
//! Both lead to one `Counter` with the numbers of senders and receivers and the channel itself,
//! which is an array of slots, a list of blocks of slots, or nothing but two queues of waiting
//! threads. How many messages are queued follows from the indices of the first and of the next
//! (`len` in `std::sync::mpmc::array` and `list`).

use super::behind::Fat;
use super::entries::pointee;
use super::{Look, Member, Parts, concluded, members, record_of, state};
use crate::base::{Hold, Unreadable};
use crate::dwarf::{Type, TypeKind};
use crate::value::{HeapSpan, Value, ValueKind};

pub(super) fn is(ty: &Type) -> bool {
    ["Sender", "SyncSender", "Receiver"].iter().any(|name| ty.is_std(name))
        && ty.name.starts_with("std::sync::")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let types = look.walk.reader.types;
    let flavor = look.find("flavor")?;
    let (kind, held) = look.variant_of(&flavor)?;
    let held = held.ok_or_else(|| members::missing(look.ty(), "counter"))?;
    let mut counter = members::peel(types, members::find(types, &held.ty, "counter")?);
    counter.offset = counter.offset.saturating_add(held.offset);
    let fat = look.fat(&counter)?;
    let shared = types.get(fat.to)?;
    let channel = members::find(types, &shared, "chan")?;
    let number = |n: u64| concluded("usize", ValueKind::Uint(n.into()));
    let mut told: Vec<(&'static str, Value)> = vec![("kind", concluded("Flavor", state(&kind)))];
    match &*kind {
        "Array" => {
            let (queued, capacity) = in_array(look, &fat, &channel)?;
            told.extend([("queued", number(queued)), ("capacity", number(capacity))]);
        }
        "List" => told.push(("queued", number(in_list(look, &fat, &channel)?))),
        // A channel without room passes messages from hand to hand.
        _ => {}
    }
    for name in ["senders", "receivers"] {
        let member = members::find(types, &shared, name)?;
        told.push((name, number(look.word_behind(fat.target, &member)?)));
    }
    let size = shared.size.unwrap_or(0);
    let heap = HeapSpan { pointer: fat.target, used: size, capacity: size, hold: Hold::Shares };
    Ok(Parts::Leading(record_of(look.ty(), told), heap))
}

/// A member of a member of the channel.
fn part(look: &Look<'_, '_>, outer: &Member, name: &str) -> Result<Member, Unreadable> {
    let member = members::find(look.walk.reader.types, &outer.ty, name)?;
    Ok(Member { offset: outer.offset.saturating_add(member.offset), ..member })
}

fn word(look: &mut Look<'_, '_>, fat: &Fat, outer: &Member, name: &str) -> Result<u64, Unreadable> {
    let member = part(look, outer, name)?;
    look.word_behind(fat.target, &member)
}

/// Messages in an array of slots, and its capacity. `head` and `tail` are indices below a bit that
/// marks the end of the channel, with a count of laps above it.
fn in_array(
    look: &mut Look<'_, '_>,
    fat: &Fat,
    channel: &Member,
) -> Result<(u64, u64), Unreadable> {
    let (head, tail) = (word(look, fat, channel, "head")?, word(look, fat, channel, "tail")?);
    let (mark, cap) = (word(look, fat, channel, "mark_bit")?, word(look, fat, channel, "cap")?);
    let below = mark.checked_sub(1).filter(|_| mark.is_power_of_two());
    let below = below.ok_or_else(|| look.at.invalid("its mark is not one bit"))?;
    let (first, next) = (head & below, tail & below);
    if first >= cap || next >= cap {
        return Err(look.at.invalid(&format!("an index is not below its capacity {cap}")));
    }
    let queued = match first.cmp(&next) {
        std::cmp::Ordering::Less => next.saturating_sub(first),
        std::cmp::Ordering::Greater => cap.saturating_sub(first).saturating_add(next),
        std::cmp::Ordering::Equal if tail & !mark == head => 0,
        std::cmp::Ordering::Equal => cap,
    };
    Ok((queued, cap))
}

/// Messages in a list of blocks. An index counts one more than a block has slots for each block;
/// its lowest bit is a mark.
fn in_list(look: &mut Look<'_, '_>, fat: &Fat, channel: &Member) -> Result<u64, Unreadable> {
    let types = look.walk.reader.types;
    let block = part(look, channel, "block")?;
    let block = pointee(types, block.id).ok_or_else(|| members::missing(look.ty(), "block"))?;
    let slots = members::find(types, &*types.get(block)?, "slots")?;
    let TypeKind::Array { count, .. } = slots.ty.kind else {
        return Err(members::missing(look.ty(), "slots"));
    };
    let lap = count.saturating_add(1);
    let mut messages_before = |end: &str| {
        let end = part(look, channel, end)?;
        let index = word(look, fat, &end, "index")? >> 1;
        Ok(index.saturating_sub(index.checked_div(lap).unwrap_or(0)))
    };
    let (first, next) = (messages_before("head")?, messages_before("tail")?);
    next.checked_sub(first).ok_or_else(|| look.at.invalid("it ends before it begins"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::VirtAddr;
    use crate::dwarf::{PointerFlavour, TypeRef};
    use crate::value::testing::World;

    /// A `Sender` of a kind around a channel. Its words: the kind's number (0, 1 or 2), the counter.
    /// The counter's: senders, receivers, and the channel's.
    fn sender(world: &mut World, kind: &str, channel: TypeRef) -> TypeRef {
        let word = world.uint(8);
        let fields = [("senders", word, 0), ("receivers", word, 8), ("chan", channel, 16)];
        let counter = world.record("std::sync::mpmc::counter::Counter<_>", 80, 8, &fields);
        let raw = world.pointer("*mut Counter<_>", Some(counter), PointerFlavour::Mut);
        let held =
            world.record("std::sync::mpmc::counter::Sender<_>", 8, 8, &[("counter", raw, 0)]);
        let held = world.tuple_struct(kind, 16, 8, &[(held, 8)]);
        let variants: [(&str, &[u128], _); 1] = [(kind, &[0], Some(held))];
        let flavor = "std::sync::mpmc::SenderFlavor<u8>";
        let flavor = world.enumeration(flavor, 16, 8, Some((word, 0)), &variants);
        let inner = world.record("std::sync::mpmc::Sender<u8>", 16, 8, &[("flavor", flavor, 0)]);
        world.record("std::sync::mpsc::Sender<u8>", 16, 8, &[("inner", inner, 0)])
    }

    #[test]
    fn the_messages_of_an_array_are_counted_around_its_end() {
        let mut world = World::new();
        let word = world.uint(8);
        let fields =
            [("head", word, 0), ("tail", word, 8), ("cap", word, 16), ("mark_bit", word, 24)];
        let channel = world.record("std::sync::mpmc::array::Channel<u8>", 32, 8, &fields);
        let ty = sender(&mut world, "Array", channel);
        let indices = [(1, 3), (3, 16 | 1), (2, 2), (2, 16 | 2), (2, 8 | 2), (5, 0), (0, 7)];
        for (at, (head, tail)) in (0x5000..).step_by(0x100).zip(indices) {
            // Two senders, one receiver, room for four, and the mark is the fourth bit.
            world.put_words(at, &[2, 1, head, tail, 4, 8]);
        }
        let text = |at: u64| world.text(&world.read_words(ty, &[0, at]));
        let queued = |n: u64| {
            format!("Sender {{ kind: Array, queued: {n}, capacity: 4, senders: 2, receivers: 1 }}")
        };
        let texts = [0x5000, 0x5100, 0x5200, 0x5300, 0x5400].map(text);
        assert_eq!(texts, [2, 2, 0, 4, 0].map(queued));
        let wrong = "<not a valid Sender: an index is not below its capacity 4>";
        assert_eq!([text(0x5500), text(0x5600)], [wrong, wrong]);
        assert_eq!(text(0x9000), "<unmapped>");
    }

    #[test]
    fn the_messages_of_a_list_are_counted_without_the_ends_of_its_blocks() {
        let mut world = World::new();
        let (word, slot) = (world.uint(8), world.uint(8));
        let slots = world.array(slot, 31);
        let block =
            world.record("std::sync::mpmc::list::Block<u8>", 256, 8, &[("slots", slots, 8)]);
        let raw = world.pointer("*mut Block<u8>", Some(block), PointerFlavour::Mut);
        let fields = [("index", word, 0), ("block", raw, 8)];
        let position = world.record("std::sync::mpmc::list::Position<u8>", 16, 8, &fields);
        let fields = [("head", position, 0), ("tail", position, 16)];
        let channel = world.record("std::sync::mpmc::list::Channel<u8>", 32, 8, &fields);
        let ty = sender(&mut world, "List", channel);
        // Thirty messages were taken and sixty-two sent: two whole blocks.
        world.put_words(0x5000, &[1, 1, 30 << 1 | 1, 0, 64 << 1, 0]);
        // The last block is full, and the next is not there yet: 31 stands for 32.
        world.put_words(0x6000, &[1, 0, 0, 0, 31 << 1 | 1, 0]);
        world.put_words(0x7000, &[1, 1, 9 << 1, 0, 3 << 1, 0]);
        let text = |at: u64| world.text(&world.read_words(ty, &[0, at]));
        assert_eq!(text(0x5000), "Sender { kind: List, queued: 32, senders: 1, receivers: 1 }");
        assert_eq!(text(0x6000), "Sender { kind: List, queued: 31, senders: 1, receivers: 0 }");
        assert_eq!(text(0x7000), "<not a valid Sender: it ends before it begins>");
        let heap = world.read_words(ty, &[0, 0x5000]).heap;
        assert_eq!(
            heap.map(|heap| (heap.pointer, heap.hold)),
            Some((VirtAddr(0x5000), Hold::Shares))
        );
    }
}
