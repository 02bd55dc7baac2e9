//! The variables of the frame that is looked at.

use super::debugger::Session;
use super::error::SessionError;
use super::looking::Looking;
use crate::base::{Borrow, Shown, Unreadable};
use crate::dwarf::{Types, short_type_name};
use crate::frame::slots::Placed;
use crate::value::{Format, Limits, Pretty, Value};

/// A variable of a frame.
#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The expression that means it here: its name, or `s@1` for one that another `s` hides.
    pub expression: String,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// Its type, without module paths.
    pub type_name: Option<String>,
    /// Whether another variable of the same name hides it here.
    pub shadowed: bool,
    /// The references into its value that others hold, the innermost holder first.
    pub borrowed: Vec<Borrow>,
    /// Why nothing tells whether its value was moved or dropped, where that is so and there is one.
    pub doubt: Option<String>,
    /// Its value, or why there is none.
    pub value: Result<VariableValue, Unreadable>,
}

/// The value of a variable, ready to be shown.
#[derive(Clone, PartialEq, Debug)]
pub struct VariableValue {
    /// The value itself.
    pub value: Value,
    /// In lines.
    pub pretty: Pretty,
    /// On one line, and in parts with their types and where they live, where the settings ask for
    /// it.
    pub shown: Option<Shown>,
}

impl Session {
    /// The variables of the frame that is looked at, in the order of their declaration. Those that
    /// have no value yet are among them; those whose block has ended are not.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn variables(&mut self, format: &Format) -> Result<Vec<Variable>, SessionError> {
        if self.viewing.is_some() {
            return self.variables_then(format.width);
        }
        let limits = format.limits(self.settings.limits);
        let parts = self.settings.parts;
        self.look(limits, |looking| {
            let all = looking.variables.iter().filter(|variable| !variable.over);
            all.map(|placed| variable(looking, placed, format, parts)).collect()
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
        let none = self.no_process();
        let run = self.run.as_mut().ok_or(none)?;
        run.judge_once(thread);
        run.look(&stack, &frame, thread, limits, ask).ok_or(SessionError::NotRunning)
    }
}

fn variable(looking: &Looking<'_>, placed: &Placed, format: &Format, parts: bool) -> Variable {
    let ty = placed.ty.and_then(|ty| looking.image.get(ty).ok());
    let name = placed.name.to_string();
    Variable {
        expression: if placed.shadowed { numbered(looking, placed) } else { name.clone() },
        name,
        parameter: placed.parameter,
        type_name: ty.map(|ty| short_type_name(&ty.name)),
        shadowed: placed.shadowed,
        borrowed: looking.borrowed(placed).to_vec(),
        doubt: looking.doubt(placed),
        value: looking.place_of(placed).map(|(ty, at)| {
            let value = looking.reader.read(ty, &at);
            let (pretty, shown) = looking.with_naming(|naming| {
                let shown = || Shown {
                    text: value.text(naming),
                    data: looking.reader.detailed(&value, naming),
                };
                (value.pretty(naming, format), parts.then(shown))
            });
            VariableValue { value, pretty, shown }
        }),
    }
}

/// How an expression names one of several variables of a name: by its number among them.
fn numbered(looking: &Looking<'_>, placed: &Placed) -> String {
    let same = looking.variables.iter().filter(|other| other.name == placed.name);
    let before = same.take_while(|other| other.die != placed.die).count();
    format!("{}@{}", placed.name, before.saturating_add(1))
}
