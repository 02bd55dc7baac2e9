//! What the source of a function says of its variables where a frame stands in a call.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use super::ahead::FunctionCode;
use super::fates::is_at;
use super::followed::{Followed, Frame};
use super::plain::is_coroutine;
use super::slots::is_closure;
use super::source_flow::{Named, Told};
use super::source_text::FunctionText;
use crate::asm::uses::CalleeKind;
use crate::base::{At, GonePart, SlotState};
use crate::dwarf::{LocationContext, SourceLine, Types};
use crate::frame::slots::Placed;
use crate::value::{needs_drop, owning_parts};

/// For how many variables and lines of one function what was found is kept.
const MAX_KNOWN: usize = 1 << 12;

/// The text of a function, read once, and what it said of variables, by their dies and lines.
#[derive(Default)]
pub(super) struct Texts {
    text: OnceCell<Option<FunctionText>>,
    told: RefCell<HashMap<(usize, u32), Option<Told>>>,
}

impl Frame<'_> {
    /// The line of the function's own that the frame stands on, in a call that is no drop. None where
    /// the source says nothing of the order in which things happen: at an instruction of its own, in
    /// an async function, and in a closure, whose variables are partly those of others.
    pub(super) fn called_on_line(&self, code: &FunctionCode) -> Option<SourceLine> {
        let at = self.context.bias_to_file();
        let pc = self.context.frame.registers.pc();
        let in_call = self.context.frame.lookup != pc && code.dropped_at(at).is_none();
        let own = in_call && !is_closure(&self.function.name);
        (own && !self.is_in_drop(code) && !is_coroutine(self.image, self.function)).then_some(())?;
        self.own_line(at)
    }

    /// Whether the call that the frame stands in drops something.
    fn is_in_drop(&self, code: &FunctionCode) -> bool {
        let pc = self.context.frame.registers.pc();
        let callee = code.called_before(self.image, self.context.bias(), pc);
        let kind = callee.map(|callee| callee.known.kind);
        matches!(kind, Some(CalleeKind::Drops { .. } | CalleeKind::FreesBox))
    }

    /// What the source says of a variable of the function when a call on a line runs.
    pub(super) fn told_by_source(
        &self,
        followed: &Followed,
        variable: &Placed,
        here: &SourceLine,
    ) -> Option<Told> {
        variable.inlined.is_none().then_some(())?;
        let code = followed.code_of(self);
        let key = (variable.die, here.line);
        if let Some(known) = code.texts.told.borrow().get(&key) {
            return known.clone();
        }
        let told = self.ask_source(followed, &code, variable, here);
        let mut known = code.texts.told.borrow_mut();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, told.clone());
        told
    }

    fn ask_source(
        &self,
        followed: &Followed,
        code: &FunctionCode,
        variable: &Placed,
        here: &SourceLine,
    ) -> Option<Told> {
        let function = self.function.declared.as_ref().filter(|of| of.file == here.file)?;
        let declared = self.image.variable_declared(variable.die);
        let declared = declared.filter(|of| of.file == here.file)?;
        self.is_alone_in_name(variable).then_some(())?;
        let text = code.texts.text.get_or_init(|| {
            let text = followed.sources.text(&function.file, self.image.path())?;
            FunctionText::of(&text, function.line)
        });
        let ty = self.image.get(variable.ty?).ok()?;
        let parts = owning_parts(self.image, variable.ty?);
        let owns = |field: &str| parts.iter().any(|part| is_at(&part.path, &format!(".{field}")));
        let drops = |name: &str, line: u32| {
            let mut found = None;
            self.each_variable(&self.function.scope, &mut |other, _| {
                let is_it = *other.name == *name && other.line == Some(line);
                if is_it {
                    let drops = other.ty.is_none_or(|ty| needs_drop(self.image, ty));
                    found = Some(found.unwrap_or_default() || drops);
                }
            });
            found
        };
        let named = Named {
            name: &variable.name,
            line: declared.line,
            parameter: variable.parameter,
            // A method may take a value out of its box.
            of_std: matches!(&*ty.krate, "std" | "core" | "alloc") && &*ty.base_name != "Box",
            owns: &owns,
            drops: &drops,
        };
        text.as_ref()?.told(&named, here.line)
    }

    /// The state that the source tells; none where it is live.
    pub(super) fn state_told(&self, here: &SourceLine, told: &Told) -> Option<SlotState> {
        let at = |line: u32| At {
            function: self.function.name.to_string(),
            file: Some(here.file.to_string()),
            line: Some(line),
        };
        match told {
            Told::Live(_) => None,
            Told::NotYet => Some(SlotState::Uninitialised),
            Told::Gone { line } => Some(SlotState::MovedOrDropped { at: vec![at(*line)] }),
            Told::Partly(parts, _) => {
                let gone = |(path, line): &(String, u32)| GonePart {
                    path: path.clone(),
                    dropped: false,
                    to: None,
                    at: Some(at(*line)),
                };
                Some(SlotState::PartlyMoved { parts: parts.iter().map(gone).collect() })
            }
        }
    }
}
