//! Makes the statements that bind what a pattern finds in a value.

use super::generate::{Maker, State, join};
use super::kinds::Kind;
use super::tree::{CONDITIONS, Statement, Var, What};

impl Maker<'_> {
    /// `match v { Some(w) => …, None => … }`
    pub fn match_on(&mut self) -> Option<What> {
        let (on, kind) = self.movable(&Kind::MATCHED)?;
        let before = self.visible.clone();
        let (bound, some) = self.binding(on, kind);
        let after = std::mem::replace(&mut self.visible, before);
        let (none, _) = self.block(false);
        self.visible = join(Some(after), &self.visible);
        Some(What::Match { on, bound, some, none })
    }

    /// `match v { Some(w) if c => …, Some(x) => …, None => … }`
    pub fn guarded(&mut self) -> Option<What> {
        let (on, kind) = self.movable(&Kind::MATCHED)?;
        let condition = self.random.below(CONDITIONS);
        let before = self.visible.clone();
        let (one, guarded) = self.binding(on, kind);
        let after = std::mem::replace(&mut self.visible, before.clone());
        self.statements += 1;
        let second = self.statements;
        let (other, open) = self.binding(on, kind);
        let after = join(Some(after), &std::mem::replace(&mut self.visible, before));
        let (none, _) = self.block(false);
        self.visible = join(Some(after), &self.visible);
        let (bound, arms) = ([one, other], [guarded, open, none]);
        Some(What::Guarded { on, bound, condition, second, arms })
    }

    /// `let Some(w) = v else { … };`
    pub fn let_else(&mut self) -> Option<What> {
        let (on, kind) = self.movable(&Kind::MATCHED)?;
        let before = self.visible.clone();
        let (otherwise, _) = self.block(false);
        self.visible = before;
        self.set(on, State::Empty);
        let bound = self.declare(kind.inside(), State::Full);
        Some(What::LetElse { on, bound, otherwise })
    }

    /// `if let Some(w) = v && c { … } else { … }`
    pub fn if_let(&mut self) -> Option<What> {
        let (on, kind) = self.movable(&Kind::MATCHED)?;
        let (condition, first) = (self.random.below(CONDITIONS), self.random.once_in(2));
        let before = self.visible.clone();
        let (bound, then) = self.binding(on, kind);
        let after = std::mem::replace(&mut self.visible, before);
        if !first {
            // The condition is asked when the value is bound already.
            self.set(on, State::Either);
        }
        let (otherwise, _) = self.block(false);
        self.visible = join(Some(after), &self.visible);
        Some(What::IfLet { on, bound, condition, first, then, otherwise })
    }

    /// The block of an arm that binds what a variable holds.
    fn binding(&mut self, on: Var, kind: Kind) -> (Var, Vec<Statement>) {
        let outside = self.visible.len();
        self.set(on, State::Empty);
        let bound = self.declare(kind.inside(), State::Full);
        let (block, _) = self.block(false);
        self.visible.truncate(outside);
        (bound, block)
    }
}
