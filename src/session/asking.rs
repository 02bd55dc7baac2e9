//! Questions to the frame that is looked at: what an expression is worth, and writing.

use serde::{Serialize, Serializer};

use super::debugger::Session;
use super::error::SessionError;
use super::looking::Looking;
use super::scope::FrameScope;
use crate::base::{Borrow, Data, Hold, Region, Split, VirtAddr};
use crate::dwarf::Location;
use crate::expr::{ExprError, Expression, Operand, Write};
use crate::frame::slots::Placed;
use crate::value::{BlockAt, Format, Ground, HeapPart, Limits, Place, Pretty, Value, ValueKind};

/// A value that stays in memory for `$1` has at most so many bytes of its own copied.
const KEPT_BYTES: u64 = 1 << 16;

/// What an expression is worth, ready to be shown.
#[derive(Clone, PartialEq, Serialize)]
pub struct Answered {
    /// Its number among what was shown: `$1`.
    pub no: usize,
    /// In lines.
    #[serde(serialize_with = "as_text")]
    pub pretty: Pretty,
    /// The name of its type, without module paths.
    #[serde(skip)]
    pub type_name: String,
    /// In parts, with their types and where they live, where the settings ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// The references into it that others hold, where it is a variable, the innermost holder first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub borrowed: Vec<Borrow>,
    /// Why nothing tells whether it was moved or dropped, where that is so and it is a variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    /// The value itself.
    #[serde(skip)]
    pub value: Value,
}

/// Where a value is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Whereabouts {
    /// Where its own bytes are.
    pub region: Region,
    /// How many they are, where that is known.
    pub size: Option<u64>,
    /// What its parts lead to: the part, where that is, and what the value is to it.
    pub leads: Vec<(String, Region, Hold)>,
}

impl Session {
    /// What an expression is worth in the frame that is looked at. It becomes the next of the
    /// values that `$1`, `$2` and so on name.
    ///
    /// # Errors
    /// [`SessionError::Expression`] where it cannot be read or evaluated.
    pub fn evaluate(
        &mut self,
        expression: &Expression,
        limits: Limits,
        format: &Format,
    ) -> Result<Answered, SessionError> {
        let history = std::mem::take(&mut self.history);
        let no = history.len() + 1;
        let limits = format.limits(limits);
        let parts = self.settings.parts;
        let answered = self.look(limits, |looking| {
            let operand = expression.evaluate(&FrameScope { looking, history: &history })?;
            let answered = answer(looking, &operand, no, format, parts);
            Ok((answered, keep(looking, operand)))
        });
        self.history = history;
        let (answered, kept) = answered?.map_err(SessionError::Expression)?;
        self.history.push(kept);
        Ok(answered)
    }

    /// As [`Session::evaluate`], for a value that is shown again and again: it gets no number, and
    /// is not kept.
    ///
    /// # Errors
    /// As [`Session::evaluate`].
    pub fn evaluate_unnumbered(
        &mut self,
        text: &str,
        limits: Limits,
        format: &Format,
    ) -> Result<Answered, SessionError> {
        let answered = self.evaluate(&Expression::parse(text)?, limits, format);
        if answered.is_ok() {
            self.history.pop();
        }
        answered.map(|answered| Answered { no: 0, ..answered })
    }

    /// How the bytes of the value of an expression split between stack and heap.
    ///
    /// # Errors
    /// As [`Session::evaluate`].
    pub fn split(&mut self, text: &str) -> Result<Split, SessionError> {
        if self.viewing.is_some() {
            return self.split_then(text);
        }
        self.with_operand(text, |looking, operand| {
            let ledger = looking.run.ledger_in_use();
            let block_at = |at| {
                let (block, offset) = ledger?.block_at(at)?;
                Some(BlockAt { id: block.id, size: block.size, offset })
            };
            looking.with_naming(|naming| {
                let block_at: Option<&dyn Fn(VirtAddr) -> Option<BlockAt>> =
                    ledger.is_some().then_some(&block_at);
                let ground = Ground::new(block_at, naming);
                match operand {
                    Operand::Place(part) => looking.reader.split(part.ty, &part.at, &ground),
                    computed => computed.read(looking.reader).split(&ground),
                }
            })
        })
    }

    /// Where the value of an expression is, and what it leads to.
    ///
    /// # Errors
    /// As [`Session::evaluate`].
    pub fn where_is(&mut self, text: &str) -> Result<Whereabouts, SessionError> {
        self.with_operand(text, |looking, operand| {
            let value = operand.read(looking.reader);
            let number = match (&value.kind, value.place) {
                (ValueKind::Int(n), Place::Computed) => u64::try_from(*n).ok(),
                (ValueKind::Uint(n), Place::Computed) => u64::try_from(*n).ok(),
                _ => None,
            };
            let lead = |part: HeapPart| (part.path, looking.region(part.pointer), part.hold);
            looking.with_naming(|naming| Whereabouts {
                region: match number {
                    Some(at) => looking.region(VirtAddr(at)),
                    None => value.region(naming),
                },
                size: value.size.filter(|_| number.is_none()),
                leads: value.heap_parts().into_iter().map(lead).collect(),
            })
        })
    }

    pub(super) fn with_operand<T>(
        &mut self,
        text: &str,
        ask: impl FnOnce(&Looking<'_>, &Operand) -> T,
    ) -> Result<T, SessionError> {
        let expression = Expression::parse(text)?;
        let history = std::mem::take(&mut self.history);
        let answer = self.look(self.settings.limits, |looking| {
            let scope = FrameScope { looking, history: &history };
            expression.evaluate(&scope).map(|operand| ask(looking, &operand))
        });
        self.history = history;
        Ok(answer??)
    }

    /// Whether a condition holds in the frame that is looked at.
    ///
    /// # Errors
    /// As [`Session::evaluate`].
    pub fn holds_now(&mut self, condition: &Expression) -> Result<bool, SessionError> {
        let history = std::mem::take(&mut self.history);
        let held = self.look(self.settings.limits, |looking| {
            condition.holds(&FrameScope { looking, history: &history })
        });
        self.history = history;
        held?.map_err(SessionError::Expression)
    }

    /// Does an assignment: `x = 1`, `point.x += 2`, `$rax = 0`.
    ///
    /// # Errors
    /// [`SessionError::Expression`] where it is refused, [`SessionError::Memory`] where the place
    /// cannot be written. Nothing was written then.
    pub fn assign(&mut self, text: &str) -> Result<(), SessionError> {
        let expression = Expression::parse(text)?;
        let write = self.look(self.settings.limits, |looking| {
            let scope = FrameScope { looking, history: &[] };
            expression.evaluate_assignment(&scope)
        })?;
        self.write(&write?)
    }

    fn write(&mut self, write: &Write) -> Result<(), SessionError> {
        if self.is_core() {
            return Err(SessionError::CoreFile);
        }
        let innermost = self.frame()?.raw == 0;
        let thread = self.selected.thread;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        match &write.at {
            Location::Memory(at) => run.inferior.write_memory(*at, &write.bytes)?,
            Location::Register(register) if innermost => {
                run.set_register(thread, *register, &write.bytes)?;
            }
            Location::Register(_) => {
                let error = ExprError::new("registers can be written in the innermost frame alone");
                return Err(error.into());
            }
            Location::Value(_) | Location::Pieces(_) => {
                let error = ExprError::new("the value is not in one place that could be written");
                return Err(error.into());
            }
        }
        // What was read of the frames may be another now.
        self.selected.stack = None;
        Ok(())
    }
}

fn as_text<S: Serializer>(pretty: &Pretty, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(pretty)
}

pub(super) fn answer(
    looking: &Looking<'_>,
    operand: &Operand,
    no: usize,
    format: &Format,
    parts: bool,
) -> Answered {
    let value = operand.read(looking.reader);
    let (pretty, type_name, data) = looking.with_naming(|naming| {
        let data = parts.then(|| looking.reader.detailed(&value, naming));
        (value.pretty(naming, format), (naming.type_name)(&value.type_name), data)
    });
    let variable = variable_of(looking, operand, &value);
    let borrowed = variable.map_or_else(Vec::new, |v| looking.borrowed(v).to_vec());
    let doubt = variable.and_then(|variable| looking.doubt(variable));
    Answered { no, pretty, type_name, data, borrowed, doubt, value }
}

/// The variable of the frame that a value is, where it is one.
fn variable_of<'a>(
    looking: &'a Looking<'_>,
    operand: &Operand,
    value: &Value,
) -> Option<&'a Placed> {
    let (Operand::Place(part), Some(size)) = (operand, value.size) else { return None };
    let is_it = |variable: &&Placed| {
        variable.in_scope
            && variable.size == size
            && match (&variable.location, &part.at) {
                (Ok(Location::Memory(start)), Location::Memory(at)) => start == at,
                (Ok(own), at) => own == at,
                (Err(_), _) => false,
            }
    };
    looking.variables.iter().rev().find(is_it)
}

/// The operand as it is now: what lies in memory is copied, so that `$1` stays what was shown, as
/// far as its own bytes go.
pub(super) fn keep(looking: &Looking<'_>, operand: Operand) -> Operand {
    let Operand::Place(mut part) = operand else { return operand };
    let size = looking.reader.types.get(part.ty).ok().and_then(|ty| ty.size);
    if let (Location::Memory(at), Some(size)) = (&part.at, size)
        && size <= KEPT_BYTES
        && let Ok(size) = usize::try_from(size)
    {
        let mut bytes = vec![0; size];
        if looking.reader.memory.read(*at, &mut bytes).is_ok() {
            part.at = Location::Value(bytes);
        }
    }
    Operand::Place(part)
}
