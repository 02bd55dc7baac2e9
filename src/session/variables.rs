//! The variables of the frame that is looked at.

use super::debugger::Session;
use super::error::SessionError;
use super::looking::Looking;
use crate::base::Unreadable;
use crate::dwarf::{Types, short_type_name};
use crate::frame::slots::Placed;
use crate::value::{Limits, Value};

/// A variable of a frame.
#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// Its type, without module paths.
    pub type_name: Option<String>,
    /// Whether another variable of the same name hides it here.
    pub shadowed: bool,
    /// Its value, or why there is none.
    pub value: Result<Value, Unreadable>,
}

impl Session {
    /// The variables of the frame that is looked at, in the order of their declaration. Those that
    /// have no value yet are among them; those whose block has ended are not.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn variables(&mut self) -> Result<Vec<Variable>, SessionError> {
        let limits = self.settings.limits;
        self.look(limits, |looking| {
            let all = looking.variables.iter().filter(|variable| !variable.over);
            all.map(|placed| variable(looking, placed)).collect()
        })
    }

    /// Looks at the selected frame.
    pub(super) fn look<T>(
        &mut self,
        limits: Limits,
        ask: impl FnOnce(&Looking<'_>) -> T,
    ) -> Result<T, SessionError> {
        let frame = self.frame()?;
        let stack = self.stack()?;
        let thread = self.selected.thread;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        run.judge_once(thread);
        run.look(&stack, &frame, thread, limits, ask).ok_or(SessionError::NotRunning)
    }
}

fn variable(looking: &Looking<'_>, placed: &Placed) -> Variable {
    let ty = placed.ty.and_then(|ty| looking.image.get(ty).ok());
    Variable {
        name: placed.name.to_string(),
        parameter: placed.parameter,
        type_name: ty.map(|ty| short_type_name(&ty.name)),
        shadowed: placed.shadowed,
        value: looking.place_of(placed).map(|(ty, at)| looking.reader.read(ty, &at)),
    }
}
