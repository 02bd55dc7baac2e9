//! What borrows and has no slot of its own in a picture: calls of std that run code of the user's,
//! temporaries, and the references by which closures have captured.

use super::borrows::Footprint;
use crate::base::VirtAddr;
use crate::track::{Need, PlaceKey};

/// Temporaries of one picture that are found behind references.
const MOST: usize = 64;

/// What borrows in a picture and is no variable of the user's.
#[derive(Default)]
pub(super) struct Nameless {
    /// The variables of calls between the user's frames.
    pub calls: Vec<Footprint>,
    /// The temporaries of the user's frames, as far as the code tells of them, and what closures
    /// have captured.
    pub temporaries: Vec<Footprint>,
    /// The frames, inner ones first: their canonical frame addresses, and what a value in each of them
    /// is called that no variable holds.
    pub frames: Vec<(VirtAddr, String)>,
    /// Where the innermost frame begins.
    pub low: VirtAddr,
}

impl Nameless {
    /// All of it; `named` are the variables of the user's frames.
    pub fn among(mut self, named: &[&Footprint]) -> Vec<Footprint> {
        let mut all = std::mem::take(&mut self.calls);
        for mut one in std::mem::take(&mut self.temporaries) {
            if one.bytes.is_some_and(|bytes| is_taken(named, &all, bytes)) {
                continue;
            }
            if one.bytes.is_none() && !one.parameter {
                one.loans.retain(|(loan, _)| !named.iter().any(|of| of.holds(&one.key, loan)));
            }
            all.push(one);
        }
        let behind = self.behind(named, &all);
        for one in behind {
            if one.bytes.is_some_and(|bytes| !is_taken(named, &all, bytes)) {
                all.push(one);
            }
        }
        all
    }

    /// The temporaries that references of others lead to. They are used as those are.
    fn behind(&self, named: &[&Footprint], all: &[Footprint]) -> Vec<Footprint> {
        let holders = named.iter().copied().chain(all);
        let found = holders.flat_map(|of| of.lent_on.iter().map(move |behind| (of, behind)));
        let found = found.filter_map(|(of, behind)| {
            let (cfa, name) = self.frame_around(behind.at)?;
            let depth = usize::try_from(cfa.0.checked_sub(behind.at.0)?).ok()?;
            let loans = behind.loans.iter().map(|loan| (loan.clone(), Need::No)).collect();
            Some(Footprint {
                // No die has so great an offset.
                key: PlaceKey { thread: of.key.thread, cfa, die: usize::MAX.checked_sub(depth)? },
                name: name.to_owned(),
                parameter: false,
                line: None,
                bytes: Some((behind.at, behind.size)),
                ty: behind.ty,
                image: of.image.clone(),
                loans,
                lent_on: Vec::new(),
            })
        });
        found.take(MOST).collect()
    }

    /// The frame that an address lies in.
    fn frame_around(&self, at: VirtAddr) -> Option<(VirtAddr, &str)> {
        (self.low <= at).then_some(())?;
        let (cfa, name) = self.frames.iter().find(|(cfa, _)| at < *cfa)?;
        Some((*cfa, name))
    }
}

impl Footprint {
    /// Whether it is a variable of a frame that uses the same reference.
    fn holds(&self, key: &PlaceKey, loan: &crate::value::Loan) -> bool {
        let same = |(own, need): &(crate::value::Loan, Need)| {
            (own.target, own.kind) == (loan.target, loan.kind) && *need != Need::No
        };
        self.key.cfa == key.cfa && self.loans.iter().any(same)
    }
}

/// Whether some bytes are those of a variable, or of what is known already.
fn is_taken(named: &[&Footprint], known: &[Footprint], (at, size): (VirtAddr, u64)) -> bool {
    let mut all = named.iter().copied().chain(known).filter_map(|of| of.bytes);
    all.any(|(start, bytes)| {
        start.0 < at.0.saturating_add(size) && at.0 < start.0.saturating_add(bytes)
    })
}
