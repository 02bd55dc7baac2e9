//! Names that a person may mean, for whoever completes them. Nothing here runs the program, and
//! what cannot be known is left out without a word.

use std::collections::BTreeSet;

use super::debugger::Session;
use super::looking::Looking;
use crate::base::Unreadable;
use crate::expr::Operand;
use crate::value::{Behind, Limits, Part, Shape};

/// How many pointers are followed to the fields behind them, as `.` in an expression does.
const POINTERS: usize = 8;

impl Session {
    /// The ends of the paths of functions that begin with a text; at most so many.
    pub fn function_names(&self, beginning: &str, most: usize) -> Vec<String> {
        self.image().function_names_beginning(beginning, most)
    }

    /// The names of the source files of the user's code.
    pub fn source_file_names(&self) -> Vec<String> {
        self.image().source_file_names()
    }

    /// The names of the variables of the frame that is looked at.
    pub fn variable_names(&mut self) -> Vec<String> {
        let names = |looking: &Looking<'_>| {
            let seen = looking.variables.iter().filter(|variable| !variable.over);
            seen.map(|variable| variable.name.to_string()).collect::<BTreeSet<_>>()
        };
        let names = self.look(Limits::default(), names);
        names.map(|names| names.into_iter().collect()).unwrap_or_default()
    }

    /// The fields that `.` finds behind an expression.
    pub fn field_names(&mut self, expression: &str) -> Vec<String> {
        let fields = |looking: &Looking<'_>, operand: &Operand| match operand {
            Operand::Place(part) => fields_of(looking, part.clone()).unwrap_or_default(),
            _ => Vec::new(),
        };
        self.with_operand(expression, fields).unwrap_or_default()
    }
}

fn fields_of(looking: &Looking<'_>, mut part: Part) -> Result<Vec<String>, Unreadable> {
    for _ in 0..POINTERS {
        let members = match looking.reader.shape(part.ty, &part.at)? {
            Shape::Struct(members) | Shape::Enum { fields: members, .. } => members,
            Shape::Inside { part: inside, .. } => {
                part = inside;
                continue;
            }
            Shape::Pointer(pointer) => match pointer.behind {
                Behind::Part(behind) => {
                    part = behind;
                    continue;
                }
                _ => return Ok(Vec::new()),
            },
            _ => return Ok(Vec::new()),
        };
        return Ok(members.list.iter().map(|(name, _)| name.to_string()).collect());
    }
    Ok(Vec::new())
}
