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

#[cfg(test)]
mod tests {
    use crate::dwarf::{PointerFlavour, TypeRef};
    use crate::value::testing::World;

    /// A `Thread`: an `Arc` of an id and a name.
    fn thread(world: &mut World) -> TypeRef {
        let (word, string) = (world.uint(8), world.string());
        let name = world.record("std::thread::ThreadNameString", 24, 8, &[("inner", string, 0)]);
        let fields = [("id", word, 0), ("name", name, 8), ("parker", word, 32)];
        let inner = world.record("std::thread::Inner", 40, 8, &fields);
        let fields = [("strong", word, 0), ("weak", word, 8), ("data", inner, 16)];
        let counted = world.record("alloc::sync::ArcInner<Inner>", 56, 8, &fields);
        let pointer = world.non_null(counted);
        let arc = world.record("alloc::sync::Arc<Inner, A>", 8, 8, &[("ptr", pointer, 0)]);
        let system = world.marker("std::alloc::System");
        let arc = world.with_params(arc, &[("A", system)]);
        world.record("std::thread::Thread", 8, 8, &[("inner", arc, 0)])
    }

    #[test]
    fn a_thread_is_its_id_and_its_name_and_leads_to_no_block() {
        let mut world = World::new();
        let ty = thread(&mut world);
        world.put_words(0x5000, &[1, 1, 3, 4, 0x6000, 4, 0]);
        world.put(0x6000, b"main");
        let value = world.read_words(ty, &[0x5000]);
        assert_eq!(world.text(&value), "Thread { id: 3, name: \"main\" }");
        assert!(value.heap_parts().is_empty(), "another allocator gave the memory: {value:?}");
        let lost = world.read_words(ty, &[0x9000]);
        assert!(world.text(&lost).contains("<unmapped>"), "{lost:?}");
    }

    #[test]
    fn a_handle_shows_what_the_thread_returned() {
        let mut world = World::new();
        let (thread, word) = (thread(&mut world), world.uint(8));
        let result = world.option_of(word, 8);
        let fields = [("result", result, 8), ("scope", word, 0)];
        let packet = world.record("std::thread::Packet<u64>", 16, 8, &fields);
        let packet = world.pointer("&Packet<u64>", Some(packet), PointerFlavour::Shared);
        let fields = [("thread", thread, 0), ("packet", packet, 8)];
        let handle = world.record("std::thread::JoinHandle<u64>", 16, 8, &fields);
        world.put_words(0x5000, &[1, 1, 3, 1, 0x6000, 1, 0]);
        world.put(0x6000, b"w");
        world.put_words(0x7000, &[0, 7, 0, 0]);
        let text = |packet: u64| world.text(&world.read_words(handle, &[0x5000, packet]));
        let thread = "Thread { id: 3, name: \"w\" }";
        assert_eq!(text(0x7000), format!("JoinHandle {{ thread: {thread}, result: Some(7) }}"));
        assert_eq!(text(0x7010), format!("JoinHandle {{ thread: {thread}, result: None }}"));
    }
}
