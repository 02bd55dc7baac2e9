//! How the ways ahead go for a value.

/// What is known of a value by the code ahead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::session) struct Fortune {
    /// On how many ways it is used where it lies.
    pub used: usize,
    /// On how many something is used that has its words: itself, or what it was moved to.
    pub words: usize,
    /// On how many the function is left without a use of it.
    pub left: usize,
    /// On how many a new value is stored where it lies, before it was used.
    pub renewed: usize,
    /// On how many that is not known.
    pub unsure: usize,
}

/// How one way went for a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Outcome {
    /// It is dropped, lent or given away where it lies.
    Used,
    /// Something is dropped or given away that has its words.
    Words,
    /// The function is left, and nothing of the kind happened.
    Left,
    /// A new value is stored in its place.
    Renewed,
    /// The way is not known to its end.
    Unsure,
}

impl Fortune {
    /// Whether every way ahead uses it, so that it is there, if no other has its words.
    pub fn is_live(self) -> bool {
        let used = self.used > 0 || self.words > 0;
        used && self.left == 0 && self.renewed == 0 && self.unsure == 0
    }

    /// One more way, on which its words were used or not, and which ended so; none where the way does
    /// not count.
    pub(super) fn add(&mut self, outcome: Option<Outcome>, words: bool) {
        let outcome = match outcome {
            Some(Outcome::Used) => Some(Outcome::Used),
            _ if words => Some(Outcome::Words),
            outcome => outcome,
        };
        let count = match outcome {
            Some(Outcome::Used) => &mut self.used,
            Some(Outcome::Words) => &mut self.words,
            Some(Outcome::Left) => &mut self.left,
            Some(Outcome::Renewed) => &mut self.renewed,
            Some(Outcome::Unsure) => &mut self.unsure,
            None => return,
        };
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_every_way_uses_is_there_and_one_that_a_way_leaves_is_not_sure() {
        let mut fortune = Fortune::default();
        assert!(!fortune.is_live(), "no way says anything");
        fortune.add(Some(Outcome::Used), false);
        fortune.add(Some(Outcome::Left), true);
        fortune.add(None, false);
        assert!(fortune.is_live() && fortune.words == 1 && fortune.left == 0);
        fortune.add(Some(Outcome::Left), false);
        assert!(!fortune.is_live());
    }
}
