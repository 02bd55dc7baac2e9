//! Whose turn it is at the terminal: the program's while it runs, ours while it stands still.
//!
//! The program is a process group of its own, as a shell makes a job. While it runs, its group is
//! the one that the terminal lets read and sends Ctrl-C to, and the terminal has the modes that the
//! program set; at a stop both are ours again. A program in raw mode finds its modes as it left
//! them when it goes on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::debugger::Session;
use crate::base::Tid;
use crate::inferior::Seat;
use crate::os::{Terminal, TerminalModes, write_from_background};

/// The terminal that debugger and program share.
pub(super) struct Turns {
    terminal: Arc<Terminal>,
    /// The modes of the side that does not have the terminal now.
    ours: RefCell<Option<TerminalModes>>,
    programs: RefCell<Option<TerminalModes>>,
    /// The group of the program that was reading when its turn ended: it may be one that it made.
    group: Cell<Option<Tid>>,
    /// Whether it is the program's turn.
    given: Cell<bool>,
    /// Whether the program that runs has another terminal.
    away: Cell<bool>,
}

impl Session {
    /// From now on programs that are started share the terminal at our standard input, in turns;
    /// whether there is one, and it is ours to share.
    pub fn share_terminal(&mut self) -> bool {
        let terminal = Terminal::of_stdin();
        self.stage.turns = terminal.map(|terminal| Rc::new(Turns::new(terminal)));
        self.stage.turns.is_some()
    }

    /// Takes the terminal back after the program ran, so that it can be read.
    pub fn take_terminal(&mut self) {
        let alive = self.is_alive();
        if let Some(turns) = &self.stage.turns {
            turns.take(alive);
        }
    }
}

impl Turns {
    fn new(terminal: Terminal) -> Turns {
        write_from_background();
        Turns {
            terminal: Arc::new(terminal),
            ours: RefCell::default(),
            programs: RefCell::default(),
            group: Cell::default(),
            given: Cell::default(),
            away: Cell::default(),
        }
    }

    /// A program begins, with the terminal in our modes.
    pub fn begin(&self) -> Seat {
        self.ours.replace(self.terminal.modes().ok());
        self.programs.replace(None);
        self.group.set(None);
        self.given.set(true);
        self.away.set(false);
        Seat::Foreground(self.terminal.clone())
    }

    /// A program begins at another terminal.
    pub fn begin_elsewhere(&self) -> Seat {
        self.away.set(true);
        Seat::Apart
    }

    /// The program goes on.
    pub fn give(&self, process: Tid) {
        if self.away.get() || self.given.replace(true) {
            return;
        }
        self.ours.replace(self.terminal.modes().ok());
        if let Some(modes) = &*self.programs.borrow() {
            let _ = self.terminal.set_modes(modes);
        }
        // The group that was reading may have ended meanwhile.
        let given = self.group.take().is_some_and(|group| self.terminal.give(group).is_ok());
        if !given {
            // Where this fails, too, the terminal is gone, which the program finds out itself.
            let _ = self.terminal.give(process);
        }
    }

    /// The program stands still, or has ended.
    fn take(&self, alive: bool) {
        if !self.given.replace(false) {
            return;
        }
        if alive {
            self.programs.replace(self.terminal.modes().ok());
            self.group.set(self.terminal.reader());
        }
        let _ = self.terminal.take();
        if let Some(modes) = &*self.ours.borrow() {
            let _ = self.terminal.set_modes(modes);
        }
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.take(false);
    }
}
