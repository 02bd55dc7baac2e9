//! Setting a watchpoint: what of an expression can be watched.

use super::breakpoints::{Breakpoint, Target, Terms};
use super::debugger::Session;
use super::error::SessionError;
use super::looking::Looking;
use super::scope::FrameScope;
use super::watch_ends::Home;
use super::watching::{Access, NewWatch, REGISTERS, Watched, parts};
use crate::base::VirtAddr;
use crate::dwarf::{Location, TypeKind, Types, short_type_name};
use crate::expr::{ExprError, Expression, Operand};

impl Session {
    /// Stops the program when the place of an expression is written or read. Where it belongs to a
    /// variable of a function, the watchpoint ends with that, unless `by_location` is set.
    ///
    /// # Errors
    /// [`SessionError::Expression`] where the expression has no place that the processor can watch,
    /// [`SessionError::Inferior`] where it watches as much as it can already.
    pub fn watch(
        &mut self,
        text: &str,
        access: Access,
        by_location: bool,
        terms: Terms,
    ) -> Result<Breakpoint, SessionError> {
        if self.is_core() {
            return Err(SessionError::CoreFile);
        }
        let expression = Expression::parse(text)?;
        let limits = self.settings.limits;
        let history = std::mem::take(&mut self.history);
        let found = self.look(limits, |looking| {
            let operand = expression.evaluate(&FrameScope { looking, history: &history })?;
            new_watch(looking, &operand, text, access, by_location)
        });
        self.history = history;
        let (watched, new) = found?.map_err(SessionError::Expression)?;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let used = run.inferior.watches().len();
        let taken = parts(new.at, new.size, new.access).len();
        let id = self.table.borrow().next();
        if let Err(error) = run.begin_watch(id, new) {
            let full = format!(
                "the processor can watch {REGISTERS} places at once, and {used} are in use: `{text}` \
                 takes {taken}"
            );
            return Err(match error {
                SessionError::Inferior(crate::inferior::InferiorError::Watch { .. }) => {
                    ExprError::new(full)
                        .hint("`delete` or `disable` another watchpoint (`info breakpoints`)")
                        .into()
                }
                other => other,
            });
        }
        Ok(self.table.borrow_mut().add(Target::Watch(watched), Vec::new(), terms))
    }
}

/// What of an operand can be watched.
fn new_watch(
    looking: &Looking<'_>,
    operand: &Operand,
    text: &str,
    access: Access,
    by_location: bool,
) -> Result<(Watched, NewWatch), ExprError> {
    let Operand::Place(part) = operand else {
        return Err(ExprError::new(format!("`{text}` is computed: only a place can be watched"))
            .hint("name a variable, a field, an element or `*pointer`"));
    };
    let at = match &part.at {
        Location::Memory(at) => *at,
        Location::Register(register) => {
            return Err(ExprError::new(format!(
                "`{text}` is in the register {}, which the processor cannot watch",
                register.name()
            ))
            .hint("step, or build without optimisation: variables have places in memory then"));
        }
        Location::Value(_) | Location::Pieces(_) => {
            return Err(ExprError::new(format!("`{text}` is not in one place in memory")));
        }
    };
    let ty = looking.image.get(part.ty).map_err(ExprError::from)?;
    let size = ty.size.unwrap_or(0);
    if size == 0 {
        return Err(ExprError::new(format!("`{text}` has no bytes that could change")));
    }
    if parts(at, size, access).len() > REGISTERS {
        return Err(too_large(text, at, size, &ty.kind));
    }
    let home = if by_location { Home::Nowhere } else { home_of(looking, at) };
    let main = looking.run.inferior.modules().main();
    let keeps = looking.run.module_at(at).filter(|loaded| {
        let of_main = std::sync::Arc::ptr_eq(&loaded.image, &main.image);
        of_main && std::ptr::eq(&*main.image, looking.image)
    });
    let keeps = keeps.map(|loaded| (loaded.bias.to_file(at), part.ty));
    let loaded = looking.raw.loaded.clone().unwrap_or(main);
    let expression = text.trim().to_owned();
    let watched = Watched {
        expression: expression.clone(),
        access,
        by_location,
        type_name: short_type_name(&ty.name),
        size,
        keeps,
    };
    Ok((watched, NewWatch { expression, access, at, size, ty: part.ty, loaded, home }))
}

fn too_large(text: &str, at: VirtAddr, size: u64, kind: &TypeKind) -> ExprError {
    let why = match at.0.is_multiple_of(8) {
        true => "",
        false => ", at an address that is not a multiple of 8",
    };
    let error = ExprError::new(format!(
        "`{text}` has {size} bytes{why}: the processor can watch {REGISTERS} places of 1, 2, 4 or 8 \
         bytes"
    ));
    match kind {
        TypeKind::Struct { fields, .. } if !fields.is_empty() => {
            let name = fields.first().map(|field| field.name.trim_start_matches("__").to_owned());
            let name = name.unwrap_or_default();
            error.hint(format!("watch a part of it, as in `watch {text}.{name}`"))
        }
        TypeKind::Array { .. } => error.hint(format!("watch an element: `watch {text}[0]`")),
        _ => error.hint("watch a part of it"),
    }
}

/// What a place in memory belongs to.
pub(super) fn home_of(looking: &Looking<'_>, at: VirtAddr) -> Home {
    let ledger = looking.run.ledger_in_use();
    if let Some((block, _)) = ledger.and_then(|ledger| ledger.block_at(at)) {
        return Home::Block(block.id);
    }
    let stack = looking.stack;
    let holds = |frame: &&super::stack::Frame| {
        let cfa = stack.raw_of(frame).and_then(|raw| raw.cfa);
        !frame.inlined && stack.low_end(frame) <= at && cfa.is_some_and(|cfa| at < cfa)
    };
    let Some(frame) = stack.frames.iter().find(holds) else { return Home::Nowhere };
    let Some(raw) = stack.raw_of(frame) else { return Home::Nowhere };
    let Some(cfa) = raw.cfa else { return Home::Nowhere };
    let function = raw.loaded.as_ref().and_then(|loaded| {
        let at = loaded.bias.to_file(raw.lookup);
        loaded.image.symbols().at(at).map(|symbol| symbol.range.start)
    });
    let returns_to = stack.raw.get(frame.raw.saturating_add(1)).map(|raw| raw.registers.pc());
    // The variables that are known are those of the frame that is looked at.
    let own = std::ptr::eq(raw, looking.raw);
    let inside = |start: VirtAddr, size: u64| start <= at && at.0 < start.0.saturating_add(size);
    let mut variables = looking.variables.iter().filter(|variable| variable.in_scope);
    let variable = variables.find(|variable| {
        own && matches!(variable.location, Ok(Location::Memory(start)) if inside(start, variable.size))
    });
    let variable = variable.map(|variable| variable.die);
    Home::Frame { thread: looking.thread, cfa, function, returns_to, variable }
}
