//! Letting the program run.

use std::convert::Infallible;
use std::str::FromStr;

use crate::base::Event;
use crate::session::{
    Breakpoint, BreakpointId, Halt, Observer, PlaceError, Session, SessionError, Target, Terms,
    Where,
};

impl Session {
    /// Stops the program at a place from now on, and in runs to come: `"f"`, `"module::f"`,
    /// `"main.rs:12"`, or a [`Where`].
    ///
    /// # Errors
    /// [`SessionError::Place`] says what is wrong with the place, and which name is near it.
    pub fn break_at<P>(&mut self, place: P) -> Result<Breakpoint, SessionError>
    where
        P: TryInto<Where>,
        PlaceError: From<P::Error>,
    {
        self.break_on(place, Terms::default())
    }

    /// The same for one stop.
    ///
    /// # Errors
    /// As [`Session::break_at`].
    pub fn break_once<P>(&mut self, place: P) -> Result<Breakpoint, SessionError>
    where
        P: TryInto<Where>,
        PlaceError: From<P::Error>,
    {
        self.break_on(place, Terms { temporary: true, ..Terms::default() })
    }

    fn break_on<P>(&mut self, place: P, terms: Terms) -> Result<Breakpoint, SessionError>
    where
        P: TryInto<Where>,
        PlaceError: From<P::Error>,
    {
        let wanted = place.try_into().map_err(PlaceError::from)?;
        Ok(self.add_breakpoint(Target::Place(wanted), terms, false)?)
    }

    /// Starts the program, or starts it anew, and lets it run until something stops it.
    ///
    /// # Errors
    /// [`SessionError`] where it cannot be started, or the kernel refuses something.
    pub fn start(&mut self) -> Result<&Halt, SessionError> {
        self.observed(|session, observer| session.start_with(observer).map(drop))
    }

    /// Lets the program run until something stops it: gdb's `continue`.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`] before [`Session::start`] and after the end.
    pub fn resume(&mut self) -> Result<&Halt, SessionError> {
        self.observed(|session, observer| session.resume_with(observer).map(drop))
    }

    /// Runs the program to a place, from wherever it stands, or from its start where it does not run.
    ///
    /// # Errors
    /// [`SessionError::Elsewhere`] says what has stopped it before, or how it ended; otherwise as
    /// [`Session::break_at`] and [`Session::start`].
    pub fn run_to<P>(&mut self, place: P) -> Result<&Halt, SessionError>
    where
        P: TryInto<Where>,
        PlaceError: From<P::Error>,
    {
        let breakpoint = self.break_once(place)?;
        let went = if self.is_alive() { self.resume() } else { self.start() };
        let halt = went.cloned();
        if !halt.as_ref().is_ok_and(|halt| stands_at(halt, breakpoint.id)) {
            self.delete_breakpoint(breakpoint.id);
            let wanted = breakpoint.wanted().map(ToString::to_string).unwrap_or_default();
            return Err(SessionError::Elsewhere { wanted, halt: Box::new(halt?) });
        }
        self.halt().ok_or(SessionError::NotRunning)
    }

    /// Runs to the start of another line; calls of the user's functions are entered.
    ///
    /// # Errors
    /// As [`Session::resume`].
    pub fn step(&mut self) -> Result<&Halt, SessionError> {
        self.observed(|session, observer| session.step_with(1, observer).map(drop))
    }

    /// Runs to the start of another line of this function, or of its caller.
    ///
    /// # Errors
    /// As [`Session::resume`].
    #[allow(clippy::should_implement_trait, reason = "the command of debuggers is called so")]
    pub fn next(&mut self) -> Result<&Halt, SessionError> {
        self.observed(|session, observer| session.next_with(1, observer).map(drop))
    }

    /// Runs to the end of the call that is looked at. [`Session::returned`] tells its value.
    ///
    /// # Errors
    /// [`SessionError::NoCaller`] for the outermost frame, otherwise as [`Session::resume`].
    pub fn finish(&mut self) -> Result<&Halt, SessionError> {
        self.observed(|session, observer| session.finish_with(observer).map(drop))
    }

    /// Lets somebody know what happens from now on while [`Session::start`], [`Session::resume`] and
    /// the steps let the program run: a closure `|event: &Event| …`.
    pub fn observe(&mut self, observer: impl Observer + 'static) {
        self.observer = Some(Box::new(observer));
    }

    /// Keeps a step that a breakpoint has interrupted: [`Session::go_on_with`] goes on with it then,
    /// and everything else that lets the program run gives it up.
    pub fn keep_steps(&mut self, keeps: bool) {
        self.keeps_steps = keeps;
    }

    fn observed(
        &mut self,
        go: impl FnOnce(&mut Session, &mut dyn Observer) -> Result<(), SessionError>,
    ) -> Result<&Halt, SessionError> {
        let mut observer = self.observer.take();
        let went = match observer.as_deref_mut() {
            Some(observer) => go(self, observer),
            None => go(self, &mut |_: &Event| {}),
        };
        self.observer = observer;
        went?;
        self.halt().ok_or(SessionError::NotRunning)
    }
}

fn stands_at(halt: &Halt, id: BreakpointId) -> bool {
    halt.hit().contains(&id)
}

impl FromStr for Where {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Where, PlaceError> {
        Where::parse(text)
    }
}

impl TryFrom<&str> for Where {
    type Error = PlaceError;

    fn try_from(text: &str) -> Result<Where, PlaceError> {
        Where::parse(text)
    }
}

impl TryFrom<&String> for Where {
    type Error = PlaceError;

    fn try_from(text: &String) -> Result<Where, PlaceError> {
        Where::parse(text)
    }
}

impl TryFrom<String> for Where {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Where, PlaceError> {
        Where::parse(&text)
    }
}

impl From<Infallible> for PlaceError {
    fn from(never: Infallible) -> PlaceError {
        match never {}
    }
}
