//! What the variables of a thread have lent, and to whom: found in each picture of its stack.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::drops::member::member_path;
use super::run::Run;
use crate::base::{
    At, BlockId, Borrow, BorrowKind, EventKind, Evidence, FrameView, Hold, MemoryExt, SlotState,
    SlotView, ThreadNo, VirtAddr, borrowed_text,
};
use crate::dwarf::{Image, TypeKind, TypeRef, Types};
use crate::track::{Lent, Need, Owned, Party, PlaceKey, Taken, lent};
use crate::value::{Loan, needs_drop};

/// How deep a part that is borrowed is looked for in a value.
const DEEPEST: usize = 16;
/// Borrows of one variable that are kept.
const MOST: usize = 32;

/// A variable of a picture that may lend, or hold what others have lent.
#[derive(Clone)]
pub(super) struct Footprint {
    /// The variable.
    pub key: PlaceKey,
    /// Its name as a place: `main::value`.
    pub name: String,
    /// Whether it is a parameter of the frame's own function.
    pub parameter: bool,
    /// The line that declares it.
    pub line: Option<u32>,
    /// Its address, where it is in memory, and its size in bytes.
    pub bytes: Option<(VirtAddr, u64)>,
    /// Its type.
    pub ty: TypeRef,
    /// The file that describes the type.
    pub image: Arc<Image>,
    /// The references that it holds, and whether it uses them.
    pub loans: Vec<(Loan, Need)>,
}

/// The footprints of a frame, each with the index of its slot, and the index of the frame's view.
pub(super) type Footprints = (usize, Vec<(usize, Footprint)>);

/// What is lent, as far as pictures have shown it.
#[derive(Default)]
pub(super) struct Lending {
    /// The borrows of each variable when its thread was last looked at.
    now: HashMap<PlaceKey, Vec<Borrow>>,
    /// Those that were told to have begun.
    told: BTreeMap<ThreadNo, HashMap<Told, Vec<BlockId>>>,
    /// What is to be told next.
    news: Vec<(ThreadNo, Option<At>, EventKind)>,
}

/// A borrow that was told: who has lent what to whom.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Told {
    lender: PlaceKey,
    from: String,
    holder: PlaceKey,
    to: String,
    kind: BorrowKind,
}

impl Lending {
    /// What of a variable is borrowed.
    pub fn of(&self, key: &PlaceKey) -> &[Borrow] {
        self.now.get(key).map_or(&[], Vec::as_slice)
    }

    /// What has begun and ended since this was last asked.
    pub fn take_news(&mut self) -> Vec<(ThreadNo, Option<At>, EventKind)> {
        std::mem::take(&mut self.news)
    }

    /// A thread has ended.
    pub fn thread_ended(&mut self, no: ThreadNo) {
        self.now.retain(|key, _| key.thread != no);
        self.told.remove(&no);
    }
}

impl Run {
    /// Finds what the variables of a picture have lent each other, and puts it into their slots.
    /// `innermost` is the canonical frame address of the innermost frame that is shown.
    pub(super) fn lend(
        &mut self,
        thread: ThreadNo,
        innermost: VirtAddr,
        views: &mut [FrameView],
        footprints: Vec<Footprints>,
    ) {
        let all: Vec<(usize, usize, Footprint)> = footprints
            .into_iter()
            .flat_map(|(view, of)| of.into_iter().map(move |(slot, found)| (view, slot, found)))
            .collect();
        let slot_of = |views: &[FrameView], view: usize, slot: usize| {
            views.get(view).and_then(|view| view.slots.get(slot)).cloned()
        };
        let parties: Vec<Party> = all
            .iter()
            .map(|(view, slot, found)| self.party(found, slot_of(views, *view, *slot).as_ref()))
            .collect();
        let block_at = |at| self.ledger.block_at(at).map(|(block, _)| block.id);
        let one_handle = |at| self.has_one_handle(at);
        let mut seen: HashMap<Told, (Vec<BlockId>, bool, Option<At>)> = HashMap::new();
        let mut now: HashMap<usize, Vec<Borrow>> = HashMap::new();
        for found in lent(&parties, &block_at, &one_handle) {
            let (Some((.., lender)), Some((view, _, holder))) =
                (all.get(found.lender), all.get(found.holder))
            else {
                continue;
            };
            let Some(borrow) = borrow(&parties, &found, lender, holder) else { continue };
            let told = Told {
                lender: lender.key.clone(),
                from: format!("{}{}", lender.name, borrow.part),
                holder: holder.key.clone(),
                to: holder.name.clone(),
                kind: borrow.kind,
            };
            let at = line_of(views, *view, holder);
            let blocks = parties.get(found.lender).map_or(&[][..], |party| &party.blocks);
            let blocks = blocks.iter().map(|owned| owned.block).collect();
            seen.entry(told).or_insert((blocks, borrow.perhaps, at));
            let borrows = now.entry(found.lender).or_default();
            if borrows.len() < MOST && !borrows.contains(&borrow) {
                borrows.push(borrow);
            }
        }
        self.lending.now.retain(|key, _| key.thread != thread);
        for (lender, borrows) in now {
            let Some((view, slot, found)) = all.get(lender) else { continue };
            if let Some(slot) = views.get_mut(*view).and_then(|view| view.slots.get_mut(*slot)) {
                slot.borrowed.clone_from(&borrows);
            }
            self.lending.now.insert(found.key.clone(), borrows);
        }
        let frames = all.iter().map(|(.., found)| found.key.cfa).collect::<Vec<_>>();
        self.compare_borrows(thread, innermost, &frames, seen);
    }

    /// Tells of what has begun and ended since the last picture of the thread.
    fn compare_borrows(
        &mut self,
        thread: ThreadNo,
        innermost: VirtAddr,
        frames: &[VirtAddr],
        seen: HashMap<Told, (Vec<BlockId>, bool, Option<At>)>,
    ) {
        let told = self.lending.told.entry(thread).or_default();
        // What was not looked at this time may go on.
        let over = |known: &Told| {
            let gone = |key: &PlaceKey| key.cfa < innermost || frames.contains(&key.cfa);
            !seen.contains_key(known) && gone(&known.holder)
        };
        let mut ended: Vec<_> = told.extract_if(|known, _| over(known)).collect();
        ended.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        let news = &mut self.lending.news;
        for (Told { from, to, kind, .. }, blocks) in ended {
            news.push((thread, None, EventKind::BorrowEnd { from, to, kind, blocks }));
        }
        let mut begun: Vec<_> =
            seen.into_iter().filter(|(known, _)| !told.contains_key(known)).collect();
        begun.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
        for (known, (blocks, perhaps, at)) in begun {
            let Told { from, to, kind, .. } = known.clone();
            told.insert(known, blocks.clone());
            news.push((thread, at, EventKind::Borrow { from, to, kind, perhaps, blocks }));
        }
    }

    /// Tells of the borrows that pictures have shown.
    pub(super) fn tell_borrows(&mut self) {
        for (thread, at, kind) in self.lending.take_news() {
            self.emit(thread, Evidence::Inferred, at, None, kind);
        }
    }

    /// A variable as one that may lend or borrow.
    fn party(&self, found: &Footprint, slot: Option<&SlotView>) -> Party {
        let state = slot.map(|slot| &slot.state);
        let live = matches!(state, Some(SlotState::Live | SlotState::PartlyMoved { .. }));
        let held = slot.map_or(&[][..], |slot| &slot.blocks);
        let owned = held.iter().filter(|held| held.hold != Hold::Refers).map(|held| Owned {
            block: held.block,
            path: held.path.clone(),
            shared: held.hold == Hold::Shares,
        });
        let loans = found.loans.iter().map(|(loan, need)| Taken {
            target: loan.target,
            kind: loan.kind,
            need: *need,
        });
        Party {
            key: found.key.clone(),
            bytes: found.bytes,
            live,
            blocks: owned.collect(),
            loans: loans.collect(),
        }
    }

    /// Whether the block at an address, which an `Rc` or `Arc` leads to, has one handle: their blocks
    /// begin with the count of the strong ones (`RcInner`, `ArcInner`).
    fn has_one_handle(&self, at: VirtAddr) -> bool {
        let start = self.ledger.block_at(at).and_then(|(_, offset)| at.0.checked_sub(offset));
        start.is_some_and(|at| self.inferior.memory().read_u64(VirtAddr(at)) == Ok(1))
    }
}

/// A borrow as it is shown; none where it is not worth telling: who reads a value that owns nothing
/// is no news.
fn borrow(
    parties: &[Party],
    found: &Lent,
    lender: &Footprint,
    holder: &Footprint,
) -> Option<Borrow> {
    let (loan, _) = holder.loans.get(found.loan)?;
    let shared = loan.kind == BorrowKind::Shared;
    if shared && found.block.is_none() && !needs_drop(&lender.image, lender.ty) {
        return None;
    }
    let part = match found.block {
        Some(block) => {
            let owned = parties.get(found.lender)?.blocks.get(block)?;
            dotted(&owned.path)
        }
        None => part_of(lender, loan),
    };
    let other_thread = lender.key.thread != holder.key.thread;
    Some(Borrow {
        part,
        by: holder.name.clone(),
        kind: loan.kind,
        perhaps: found.need != Need::Certain,
        thread: other_thread.then_some(holder.key.thread),
        evidence: Evidence::Inferred,
    })
}

/// The part of a variable's own bytes that a reference leads to.
fn part_of(lender: &Footprint, loan: &Loan) -> String {
    let Some((start, size)) = lender.bytes else { return String::new() };
    let Some(offset) = loan.target.0.checked_sub(start.0) else { return String::new() };
    let named = loan.of.as_ref().and_then(|of| member_path(&*lender.image, lender.ty, offset, of));
    if let Some(path) = named {
        return path;
    }
    if offset == 0 && loan.size >= size {
        return String::new();
    }
    field_around(&lender.image, lender.ty, offset, loan.size).unwrap_or_default()
}

/// The path of the smallest field of a struct that holds some of its bytes.
fn field_around(image: &Image, ty: TypeRef, offset: u64, size: u64) -> Option<String> {
    let (mut ty, mut offset, mut path) = (ty, offset, String::new());
    for _ in 0..DEEPEST {
        let whole = image.get(ty).ok()?;
        let of_std = matches!(&*whole.krate, "core" | "alloc" | "std");
        let TypeKind::Struct { fields, .. } = &whole.kind else { break };
        let inner = fields.iter().find_map(|field| {
            let within = offset.checked_sub(field.offset)?;
            let bytes = image.get(field.ty).ok()?.size?;
            (within.saturating_add(size) <= bytes).then_some((field, within))
        });
        let Some((field, within)) = inner.filter(|_| !of_std) else { break };
        path.push('.');
        path.push_str(field.name.strip_prefix("__").unwrap_or(&field.name));
        (ty, offset) = (field.ty, within);
    }
    Some(path)
}

/// The path of a part as it is written behind the name of a variable.
fn dotted(path: &str) -> String {
    match path.chars().next() {
        None | Some('[' | '.' | '*') => path.to_owned(),
        Some(_) => format!(".{path}"),
    }
}

/// The line that borrowed: that of the call for a parameter, and the one that declares a variable.
fn line_of(views: &[FrameView], view: usize, holder: &Footprint) -> Option<At> {
    let own = views.get(view)?;
    if holder.parameter {
        return views
            .get(view.checked_add(1)?..)?
            .iter()
            .find(|view| view.user)
            .map(|v| v.at.clone());
    }
    Some(At { line: holder.line.or(own.at.line), ..own.at.clone() })
}

/// In which order borrows of one picture are told.
fn order(told: &Told) -> (std::cmp::Reverse<VirtAddr>, usize, &str, &str) {
    (std::cmp::Reverse(told.holder.cfa), told.holder.die, &told.from, &told.to)
}

impl SlotView {
    /// What is borrowed of it, in words: `borrowed by g::value (shared)`.
    pub fn borrowed_text(&self) -> Option<String> {
        borrowed_text(&self.borrowed)
    }
}
