//! Memory of another allocator than `Global`: it is no block of the program's heap.
//!
//! Whoever keeps the table of blocks sees the calls of `Global` alone, and may have given the address
//! to a block that was freed since. `std::thread::Thread` is an `Arc` whose block `System` gave.

use crate::base::Hold;
use crate::value::model::{Map, Sequence, Value, ValueKind};
use crate::value::read::{At, Walk};

/// The value without the memory that it leads to, if that is of another allocator: that of a std
/// type with an argument `A`.
pub(super) fn without_memory(walk: &Walk<'_>, at: &At<'_>, value: Value) -> Value {
    let of_std = matches!(&*at.ty.krate, "std" | "core" | "alloc" | "hashbrown");
    let allocator = at.ty.param("A").filter(|_| of_std);
    let allocator = allocator.and_then(|id| walk.reader.types.get(id).ok());
    if allocator.is_none_or(|ty| &*ty.base_name == "Global") {
        return value;
    }
    let mut value = value;
    // What others share with it is not its own; nor is what that owns in turn.
    if value.heap.is_some_and(|heap| heap.hold != Hold::Owner) {
        forget(&mut value);
    }
    value.heap = None;
    value
}

/// Takes the memory from the value and from its parts, of which there are no more than were read.
fn forget(value: &mut Value) {
    value.heap = None;
    match &mut value.kind {
        ValueKind::Pointer(pointer) => pointer.pointee.iter_mut().for_each(|part| forget(part)),
        ValueKind::Sequence(sequence) | ValueKind::Set(sequence) => {
            let Sequence { items, nodes, .. } = sequence;
            nodes.clear();
            items.iter_mut().for_each(forget);
        }
        ValueKind::Map(Map { entries, nodes, .. }) => {
            nodes.clear();
            for (key, part) in entries {
                forget(key);
                forget(part);
            }
        }
        ValueKind::Record { fields, .. }
        | ValueKind::Enum { fields, .. }
        | ValueKind::Union { fields, .. }
        | ValueKind::Broken { fields, .. }
        | ValueKind::Raw { fields, .. } => {
            fields.list.iter_mut().for_each(|(_, part)| forget(part));
        }
        _ => {}
    }
}
