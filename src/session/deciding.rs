//! Whether a breakpoint that was reached stops the program, by its terms.

use std::sync::Arc;

use super::breakpoints::{Breakpoint, BreakpointId, Target};
use super::log_message::Piece;
use super::looking::Looking;
use super::run::Run;
use super::vantage::Vantage;
use crate::base::{At, EventKind, Evidence, ThreadNo};
use crate::expr::{ExprError, Expression, Scope};
use crate::inferior::Stopped;
use crate::value::{Expand, Format};

/// Columns of a value in a message.
const LOG_WIDTH: usize = 1000;

/// What becomes of breakpoints that were reached.
#[derive(Default)]
pub(super) struct Decision {
    /// Those that stop the program.
    pub stops: Vec<BreakpointId>,
    /// Why conditions could not be evaluated, a sentence each.
    pub failed: Vec<String>,
}

impl Run {
    /// Applies the terms of breakpoints that a thread has reached.
    pub(super) fn decide(&mut self, thread: Stopped, ids: &[BreakpointId]) -> (Stopped, Decision) {
        let no = thread.no();
        // Those who look at a thread find it among those that are held.
        self.held.push((thread, None));
        let decision = self.decide_held(no, ids);
        // What was found out now is not so any more when the thread runs on.
        self.judged.remove(&no);
        if decision.stops.is_empty() {
            self.plans.view = None;
        }
        let (thread, _) = self.held.remove(self.held.len().saturating_sub(1));
        (thread, decision)
    }

    /// The same, for a thread that is held.
    pub(super) fn decide_held(&mut self, no: ThreadNo, ids: &[BreakpointId]) -> Decision {
        let mut decision = Decision::default();
        for id in ids {
            match self.decide_one(no, *id) {
                Verdict::Stop => decision.stops.push(*id),
                Verdict::StopBecause(why) => {
                    decision.stops.push(*id);
                    decision.failed.push(why);
                }
                Verdict::Pass => {}
            }
        }
        decision
    }

    fn decide_one(&mut self, no: ThreadNo, id: BreakpointId) -> Verdict {
        let table = self.stops.table.clone();
        let asked = {
            let table = table.borrow();
            let Some(breakpoint) = table.get(id).filter(|b| b.enabled) else {
                return Verdict::Pass;
            };
            if breakpoint.terms.thread.is_some_and(|wanted| wanted != no) {
                return Verdict::Pass;
            }
            Asked::of(breakpoint)
        };
        let vantage = self.vantage(no, id);
        let failed = match &asked.condition {
            None => None,
            Some(condition) => match self.holds(no, &vantage, condition) {
                Ok(true) => None,
                Ok(false) => return Verdict::Pass,
                Err(error) => Some(format!(
                    "the condition `{}` of breakpoint {id} cannot be evaluated: {error}",
                    condition.text()
                )),
            },
        };
        if let Some(breakpoint) = table.borrow_mut().get_mut(id) {
            breakpoint.hits = breakpoint.hits.saturating_add(1);
            if failed.is_none() && breakpoint.terms.ignore > 0 {
                breakpoint.terms.ignore -= 1;
                return Verdict::Pass;
            }
        }
        match (asked.log, failed) {
            (_, Some(why)) => Verdict::StopBecause(why),
            (None, None) => Verdict::Stop,
            (Some(message), None) => {
                self.say(no, id, &vantage, &message);
                Verdict::Pass
            }
        }
    }

    fn holds(
        &mut self,
        no: ThreadNo,
        vantage: &Vantage,
        condition: &Expression,
    ) -> Result<bool, ExprError> {
        self.ask(no, vantage, &|_, scope| condition.holds(scope))
    }

    /// Tells the message of a log point.
    fn say(&mut self, no: ThreadNo, id: BreakpointId, vantage: &Vantage, message: &[Piece]) {
        let mut text = String::new();
        for piece in message {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Value(of, format) => {
                    let said = self.ask(no, vantage, &|looking, scope| {
                        said(looking, scope, of, format.as_deref())
                    });
                    match said {
                        Ok(value) => text.push_str(&value),
                        Err(error) => text.push_str(&format!("<{error}>")),
                    }
                }
            }
        }
        let at = self.line_of(no);
        let kind = EventKind::Log { breakpoint: id.0, text };
        self.emit(no, Evidence::Observed, at, None, kind);
    }

    /// The line that a held thread stands at.
    fn line_of(&mut self, no: ThreadNo) -> Option<At> {
        let pc = self.held(no)?.registers().pc();
        let places = self.symbolizer.places(self.inferior.modules(), pc);
        places.last().map(|place| place.at())
    }
}

enum Verdict {
    Stop,
    /// A term could not be evaluated: a person has to see that.
    StopBecause(String),
    Pass,
}

/// What is asked of the program for a breakpoint; shared, because it is asked ten thousand times.
struct Asked {
    condition: Option<Arc<Expression>>,
    log: Option<Arc<[Piece]>>,
}

impl Asked {
    fn of(breakpoint: &Breakpoint) -> Asked {
        let terms = &breakpoint.terms;
        Asked {
            condition: terms.condition.as_ref().map(|condition| condition.expression().clone()),
            log: terms.log.as_ref().map(|log| log.pieces().clone()),
        }
    }
}

/// The value of an expression on one line.
fn said(
    looking: &Looking<'_>,
    scope: &dyn Scope,
    of: &Expression,
    format: Option<&str>,
) -> Result<String, ExprError> {
    let value = of.evaluate(scope)?.read(scope.reader());
    let plain = Format { width: LOG_WIDTH, expand: Expand::Never, ..Format::default() };
    let format = match format {
        Some(suffix) => plain.with(suffix).map_err(|error| ExprError::new(error.to_string()))?,
        None => plain,
    };
    Ok(looking.with_naming(|naming| value.pretty(naming, &format).to_string().trim().to_owned()))
}

impl Run {
    /// From where the terms of a breakpoint are to be seen, for a thread that has reached it.
    pub(super) fn vantage(&self, no: ThreadNo, id: BreakpointId) -> Vantage {
        let table = self.stops.table.borrow();
        let Some(breakpoint) = table.get(id) else { return Vantage::innermost() };
        match &breakpoint.target {
            Target::Catch(super::catching::Catch::Panic) => Vantage::Users,
            Target::Catch(_) | Target::Return(_) => Vantage::innermost(),
            Target::Watch(_) => self.vantage_of_watch(no, id),
            Target::Ownership(stop) if !stop.is_at_a_place() => Vantage::Users,
            Target::Place(_) | Target::Ownership(_) => {
                let Some(thread) = self.held(no) else { return Vantage::innermost() };
                let pc = thread.registers().pc();
                let Some(loaded) = self.module_at(pc) else { return Vantage::innermost() };
                let at = loaded.bias.to_file(pc);
                let place = breakpoint.places.iter().find(|place| place.address == at);
                let depth = place.and_then(|place| place.inlined_calls_within(&loaded.image));
                Vantage::Innermost { depth, entered: place.is_some_and(|place| place.entry) }
            }
        }
    }
}
