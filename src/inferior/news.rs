//! What is known already and will be told by a later wait.
//!
//! A thread that is brought to a stop may stand at an event of its own: a signal, a fork, its first
//! instruction. That is its news. It stays with the thread while somebody holds it, and is told by
//! [`Inferior::wait`] once the thread was resumed; the thread does not run in between.

use std::path::PathBuf;

use super::Inferior;
use super::error::{InferiorError, unless_gone};
use super::stop::{Stop, Stopped};
use super::system_calls::SystemCall;
use super::threads::State;
use super::waiting::Seen;
use super::watches::Watch;
use crate::base::Tid;
use crate::os::{self, SignalInfo};

/// Why a thread stands still, where that was not told yet.
#[derive(Debug)]
pub(super) enum News {
    /// A signal is about to be delivered to it.
    Signal(SignalInfo),
    /// It is new.
    Started,
    /// It executed another program.
    Exec {
        /// The path of that.
        path: PathBuf,
        /// The process that was let go for it.
        left: Option<Tid>,
    },
    /// It made this process.
    Forked(Tid),
    /// It has touched memory that is watched.
    Watch(Vec<Watch>),
    /// It stands at a system call that is to be told.
    SystemCall(SystemCall),
    /// Job control has stopped it. This is never told, but it must not be resumed by force.
    GroupStop,
}

/// What waits to be told, the oldest first.
#[derive(Debug)]
pub(super) enum Untold {
    /// A thread stands still and has news.
    Thread(Tid),
    /// Something that no thread stands still for.
    End(Box<Stop>),
}

impl Inferior {
    /// Gives a thread news, and queues it.
    pub(super) fn queue(&mut self, tid: Tid, news: News) {
        if let Some(thread) = self.threads.get_mut(tid) {
            thread.news = Some(news);
            thread.state = State::Queued;
            self.untold.push_back(Untold::Thread(tid));
        }
    }

    /// The oldest thing that was not told yet.
    pub(super) fn next_untold(&mut self) -> Seen {
        while let Some(untold) = self.untold.pop_front() {
            let stop = match untold {
                Untold::End(stop) => Some(*stop),
                Untold::Thread(tid) => self.tell(tid)?,
            };
            if stop.is_some() {
                return Ok(stop);
            }
        }
        Ok(None)
    }

    /// Tells the news of a thread, unless it died.
    pub(super) fn tell(&mut self, tid: Tid) -> Seen {
        let news = self.threads.get_mut(tid).and_then(|thread| thread.news.take());
        let Some(news) = news else { return Ok(None) };
        self.threads.set_state(tid, State::Running);
        let Some(thread) = self.held(tid)? else { return Ok(None) };
        Ok(Some(match news {
            News::Signal(info) => Stop::Signal { thread, info },
            News::Started => Stop::ThreadStarted { thread },
            News::Exec { path, left } => Stop::Exec { thread, path, left },
            News::Forked(child) => Stop::Forked { thread, child },
            News::Watch(fired) => Stop::Watch { thread, fired },
            News::SystemCall(call) => Stop::SystemCall { thread, call },
            News::GroupStop => {
                self.leave_in_group_stop(tid)?;
                return Ok(None);
            }
        }))
    }

    /// Resumes a thread that has news: these are told first. A signal that is to be delivered
    /// beside them is sent.
    pub(super) fn resume_with_news(
        &mut self,
        stopped: &Stopped,
        deliver: Option<i32>,
    ) -> Result<(), InferiorError> {
        let tid = stopped.tid;
        if stopped.changed {
            let (raw, _) = self.next_registers(stopped, false);
            self.write_registers(tid, &stopped.raw, &raw)?;
        }
        if let Some(signal) = deliver {
            unless_gone(os::send_signal(self.process, tid, signal))
                .map_err(InferiorError::when("sending a signal"))?;
        }
        let news = self.threads.get_mut(tid).and_then(|thread| thread.news.take());
        match news {
            Some(News::GroupStop) | None => self.leave_in_group_stop(tid),
            Some(news) => {
                self.queue(tid, news);
                Ok(())
            }
        }
    }

    /// Lets a thread stay stopped until job control lets it go on, and hears of that.
    pub(super) fn leave_in_group_stop(&mut self, tid: Tid) -> Result<(), InferiorError> {
        self.threads.set_state(tid, State::Running);
        unless_gone(os::listen(tid))
            .map_err(InferiorError::when("leaving a thread in its group stop"))?;
        Ok(())
    }
}
