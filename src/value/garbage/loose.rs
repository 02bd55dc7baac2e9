//! Structs with the names of types that have a reader, and some of the members that those look for,
//! of any types and anywhere.

use super::any;
use crate::base::garbage::Choices;
use crate::dwarf::TypeRef;
use crate::value::testing::World;

const NAMES: [&str; 24] = [
    "std::sync::mpsc::Sender<x>",
    "std::thread::Thread",
    "std::thread::JoinHandle<x>",
    "std::sync::barrier::Barrier",
    "std::fs::File",
    "std::process::Child",
    "std::io::error::Error",
    "core::any::TypeId",
    "core::fmt::Arguments",
    "arrayvec::arrayvec::ArrayVec<x>",
    "arrayvec::array_string::ArrayString<x>",
    "smallvec::SmallVec<x>",
    "bytes::bytes::Bytes",
    "bytes::bytes_mut::BytesMut",
    "std::collections::hash::map::Iter<x>",
    "hashbrown::map::IntoIter<x>",
    "alloc::collections::btree::map::Iter<x>",
    "alloc::collections::btree::set::IntoIter<x>",
    "alloc::collections::linked_list::Iter<x>",
    "core::array::iter::IntoIter<x>",
    "core::slice::iter::Iter<x>",
    "lock_api::mutex::MutexGuard<x>",
    "std::sync::once_lock::OnceLock<x>",
    "alloc::sync::Arc<x>",
];

const MEMBERS: [&str; 36] = [
    "ptr",
    "len",
    "cap",
    "data",
    "vtable",
    "xs",
    "capacity",
    "flavor",
    "counter",
    "chan",
    "head",
    "tail",
    "index",
    "block",
    "slots",
    "inner",
    "id",
    "name",
    "fd",
    "repr",
    "template",
    "args",
    "items",
    "current_group",
    "next_ctrl",
    "length",
    "front",
    "node",
    "height",
    "idx",
    "alive",
    "start",
    "end",
    "value",
    "mutex",
    "buf",
];

/// Adds one type.
pub(super) fn add(world: &mut World, choices: &mut Choices<'_>, roots: &[TypeRef]) -> TypeRef {
    let count = 2 + choices.index(6);
    let fields: Vec<_> = (0..count)
        .map(|_| (choices.pick(&MEMBERS), any(world, choices, roots), choices.below(64)))
        .collect();
    let ty = world.record(choices.pick(&NAMES), choices.below(80), 8, &fields);
    let of = any(world, choices, roots);
    world.with_params(ty, &[(choices.pick(&["T", "A", "K"]), of)])
}
