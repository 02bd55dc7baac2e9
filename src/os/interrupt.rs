//! Asking a running process to stand still, from anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

use crate::base::Tid;

/// A request that a traced process stand still.
///
/// The thread that traces is blocked in its wait then, and only a stop of the process wakes it for
/// certain: a signal to the debugger itself could come a moment before the wait begins, and be lost.
/// So the process gets a SIGSTOP, which no program can block; its tracer is told, and swallows it.
#[derive(Debug, Default)]
pub struct StopRequest {
    wanted: AtomicBool,
    /// Whether a SIGSTOP was sent that the tracer has not seen.
    on_its_way: AtomicBool,
    /// The process that runs; 0 where none does.
    process: AtomicI32,
    /// Whether the terminal's interrupt came while nothing ran.
    missed: AtomicBool,
}

/// What the terminal's interrupt is passed to.
static BY_KEY: AtomicPtr<StopRequest> = AtomicPtr::new(std::ptr::null_mut());

impl StopRequest {
    /// Whom to ask from now on: a process that runs, or nobody. What was asked before is forgotten.
    pub fn aim(&self, process: Option<Tid>) {
        self.wanted.store(false, Ordering::SeqCst);
        self.process.store(process.map_or(0, |tid| tid.0), Ordering::SeqCst);
    }

    /// Whom to ask from now on, in place of a process that runs no longer under this tracer. What
    /// was asked of that one is asked of this, and leaves that one running.
    pub fn turn_to(&self, process: Tid) {
        let before = self.process.swap(process.0, Ordering::SeqCst);
        self.take_back(Tid(before));
        if self.wanted.load(Ordering::SeqCst) {
            self.send();
        }
    }

    /// A process was let go: a SIGSTOP that it got from here and that the tracer never saw must not
    /// leave it stopped.
    pub fn take_back(&self, process: Tid) {
        if self.on_its_way.swap(false, Ordering::SeqCst) && process.0 > 0 {
            // SAFETY: kill takes two numbers. SIGCONT also drops a SIGSTOP that was not delivered.
            unsafe { libc::kill(process.0, libc::SIGCONT) };
        }
    }

    /// The tracer has seen the SIGSTOP.
    pub fn arrived(&self) {
        self.on_its_way.store(false, Ordering::SeqCst);
    }

    /// Asks; false where nothing runs. Async-signal-safe.
    pub fn send(&self) -> bool {
        let process = self.process.load(Ordering::SeqCst);
        if process <= 0 {
            return false;
        }
        self.wanted.store(true, Ordering::SeqCst);
        self.on_its_way.store(true, Ordering::SeqCst);
        // SAFETY: kill takes two numbers, and is async-signal-safe. The id is that of a process
        // that is traced, which stays taken until its tracer has reaped it.
        unsafe { libc::kill(process, libc::SIGSTOP) == 0 }
    }

    /// Whether somebody has asked and was not answered.
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }

    /// The same, and it is answered now.
    pub fn take(&self) -> bool {
        self.wanted.swap(false, Ordering::SeqCst)
    }

    /// Whether the terminal's interrupt came while nothing ran, since this was last asked.
    pub fn take_missed(&self) -> bool {
        self.missed.load(Ordering::Relaxed) && self.missed.swap(false, Ordering::SeqCst)
    }
}

/// From now on the terminal's interrupt (SIGINT) leaves this process alone and asks the process that
/// runs to stand still.
pub fn stop_on_interrupt(request: &Arc<StopRequest>) {
    extern "C" fn ask(_: libc::c_int) {
        let request = BY_KEY.load(Ordering::SeqCst);
        // SAFETY: what was stored there came from `Arc::into_raw` and is never freed.
        if let Some(request) = unsafe { request.as_ref() } {
            // SAFETY: every thread has an errno, and the code that was interrupted may need it.
            let errno = unsafe { libc::__errno_location() };
            // SAFETY: as above.
            let before = unsafe { *errno };
            if !request.send() {
                request.missed.store(true, Ordering::SeqCst);
            }
            // SAFETY: as above.
            unsafe { *errno = before };
        }
    }
    BY_KEY.store(Arc::into_raw(request.clone()).cast_mut(), Ordering::SeqCst);
    // SAFETY: the handler is async-signal-safe, and a zeroed sigaction with a handler and flags is a
    // valid one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = ask as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_asked_where_nothing_runs() {
        let request = StopRequest::default();
        assert!(!request.send() && !request.is_wanted());
        request.aim(None);
        assert!(!request.send() && !request.take());
    }

    #[test]
    fn who_was_asked_and_is_let_go_runs_on_and_the_next_one_is_asked() {
        let sleep = || std::process::Command::new("sleep").arg("100").spawn();
        let (Ok(first), Ok(second)) = (sleep(), sleep()) else { panic!("no sleep") };
        let tid = |child: &std::process::Child| Tid(child.id().cast_signed());
        let becomes = |child: &std::process::Child, wanted: &[&str]| {
            let path = format!("/proc/{}/stat", child.id());
            let is_so = || {
                let stat = std::fs::read_to_string(&path).unwrap_or_default();
                let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
                wanted.iter().any(|letter| state.starts_with(letter))
            };
            while !is_so() {
                std::thread::yield_now();
            }
        };
        let request = StopRequest::default();
        request.aim(Some(tid(&first)));
        assert!(request.send());
        becomes(&first, &["T"]);
        request.turn_to(tid(&second));
        becomes(&first, &["S", "R"]);
        becomes(&second, &["T"]);
        // One that was seen to stop is none of the request's business any more.
        request.arrived();
        request.take_back(tid(&second));
        becomes(&second, &["T"]);
        for mut child in [first, second] {
            assert!(child.kill().is_ok() && child.wait().is_ok());
        }
    }
}
