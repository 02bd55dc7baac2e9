//! Who borrows a value, and where that cannot be told, why.

use super::debugger::Session;
use super::fates::is_at;
use super::why::{Fact, inferred, split, variable_named};
use crate::base::{BlockId, Borrow, Hold};

/// Places that lead into a value, of which each is named.
const PLACES: usize = 8;

impl Session {
    /// What is known of the borrows of a value, which a text names and views name `of`; `blocks` are
    /// those that it leads to.
    pub(super) fn borrow_facts(&mut self, of: &str, text: &str, blocks: &[BlockId]) -> Vec<Fact> {
        let borrows = self.borrows_of(text);
        let mut facts: Vec<Fact> = borrows.iter().map(fact).collect();
        facts.extend(self.others_that_lead_into(of, blocks, &borrows));
        facts.truncate(PLACES);
        facts
    }

    /// The borrows of what a text names: of the whole, where it names a part, and of its parts.
    fn borrows_of(&mut self, text: &str) -> Vec<Borrow> {
        let (name, path) = split(text);
        let limits = self.settings.limits;
        let all = match self.viewing.is_some() {
            true => self.slot_recorded(name).map(|slot| slot.borrowed.clone()).ok(),
            false => self
                .look(limits, |looking| {
                    Some(looking.borrowed(variable_named(looking, name)?).to_vec())
                })
                .ok()
                .flatten(),
        };
        let its = |borrow: &Borrow| is_at(&borrow.part, path) || is_at(path, &borrow.part);
        all.unwrap_or_default().into_iter().filter(its).collect()
    }

    /// Places that lead into some blocks, and are not seen to borrow them: raw pointers, and
    /// references that are used no more.
    fn others_that_lead_into(
        &mut self,
        of: &str,
        blocks: &[BlockId],
        borrows: &[Borrow],
    ) -> Vec<Fact> {
        let holders = match &mut self.run {
            Some(run) => run.holders(),
            None => self.holders_then(),
        };
        let held = blocks.iter().filter_map(|block| holders.get(block)).flatten();
        let told = |place: &str| borrows.iter().any(|borrow| is_at(place, &borrow.by));
        let mut places: Vec<(String, String)> = held
            .filter(|holder| holder.hold == Hold::Refers && !is_at(&holder.place, of))
            .filter(|holder| !told(&holder.place))
            .map(|holder| (holder.place.clone(), holder.type_name.clone().unwrap_or_default()))
            .collect();
        places.sort();
        places.dedup();
        let said = |(place, ty)| {
            inferred(format!("{place}: {ty} leads into it, and is not seen to borrow it"))
        };
        places.into_iter().map(said).collect()
    }
}

/// A borrow as a sentence.
fn fact(borrow: &Borrow) -> Fact {
    let Borrow { part, by, kind, .. } = borrow;
    let what = if part.is_empty() { "it" } else { part };
    let thread = borrow.thread.map_or(String::new(), |no| format!(" of thread {no}"));
    let perhaps = if borrow.perhaps { "perhaps " } else { "" };
    let why = borrow.why.as_deref().map_or(String::new(), |why| format!(": {why}"));
    inferred(format!("{what} is {perhaps}borrowed by {by}{thread} ({kind}){why}"))
}
