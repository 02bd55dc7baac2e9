//! Reading what may not be there yet.

use std::io;
use std::os::fd::AsFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// From now on reading fails with [`io::ErrorKind::WouldBlock`] where there is nothing to read.
///
/// # Errors
/// Where the file does not allow it.
pub fn do_not_block(file: impl AsFd) -> io::Result<()> {
    let flags = OFlag::from_bits_retain(fcntl(&file, FcntlArg::F_GETFL)?);
    fcntl(&file, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Waits until there is something to read, or nobody is left who could write.
///
/// # Errors
/// Where the kernel cannot wait.
pub fn wait_readable(file: impl AsFd) -> io::Result<()> {
    loop {
        let mut files = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
        match poll(&mut files, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => {}
            other => return other.map(|_| ()).map_err(io::Error::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_pipe_without_bytes_would_block_and_one_with_bytes_is_readable() {
        let (mut read, mut write) = io::pipe().expect("a pipe");
        do_not_block(&read).expect("it can");
        let mut byte = [0];
        let error = read.read(&mut byte).expect_err("empty");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        write.write_all(b"x").expect("written");
        wait_readable(&read).expect("it waits");
        assert_eq!(read.read(&mut byte).expect("a byte"), 1);
        drop(write);
        wait_readable(&read).expect("the end is an answer, too");
        assert_eq!(read.read(&mut byte).expect("the end"), 0);
    }
}
