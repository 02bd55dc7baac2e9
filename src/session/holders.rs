//! Which variable of a frame something lies in.

use super::followed::Frame;
use super::slots::short_function;
use crate::asm::uses::Part;
use crate::frame::slots::Placed;

/// The variables of a frame, to be named one by one: few are ever asked for.
pub(super) struct Holders<'a> {
    frame: &'a Frame<'a>,
    variables: &'a [Placed],
    /// The place that is not named.
    but: Option<Part>,
}

impl<'a> Holders<'a> {
    /// All but those that lie in one place.
    pub fn but(frame: &'a Frame<'a>, variables: &'a [Placed], but: Option<Part>) -> Holders<'a> {
        Holders { frame, variables, but }
    }

    /// The name of the first variable that a place is in: `f::value`.
    pub fn name_of(&self, to: &Part) -> Option<String> {
        let own = self.variables.iter().filter(|v| v.inlined.is_none() && v.size > 0);
        let mut holds = own.filter(|variable| {
            let slot = self.frame.slot(variable).filter(|slot| Some(*slot) != self.but);
            slot.is_some_and(|slot| slot.contains(to.at))
        });
        holds.next().map(|variable| self.name(variable))
    }

    /// The name of the variable that is declared later and lies in the same place, which a value
    /// was moved to without being copied.
    pub fn later(&self, variable: &Placed) -> Option<String> {
        let own = self.variables.iter().filter(|v| v.in_scope && v.inlined.is_none() && v.size > 0);
        let slot = self.frame.slot(variable);
        let mut same = own.filter(|other| {
            other.die > variable.die && slot.is_some() && self.frame.slot(other) == slot
        });
        same.next().map(|other| self.name(other))
    }

    fn name(&self, variable: &Placed) -> String {
        format!("{}::{}", short_function(&self.frame.function.name), variable.name)
    }
}
