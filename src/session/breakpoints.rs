//! What the user asked to stop for, and on which terms.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::catching::Catch;
use super::log_message::LogMessage;
use super::ownership_stops::OwnershipStop;
use super::places::{BreakPlace, Where};
use super::watching::Watched;
use crate::base::ThreadNo;
use crate::expr::{ExprError, Expression};

/// Names a breakpoint, watchpoint or catchpoint, from 1. Numbers are not given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct BreakpointId(pub u32);

impl fmt::Display for BreakpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a breakpoint stops for.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A place in the code.
    Place(Where),
    /// The returns of functions, with what they return.
    Return(Where),
    /// A place in memory that is written or read.
    Watch(Watched),
    /// Something that happens to the process.
    Catch(Catch),
    /// Something that happens to blocks or values.
    Ownership(OwnershipStop),
}

impl Target {
    /// Whether it means memory of the process, so that it ends with that.
    pub(super) fn ends_with_process(&self) -> bool {
        match self {
            Target::Watch(watched) => watched.keeps.is_none(),
            Target::Ownership(OwnershipStop::Drop(asked)) => asked.is_of_one_value(),
            _ => false,
        }
    }
}

/// A condition: an expression that was read once, and is evaluated each time.
#[derive(Clone, Debug)]
pub struct Condition(Arc<Expression>);

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// [`ExprError`] where it is no expression, or assigns something.
    pub fn parse(text: &str) -> Result<Condition, ExprError> {
        let expression = Expression::parse(text)?;
        if expression.is_assignment() {
            return Err(ExprError::new("a condition that assigns would change the program")
                .hint("`==` compares"));
        }
        Ok(Condition(Arc::new(expression)))
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// The expression.
    pub fn expression(&self) -> &Arc<Expression> {
        &self.0
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        self.text() == other.text()
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

/// On which terms a breakpoint stops. The default is: always.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Terms {
    /// Whether it goes when it has stopped the program.
    pub temporary: bool,
    /// The one thread that it stops; none for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<ThreadNo>,
    /// What must hold. Where that cannot be evaluated it stops, too, and says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// How many times more it is passed, after all other terms are met.
    pub ignore: u64,
    /// What it says instead of stopping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogMessage>,
    /// Commands to do when it has stopped the program.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
}

/// A breakpoint, watchpoint or catchpoint.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Breakpoint {
    /// Its number.
    pub id: BreakpointId,
    /// What it stops for.
    pub target: Target,
    /// The places that it means, by address. None for what has none, and for a breakpoint whose
    /// place no file that is loaded has: it waits for a library.
    pub places: Vec<BreakPlace>,
    /// On which terms.
    #[serde(flatten)]
    pub terms: Terms,
    /// Whether it stops the program.
    pub enabled: bool,
    /// Whether it is disabled when it has stopped the program.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// How often all its terms were met, those times included that were ignored.
    pub hits: u64,
}

impl Breakpoint {
    /// Whether it has a place in the code that no loaded file has.
    pub fn is_pending(&self) -> bool {
        matches!(self.target, Target::Place(_) | Target::Return(_)) && self.places.is_empty()
    }

    /// The place in the code that it was asked for.
    pub fn wanted(&self) -> Option<&Where> {
        match &self.target {
            Target::Place(wanted) | Target::Return(wanted) => Some(wanted),
            Target::Watch(_) | Target::Catch(_) | Target::Ownership(_) => None,
        }
    }
}

/// All breakpoints of a session, by number. A run asks them at each stop; they outlive it.
#[derive(Default)]
pub(super) struct Table {
    pub list: Vec<Breakpoint>,
    last: u32,
}

impl Table {
    /// Takes in a new one, and numbers it.
    pub fn add(&mut self, target: Target, places: Vec<BreakPlace>, terms: Terms) -> Breakpoint {
        let id = self.next();
        self.last = id.0;
        let (enabled, once, hits) = (true, false, 0);
        let added = Breakpoint { id, target, places, terms, enabled, once, hits };
        self.list.push(added.clone());
        added
    }

    /// The number that the next one gets.
    pub fn next(&self) -> BreakpointId {
        BreakpointId(self.last.saturating_add(1))
    }

    pub fn get(&self, id: BreakpointId) -> Option<&Breakpoint> {
        self.list.iter().find(|breakpoint| breakpoint.id == id)
    }

    pub fn get_mut(&mut self, id: BreakpointId) -> Option<&mut Breakpoint> {
        self.list.iter_mut().find(|breakpoint| breakpoint.id == id)
    }

    /// The enabled ones that catch something.
    pub fn catches(&self, what: impl Fn(&Catch) -> bool) -> Vec<BreakpointId> {
        let enabled = self.list.iter().filter(|breakpoint| breakpoint.enabled);
        let caught = enabled.filter(|breakpoint| match &breakpoint.target {
            Target::Catch(catch) => what(catch),
            _ => false,
        });
        caught.map(|breakpoint| breakpoint.id).collect()
    }
}
