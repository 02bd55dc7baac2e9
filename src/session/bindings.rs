//! Variables that patterns bind, where what the compiler describes is not what the source says.
//!
//! - What an arm with a guard binds is described twice, on one line and in one block: as the value,
//!   which the arm has, and as a reference to it, which the guard has.
//! - What `if let … && …` binds is described in the block around the statement: before it, and behind
//!   it, too.

use super::followed::Frame;
use crate::base::{SlotState, Unreadable};
use crate::dwarf::{PointerFlavour, Scope, TypeKind, TypeRef, Types};
use crate::frame::slots::Placed;

impl Frame<'_> {
    /// Leaves one of the two that are described of each binding of an arm with a guard, and does not
    /// take the bytes for a value that lie where a binding will be.
    pub(super) fn settle_bindings(&self, variables: &mut [Placed]) {
        for index in 1..variables.len() {
            let Some([.., value, reference]) = variables.get_mut(..=index) else { continue };
            if !self.are_of_one_binding(value, reference) {
                continue;
            }
            match value.fate {
                Some(SlotState::Uninitialised) => {}
                // Whether the guard runs is told of what needs to be dropped alone.
                None => continue,
                Some(_) => {
                    reference.in_scope = false;
                    reference.over = true;
                    value.shadowed = false;
                }
            }
        }
        let at = self.context.bias_to_file();
        let Some(here) = self.own_line(at) else { return };
        for variable in variables.iter_mut().filter(|v| v.in_scope && v.inlined.is_none()) {
            let told = matches!(variable.fate, None | Some(SlotState::Live));
            let behind = variable.line.is_some_and(|line| line > here.line) && !variable.parameter;
            if told && behind && self.begins_early(variable) {
                let why = "it is declared on a line behind this one";
                let why = Unreadable::Uncertain(why.to_owned());
                variable.fate = Some(SlotState::Unreadable(why));
            }
        }
    }

    /// Whether two variables are a value and the reference to it that a guard has.
    fn are_of_one_binding(&self, value: &Placed, reference: &Placed) -> bool {
        let referent = || match self.image.get(reference.ty?).ok()?.kind {
            TypeKind::Pointer { to, flavour: PointerFlavour::Shared } => to,
            _ => None,
        };
        value.in_scope
            && reference.in_scope
            && value.name == reference.name
            && value.line == reference.line
            && value.inlined == reference.inlined
            && self.are_same(referent(), value.ty)
    }

    fn are_same(&self, one: Option<TypeRef>, other: Option<TypeRef>) -> bool {
        one == other || {
            let name = |ty: TypeRef| Some(self.image.get(ty).ok()?.name.clone());
            one.zip(other)
                .is_some_and(|(one, other)| name(one).is_some_and(|one| Some(one) == name(other)))
        }
    }

    /// Whether the block of a variable of the function begins with another, of a line before: a `let`
    /// begins a block of its own.
    fn begins_early(&self, variable: &Placed) -> bool {
        let mut open: Vec<&Scope> = vec![&self.function.scope];
        while let Some(scope) = open.pop() {
            if scope.variables.iter().any(|own| own.die == variable.die) {
                return scope.variables.iter().any(|own| own.line < variable.line);
            }
            open.extend(scope.inner.iter().filter(|inner| inner.inlined.is_none()));
        }
        false
    }
}
