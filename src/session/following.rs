//! What becomes of the session when the process forks, or executes another program.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::halt::Halt;
use super::run::Run;
use crate::base::{EventKind, ThreadNo, Tid};
use crate::inferior::Stopped;

/// Which process a session goes on with after a fork. The other one is let go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowFork {
    /// The one that forked.
    #[default]
    Parent,
    /// Its child.
    Child,
}

/// Which program a session starts when it is told to run again after an exec.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowExec {
    /// The one that was executed last.
    #[default]
    Same,
    /// The one that the session was opened with.
    New,
}

impl Session {
    /// Says which process to go on with after a fork, from now on.
    pub fn follow_fork(&mut self, follow: FollowFork) {
        self.settings.follow_fork = follow;
        if let Some(run) = &mut self.run {
            run.follow_fork(follow);
        }
    }

    /// The process executes another program, and stands at its entry point: breakpoints are looked
    /// for in that. Why the program stands still there, where it is to.
    pub(super) fn executed(&mut self, thread: ThreadNo, program: &Path) -> Option<Halt> {
        self.take_new_program(program);
        self.run.as_mut()?.catch_exec(thread, program.display().to_string())
    }

    /// Where the process executes another program that has not come to its entry point, because
    /// something else halted it before: that is the program from now on.
    pub(super) fn note_new_program(&mut self) {
        let Some(run) = &self.run else { return };
        let image = run.inferior.modules().main().image;
        if !Arc::ptr_eq(&self.image, &image) {
            self.take_new_program(image.path());
        }
    }

    fn take_new_program(&mut self, program: &Path) {
        let Some(run) = &self.run else { return };
        let image = run.inferior.modules().main().image;
        if self.settings.follow_exec == FollowExec::Same {
            self.launch.program = program.to_owned();
        }
        self.use_image(image);
    }
}

impl Run {
    /// Says which process to go on with after a fork.
    pub(super) fn follow_fork(&mut self, follow: FollowFork) {
        self.follows_children = follow == FollowFork::Child;
        if let Ok(inferior) = self.inferior.live_mut() {
            inferior.follow_children(self.follows_children);
        }
    }

    /// The process has forked.
    pub(super) fn forked(
        &mut self,
        thread: Stopped,
        child: Tid,
    ) -> Result<Option<Halt>, SessionError> {
        let parent = self.inferior.process();
        let vfork = self.inferior.live()?.has_vforked(thread.tid());
        let first = self.inferior.live_mut()?.follow_child(&thread, child)?;
        let followed = first.is_some();
        // The child of a vfork is told of when it leaves the memory and is followed.
        if followed || !self.follows_children {
            let (parent, child) = (parent.0, child.0);
            self.tell(thread.no(), EventKind::Fork { parent, child, followed });
        }
        // Of the threads that there were, the child has this one alone.
        if followed {
            self.threads.keep_only(thread.no());
            self.plans.stop.turn_to(self.inferior.process());
        }
        self.catch_fork(first.unwrap_or(thread), child, vfork)
    }

    /// The process executes another program. Everything that was known of its memory is void; the
    /// program stands at its entry point then, unless something else came first.
    pub(super) fn exec(
        &mut self,
        thread: Stopped,
        path: PathBuf,
        left: Option<Tid>,
    ) -> Result<Option<Halt>, SessionError> {
        let no = thread.no();
        if let Some(parent) = left {
            let child = self.inferior.process().0;
            self.tell(no, EventKind::Fork { parent: parent.0, child, followed: true });
            self.plans.stop.turn_to(self.inferior.process());
        }
        self.tell(no, EventKind::Exec { program: path.display().to_string() });
        self.forget_user_stops();
        self.forget_program();
        let at_entry = self.begin_program(thread)?;
        Ok(at_entry.map(|halt| match halt {
            Halt::Entry => Halt::Exec { thread: no, program: path },
            other => other,
        }))
    }
}
