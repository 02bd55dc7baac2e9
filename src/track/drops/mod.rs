//! Drops in their order: which of them are the program's own, and which encloses which.
//!
//! A drop has begun at the first instruction of what drops the value, and is over when the frame in
//! which that runs is gone, or stands outside of its code. Nothing marks its end, so that one stop a
//! drop is enough; whether it is over is found out at the next record of its thread.

mod callers;
mod record;
mod types;

use std::collections::HashMap;
use std::sync::Arc;

pub use callers::is_direct;
pub use record::{CallSeen, DropRecord, DropSite, FrameSeen, PlaceKind, PlaceSeen};
pub use types::{crate_of_type, is_owner, plain_name};

use crate::base::{At, DropCause, DroppedPart, HandleCount, Seq, ThreadNo, VirtAddr, Whose};
use crate::dwarf::{DropPart, TypeRef, dropped_by};
use types::is_same_type;

/// The drops of a program that have begun and are not over, from records alone.
#[derive(Debug, Default)]
pub struct Drops {
    threads: HashMap<ThreadNo, Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Outermost first.
    drops: Vec<OpenDrop>,
    /// Those that ended last, before another has begun.
    ended: Vec<OpenDrop>,
    /// How many panics unwind the thread.
    panics: u32,
}

/// A drop that has begun.
#[derive(Clone, Debug)]
pub struct OpenDrop {
    /// The code that it runs in.
    pub site: Arc<DropSite>,
    /// The canonical frame address of the frame that it runs in.
    pub cfa: VirtAddr,
    /// The value's address.
    pub address: Option<VirtAddr>,
    /// The name of its place.
    pub place: Option<String>,
    /// Whether that is concluded, and not certain.
    pub place_inferred: bool,
    /// The type as the debug information describes it; it is for whoever looks at parts of the value.
    pub ty: Option<TypeRef>,
    /// The event that tells of it; none where it is not shown.
    pub seq: Option<Seq>,
    /// The user's line.
    at: Option<Arc<At>>,
    /// Whether its type's own `Drop::drop` was seen.
    body: bool,
    /// Whether a part of the value was seen to be dropped.
    parts: bool,
    /// Whether it is that of the value whose drop is open around it.
    again: bool,
}

/// A drop that is to be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DropSeen {
    /// Which part of it begins.
    pub part: DroppedPart,
    /// The event of the innermost drop that encloses it.
    pub within: Option<Seq>,
    /// How many that are shown enclose it.
    pub depth: u32,
    /// The user's line.
    pub at: Option<Arc<At>>,
    /// What brought it about.
    pub cause: Option<DropCause>,
    /// Whether its thread unwinds.
    pub unwinding: bool,
    /// The name of its place.
    pub place: Option<String>,
    /// Whether that is concluded, and not certain.
    pub place_inferred: bool,
    /// The handles that share the value.
    pub count: Option<HandleCount>,
}

impl Drops {
    /// Takes in that a drop begins. `seq` is the number that the event will have, if it is shown.
    pub fn begins(
        &mut self,
        record: &DropRecord,
        ty: Option<TypeRef>,
        seq: Seq,
    ) -> Option<DropSeen> {
        let open = self.threads.entry(record.thread).or_default();
        open.end_before(&record.site, &record.frames);
        open.end_gone(&record.frames);
        let cfa = record.frames.first()?.cfa;
        let mut ended = std::mem::take(&mut open.ended);
        let rest = rest_of(record, &ended).and_then(|index| ended.drain(..=index).next_back());
        if let Some(outer) = open.same_value(record).cloned().or(rest) {
            // Of what it enclosed, this code may have the rest, too.
            open.ended = ended;
            let (site, address) = (record.site.clone(), record.address.or(outer.address));
            open.drops.push(OpenDrop { site, cfa, address, again: true, ..outer });
            return None;
        }
        let part = open.part_of(record);
        let shown = open.is_shown(record);
        let enclosing = open.drops.iter().rev().find(|drop| drop.seq.is_some());
        let user_line = record.calls.iter().find(|call| call.user).map(|call| call.at.clone());
        let at = match open.drops.last() {
            Some(outer) if !user_within(record, outer) => outer.at.clone().or(user_line),
            _ => user_line,
        };
        let at = at.or_else(|| record.calls.first().map(|call| call.at.clone()));
        let within = enclosing.and_then(|drop| drop.seq);
        let depth = open.drops.iter().filter(|drop| drop.seq.is_some() && !drop.again).count();
        let own = || record.place.as_ref().map(|place| (place.name.clone(), place.inferred));
        let values = || {
            let value = open.drops.last()?;
            Some((value.place.clone()?, value.place_inferred))
        };
        let place = match part {
            DroppedPart::Value => own(),
            DroppedPart::Body => values(),
        };
        let place_inferred = place.as_ref().is_some_and(|(_, inferred)| *inferred);
        let place = place.map(|(name, _)| name);
        let seen = DropSeen {
            part,
            within,
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
            at: at.clone(),
            cause: callers::cause(record).filter(|_| part == DroppedPart::Value),
            unwinding: open.panics > 0,
            place: place.clone(),
            place_inferred,
            count: record
                .count
                .map(|before| HandleCount { before, after: before.saturating_sub(1) }),
        };
        if let Some(outer) = open.drops.last_mut() {
            outer.body |= part == DroppedPart::Body;
            outer.parts |= part == DroppedPart::Value;
        }
        open.drops.push(OpenDrop {
            site: record.site.clone(),
            cfa,
            address: record.address,
            place,
            place_inferred,
            ty,
            seq: shown.then_some(seq),
            at,
            // Where glue was not seen, the type's own `drop` stands for the whole drop.
            body: record.site.part == DropPart::Body,
            parts: false,
            again: false,
        });
        shown.then_some(seen)
    }

    /// The innermost drop of a thread that encloses one that is about to begin. `frames` are its
    /// frames as in [`DropRecord::frames`].
    pub fn enclosing(
        &mut self,
        thread: ThreadNo,
        site: &Arc<DropSite>,
        frames: &[FrameSeen],
    ) -> Option<&OpenDrop> {
        let open = self.threads.get_mut(&thread)?;
        open.end_before(site, frames);
        open.end_gone(frames);
        open.drops.last()
    }

    /// The event of the innermost drop that is shown and not over.
    pub fn innermost_shown(&mut self, thread: ThreadNo, frames: &[FrameSeen]) -> Option<Seq> {
        let open = self.threads.get_mut(&thread)?;
        open.end_gone(frames);
        open.drops.iter().rev().find_map(|drop| drop.seq)
    }

    /// Whether a drop of a thread runs in a frame: then those around it are not over either. One in
    /// the code that is `entered` anew there is over, with all within it.
    pub fn is_live(
        &self,
        thread: ThreadNo,
        frame: &FrameSeen,
        entered: Option<&Arc<DropSite>>,
    ) -> bool {
        let Some(open) = self.threads.get(&thread) else { return false };
        let ends = entered.and_then(|site| open.begun_before(site, frame));
        let kept = open.drops.get(..ends.unwrap_or(open.drops.len())).unwrap_or_default();
        kept.iter().any(|drop| drop.runs_in(frame))
    }

    /// The outermost frame that must be known to tell which drops of a thread are over.
    pub fn outermost_frame(&self, thread: ThreadNo) -> Option<VirtAddr> {
        self.threads.get(&thread)?.drops.iter().map(|drop| drop.cfa).max()
    }

    /// A thread begins to unwind.
    pub fn panic_began(&mut self, thread: ThreadNo) {
        let open = self.threads.entry(thread).or_default();
        open.panics = open.panics.saturating_add(1);
    }

    /// A panic of a thread was caught.
    pub fn panic_caught(&mut self, thread: ThreadNo) {
        let open = self.threads.entry(thread).or_default();
        open.panics = open.panics.saturating_sub(1);
    }

    /// A thread ended.
    pub fn thread_ended(&mut self, thread: ThreadNo) {
        self.threads.remove(&thread);
    }
}

/// Whether a function of the user's stands between a drop that is open and the record: then that has
/// the line, and not the line of the open drop.
fn user_within(record: &DropRecord, outer: &OpenDrop) -> bool {
    if outer.site.part == DropPart::Body {
        return true;
    }
    let is_outer = |call: &CallSeen| {
        call.cfa == outer.cfa
            && dropped_by(&call.function).is_some_and(|(part, _)| part == DropPart::Glue)
    };
    let within = record.calls.iter().take_while(|call| call.cfa <= outer.cfa && !is_outer(call));
    within.into_iter().any(|call| call.user)
}

/// The drop of which the code of a record is the rest, among those that have just ended: the type's
/// own `drop` has run in it, or in one that it enclosed, no part of that value was dropped yet, and
/// what begins now in the same frame, on the same line, has no `drop` of its own.
fn rest_of(record: &DropRecord, ended: &[OpenDrop]) -> Option<usize> {
    let cfa = record.frames.first()?.cfa;
    let line = record.calls.iter().find(|call| call.user).map(|call| &call.at);
    let is_it = |drop: &OpenDrop, site: &DropSite| {
        drop.site.part == DropPart::Glue
            && (&drop.site.type_name, drop.cfa) == (&site.type_name, cfa)
            && drop.site.inlined_into == site.inlined_into
            && drop.at.as_ref() == line
    };
    let index = ended.iter().position(|drop| {
        let address = drop.address.zip(record.address);
        is_it(drop, &record.site) && address.is_none_or(|(begun, rest)| begun == rest)
    })?;
    let own = std::iter::once(&record.site).chain(&record.inner).find(|site| site.without_body)?;
    let has_begun = |drop: &OpenDrop| is_it(drop, own) && drop.body && !drop.parts;
    ended.get(index..)?.iter().any(has_begun).then_some(index)
}

impl OpenDrop {
    /// Whether its own code runs in a frame, or a function to which its code has jumped.
    fn runs_in(&self, frame: &FrameSeen) -> bool {
        let site = &self.site;
        let jumped = match site.inlined_into {
            None => frame.called == Some(site.entry),
            Some(function) => {
                frame.called == Some(function)
                    && frame.function.is_some_and(|to| site.jumps_to.contains(&to))
            }
        };
        frame.cfa == self.cfa && (jumped || site.has(frame.lookup))
    }
}

impl Open {
    /// Ends the drops whose code has been left.
    fn end_gone(&mut self, frames: &[FrameSeen]) {
        let live = |drop: &OpenDrop| frames.iter().any(|frame| drop.runs_in(frame));
        let kept = self.drops.iter().rposition(live).map_or(0, |last| last + 1);
        self.end_from(kept);
    }

    fn end_from(&mut self, index: usize) {
        if index < self.drops.len() {
            self.ended = self.drops.split_off(index);
        }
    }

    /// The code of a drop is entered anew: one that ran in it in the same frame is over.
    fn end_before(&mut self, site: &Arc<DropSite>, frames: &[FrameSeen]) {
        if let Some(index) = frames.first().and_then(|frame| self.begun_before(site, frame)) {
            self.end_from(index);
        }
    }

    /// The drop that has begun in some code in a frame, and is over when that is entered anew there,
    /// as are those within it.
    fn begun_before(&self, site: &Arc<DropSite>, frame: &FrameSeen) -> Option<usize> {
        let same = |drop: &OpenDrop| drop.cfa == frame.cfa && Arc::ptr_eq(&drop.site, site);
        self.drops.iter().position(same)
    }

    /// The drop that is open of the value itself. A value lies in no other of its type without a
    /// pointer, whose drop would stand between them: glue within glue of one type is one function
    /// that calls another for the same value (since 1.97, `drop_in_place` calls `drop_glue`).
    fn same_value(&self, record: &DropRecord) -> Option<&OpenDrop> {
        let outer = self.drops.last()?;
        let address = outer.address.zip(record.address);
        let glue = [&outer.site, &record.site].iter().all(|site| site.part == DropPart::Glue);
        let same = glue
            && is_same_type(&outer.site.type_name, &record.site.type_name)
            && address.is_none_or(|(outer, inner)| outer == inner);
        same.then_some(outer)
    }

    /// A type's own `drop` is a part of the drop of the value that its glue has begun.
    fn part_of(&self, record: &DropRecord) -> DroppedPart {
        let its = |value: &&OpenDrop| {
            let address = value.address.zip(record.address);
            value.site.part == DropPart::Glue
                && !value.body
                && plain_name(&value.site.type_name) == plain_name(&record.site.type_name)
                && address.is_none_or(|(value, body)| value == body)
        };
        let body = record.site.part == DropPart::Body;
        match self.drops.last().filter(its) {
            Some(_) if body => DroppedPart::Body,
            _ => DroppedPart::Value,
        }
    }

    fn is_shown(&self, record: &DropRecord) -> bool {
        let glue = self.drops.last().filter(|drop| drop.site.part == DropPart::Glue);
        let hidden = glue.is_some_and(|drop| drop.seq.is_none());
        match hidden && record.site.whose != Whose::User {
            true => false,
            false => callers::is_the_programs(record, glue.is_some()),
        }
    }
}

#[cfg(test)]
mod tests;
