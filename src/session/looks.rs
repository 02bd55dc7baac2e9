//! What a session remembers of what was looked at: for `registers` what they were, for `x` where
//! it ended, for `display` what is shown at each stop, for threads the names they were given.

use std::collections::HashMap;

use super::debugger::Session;
use super::memory_dump::DumpFormat;
use crate::base::{Registers, ThreadNo, VirtAddr};

/// The memory of a session.
#[derive(Default)]
pub(super) struct Looks {
    /// The registers of each thread at this stop.
    now: HashMap<ThreadNo, Registers>,
    /// And at the one before.
    before: HashMap<ThreadNo, Registers>,
    /// The names that the user gave.
    pub names: HashMap<ThreadNo, String>,
    /// Where the last memory dump ended, and how it was written.
    pub dumped: Option<(DumpFormat, VirtAddr)>,
    /// What is shown at each stop.
    pub displays: Vec<Display>,
    /// The number of the last of them that was made.
    pub last_display: usize,
}

/// Something that is shown at each stop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Display {
    /// Its number, from 1. Numbers are not given twice.
    pub no: usize,
    /// How it is shown: what stood behind the slash.
    pub format: Option<String>,
    /// The expression.
    pub expression: String,
}

impl Looks {
    /// The registers of a thread at the stop before this one.
    pub fn before(&self, thread: ThreadNo) -> Option<&Registers> {
        self.before.get(&thread)
    }

    /// The process is gone, and its threads with it.
    pub fn forget_process(&mut self) {
        self.now.clear();
        self.before.clear();
        self.names.clear();
        self.dumped = None;
    }
}

impl Session {
    /// Remembers what the registers are at a new stop.
    pub(super) fn note_stop(&mut self) {
        let held = self.run.iter().flat_map(|run| &run.held);
        let now = held.map(|(thread, _)| (thread.no(), *thread.registers())).collect();
        self.looks.before = std::mem::replace(&mut self.looks.now, now);
    }

    /// What is shown at each stop, by number.
    pub fn displays(&self) -> &[Display] {
        &self.looks.displays
    }

    /// Shows an expression at each stop from now on.
    pub fn add_display(&mut self, expression: &str, format: Option<&str>) -> Display {
        self.looks.last_display = self.looks.last_display.saturating_add(1);
        let display = Display {
            no: self.looks.last_display,
            format: format.map(str::to_owned),
            expression: expression.to_owned(),
        };
        self.looks.displays.push(display.clone());
        display
    }

    /// No longer shows something at each stop; whether there was one of that number.
    pub fn delete_display(&mut self, no: usize) -> bool {
        let before = self.looks.displays.len();
        self.looks.displays.retain(|display| display.no != no);
        self.looks.displays.len() < before
    }
}
