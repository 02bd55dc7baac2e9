//! Looking at a moment of the past: the process is put aside, so that nothing can be asked of it, and
//! what is looked at comes from the log.

use std::sync::Arc;

use serde::Serialize;

use super::debugger::{Selected, Session};
use super::error::SessionError;
use super::run::Run;
use super::stack::{Frame, Stack};
use crate::base::{At, BlockId, Event, EventKind, FrameView, Seq, ThreadNo};
use crate::dwarf::{Image, Origin, crate_of};
use crate::track::Missing;

/// From so many frames on, a picture leaves out some in the middle.
const WHOLE: usize = 128;
/// The frames that are before those.
const INNERMOST: usize = 64;

/// A moment of the past that is looked at.
pub(super) struct Viewing {
    /// The run, where it is not over.
    parked: Option<Run>,
    /// What was looked at in the program.
    present: Selected,
    /// The moment is the one after this event.
    pub event: Event,
    /// The picture of the thread that is looked at; none where none was taken until then.
    pub picture: Option<Picture>,
}

/// A picture of a stack.
pub(super) struct Picture {
    /// The event that it is part of.
    pub event: Seq,
    /// The frames, innermost first.
    pub frames: Vec<FrameView>,
    /// Why they are not all.
    pub cut: Option<String>,
    /// How many of them have not begun.
    pub hidden: usize,
    /// The frame that is looked at first.
    first: usize,
    /// The place in it, where that is known better than by the frame.
    at: Option<At>,
}

/// Which moment is looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PastMoment {
    /// The event after which it is.
    pub event: Seq,
    /// What kind of event that is.
    pub kind: &'static str,
    /// Its block, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockId>,
    /// Its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// The first event that is kept.
    pub first: Seq,
    /// The last event.
    pub last: Seq,
    /// The thread whose stack is looked at.
    pub thread: ThreadNo,
    /// The event that the picture of that stack is part of; none where there is no picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Seq>,
}

impl Session {
    /// Looks at the moment after an event, until [`Session::return_to_program`].
    ///
    /// # Errors
    /// [`SessionError::Past`] where there is no such event, or no longer. What was looked at stays.
    pub fn go_to(&mut self, event: Seq) -> Result<PastMoment, SessionError> {
        let event = self.log().ok_or(Missing::Nothing)?.get(event)?;
        let picture = self.picture_then(event.thread, event.seq)?;
        if self.viewing.is_none() {
            let none = Selected { thread: event.thread, frame: 0, stack: None };
            let present = std::mem::replace(&mut self.selected, none);
            let parked = self.run.take();
            self.viewing =
                Some(Box::new(Viewing { parked, present, event: event.clone(), picture: None }));
        }
        let thread = event.thread;
        if let Some(viewing) = &mut self.viewing {
            viewing.event = event;
        }
        self.look_at_picture(thread, picture);
        self.moment().ok_or_else(|| Missing::Nothing.into())
    }

    /// Looks at the program again, where a moment of the past was looked at; whether one was.
    pub fn return_to_program(&mut self) -> bool {
        let Some(viewing) = self.viewing.take() else { return false };
        self.run = viewing.parked;
        self.selected = viewing.present;
        true
    }

    /// The moment of the past that is looked at; none where that is the program itself.
    pub fn moment(&self) -> Option<PastMoment> {
        let viewing = self.viewing.as_ref()?;
        let log = self.log()?;
        let event = &viewing.event;
        let block = match &event.kind {
            EventKind::Alloc { block, .. }
            | EventKind::Realloc { block, .. }
            | EventKind::Free { block, .. }
            | EventKind::Move { block, .. } => Some(*block),
            EventKind::UnknownFree { ended, .. } => *ended,
            _ => None,
        };
        Some(PastMoment {
            event: event.seq,
            kind: event.kind.name(),
            block,
            at: event.at.clone(),
            first: log.first()?,
            last: log.last()?,
            thread: self.selected.thread,
            picture: viewing.picture.as_ref().map(|picture| picture.event),
        })
    }

    /// The event after which the moment is that is looked at.
    pub fn event_looked_at(&self) -> Option<&Event> {
        self.viewing.as_ref().map(|viewing| &viewing.event)
    }

    /// The event that is now: the one that is looked at, the stop at which the program stands, or its
    /// end.
    pub fn event_now(&self) -> Option<Seq> {
        match &self.viewing {
            Some(viewing) => Some(viewing.event.seq),
            None => {
                let stop = self.run.as_ref().and_then(|run| run.stop_recorded);
                stop.or_else(|| self.log()?.last())
            }
        }
    }

    /// The place to show the source of: that of the event, unless another frame was chosen.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn place_looked_at(&mut self) -> Result<At, SessionError> {
        let selected = (self.selected.frame, self.selected.thread);
        if let Some(viewing) = &self.viewing {
            let first = viewing.picture.as_ref().map_or(0, |picture| picture.first);
            let here = selected == (first, viewing.event.thread);
            if let Some(at) = viewing.event.at.as_ref().filter(|_| here) {
                return Ok(at.clone());
            }
        }
        Ok(self.frame()?.at)
    }

    /// Why there is no process to ask.
    pub(super) fn no_process(&self) -> SessionError {
        match (&self.viewing, self.picture_looked_at()) {
            (None, _) => SessionError::NotRunning,
            (Some(_), Err(why)) => why,
            (Some(_), Ok(_)) => SessionError::InThePast,
        }
    }

    /// The run, whether or not it is put aside.
    pub(super) fn run_or_parked(&self) -> Option<&Run> {
        self.run.as_ref().or_else(|| self.viewing.as_ref()?.parked.as_ref())
    }

    /// Looks at another thread of the past, as its last picture shows it.
    pub(super) fn select_thread_then(&mut self, no: ThreadNo) -> Result<Frame, SessionError> {
        let now = self.event_now().unwrap_or_default();
        let Some(picture) = self.picture_then(no, now)? else {
            let threads = self.log().map(|log| log.threads_until(now)).unwrap_or_default();
            return Err(SessionError::NoThread { no, threads });
        };
        self.look_at_picture(no, Some(picture));
        self.frame()
    }

    /// The last picture of a thread until an event.
    fn picture_then(&self, thread: ThreadNo, now: Seq) -> Result<Option<Picture>, SessionError> {
        let Some(log) = self.log() else { return Ok(None) };
        let Some(number) = log.picture_of(thread, now) else { return Ok(None) };
        let mut picture = Picture::of(log.get(number)?);
        if let Some(picture) = &mut picture {
            self.mark_ended(picture, now);
        }
        Ok(picture)
    }

    fn look_at_picture(&mut self, thread: ThreadNo, picture: Option<Picture>) {
        let stack = picture.as_ref().map(|picture| Arc::new(picture.stack(&self.image)));
        let frame = picture.as_ref().map_or(0, |picture| picture.first);
        // Of a return and of a signal, the first frame of the user's.
        let users = || {
            let frames = &stack.as_ref()?.frames;
            frames.iter().position(|frame| frame.origin == Origin::User)
        };
        let chosen = picture.as_ref().is_some_and(|picture| picture.at.is_some());
        let frame = if chosen { frame } else { users().unwrap_or(frame) };
        self.selected = Selected { thread, frame, stack };
        if let Some(viewing) = &mut self.viewing {
            viewing.picture = picture.map(|picture| Picture { first: frame, ..picture });
        }
    }
}

impl Picture {
    /// The picture that an event carries.
    fn of(event: Event) -> Option<Picture> {
        let (number, at) = (event.seq, event.at.clone());
        let (first, hidden, at) = match &event.kind {
            EventKind::Stop { frame, hidden, .. } => (*frame, *hidden, at),
            _ => (0, 0, None),
        };
        let (mut frames, mut cut) = event.into_frames()?;
        if frames.len() >= WHOLE {
            frames.truncate(INNERMOST);
            cut = Some(format!("the recording has the innermost {INNERMOST} frames for sure"));
        }
        Some(Picture { event: number, frames, cut, hidden, first, at })
    }

    /// The frames as a person counts them.
    fn stack(&self, image: &Image) -> Stack {
        let mut raw = 0;
        let mut frames = Vec::new();
        for view in &self.frames {
            frames.push(frame(view, raw, image));
            raw += usize::from(!view.inlined);
        }
        frames.drain(..self.hidden.min(frames.len()));
        frames.iter_mut().enumerate().for_each(|(no, frame)| frame.no = no);
        if let (Some(at), Some(frame)) = (&self.at, frames.get_mut(self.first)) {
            frame.at = at.clone();
        }
        Stack { frames, cut: self.cut.clone(), raw: Vec::new() }
    }

    /// The views of the physical frame of a number.
    pub fn physical(&self, wanted: usize) -> Vec<FrameView> {
        let mut raw = 0;
        let mut found = Vec::new();
        for view in &self.frames {
            if raw == wanted {
                found.push(view.clone());
            }
            raw += usize::from(!view.inlined);
        }
        found
    }
}

fn frame(view: &FrameView, raw: usize, image: &Image) -> Frame {
    let origin = match (view.user, crate_of(&view.at.function)) {
        (true, _) => Origin::User,
        (false, "") => Origin::Foreign,
        (false, krate) => image.origin_of_crate(krate),
    };
    Frame {
        no: 0,
        at: view.at.clone(),
        origin,
        inlined: view.inlined,
        signal: view.signal,
        pc: view.pc.unwrap_or_default(),
        bytes: view.bytes,
        raw,
        call: 0,
    }
}
