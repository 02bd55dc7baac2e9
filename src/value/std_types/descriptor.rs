//! What holds a file descriptor: files, sockets, pipes; and `Child`, which holds a process and
//! pipes to it.

use super::{Look, Parts};
use crate::base::Unreadable;
use crate::dwarf::Type;

/// The types that are no more than a descriptor.
const HOLDERS: [&str; 15] = [
    "File",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "OwnedFd",
    "BorrowedFd",
    "ChildStdin",
    "ChildStdout",
    "ChildStderr",
    "PipeReader",
    "PipeWriter",
    "PidFd",
];

pub(super) fn is(ty: &Type) -> bool {
    HOLDERS.iter().any(|name| ty.is_std(name)) || ty.is_std("Child")
}

pub(super) fn read(look: &mut Look<'_, '_>) -> Result<Parts, Unreadable> {
    if !look.ty().is_std("Child") {
        return Ok(Parts::Named(vec![("fd", look.find_peeled("fd")?)]));
    }
    let names = ["pid", "status", "stdin", "stdout", "stderr"];
    let parts = names.into_iter().map(|name| Ok((name, look.find(name)?)));
    Ok(Parts::Named(parts.collect::<Result<_, Unreadable>>()?))
}

#[cfg(test)]
mod tests {
    use crate::dwarf::Encoding;
    use crate::value::testing::World;

    #[test]
    fn a_file_is_its_descriptor() {
        let mut world = World::new();
        let i32_ = world.base("i32", Encoding::Signed, 4);
        let inner = world.tuple_struct("core::num::niche_types::I32NotAllOnes", 4, 4, &[(i32_, 0)]);
        let owned = world.record("std::os::fd::owned::OwnedFd", 4, 4, &[("fd", inner, 0)]);
        let system = world.tuple_struct("std::sys::fs::unix::File", 4, 4, &[(owned, 0)]);
        let file = world.record("std::fs::File", 4, 4, &[("inner", system, 0)]);
        assert_eq!(world.text(&world.read_bytes(file, &[3, 0, 0, 0])), "File { fd: 3 }");
        assert_eq!(world.text(&world.read_bytes(owned, &[3, 0, 0, 0])), "OwnedFd { fd: 3 }");
    }
}
