//! What the variables of a thread have lent, and to whom: found in each picture of its stack.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::drops::member::member_path;
use super::run::Run;
use crate::base::{
    At, BlockId, Borrow, BorrowKind, EventKind, Evidence, FrameView, Hold, MemoryExt, SlotState,
    SlotView, ThreadNo, VirtAddr, borrowed_text,
};
use crate::dwarf::{Image, TypeKind, TypeRef, Types};
use crate::track::{Lent, Need, Owned, Party, PlaceKey, Taken, lent};
use crate::value::{Limits, Loan, needs_drop};

/// How deep a part that is borrowed is looked for in a value.
const DEEPEST: usize = 16;
/// Other threads whose variables are searched for references at a stop.
const THREADS: usize = 32;
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

/// A variable of a picture: of the thread that is looked at, with the indices of its frame's view and
/// of its slot there; or of another that is held.
struct Seen {
    at: Option<(usize, usize)>,
    found: Footprint,
    party: Party,
}

/// What a picture shows to be borrowed.
#[derive(Default)]
struct Begun {
    /// By the index of the lender.
    borrows: HashMap<usize, Vec<Borrow>>,
    told: HashMap<Told, News>,
}

/// What there is to tell of a borrow that has begun.
struct News {
    blocks: Vec<BlockId>,
    perhaps: bool,
    at: Option<At>,
}

/// What is lent, as far as pictures have shown it.
#[derive(Default)]
pub(super) struct Lending {
    /// The borrows of each variable when its thread was last looked at.
    now: HashMap<PlaceKey, Vec<Borrow>>,
    /// Those that were told to have begun.
    told: BTreeMap<ThreadNo, HashMap<Told, Vec<BlockId>>>,
    /// The variables of each thread that was looked at where the program stands.
    parties: HashMap<ThreadNo, Vec<(Footprint, Party)>>,
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
        self.parties.remove(&no);
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
        // A report of drops tells by itself what is passed on by reference.
        if self.options.drops {
            return;
        }
        let own = footprints
            .into_iter()
            .flat_map(|(view, of)| of.into_iter().map(move |(slot, found)| (view, slot, found)));
        let mut all: Vec<Seen> = own
            .map(|(view, slot, found)| {
                let shown = views.get(view).and_then(|view| view.slots.get(slot));
                let party = party(&found, shown);
                Seen { at: Some((view, slot)), found, party }
            })
            .collect();
        // In each frame what was declared last comes first, as it does among the frames.
        all.sort_by_key(|seen| {
            let view = seen.at.map(|(view, _)| view);
            (view, std::cmp::Reverse(seen.found.key.die))
        });
        let at_a_stop = self.options.halt_on_signals;
        if at_a_stop {
            let kept = all.iter().map(|seen| (seen.found.clone(), seen.party.clone())).collect();
            let others = self.lending.parties.iter();
            let held = others.filter(|(no, _)| **no != thread && self.judged.contains(no));
            all.extend(held.flat_map(|(_, parties)| parties).map(|(found, party)| Seen {
                at: None,
                found: found.clone(),
                party: party.clone(),
            }));
            self.lending.parties.insert(thread, kept);
        }
        let begun = self.match_up(&all, views);
        self.lending.now.retain(|key, _| all.iter().all(|seen| seen.found.key != *key));
        self.lending.now.retain(|key, _| key.thread != thread);
        for (lender, borrows) in begun.borrows {
            let Some(seen) = all.get(lender) else { continue };
            let slot = seen.at.and_then(|(view, slot)| views.get_mut(view)?.slots.get_mut(slot));
            if let Some(slot) = slot {
                slot.borrow(&borrows);
            }
            self.lending.now.insert(seen.found.key.clone(), borrows);
        }
        let own = all.iter().filter(|seen| seen.at.is_some());
        let frames: HashSet<VirtAddr> = own.map(|seen| seen.found.key.cfa).collect();
        self.compare_borrows(thread, innermost, &frames, begun.told);
    }

    /// Finds who has borrowed from whom.
    fn match_up(&self, all: &[Seen], views: &[FrameView]) -> Begun {
        let parties: Vec<Party> = all.iter().map(|seen| seen.party.clone()).collect();
        let block_at = |at| self.ledger.block_at(at).map(|(block, _)| block.id);
        let one_handle = |at| self.has_one_handle(at);
        let mut begun = Begun::default();
        for found in lent(&parties, &block_at, &one_handle) {
            let (Some(lender), Some(holder)) = (all.get(found.lender), all.get(found.holder))
            else {
                continue;
            };
            let Some(borrow) = borrow(&found, lender, holder) else { continue };
            let borrows = begun.borrows.entry(found.lender).or_default();
            if borrows.len() < MOST && !borrows.contains(&borrow) {
                borrows.push(borrow.clone());
            }
            // Other threads tell of their own.
            let (Some((view, _)), Some(_)) = (holder.at, lender.at) else { continue };
            let told = Told {
                lender: lender.found.key.clone(),
                from: format!("{}{}", lender.found.name, borrow.part),
                holder: holder.found.key.clone(),
                to: holder.found.name.clone(),
                kind: borrow.kind,
            };
            let news = News {
                blocks: lender.party.blocks.iter().map(|owned| owned.block).collect(),
                perhaps: borrow.perhaps,
                at: line_of(views, view, &holder.found),
            };
            begun.told.entry(told).or_insert(news);
        }
        begun
    }

    /// Tells of what has begun and ended since the last picture of the thread.
    fn compare_borrows(
        &mut self,
        thread: ThreadNo,
        innermost: VirtAddr,
        frames: &HashSet<VirtAddr>,
        seen: HashMap<Told, News>,
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
        for (known, News { blocks, perhaps, at }) in begun {
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

    /// Whether the block at an address, which an `Rc` or `Arc` leads to, has one handle: their blocks
    /// begin with the count of the strong ones (`RcInner`, `ArcInner`).
    fn has_one_handle(&self, at: VirtAddr) -> bool {
        let start = self.ledger.block_at(at).and_then(|(_, offset)| at.0.checked_sub(offset));
        start.is_some_and(|at| self.inferior.memory().read_u64(VirtAddr(at)) == Ok(1))
    }
}

/// A variable as one that may lend or borrow.
fn party(found: &Footprint, slot: Option<&SlotView>) -> Party {
    let state = slot.map(|slot| &slot.state);
    let there = |s: &SlotState| {
        matches!(s, SlotState::Live | SlotState::Perhaps { .. } | SlotState::PartlyMoved { .. })
    };
    let live = state.is_some_and(there);
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
    Party { bytes: found.bytes, live, blocks: owned.collect(), loans: loans.collect() }
}

/// A borrow as it is shown; none where it is not worth telling: who reads a value that owns nothing
/// is no news.
fn borrow(found: &Lent, lender: &Seen, holder: &Seen) -> Option<Borrow> {
    let (loan, _) = holder.found.loans.get(found.loan)?;
    let of = &lender.found;
    let shared = loan.kind == BorrowKind::Shared;
    if shared && found.block.is_none() && !needs_drop(&of.image, of.ty) {
        return None;
    }
    let part = match found.block {
        Some(block) => dotted(&lender.party.blocks.get(block)?.path),
        None => part_of(of, loan),
    };
    let other_thread = of.key.thread != holder.found.key.thread;
    Some(Borrow {
        part,
        by: holder.found.name.clone(),
        kind: loan.kind,
        perhaps: found.need != Need::Certain,
        thread: other_thread.then_some(holder.found.key.thread),
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

/// Whether borrows show that a value is there: what others use now was neither moved nor dropped.
pub(super) fn prove_live(borrows: &[Borrow]) -> bool {
    borrows.iter().any(|borrow| !borrow.perhaps)
}

impl SlotView {
    /// Fills in who has borrowed the value.
    pub(super) fn borrow(&mut self, borrows: &[Borrow]) {
        self.borrowed = borrows.to_vec();
        if matches!(self.state, SlotState::Perhaps { .. }) && prove_live(borrows) {
            self.state = SlotState::Live;
        }
    }

    /// What is borrowed of it, in words: `borrowed by g::value (shared)`.
    pub fn borrowed_text(&self) -> Option<String> {
        borrowed_text(&self.borrowed)
    }
}

impl Run {
    /// Looks at the other threads that are held: they may have borrowed what the variables of a
    /// thread hold.
    pub(super) fn judge_others(&mut self, thread: ThreadNo) {
        let others = self.held.iter().map(|(held, _)| held.no());
        let others = others.filter(|no| *no != thread && !self.judged.contains(no));
        for other in others.take(THREADS).collect::<Vec<_>>() {
            self.judged.insert(other);
            self.look_at(other, Limits::default());
        }
    }
}
