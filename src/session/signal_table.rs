//! What is done with each signal: whether the program stands still, whether it is told, whether the
//! program gets it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::signals;

/// The highest number of a signal (signal(7), `_NSIG`).
const LAST: i32 = 64;

/// SIGINT and SIGTRAP are the debugger's own means: programs do not get them unless it is asked for.
const DEBUGGERS: [i32; 2] = [2, 5];

/// What is done with a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Handling {
    /// Whether the program stands still.
    pub stop: bool,
    /// Whether it is told.
    pub print: bool,
    /// Whether the program gets it.
    pub pass: bool,
}

/// What is done with all signals.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SignalTable(BTreeMap<i32, Handling>);

/// A signal as it is listed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SignalRow {
    /// Its number.
    pub number: i32,
    /// Its name: `SIGSEGV`, `SIG34` for a realtime signal.
    pub name: String,
    /// What is done with it.
    #[serde(flatten)]
    pub handling: Handling,
    /// What it says (signal(7)).
    pub about: &'static str,
}

impl SignalTable {
    /// What is done with a signal.
    pub fn of(&self, number: i32) -> Handling {
        let halts = signals::halts(number);
        let pass = !DEBUGGERS.contains(&number);
        let default = Handling { stop: halts, print: halts, pass };
        self.0.get(&number).copied().unwrap_or(default)
    }

    /// Changes what is done with a signal. What stands still is also told, and what is not told
    /// does not stand still.
    pub fn set(&mut self, number: i32, change: Change) {
        let mut handling = self.of(number);
        match change {
            Change::Stop(true) => (handling.stop, handling.print) = (true, true),
            Change::Stop(false) => handling.stop = false,
            Change::Print(true) => handling.print = true,
            Change::Print(false) => (handling.stop, handling.print) = (false, false),
            Change::Pass(pass) => handling.pass = pass,
        }
        self.0.insert(number, handling);
    }

    /// A signal, as it is listed.
    pub fn row(&self, number: i32) -> SignalRow {
        let about = ABOUT.iter().find(|(known, _)| *known == number).map_or("", |(_, about)| about);
        SignalRow { number, name: signal_name(number), handling: self.of(number), about }
    }

    /// All signals of a name, and the realtime ones for which something was said.
    pub fn rows(&self) -> Vec<SignalRow> {
        let listed = |number: &i32| *number < 32 || self.0.contains_key(number);
        (1..=LAST).filter(listed).map(|number| self.row(number)).collect()
    }
}

/// What is to be done with a signal from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Whether the program stands still.
    Stop(bool),
    /// Whether it is told.
    Print(bool),
    /// Whether the program gets it.
    Pass(bool),
}

/// The signals that a word means: a name with or without `SIG`, a number, or `all`, which leaves out
/// the debugger's own.
pub fn signals_named(word: &str) -> Vec<i32> {
    let upper = word.to_ascii_uppercase();
    if upper == "ALL" {
        return (1..=LAST).filter(|number| !DEBUGGERS.contains(number)).collect();
    }
    let named = |number: &i32| {
        let name = signal_name(*number);
        name == upper || name.strip_prefix("SIG") == Some(&upper)
    };
    let number = upper.parse().ok().filter(|number| (1..=LAST).contains(number));
    number.or_else(|| (1..=LAST).find(named)).into_iter().collect()
}

/// The names of all signals.
pub fn signal_names() -> impl Iterator<Item = String> {
    (1..32).map(signal_name)
}

/// The name of a signal: `SIGSEGV`, `SIG40`.
pub fn signal_name(number: i32) -> String {
    match number {
        32.. => format!("SIG{number}"),
        number => signals::name(number),
    }
}

impl Session {
    /// What is done with signals.
    pub fn signals(&self) -> &SignalTable {
        &self.signal_table
    }

    /// Changes what is done with a signal, now and in runs to come.
    pub fn handle_signal(&mut self, number: i32, change: Change) {
        self.signal_table.set(number, change);
        if let Some(run) = &mut self.run {
            run.signal_table = self.signal_table.clone();
        }
    }

    /// Chooses the signal that the thread that is looked at gets when it goes on, or none.
    ///
    /// # Errors
    /// [`SessionError::NotRunning`].
    pub fn deliver_signal(&mut self, signal: Option<i32>) -> Result<(), SessionError> {
        let no = self.selected.thread;
        let run = self.run.as_mut().ok_or(SessionError::NotRunning)?;
        let held = run.held.iter_mut().find(|(thread, _)| thread.no() == no);
        held.ok_or(SessionError::NotRunning)?.1 = signal;
        Ok(())
    }
}

/// What the standard signals say, in the words of signal(7).
const ABOUT: &[(i32, &str)] = &[
    (1, "hangup of the terminal"),
    (2, "interrupt from the keyboard"),
    (3, "quit from the keyboard"),
    (4, "illegal instruction"),
    (5, "trap: a breakpoint"),
    (6, "abort(3)"),
    (7, "bus error: bad memory access"),
    (8, "arithmetic error"),
    (9, "kill: cannot be caught"),
    (10, "user-defined signal 1"),
    (11, "invalid memory reference"),
    (12, "user-defined signal 2"),
    (13, "broken pipe"),
    (14, "alarm(2)"),
    (15, "termination"),
    (16, "stack fault of a coprocessor (unused)"),
    (17, "a child stopped or ended"),
    (18, "continue"),
    (19, "stop: cannot be caught"),
    (20, "stop from the terminal"),
    (21, "terminal input for a background process"),
    (22, "terminal output for a background process"),
    (23, "urgent condition on a socket"),
    (24, "limit of CPU time exceeded"),
    (25, "limit of file size exceeded"),
    (26, "virtual alarm clock"),
    (27, "profiling timer expired"),
    (28, "the window was resized"),
    (29, "input or output is possible"),
    (30, "power failure"),
    (31, "bad system call"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_named_with_or_without_its_prefix_or_by_number() {
        for word in ["SIGUSR1", "usr1", "10"] {
            assert_eq!(signals_named(word), [10], "{word}");
        }
        assert_eq!(signals_named("SIG40"), [40]);
        assert!(signals_named("SIGNONE").is_empty() && signals_named("0").is_empty());
        let all = signals_named("all");
        assert!(!all.contains(&2) && !all.contains(&5) && all.contains(&11));
    }

    #[test]
    fn stopping_and_telling_go_together_as_in_gdb() {
        let mut table = SignalTable::default();
        assert_eq!(table.of(11), Handling { stop: true, print: true, pass: true });
        assert_eq!(table.of(17), Handling { stop: false, print: false, pass: true });
        assert!(!table.of(2).pass);
        table.set(17, Change::Stop(true));
        assert_eq!(table.of(17), Handling { stop: true, print: true, pass: true });
        table.set(17, Change::Print(false));
        assert_eq!(table.of(17), Handling { stop: false, print: false, pass: true });
        table.set(11, Change::Stop(false));
        assert_eq!(table.of(11), Handling { stop: false, print: true, pass: true });
        table.set(40, Change::Pass(false));
        assert!(table.rows().iter().any(|row| row.name == "SIG40" && !row.handling.pass));
        assert!(table.rows().iter().all(|row| row.number > 31 || !row.about.is_empty()));
    }
}
