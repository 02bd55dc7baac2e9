//! Inlined drops of which the optimiser has moved a part, or merged it with the code of others.

use std::collections::HashMap;

use crate::asm::callees;
use crate::base::FileAddr;
use crate::dwarf::{DropCode, DropPart, Image};
use crate::track::drops::plain_name;

/// For each piece of code, whether it is inlined glue of a type with a `Drop` of its own, of which
/// that `drop` is no part: it is neither inlined there, nor called. Two inlined drops of one place can
/// share their ends, and control then comes from the one, which ran `drop`, into the other.
pub(super) fn without_bodies(image: &Image, code: &[DropCode]) -> Vec<bool> {
    let mut entries: HashMap<_, Vec<FileAddr>> = HashMap::new();
    for body in code.iter().filter(|code| code.part == DropPart::Body || code.inlined == 0) {
        entries.entry(plain_name(&body.type_name)).or_default().push(body.entry);
    }
    let is_without = |code: &DropCode| {
        let is_inlined_glue = code.part == DropPart::Glue && code.inlined > 0;
        is_inlined_glue
            && entries.get(&plain_name(&code.type_name)).is_some_and(|known| {
                let within = |at: &FileAddr| code.ranges.iter().any(|range| range.contains(*at));
                !known.iter().any(within) && !calls(image, code, known)
            })
    };
    code.iter().map(is_without).collect()
}

fn calls(image: &Image, code: &DropCode, known: &[FileAddr]) -> bool {
    code.ranges.iter().any(|range| {
        let called = image.bytes(*range).map(|bytes| callees(bytes, *range));
        called.is_some_and(|called| known.iter().any(|at| called.contains(at)))
    })
}
