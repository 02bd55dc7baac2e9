//! Threads: `Thread`, `JoinHandle`, and `Barrier`, at which they wait for each other.

use super::{Look, Parts, Told, members, record_of};
use crate::base::Unreadable;
use crate::dwarf::Type;
use crate::value::{Pointer, Value, ValueKind};

pub(super) fn is(ty: &Type) -> bool {
    ["Thread", "JoinHandle", "Barrier"].iter().any(|name| ty.is_std(name)) && !is_native(ty)
        || is_shell(ty)
}

/// The operating system's thread has the same name and no more than a number.
fn is_native(ty: &Type) -> bool {
    ty.name.starts_with("std::sys::")
}

/// Whether it wraps one value that says everything: the name of a thread, or what it returned.
fn is_shell(ty: &Type) -> bool {
    (ty.is_std("ThreadNameString") || ty.is_std("Packet")) && ty.name.starts_with("std::thread::")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    match &*look.ty().base_name {
        "ThreadNameString" => Ok(Parts::Inside(look.find("inner")?)),
        "Packet" => Ok(Parts::Inside(look.find("result")?)),
        "JoinHandle" => {
            let (thread, packet) = (look.find("thread")?, look.find("packet")?);
            Ok(Parts::Named(vec![("thread", thread), ("result", packet)]))
        }
        "Barrier" => Ok(Parts::Named(
            ["count", "generation_id", "num_threads"]
                .into_iter()
                .map(|name| Ok((name, look.find(name)?)))
                .collect::<Result<_, Unreadable>>()?,
        )),
        _ => thread(look),
    }
}

/// Of what all handles of a thread share, its id and its name.
fn thread(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    let inner = look.find("inner")?;
    let value = super::told(look.walk, &look.at, Told::Member(inner));
    let ValueKind::Pointer(Pointer { pointee: Some(shared), .. }) = &value.kind else {
        return Err(members::missing(look.ty(), "inner"));
    };
    if let ValueKind::Unreadable(reason) = &shared.kind {
        return Err(reason.clone());
    }
    let part = |name: &'static str| -> Result<(&'static str, Value), Unreadable> {
        let part = shared.field(name).ok_or_else(|| members::missing(look.ty(), name))?;
        Ok((name, part.clone()))
    };
    let record = record_of(look.ty(), vec![part("id")?, part("name")?]);
    Ok(match value.heap {
        Some(heap) => Parts::Leading(record, heap),
        None => Parts::Made(record),
    })
}
