//! What a function returns, where it stands at the instruction by which it does.

use serde::Serialize;

use super::context::FrameContext;
use super::run::Run;
use crate::asm::ExitKind;
use crate::base::{Shown, ThreadNo, Unreadable};
use crate::dwarf::{Function, Image, Location, TypeRef, Types};
use crate::value::returned::{self, Convention};
use crate::value::{Limits, ReadRegister, Reader};

/// What a function is about to return.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// A value.
    Value(Box<Shown>),
    /// `()`.
    Nothing,
    /// A value that cannot be told, for a reason.
    Unknown(Unreadable),
}

impl Run {
    /// The value that a held thread is about to return.
    pub(super) fn value_returned(&self, no: ThreadNo, kind: ExitKind) -> Returned {
        match self.read_returned(no, kind) {
            Ok(Some(value)) => Returned::Value(Box::new(value)),
            Ok(None) => Returned::Nothing,
            Err(why) => Returned::Unknown(why),
        }
    }

    fn read_returned(&self, no: ThreadNo, kind: ExitKind) -> Result<Option<Shown>, Unreadable> {
        let unknown = |why: &str| Unreadable::NotDescribed(why.to_owned());
        let thread = self.held(no).ok_or_else(|| unknown("the thread runs"))?;
        if matches!(kind, ExitKind::TailCall { .. }) {
            return Err(unknown("the function ends by a jump to another, which will return it"));
        }
        let (frames, _) = self.unwind(thread, 1);
        let frame = frames.first().ok_or_else(|| unknown("there is no frame"))?;
        let loaded = frame.loaded.as_ref().ok_or_else(|| unknown("no file is loaded there"))?;
        let (image, bias) = (&loaded.image, loaded.bias);
        let described = image
            .function_at(bias.to_file(frame.lookup))
            .ok_or_else(|| unknown("there is no debug information"))?;
        let Some(ty) = described.returns else { return Ok(None) };
        let vectors = thread.vectors().ok();
        let memory = self.inferior.memory();
        let context = FrameContext { frame, vectors: vectors.as_ref(), memory };
        let registers = |register| context.whole_register(register);
        let location = place_returned(image, &described, ty, &registers)?;
        let reader = Reader {
            types: &**image,
            bias,
            memory,
            registers: &registers,
            limits: Limits::default(),
            running: &[],
        };
        image.get(ty)?;
        Ok(Some(self.regions().shown(&reader.read(ty, &location))))
    }
}

/// Where a function leaves the value that it returns, of a type of its image, given the registers at
/// its end or behind the call.
///
/// # Errors
/// Why that is not known.
pub(super) fn place_returned(
    image: &Image,
    function: &Function,
    ty: TypeRef,
    registers: &ReadRegister<'_>,
) -> Result<Location, Unreadable> {
    let convention = Convention::of_linkage_name(function.linkage_name);
    returned::passing(image, ty, convention)?.location(registers)
}
