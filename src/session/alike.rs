//! Which of several variables with the same bytes is told by what the code ahead uses.

use std::sync::Arc;

use super::ahead::{Fortune, Owned, Span};
use super::asked::Asked;
use super::doubts::ended;
use super::source_flow::Changed;
use crate::base::{SlotState, VirtAddr};
use crate::track::Ledger;

/// All that is asked for in a frame.
pub(super) struct Others<'a> {
    /// Their parts.
    pub owned: &'a [Owned],
    /// The variables.
    pub asked: &'a [Asked],
    /// What becomes of each part.
    pub fortunes: &'a [Fortune],
    /// Which of the parts are known to be gone: nobody can mean them.
    pub gone: &'a [bool],
}

impl Others<'_> {
    fn parts(&self, asked: &Asked) -> impl Iterator<Item = (&Owned, &Fortune)> {
        let parts = asked.parts.start..asked.parts.end;
        let left = parts.filter(|part| !self.gone.get(*part).copied().unwrap_or_default());
        left.filter_map(|part| Some((self.owned.get(part)?, self.fortunes.get(part)?)))
    }

    /// Whether a variable holds its value for sure. What owns nothing now has no words of its own: it
    /// is known by its place alone, and two that are alike, such as two that are `None`, can be one to
    /// the optimiser.
    pub fn is_live(&self, asked: &Asked, unplaced: &[Arc<str>], ledger: &Ledger) -> bool {
        let ended =
            |at: &VirtAddr| ledger.block_from(*at).is_none() && ledger.ended_from(*at).is_some();
        asked.parts.start < asked.parts.end
            && !asked.blocks.iter().any(ended)
            && self.parts(asked).all(|(own, fortune)| {
                let alike = fortune.words > 0 || own.blocks.is_empty();
                fortune.is_live()
                    && !self.is_elsewhere(asked, own, alike)
                    && !(alike && unplaced.iter().any(|name| own.is_of(name)))
            })
    }

    /// Whether a variable was told to be live by its words, and these lead to a block that began where
    /// another had ended: they may be what is left of a pointer to that, and what is used ahead another
    /// value with the same words, anywhere.
    pub fn may_be_stale(&self, asked: &Asked, ledger: &Ledger) -> bool {
        let by_words = self.parts(asked).any(|(_, fortune)| fortune.words > 0);
        let mut blocks = asked.blocks.iter().filter_map(|at| ledger.block_from(*at));
        by_words && blocks.any(|block| ledger.is_reused(block.id))
    }

    /// Whether a variable or a part of it is of a type.
    pub fn is_of(&self, asked: &Asked, type_name: &str) -> bool {
        self.parts(asked).any(|(own, _)| own.is_of(type_name))
    }

    /// Whether another variable has the same memory or the same words, and may be what is used ahead.
    /// `alike` says that it was seen by words alone, or has none.
    fn is_elsewhere(&self, asked: &Asked, own: &Owned, alike: bool) -> bool {
        // A call that is inlined there has the value, which was passed to it.
        let others = self.asked.iter().filter(|other| other.index != asked.index);
        others.filter(|other| other.depth >= asked.depth).any(|other| {
            let position = other.index;
            self.parts(other).any(|(other, fortune)| {
                let same = own.is_same(other) && (alike || fortune.is_live());
                // The optimiser need not have stored where a variable lies what it was given.
                let later = alike || position > asked.index || other.blocks.is_empty();
                let hidden = later && own.is_of(&other.type_name) && !fortune.is_live();
                same || hidden
            })
        })
    }

    /// Whether nothing contradicts that a variable holds its value, which the source says, and that
    /// this is what its bytes are: all that it would own lives, and no other variable has its bytes.
    /// Where its value may have `changed`, the code ahead has to use it where it lies, or its words, or
    /// the blocks that it owns tell that it is the new one: the optimiser need not have stored there
    /// what it was changed to.
    pub fn agrees(&self, asked: &Asked, changed: Changed, ledger: &Ledger) -> bool {
        let of = |block: &Span| ledger.block_from(VirtAddr(block.at));
        self.beside(asked).is_none()
            && self.parts(asked).all(|(own, fortune)| {
                let alive = own.blocks.iter().all(|block| of(block).is_some());
                // A pointer to a block that began where another had ended may be one to that other.
                let reused = |block: &Span| of(block).is_none_or(|of| ledger.is_reused(of.id));
                let tells = !own.blocks.is_empty() && !own.blocks.iter().any(reused);
                let used = fortune.used > 0 || (fortune.words > 0 && tells);
                let over = (fortune.left > 0 || fortune.renewed > 0) && fortune.unsure == 0;
                let kept = match changed {
                    Changed::No => tells || !over || own.blocks.is_empty(),
                    // What it held before was dropped, and is no live block.
                    Changed::Assigned => tells,
                    Changed::Within => false,
                };
                alive && (used || kept)
            })
    }

    /// Another variable that has the same bytes.
    pub fn beside(&self, asked: &Asked) -> Option<usize> {
        let others = self.asked.iter().filter(|other| other.index != asked.index);
        let same = |other: &&Asked| {
            self.parts(other).any(|(other, _)| self.parts(asked).any(|(own, _)| own.is_same(other)))
        };
        others.into_iter().find(same).map(|other| other.index)
    }

    /// That a variable is gone, where all that it owned was seen to end. Whoever asks knows that it had
    /// a value: otherwise its bytes may be those of what lay there before.
    pub fn ended(&self, asked: &Asked, ledger: &Ledger) -> Option<SlotState> {
        let whole = self.parts(asked).all(|(own, _)| !own.blocks.is_empty());
        whole.then(|| ended(&asked.blocks, ledger)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Range;

    const USED: Fortune = Fortune { used: 1, words: 0, left: 0, renewed: 0, unsure: 0 };
    const WORDS: Fortune = Fortune { used: 0, words: 1, left: 0, renewed: 0, unsure: 0 };
    const LEFT: Fortune = Fortune { used: 0, words: 0, left: 1, renewed: 0, unsure: 0 };

    /// A variable of a type at an address, that owns a block or nothing.
    fn owned(type_name: &str, at: u64, block: Option<u64>) -> Owned {
        let place = Some(Span { at, size: 24 });
        Owned {
            path: String::new(),
            type_name: type_name.into(),
            place,
            core: place.into_iter().collect(),
            whole_type: type_name.into(),
            whole: place,
            blocks: block.into_iter().map(|at| Span { at, size: 8 }).collect(),
        }
    }

    /// Which of several variables are live, each with what becomes of it.
    fn live(all: &[(Owned, Fortune)], unplaced: &[Arc<str>]) -> Vec<bool> {
        let (owned, fortunes): (Vec<_>, Vec<_>) = all.iter().cloned().unzip();
        let asked = |index: usize| Asked {
            index,
            blocks: owned[index].blocks.iter().map(|block| VirtAddr(block.at)).collect(),
            parts: Range::new(index, index + 1),
            depth: 0,
        };
        let asked: Vec<Asked> = (0..owned.len()).map(asked).collect();
        let others = Others { owned: &owned, asked: &asked, fortunes: &fortunes, gone: &[] };
        asked.iter().map(|one| others.is_live(one, unplaced, &Ledger::default())).collect()
    }

    #[test]
    fn a_variable_that_is_used_where_it_lies_is_live_whoever_has_its_words_too() {
        let (v, w) = (owned("T", 0x100, Some(0x9000)), owned("T", 0x200, Some(0x9000)));
        assert_eq!(live(&[(v.clone(), LEFT), (w.clone(), USED)], &[]), [false, true]);
        assert_eq!(live(&[(v.clone(), USED), (w.clone(), USED)], &[]), [false, false]);
        assert_eq!(live(&[(v, WORDS), (w, LEFT)], &[]), [false, false], "either has the words");
    }

    #[test]
    fn a_variable_without_a_place_may_be_what_is_used_by_its_words() {
        let v = owned("T", 0x100, Some(0x9000));
        assert_eq!(live(&[(v.clone(), WORDS)], &[]), [true]);
        assert_eq!(live(&[(v.clone(), WORDS)], &["T".into()]), [false]);
        assert_eq!(live(&[(v, USED)], &["T".into()]), [true]);
    }

    #[test]
    fn what_owns_nothing_is_live_where_no_other_of_its_type_may_be_meant() {
        let (v, w) = (owned("T", 0x100, None), owned("T", 0x200, None));
        assert_eq!(live(&[(v.clone(), USED)], &[]), [true]);
        assert_eq!(live(&[(v.clone(), USED), (w.clone(), USED)], &[]), [true, true]);
        assert_eq!(live(&[(v.clone(), USED), (w, LEFT)], &[]), [false, false]);
        let other_type = owned("U", 0x200, None);
        assert_eq!(live(&[(v.clone(), USED), (other_type, LEFT)], &[]), [true, false]);
        let same_place = owned("U", 0x100, None);
        assert_eq!(live(&[(v.clone(), USED), (same_place, LEFT)], &[]), [false, false]);
        assert_eq!(live(&[(v, USED)], &["T".into()]), [false]);
    }
}
