//! What is told of borrows: those that have begun and ended from one picture of a thread to the next.

use std::collections::{HashMap, HashSet};

use super::borrows::Footprint;
use super::run::Run;
use crate::base::{At, BlockId, BorrowKind, EventKind, Evidence, FrameView, ThreadNo, VirtAddr};
use crate::track::PlaceKey;

/// A borrow that was told: who has lent what to whom.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Told {
    pub lender: PlaceKey,
    pub from: String,
    pub holder: PlaceKey,
    pub to: String,
    pub kind: BorrowKind,
}

/// What there is to tell of a borrow that has begun.
pub(super) struct News {
    pub blocks: Vec<BlockId>,
    pub perhaps: bool,
    pub at: Option<At>,
}

impl Run {
    /// Tells of what has begun and ended since the last picture of the thread.
    pub(super) fn compare_borrows(
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
}

/// The line that borrowed: that of the call for a parameter, and the one that declares a variable.
pub(super) fn line_of(views: &[FrameView], view: usize, holder: &Footprint) -> Option<At> {
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
