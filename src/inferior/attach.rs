//! Taking control of a process that runs already.

use std::io;
use std::sync::Arc;

use super::Inferior;
use super::attach_error::AttachError;
use super::error::InferiorError;
use super::modules::parse_once;
use super::stop::Stopped;
use crate::base::Tid;
use crate::dwarf::Image;
use crate::os::{self, map_file, processes, procfs};

/// How often the list of threads is read before it must have come to rest. Once all that make
/// threads are attached to, the kernel attaches to what they make.
const MOST_LOOKS: usize = 1000;

impl Inferior {
    /// The process of an id, or the only one of a name.
    ///
    /// # Errors
    /// [`AttachError::NoSuchName`] and [`AttachError::Several`]; whether there is a process of an id
    /// is not asked yet.
    pub fn find(text: &str) -> Result<Tid, AttachError> {
        if let Ok(id) = text.parse() {
            return Ok(Tid(id));
        }
        let mut found = processes::processes_named(text);
        found.retain(|process| *process != os::own_process());
        match found.as_slice() {
            [] => Err(AttachError::NoSuchName(text.to_owned())),
            [one] => Ok(*one),
            _ => Err(AttachError::Several { name: text.to_owned(), processes: found }),
        }
    }

    /// Takes control of a process and stops all of its threads, which are returned by number; the
    /// first has number 1. They stand wherever they were. The calling thread traces the process; if
    /// the debugger dies, the process lives on. Dropping the [`Inferior`] lets it go.
    ///
    /// # Errors
    /// [`AttachError`] says what is in the way. The process runs on then.
    pub fn attach(process: Tid) -> Result<(Inferior, Vec<Stopped>), AttachError> {
        check(process)?;
        let image = executable(process)?;
        let failed = |doing| move |error| AttachError::Other { process, doing, error };
        let wrap = |doing| move |error: InferiorError| failed(doing)(io::Error::other(error));
        os::attach(process).map_err(|error| refused(process, error))?;
        // From here on, dropping `inferior` lets it go again.
        let mut inferior = Inferior::of_attached(process, Arc::clone(&image))
            .map_err(wrap("opening its memory"))?;
        let mut stopped = Vec::new();
        // A thread that was being made while its maker was attached to is found at a second look.
        loop {
            let found = inferior.attach_new_threads()?;
            stopped.extend(inferior.stop_all().map_err(wrap("stopping its threads"))?);
            if !found {
                break;
            }
        }
        stopped.retain(|thread| thread.epoch == inferior.epoch);
        stopped.sort_by_key(Stopped::no);
        // It may have executed another program since its executable was opened.
        if inferior.epoch == 0 && !is_same(process, &image) {
            let taken = inferior.take_new_program(process);
            taken.map_err(wrap("opening its executable"))?;
        }
        if stopped.is_empty() {
            return Err(AttachError::NoSuchProcess(process));
        }
        Ok((inferior, stopped))
    }

    fn of_attached(process: Tid, image: Arc<Image>) -> Result<Inferior, InferiorError> {
        let inferior = Inferior::of(process, image, true);
        if inferior.is_err() {
            // There is nobody yet to let it go.
            let _ = os::interrupt(process);
            let _ = os::wait(Some(process));
            let _ = os::detach(process, 0);
        }
        let mut inferior = inferior?;
        inferior.threads.add(process);
        Ok(inferior)
    }

    /// Attaches to all threads that are not attached to, until there are no new ones; whether there
    /// were any.
    fn attach_new_threads(&mut self) -> Result<bool, AttachError> {
        let process = self.process;
        let mut found = false;
        for _ in 0..MOST_LOOKS {
            let all = procfs::threads(process).unwrap_or_default();
            let new: Vec<_> = all.into_iter().filter(|t| self.threads.no(*t).is_none()).collect();
            let mut attached = 0;
            for tid in new {
                match os::attach(tid) {
                    Ok(()) => {
                        self.threads.add(tid);
                        attached += 1;
                    }
                    Err(error) if os::is_gone(&error) => {}
                    // A thread that is attached to has made it: that is told by an event.
                    Err(_) if is_ours(tid) || procfs::has_exited(tid) => {}
                    Err(error) => return Err(refused(process, error)),
                }
            }
            if attached == 0 {
                return Ok(found);
            }
            found = true;
        }
        let error = io::Error::other("it makes threads faster than they can be attached to");
        Err(AttachError::Other { process, doing: "attaching to its threads", error })
    }
}

/// What can be said before anything is tried.
fn check(process: Tid) -> Result<(), AttachError> {
    let belongs_to = procfs::process_of(process);
    match belongs_to {
        Err(_) => return Err(AttachError::NoSuchProcess(process)),
        Ok(other) if other != process => {
            return Err(AttachError::Thread { thread: process, process: other });
        }
        Ok(_) => {}
    }
    if process == os::own_process() {
        return Err(AttachError::Itself(process));
    }
    if procfs::has_exited(process) {
        return Err(AttachError::Zombie(process));
    }
    traced(process).map_or(Ok(()), Err)
}

fn traced(process: Tid) -> Option<AttachError> {
    let tracer = procfs::tracer(process).ok().flatten()?;
    let by = procfs::process_of(tracer).unwrap_or(tracer);
    let name = procfs::thread_name(by).unwrap_or_default();
    Some(AttachError::Traced { process, by, name })
}

/// Whether a thread of this debugger traces a thread.
fn is_ours(tid: Tid) -> bool {
    let tracer = procfs::tracer(tid).ok().flatten();
    tracer.and_then(|by| procfs::process_of(by).ok()) == Some(os::own_process())
}

fn executable(process: Tid) -> Result<Arc<Image>, AttachError> {
    let link = procfs::executable_link(process);
    let bytes = map_file(&link).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => refused(process, error),
        _ => AttachError::Other { process, doing: "opening its executable", error },
    })?;
    let path = procfs::executable(process).unwrap_or(link);
    parse_once(&path, bytes).map_err(|reason| AttachError::Image { process, path, reason })
}

/// Whether a process still executes an image.
fn is_same(process: Tid, image: &Arc<Image>) -> bool {
    executable(process).map_or(true, |now| Arc::ptr_eq(&now, image))
}

/// What a refusal of the kernel means.
fn refused(process: Tid, error: io::Error) -> AttachError {
    if os::is_gone(&error) {
        return AttachError::NoSuchProcess(process);
    }
    if procfs::has_exited(process) {
        return AttachError::Zombie(process);
    }
    if error.kind() != io::ErrorKind::PermissionDenied {
        return AttachError::Other { process, doing: "attaching to it", error };
    }
    let hint = || AttachError::NotPermitted { process, hint: hint(procfs::ptrace_scope()) };
    traced(process).unwrap_or_else(hint)
}

fn hint(scope: Option<u32>) -> String {
    let other = "it may belong to another user, have more rights than you, or forbid being dumped; \
                 the superuser, or CAP_SYS_PTRACE in a container, may attach";
    match scope {
        Some(1) => format!(
            "/proc/sys/kernel/yama/ptrace_scope is 1, which allows tracing one's own children \
             only; `sudo sysctl kernel.yama.ptrace_scope=0` allows it, or {other}"
        ),
        Some(2) => "/proc/sys/kernel/yama/ptrace_scope is 2, which allows tracing to the \
                    superuser only"
            .to_owned(),
        Some(3) => "/proc/sys/kernel/yama/ptrace_scope is 3, which allows tracing to nobody \
                    until the machine is started anew"
            .to_owned(),
        _ => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_setting_that_is_in_the_way() {
        assert!(hint(Some(1)).contains("ptrace_scope=0"));
        assert!(hint(Some(2)).contains("superuser"));
        assert!(hint(Some(3)).contains("nobody"));
        assert!(hint(Some(0)).contains("another user") && hint(None).contains("another user"));
    }
}
