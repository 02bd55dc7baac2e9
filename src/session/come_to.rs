//! Which variables control has come to, by the lines of the source: in optimised code the scope of a
//! variable begins earlier than its value is there.

use std::collections::HashSet;
use std::sync::Arc;

use super::followed::Frame;
use crate::dwarf::{Field, SourceLine, TypeKind, TypeRef, Types};
use crate::frame::slots::Placed;

/// Where a frame stands in the source: in the function itself, and in each call that is inlined there.
pub(super) type Lines = Vec<(Option<Arc<str>>, Option<SourceLine>)>;

impl Frame<'_> {
    /// Where the frame stands.
    pub fn lines_here(&self) -> Lines {
        let at = self.context.bias_to_file();
        let chain = self.function.inline_chain(at, self.image.line_at(at));
        chain
            .into_iter()
            .map(|call| (call.inlined.map(|call| call.name.clone()), call.at))
            .collect()
    }

    /// Whether a variable is declared on a line before the one that the frame stands on. A macro may
    /// put lines into another order: that a line lies behind is a reason to doubt that the variable has
    /// a value, and no more.
    pub fn is_come_to(&self, variable: &Placed, lines: &Lines) -> bool {
        let here = lines.iter().find(|(call, _)| *call == variable.inlined);
        let here = here.and_then(|(_, line)| line.as_ref()).filter(|here| here.line > 0);
        let declared = self.image.variable_declared(variable.die);
        match (declared, here) {
            (Some(declared), Some(here)) if declared.file == here.file => declared.line < here.line,
            // Nothing tells them apart.
            _ => true,
        }
    }

    /// The variables, by die, that a closure in scope has captured by value, as the names and types of
    /// its fields say: they were moved into it, and what is used ahead may be the closure's.
    pub fn captured(&self, variables: &[Placed]) -> HashSet<usize> {
        let mut found = HashSet::new();
        for (index, closure) in variables.iter().enumerate().filter(|(_, v)| v.in_scope) {
            let Some(ty) = closure.ty.and_then(|ty| self.image.get(ty).ok()) else { continue };
            let TypeKind::Struct { fields, .. } = &ty.kind else { continue };
            if !ty.base_name.starts_with("{closure_env#") {
                continue;
            }
            let before = variables.iter().take(index).filter(|v| v.in_scope);
            let taken = before.filter(|variable| {
                let holds = |field: &Field| {
                    field.name == variable.name && self.is_same_type(field.ty, variable.ty)
                };
                variable.inlined == closure.inlined && fields.iter().any(holds)
            });
            found.extend(taken.map(|variable| variable.die));
        }
        found
    }

    fn is_same_type(&self, one: TypeRef, other: Option<TypeRef>) -> bool {
        let name = |ty| Some(self.image.get(ty).ok()?.name.clone());
        other.is_some_and(|other| name(one).is_some() && name(one) == name(other))
    }
}
