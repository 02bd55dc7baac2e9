//! Following the child instead of the parent.
//!
//! One process is under control. Where the child of a fork is to be followed, it takes the place
//! of its parent, which is let go as by [`Inferior::detach_all`]. The child has a copy of the
//! memory, with all sites and scratch pages, so that it goes on under the same sites. The child of
//! a vfork runs in the memory of its parent until it executes a program: it is followed from there.

use std::sync::Arc;

use super::Inferior;
use super::births::Birth;
use super::error::{InferiorError, unless_gone};
use super::news::News;
use super::stop::Stopped;
use super::threads::Threads;
use crate::base::Tid;
use crate::os;

/// What is to be done with children.
#[derive(Default)]
pub(super) struct Following {
    /// Whether they are followed.
    children: bool,
    /// Those that stand at their first instruction until it is said what becomes of them.
    kept: Vec<Tid>,
}

impl Inferior {
    /// Whether the children of forks are followed from now on. With that, a child that
    /// [`Stop::Forked`](super::Stop::Forked) tells of stands still until
    /// [`Inferior::follow_child`] is called, and the child of a vfork takes the place of its parent
    /// when it executes a program, which [`Stop::Exec`](super::Stop::Exec) tells.
    pub fn follow_children(&mut self, follow: bool) {
        self.following.children = follow;
    }

    /// Lets the process go, and takes a child that it has forked in its place: with the sites and
    /// watches that there are, and the number of the thread that forked. All that was held of the
    /// parent is void then.
    ///
    /// Returns the child's only thread; nothing where the child is not kept (it is that of a vfork,
    /// or was killed), and then the parent stays.
    ///
    /// # Errors
    /// [`InferiorError::Kernel`].
    pub fn follow_child(
        &mut self,
        parent: &Stopped,
        child: Tid,
    ) -> Result<Option<Stopped>, InferiorError> {
        let kept = self.following.kept.iter().position(|kept| *kept == child);
        let Some(index) = kept else { return Ok(None) };
        self.following.kept.swap_remove(index);
        let pinned = self.is_pinned();
        self.stop_pinning()?;
        if self.registers_of(child)?.is_none() {
            return Ok(None);
        }
        let image = Arc::clone(&self.modules.main().image);
        let mut new = Inferior::of(child, image, self.attached)?;
        new.memory.sites.replace(self.memory.sites.borrow().clone());
        new.memory.sites.borrow().put_into_copy(new.memory.file());
        new.scratch = self.scratch.clone();
        new.linker_site = self.linker_site;
        new.threads = Threads::of_fork(&self.threads, parent.tid, child);
        let watches = self.watches();
        self.replace_by(new)?;
        // It stands, and must be known to before all threads are made to for the watches.
        let held = self.held(child)?;
        for watch in watches {
            self.watch(watch)?;
        }
        if pinned {
            self.pin(true)?;
        }
        Ok(held)
    }

    /// Keeps a child that was forked where children are followed; whether it is kept.
    pub(super) fn keep_child(&mut self, birth: &Birth) -> bool {
        let Some((os::Newborn::Fork, child)) = birth.alive() else { return false };
        if self.following.children {
            self.following.kept.push(child);
        }
        self.following.children
    }

    /// Whether a guest that executes a program takes the place of this process.
    pub(super) fn follows_guests(&self) -> bool {
        self.following.children
    }

    /// A guest has executed a program, and is followed. Where that cannot be debugged, the guest is
    /// let go, and the process stays.
    pub(super) fn follow_guest(&mut self, guest: Tid) -> Result<(), InferiorError> {
        self.threads.remove(guest);
        let program = Inferior::program_of(guest)?;
        let Ok((path, image)) = program else {
            unless_gone(os::detach(guest, 0)).map_err(InferiorError::when("detaching"))?;
            return Ok(());
        };
        let former = self.process;
        let mut new = Inferior::of(guest, image, self.attached)?;
        new.threads.add(guest);
        self.replace_by(new)?;
        self.queue(guest, News::Exec { path, left: Some(former) });
        Ok(())
    }

    /// Children that nobody has decided on are let go.
    pub(super) fn release_kept(&mut self) {
        for child in std::mem::take(&mut self.following.kept) {
            // Where this fails the child is gone.
            let _ = self.release_fork(child);
        }
    }

    /// Lets this process go and becomes another one.
    fn replace_by(&mut self, mut new: Inferior) -> Result<(), InferiorError> {
        // What was held of the process that is let go is as void as after an exec.
        new.epoch = self.epoch.wrapping_add(1);
        new.following.children = self.following.children;
        new.system_calls = self.system_calls;
        self.detach_all()?;
        *self = new;
        Ok(())
    }
}
