//! What calls of functions that are not the user's have borrowed while they run code of the user's: the
//! list, for a closure that runs in its `Vec::retain`.

use super::borrows::Footprint;
use super::picture::Reading;
use super::run::Run;
use super::slots::low_end;
use crate::base::ThreadNo;
use crate::dwarf::Types;
use crate::frame::RawFrame;
use crate::value::Limits;

impl Run {
    /// The references that were passed to the call of a frame, as far as its parameters are described:
    /// as those of any function, they borrow until it returns. What is passed by value may be gone by
    /// now, and tells nothing.
    pub(super) fn lent_to_call(
        &self,
        thread: ThreadNo,
        frames: &[RawFrame],
        index: usize,
    ) -> Vec<Footprint> {
        let Some(raw) = frames.get(index) else { return Vec::new() };
        let reading = Reading { slots: true, inlined: false, limits: Limits::default() };
        let read = self.slots(thread, raw, low_end(frames, index), None, reading);
        let found = read.footprints.into_iter().map(|(_, found)| found);
        let references = found.filter(|found| found.parameter && is_reference(found));
        references.map(|found| Footprint { name: name_of_call(&found.name), ..found }).collect()
    }
}

fn is_reference(found: &Footprint) -> bool {
    found.image.get(found.ty).is_ok_and(|ty| ty.name.starts_with('&'))
}

/// The call that a parameter is of: `a call of vec::Vec<T,A>::retain` of the place
/// `vec::Vec<T,A>::retain::self`.
fn name_of_call(parameter: &str) -> String {
    let function = parameter.rsplit_once("::").map_or(parameter, |(function, _)| function);
    format!("a call of {function}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_its_function() {
        assert_eq!(name_of_call("vec::Vec<T,A>::retain::self"), "a call of vec::Vec<T,A>::retain");
    }
}
