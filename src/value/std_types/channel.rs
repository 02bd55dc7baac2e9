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
