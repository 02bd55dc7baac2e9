//! What the program writes to its standard output, kept for `expect-output` and passed on.
//!
//! The program writes into a pipe. A thread of ours passes on what comes, so that the program never
//! waits for us. All reading is done under one lock: who takes what was written reads the rest
//! first, and misses nothing that the program wrote before it stopped.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::debugger::Session;
use super::error::SessionError;
use crate::os::{do_not_block, wait_readable};

/// The most that is kept between two questions. What is beyond is passed on and counted.
const MOST: usize = 16 << 20;

/// What a program wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// The bytes, up to a limit.
    pub bytes: Vec<u8>,
    /// How many more there were.
    pub lost: u64,
}

/// The debugger's end of the program's output.
pub(super) struct Capture {
    pipe: Arc<Pipe>,
    write: PipeWriter,
}

struct Pipe {
    read: PipeReader,
    kept: Mutex<Kept>,
}

struct Kept {
    written: Output,
    pass_on: Box<dyn Write + Send>,
}

impl Session {
    /// From the next run on, keeps what the program writes to its standard output, and writes it to
    /// `pass_on`, too.
    ///
    /// # Errors
    /// [`SessionError::File`] where there can be no pipe.
    pub fn capture_output(&mut self, pass_on: Box<dyn Write + Send>) -> Result<(), SessionError> {
        let failed = |error| SessionError::File {
            doing: "keep the output of the program in",
            path: "a pipe".into(),
            error,
        };
        self.stage.capture = Some(Capture::new(pass_on).map_err(failed)?);
        Ok(())
    }

    /// Whether the output of the next run is kept.
    pub fn captures_output(&self) -> bool {
        self.stage.capture.is_some()
    }

    /// Takes what the program wrote since this was last asked; none where it is not kept.
    pub fn take_output(&mut self) -> Option<Output> {
        let pipe = &self.stage.capture.as_ref()?.pipe;
        Some(std::mem::take(&mut pipe.drain().written))
    }

    /// Passes on all that the program wrote until now.
    pub fn pass_output_on(&mut self) {
        if let Some(capture) = &self.stage.capture {
            drop(capture.pipe.drain());
        }
    }
}

impl Capture {
    fn new(pass_on: Box<dyn Write + Send>) -> io::Result<Capture> {
        let (read, write) = io::pipe()?;
        do_not_block(&read)?;
        let kept = Mutex::new(Kept { written: Output::default(), pass_on });
        let pipe = Arc::new(Pipe { read, kept });
        let of_thread = pipe.clone();
        // It ends with the last writer: the session, and whoever inherited the pipe.
        thread::Builder::new().name("output".to_owned()).spawn(move || of_thread.follow())?;
        Ok(Capture { pipe, write })
    }

    /// The program's end.
    pub fn end(&self) -> io::Result<OwnedFd> {
        Ok(self.write.try_clone()?.into())
    }
}

impl Pipe {
    fn follow(&self) {
        while wait_readable(&self.read).is_ok() {
            let mut kept = self.lock();
            if !kept.read(&self.read) {
                return;
            }
        }
    }

    /// Reads all that is there.
    fn drain(&self) -> std::sync::MutexGuard<'_, Kept> {
        let mut kept = self.lock();
        kept.read(&self.read);
        kept
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Reads what is there; whether more may come.
    fn read(&mut self, mut pipe: &PipeReader) -> bool {
        let mut bytes = [0; 8192];
        loop {
            match pipe.read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => self.add(bytes.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    fn add(&mut self, bytes: &[u8]) {
        let room = MOST.saturating_sub(self.written.bytes.len()).min(bytes.len());
        let (kept, lost) = bytes.split_at(room);
        self.written.bytes.extend_from_slice(kept);
        self.written.lost += lost.len() as u64;
        // A reader that has gone is no reason to hold up the program.
        let _ = self.pass_on.write_all(bytes).and_then(|()| self.pass_on.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<u8>>>);

    impl Write for Seen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_was_written_is_there_at_once_and_is_passed_on() {
        let seen = Seen::default();
        let capture = Capture::new(Box::new(seen.clone())).expect("a pipe");
        let mut end = std::fs::File::from(capture.end().expect("an end"));
        for round in 0..100 {
            // More than a pipe holds: the thread must make room.
            let text = format!("{round}\n").repeat(20_000);
            end.write_all(text.as_bytes()).expect("written");
            let written = std::mem::take(&mut capture.pipe.drain().written);
            assert_eq!((written.bytes.len(), written.lost), (text.len(), 0), "round {round}");
            let mut seen = seen.0.lock().expect("not poisoned");
            assert!(*seen == text.as_bytes());
            seen.clear();
        }
    }
}
