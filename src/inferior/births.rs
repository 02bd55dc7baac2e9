//! New threads, forked children, guests in the program's memory, and new programs.

use std::path::PathBuf;
use std::sync::Arc;

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::modules::{Modules, parse_once};
use super::news::{News, Untold};
use super::stop::Stop;
use super::threads::State;
use super::waiting::Seen;
use crate::base::{MemoryExt, Tid};
use crate::dwarf::{Image, ImageError};
use crate::os::{self, Newborn, ProcessMemory, WaitEvent, map_file, procfs};

/// A program that can be debugged.
type Program = (PathBuf, Arc<Image>);

/// One that cannot, and why.
type Refused = (PathBuf, ImageError);

/// A new thread or process, and its first stop (or its end, if it was killed before).
pub(super) struct Birth {
    kind: Newborn,
    child: Tid,
    first: WaitEvent,
}

impl Inferior {
    /// A thread of the process has made a thread or a process.
    pub(super) fn gave_birth(&mut self, tid: Tid, event: WaitEvent) -> Seen {
        match self.take_birth(tid, event)? {
            Some(news) => self.queue(tid, news),
            None => self.go(tid, 0)?,
        }
        self.next_untold()
    }

    /// Takes in what a thread has made: a new thread is queued, a child process let go. Returns the
    /// news of the parent, which stands still; nothing where it has none.
    pub(super) fn take_birth(
        &mut self,
        tid: Tid,
        event: WaitEvent,
    ) -> Result<Option<News>, InferiorError> {
        let Some(birth) = self.birth_of(tid)? else { return Ok(None) };
        if birth.kind == Newborn::Thread {
            self.new_thread(&birth)?;
            return Ok(None);
        }
        self.threads.set_waits_for_child(tid, event == WaitEvent::Vfork);
        if !self.keep_child(&birth) {
            self.let_child_go(&birth)?;
        }
        Ok(Some(News::Forked(birth.child)))
    }

    /// Something happened to a process that shares this one's memory. It passes its sites silently,
    /// and is let go when it has a memory of its own.
    pub(super) fn handle_guest(&mut self, tid: Tid, event: WaitEvent) -> Result<(), InferiorError> {
        match event {
            WaitEvent::Exited { .. } | WaitEvent::Killed { .. } => {
                self.threads.remove(tid);
                Ok(())
            }
            WaitEvent::Signal { signal: os::SIGTRAP } => self.guest_trapped(tid),
            WaitEvent::Signal { signal } => self.go(tid, signal),
            WaitEvent::Clone | WaitEvent::Fork | WaitEvent::Vfork => {
                if let Some(birth) = self.birth_of(tid)? {
                    self.let_child_go(&birth)?;
                }
                self.go(tid, 0)
            }
            WaitEvent::Exec if self.follows_guests() => self.follow_guest(tid),
            WaitEvent::Exec => {
                self.threads.remove(tid);
                unless_gone(os::detach(tid, 0)).map_err(InferiorError::when("detaching"))?;
                Ok(())
            }
            event => self.pass_on(tid, event),
        }
    }

    fn guest_trapped(&mut self, tid: Tid) -> Result<(), InferiorError> {
        let Some(raw) = self.registers_of(tid)? else { return Ok(()) };
        let at = raw.pc().offset(-1);
        if self.memory.sites.borrow().is_active(at) || self.is_stale_hit(at) {
            self.pass(tid, raw, at)
        } else {
            self.go(tid, os::SIGTRAP)
        }
    }

    /// What the thread has made. The first stop of the child is waited for if it was not seen
    /// before: it comes at once, or the child is killed.
    pub(super) fn birth_of(&mut self, tid: Tid) -> Result<Option<Birth>, InferiorError> {
        let failed = InferiorError::when("following a new thread or process");
        let Some(message) = unless_gone(os::event_message(tid)).map_err(&failed)? else {
            return Ok(None);
        };
        let Some(raw) = self.registers_of(tid)? else { return Ok(None) };
        let kind = os::newborn(&raw, |at| self.memory.read_u64(at).ok());
        let child = Tid(i32::try_from(message).unwrap_or(0));
        let first = match self.early.remove(&child) {
            Some(first) => first,
            None => os::wait(Some(child)).map_err(&failed)?.1,
        };
        Ok(Some(Birth { kind, child, first }))
    }

    fn new_thread(&mut self, birth: &Birth) -> Result<(), InferiorError> {
        let no = self.threads.add(birth.child);
        if birth.died() {
            self.threads.remove(birth.child);
            self.untold.push_back(Untold::End(Box::new(Stop::ThreadExited { no })));
            return Ok(());
        }
        self.unpin_child(birth.child);
        self.stop_pinning()?;
        self.queue(birth.child, News::Started);
        Ok(())
    }

    /// Lets a child process go: at once if it has a copy of the memory, from which the sites are
    /// taken; otherwise when it leaves the memory.
    pub(super) fn let_child_go(&mut self, birth: &Birth) -> Result<(), InferiorError> {
        let child = birth.child;
        if birth.died() {
            return Ok(());
        }
        self.unpin_child(child);
        if birth.kind != Newborn::Fork {
            self.threads.add_guest(child);
            return self.go(child, 0);
        }
        self.release_fork(child)
    }

    /// Takes the sites out of a forked child's memory and detaches it.
    pub(super) fn release_fork(&mut self, child: Tid) -> Result<(), InferiorError> {
        if let Ok(memory) = ProcessMemory::open(child) {
            self.memory.sites.borrow().clean_copy(&memory);
        }
        unless_gone(os::detach(child, 0)).map_err(InferiorError::when("detaching a child"))?;
        Ok(())
    }

    /// The process executes another program: everything that was known of its memory is void.
    pub(super) fn executed(&mut self, tid: Tid) -> Seen {
        let followed = self.follow_exec(tid);
        if followed.is_err() && !self.detached && self.is_gone(tid) {
            return Ok(None);
        }
        followed
    }

    fn follow_exec(&mut self, tid: Tid) -> Seen {
        let former = unless_gone(os::event_message(tid))
            .map_err(InferiorError::when("following an exec"))?;
        let Some(former) = former else { return Ok(None) };
        let former = Tid(i32::try_from(former).unwrap_or(tid.0));
        self.threads.keep_only(former, tid);
        self.epoch = self.epoch.wrapping_add(1);
        self.end_pinning();
        if self.threads.guests().next().is_some() {
            // They live on in the old memory, which the open file still leads to.
            self.memory.sites.borrow().clean(self.memory.file());
        }
        self.memory.renew(tid)?;
        self.scratch.forget();
        self.watches.forget();
        self.linker_site = None;
        self.take_new_program(tid)?;
        let path = self.modules.main().image.path().to_owned();
        Ok(self.held(tid)?.map(|thread| Stop::Exec { thread, path, left: None }))
    }

    /// The program that a process executes, with its path; or the path, and why it cannot be
    /// debugged.
    pub(super) fn program_of(tid: Tid) -> Result<Result<Program, Refused>, InferiorError> {
        let path = procfs::executable(tid).unwrap_or_else(|_| procfs::executable_link(tid));
        let failed = InferiorError::when("opening the program that is executed");
        let bytes = map_file(&procfs::executable_link(tid)).map_err(failed)?;
        Ok(match parse_once(&path, bytes) {
            Ok(image) => Ok((path, image)),
            Err(reason) => Err((path, reason)),
        })
    }

    pub(super) fn take_new_program(&mut self, tid: Tid) -> Result<(), InferiorError> {
        let image = match Inferior::program_of(tid)? {
            Ok((_, image)) => image,
            Err((path, reason)) => {
                // A program of another architecture runs on without Freehold.
                self.threads.set_state(tid, State::Held);
                self.detach_all()?;
                return Err(InferiorError::NewProgram { path, reason });
            }
        };
        self.modules = Modules::of_main(tid, self.memory.witness(), Arc::clone(&image));
        Ok(())
    }
}

impl Birth {
    /// Whether it is gone already.
    fn died(&self) -> bool {
        matches!(self.first, WaitEvent::Exited { .. } | WaitEvent::Killed { .. })
    }

    /// The new thread or process, if it stands at its first stop.
    pub(super) fn alive(&self) -> Option<(Newborn, Tid)> {
        (!self.died()).then_some((self.kind, self.child))
    }
}
