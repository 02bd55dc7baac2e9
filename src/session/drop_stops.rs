//! Stopping where values are dropped: all of a type, or one.

use std::sync::Arc;

use super::breakpoints::{BreakpointId, Target};
use super::debugger::Session;
use super::drops::Planted;
use super::error::SessionError;
use super::looking::Looking;
use super::ownership_stops::{Happened, OwnershipStop};
use super::run::Run;
use super::set_watch::home_of;
use super::watch_ends::Home;
use crate::base::{At, BlockId, DropView, DroppedPart, Hold, VirtAddr};
use crate::dwarf::{Image, Loaded, Location, TypeRef, Types, names_type};
use crate::expr::{ExprError, Operand};
use crate::inferior::Stopped;
use crate::value::{Limits, Reader};

/// Whose drops a breakpoint stops for.
#[derive(Clone, PartialEq, Debug)]
pub struct DropAsked {
    /// The type or the expression, as it was written.
    pub text: String,
    /// The value; none where all values of the type are meant.
    value: Option<OneValue>,
}

/// A value whose drop is waited for.
#[derive(Clone, PartialEq, Debug)]
struct OneValue {
    /// The full name of its type.
    type_name: Arc<str>,
    /// Where it lay when it was asked for.
    at: VirtAddr,
    /// What that place belongs to: with its end, something else may lie there.
    home: Home,
    /// The first block that it owned then: wherever the value is moved, that goes with it.
    block: Option<BlockId>,
}

impl DropAsked {
    /// Whether one value is meant, which ends with the process.
    pub(super) fn is_of_one_value(&self) -> bool {
        self.value.is_some()
    }

    /// Whether code that drops values of a type is concerned.
    fn concerns(&self, type_name: &str) -> bool {
        // Functions that the linker made one of are named by all of their types.
        type_name.split(" or ").any(|name| match &self.value {
            Some(value) => plain(name) == plain(&value.type_name),
            None => names_type(&self.text, name),
        })
    }
}

impl Session {
    /// What stops the program where a value is dropped: each value of a type, or the one that an
    /// expression means.
    ///
    /// # Errors
    /// [`SessionError::NoType`] and [`SessionError::NeverDropped`]; [`SessionError::Expression`]
    /// where the text is an expression without a place.
    pub fn drop_of(&mut self, text: &str) -> Result<OwnershipStop, SessionError> {
        let text = text.trim().to_owned();
        let value = if self.run.is_some() { self.value_dropped(&text)? } else { None };
        if value.is_none() && self.image.types_named(&text, None).is_empty() {
            return Err(SessionError::NoType(text));
        }
        let asked = DropAsked { text, value };
        if !is_ever_dropped(&self.image, &asked) {
            return Err(SessionError::NeverDropped(asked.text));
        }
        Ok(OwnershipStop::Drop(asked))
    }

    /// The value that a text means; none where it names a type.
    fn value_dropped(&mut self, text: &str) -> Result<Option<OneValue>, SessionError> {
        let is_type = |session: &Session| !session.image.types_named(text, None).is_empty();
        match self.with_operand(text, one_value) {
            Ok(value) => value.map_err(SessionError::Expression),
            Err(_) if is_type(self) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn one_value(looking: &Looking<'_>, operand: &Operand) -> Result<Option<OneValue>, ExprError> {
    let part = match operand {
        Operand::Type(_) => return Ok(None),
        Operand::Place(part) => part,
        _ => return Err(ExprError::new("a value that is computed here is not dropped there")),
    };
    let Location::Memory(at) = part.at else {
        return Err(ExprError::new("the value is not in memory, so that its drop cannot be told")
            .hint("`break drop TYPE` stops at the drops of all values of its type"));
    };
    let type_name = looking.image.get(part.ty).map_err(ExprError::from)?.name.clone();
    let main = looking.run.inferior.modules().main();
    let loaded = looking.raw.loaded.clone().unwrap_or(main);
    let block = looking.run.first_owned_block(&loaded, part.ty, at);
    Ok(Some(OneValue { type_name, at, home: home_of(looking, at), block }))
}

/// Whether some code of a program drops what is asked for.
fn is_ever_dropped(image: &Image, asked: &DropAsked) -> bool {
    image.has_drop_code(&|_, name: &str| asked.concerns(name))
}

/// A type's name without what each mangling writes in its own way.
fn plain(type_name: &str) -> String {
    type_name.replace(", alloc::alloc::Global", "")
}

impl Run {
    /// Plants the code that drops what a breakpoint waits for.
    pub(super) fn plant_drops_asked(&mut self, asked: &DropAsked) {
        let main = self.inferior.modules().main();
        let code = main.image.drop_code(&|_, name: &str| asked.concerns(name));
        self.plant_drop_code(code);
    }

    /// Takes the sites away at which no enabled breakpoint but this one waits for a drop, where drops
    /// are not followed anyway.
    pub(super) fn sync_drop_sites(&mut self, without: BreakpointId) {
        if self.options.drops {
            return;
        }
        let table = self.stops.table.borrow();
        let waiting = table.list.iter().filter(|b| b.enabled && b.id != without);
        let asked: Vec<DropAsked> = waiting
            .filter_map(|breakpoint| match &breakpoint.target {
                Target::Ownership(OwnershipStop::Drop(asked)) => Some(asked.clone()),
                _ => None,
            })
            .collect();
        drop(table);
        self.unplant_drops_but(&|type_name| asked.iter().any(|asked| asked.concerns(type_name)));
    }

    /// Notes the breakpoints that wait for a drop that begins.
    pub(super) fn note_drop(
        &mut self,
        thread: &Stopped,
        planted: &Planted,
        view: &DropView,
        by: Option<&At>,
    ) {
        if view.part != DroppedPart::Value {
            return;
        }
        let table = self.stops.table.borrow();
        let mut waiting = Vec::new();
        for breakpoint in table.list.iter().filter(|breakpoint| breakpoint.enabled) {
            if let Target::Ownership(OwnershipStop::Drop(asked)) = &breakpoint.target
                && asked.concerns(&planted.site.type_name)
            {
                waiting.push((breakpoint.id, asked.clone()));
            }
        }
        drop(table);
        waiting.retain(|(_, asked)| match &asked.value {
            Some(value) => self.is_dropped_now(thread, planted, value, view.address),
            None => true,
        });
        if waiting.is_empty() {
            return;
        }
        let happened = Happened::Drop { drop: Box::new(view.clone()), by: by.cloned() };
        let hits = waiting.into_iter().map(|(id, _)| (id, happened.clone()));
        self.stops.happening.hits.extend(hits);
    }

    /// Whether a drop is that of one value: of what lies in its place as long as that is there, or of
    /// what owns its block now.
    fn is_dropped_now(
        &self,
        thread: &Stopped,
        planted: &Planted,
        value: &OneValue,
        at: Option<VirtAddr>,
    ) -> bool {
        let Some(at) = at else { return false };
        let moved_here = || {
            let ty = planted.code.ty?;
            let owned = self.first_owned_block(&planted.loaded, ty, at)?;
            (Some(owned) == value.block).then_some(())
        };
        let in_place = at == value.at
            && match &value.home {
                Home::Nowhere => true,
                Home::Block(block) => {
                    self.ledger.block_at(at).is_some_and(|(now, _)| now.id == *block)
                }
                Home::Frame { thread: owner, cfa, function, .. } => {
                    *owner == thread.no() && self.frame_end(thread, *cfa, *function, None).is_none()
                }
            };
        in_place || moved_here().is_some()
    }

    /// The first block that a value in memory owns itself.
    fn first_owned_block(&self, loaded: &Loaded, ty: TypeRef, at: VirtAddr) -> Option<BlockId> {
        let reader = Reader {
            types: &*loaded.image,
            bias: loaded.bias,
            memory: self.inferior.memory(),
            registers: &|_| None,
            // The first block is asked for, and not what is in it.
            limits: Limits { elements: 1, text_bytes: 1, ..Limits::default() },
            running: &[],
        };
        let value = reader.read(ty, &Location::Memory(at));
        let mut parts = value.heap_parts().into_iter().filter(|part| part.hold == Hold::Owner);
        parts.find_map(|part| Some(self.ledger.block_from(part.pointer)?.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_as_people_write_it_and_functions_of_several_types_are_of_each() {
        let asked = |text: &str| DropAsked { text: text.to_owned(), value: None };
        let vec = "alloc::vec::Vec<alloc::string::String, alloc::alloc::Global>";
        assert!(asked("Vec<String>").concerns(vec) && asked("Vec").concerns(vec));
        assert!(!asked("String").concerns(vec) && !asked("Vec<u8>").concerns(vec));
        assert!(asked("Guard").concerns("k::Guard") && asked("crate::Guard").concerns("k::Guard"));
        assert!(asked("Guard").concerns("k::Lock or k::Guard"));
    }
}
