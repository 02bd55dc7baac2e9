//! What the variables of a thread have lent, and to whom: found in each picture of its stack.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::borrow_events::{News, Told, line_of};
use super::borrowed_parts::{dotted, part_of};
use super::nameless::Nameless;
use super::run::Run;
use crate::base::{
    At, BlockId, Borrow, BorrowKind, EventKind, Evidence, FrameView, Hold, MemoryExt, SlotState,
    SlotView, ThreadNo, VirtAddr, borrowed_text,
};
use crate::dwarf::{Image, TypeRef};
use crate::track::{Lent, Need, Owned, Party, PlaceKey, Taken, lent};
use crate::value::{LentOn, Limits, Loan, needs_drop};

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
    /// The values that they lead to, where those hold references themselves.
    pub lent_on: Vec<LentOn>,
}

/// The footprints of a frame, each with the index of its slot, and the index of the frame's view.
pub(super) type Footprints = (usize, Vec<(usize, Footprint)>);

/// A variable of a picture: of the thread that is looked at, with the indices of its frame's view and
/// of its slot there; or of another that is held.
struct Seen {
    at: Option<(usize, usize)>,
    found: Rc<Footprint>,
    party: Rc<Party>,
}

/// A variable, with what it lends and what it has borrowed.
type Known = (Rc<Footprint>, Rc<Party>);

/// What a picture shows to be borrowed.
#[derive(Default)]
struct Begun {
    /// By the index of the lender.
    borrows: HashMap<usize, Vec<Borrow>>,
    told: HashMap<Told, News>,
}

/// What is lent, as far as pictures have shown it.
#[derive(Default)]
pub(super) struct Lending {
    /// The borrows of each variable when its thread was last looked at.
    now: HashMap<PlaceKey, Vec<Borrow>>,
    /// Those that were told to have begun.
    pub(super) told: BTreeMap<ThreadNo, HashMap<Told, Vec<BlockId>>>,
    /// The variables of each thread that was looked at where the program stands.
    parties: HashMap<ThreadNo, Vec<Known>>,
    /// What is to be told next.
    pub(super) news: Vec<(ThreadNo, Option<At>, EventKind)>,
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
        nameless: Nameless,
    ) {
        let at_a_stop = self.options.halt_on_signals;
        // A report of drops tells by itself what is passed on by reference.
        if self.options.drops && !at_a_stop {
            return;
        }
        let own = footprints
            .into_iter()
            .flat_map(|(view, of)| of.into_iter().map(move |(slot, found)| (view, slot, found)));
        let mut all: Vec<Seen> = own
            .map(|(view, slot, found)| {
                let shown = views.get(view).and_then(|view| view.slots.get(slot));
                let party = party(&found, shown);
                Seen { at: Some((view, slot)), found: Rc::new(found), party: Rc::new(party) }
            })
            .collect();
        // In each frame what was declared last comes first, as it does among the frames.
        all.sort_by_key(|seen| {
            let view = seen.at.map(|(view, _)| view);
            (view, std::cmp::Reverse(seen.found.key.die))
        });
        if at_a_stop {
            let named: Vec<&Footprint> = all.iter().map(|seen| &*seen.found).collect();
            let nameless = nameless.among(&named);
            all.extend(nameless.into_iter().map(|found| {
                let party = Party { live: true, ..party(&found, None) };
                Seen { at: None, found: Rc::new(found), party: Rc::new(party) }
            }));
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
        let looked_at: HashSet<&PlaceKey> = all.iter().map(|seen| &seen.found.key).collect();
        self.lending.now.retain(|key, _| key.thread != thread && !looked_at.contains(key));
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
        let parties: Vec<&Party> = all.iter().map(|seen| &*seen.party).collect();
        let block_at = |at| self.ledger.block_at(at).map(|(block, _)| block.id);
        let one_handle = |at| self.has_one_handle(at);
        let mut begun = Begun::default();
        for found in lent(&parties, &block_at, &one_handle) {
            let (Some(lender), Some(holder)) = (all.get(found.lender), all.get(found.holder))
            else {
                continue;
            };
            let Some(borrow) = borrow(&found, lender, holder) else { continue };
            add(begun.borrows.entry(found.lender).or_default(), &borrow);
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

    /// Whether the block at an address, which an `Rc` or `Arc` leads to, has one handle: their blocks
    /// begin with the count of the strong ones (`RcInner`, `ArcInner`).
    fn has_one_handle(&self, at: VirtAddr) -> bool {
        let start = self.ledger.block_at(at).and_then(|(_, offset)| at.0.checked_sub(offset));
        start.is_some_and(|at| self.inferior.memory().read_u64(VirtAddr(at)) == Ok(1))
    }
}

/// Adds a borrow to those of a variable: each once, and no doubt of one that is certain.
fn add(borrows: &mut Vec<Borrow>, borrow: &Borrow) {
    let same = |known: &&mut Borrow| {
        (&known.by, &known.part, known.kind, known.thread)
            == (&borrow.by, &borrow.part, borrow.kind, borrow.thread)
    };
    let room = borrows.len() < MOST;
    match borrows.iter_mut().find(same) {
        Some(known) if known.perhaps && !borrow.perhaps => *known = borrow.clone(),
        Some(_) => {}
        None if room => borrows.push(borrow.clone()),
        None => {}
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
    let of = &*lender.found;
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
        why: match found.need {
            Need::Perhaps(doubt) => Some(doubt.text().into()),
            Need::No | Need::Certain => None,
        },
        thread: other_thread.then_some(holder.found.key.thread),
        evidence: Evidence::Inferred,
    })
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
