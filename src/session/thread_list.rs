//! The threads of the program, and which of them is looked at.

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::halt::Halt;
use super::stack::Frame;
use crate::base::{At, ThreadNo};
use crate::dwarf::Origin;

/// A thread that stands still, or is known to live.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ThreadView {
    /// Its number.
    pub no: ThreadNo,
    /// The name that the user gave it, or else its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it stands; none for a thread that cannot be stopped now: one that waits in the kernel
    /// for the child of its vfork.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// The innermost of its frames that is of the user's code, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_at: Option<At>,
    /// Whether it is the one that is looked at.
    pub selected: bool,
    /// Whether it is the one that the program stands still for.
    pub stopped_here: bool,
}

impl Session {
    /// The threads, by number.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn threads(&mut self) -> Result<Vec<ThreadView>, SessionError> {
        let selected = self.selected.thread;
        let cause = self.halt().map(Halt::thread);
        let names = &self.looks.names;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let list = run.inferior.threads();
        let views = list.into_iter().map(|(no, _)| {
            let stack = run.stack(no);
            let frames = stack.map(|stack| stack.frames).unwrap_or_default();
            let user = frames.iter().position(|frame| frame.origin == Origin::User);
            let at = |index: usize| frames.get(index).map(|frame: &Frame| frame.at.clone());
            ThreadView {
                no,
                name: names.get(&no).cloned().or_else(|| run.inferior.thread_name(no)),
                at: at(0),
                user_at: user.filter(|index| *index > 0).and_then(at),
                selected: no == selected,
                stopped_here: cause == Some(no),
            }
        });
        Ok(views.collect())
    }

    /// The thread that is looked at.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn selected_thread(&self) -> Result<ThreadNo, SessionError> {
        self.run_or_parked().map(|_| self.selected.thread).ok_or(SessionError::NotRunning)
    }

    /// Looks at another thread, at its innermost frame.
    ///
    /// # Errors
    /// [`SessionError::NoThread`] says which there are.
    pub fn select_thread(&mut self, no: ThreadNo) -> Result<Frame, SessionError> {
        if self.viewing.is_some() {
            return self.select_thread_then(no);
        }
        let run = self.run.as_ref().ok_or(SessionError::NotRunning)?;
        if run.held(no).is_none() {
            let threads = run.held.iter().map(|(thread, _)| thread.no()).collect();
            return Err(SessionError::NoThread { no, threads });
        }
        if no != self.selected.thread {
            self.selected.thread = no;
            self.selected.frame = 0;
            self.selected.stack = None;
        }
        self.frame()
    }

    /// Gives the thread that is looked at a name of the user's; an empty one takes it away.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn name_thread(&mut self, name: &str) -> Result<(), SessionError> {
        let no = self.selected_thread()?;
        match name {
            "" => self.looks.names.remove(&no),
            name => self.looks.names.insert(no, name.to_owned()),
        };
        Ok(())
    }
}
