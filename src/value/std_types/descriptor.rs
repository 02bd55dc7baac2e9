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
