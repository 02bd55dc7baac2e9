//! Starting a program that is traced before its first instruction.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use thiserror::Error;

use super::ptrace::{resume, seize};
use super::{WaitEvent, kill_process, wait};
use crate::base::Tid;

/// What to start.
pub struct Spec {
    /// The path of the executable; it is not searched for.
    pub program: CString,
    /// The arguments, the program's own name first.
    pub args: Vec<CString>,
    /// The environment, `NAME=value`.
    pub env: Vec<CString>,
    /// The working directory, where it is not the debugger's.
    pub cwd: Option<CString>,
    /// Whether the kernel may randomise addresses, as it does by default.
    pub aslr: bool,
    /// Standard input, output and error, where they are not the debugger's.
    pub stdio: [Option<OwnedFd>; 3],
    /// Its process group.
    pub group: Group,
}

/// The process group that a program is in, which is what a terminal lets read and sends Ctrl-C to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Group {
    /// The debugger's.
    #[default]
    Ours,
    /// One of its own, named by its process id.
    Own,
    /// One of its own in a session of its own, whose terminal is its standard input if that is a
    /// terminal which no other session has.
    OwnSession,
}

/// What was being done when starting failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpawnStage {
    /// Creating the process.
    Fork,
    /// Attaching to it.
    Trace,
    /// Changing to the working directory.
    WorkingDirectory,
    /// Attaching standard input, output or error.
    Stdio,
    /// Executing the program.
    Exec,
}

/// Why a program could not be started.
#[derive(Debug, Error)]
#[error("{stage:?}: {error}")]
pub struct SpawnError {
    /// What failed.
    pub stage: SpawnStage,
    /// How.
    pub error: io::Error,
}

/// Starts a program, traced by the calling thread (which must stay alive: when it ends, the kernel
/// kills the program), and returns it stopped at the end of its `execve`, before the first
/// instruction of the dynamic linker.
///
/// # Errors
/// [`SpawnError`]; the child is then gone and reaped.
pub fn spawn(spec: &Spec) -> Result<Tid, SpawnError> {
    let at = |stage| move |error| SpawnError { stage, error };
    let args = pointers(&spec.args);
    let env = pointers(&spec.env);
    let (go_read, mut go_write) = pipe(0).map_err(at(SpawnStage::Fork))?;
    let (mut error_read, error_write) = pipe(libc::O_NONBLOCK).map_err(at(SpawnStage::Fork))?;
    let plan = ChildPlan {
        spec,
        args: &args,
        env: &env,
        go: [go_read.as_raw_fd(), go_write.as_raw_fd()],
        errors: error_write.as_raw_fd(),
    };
    // SAFETY: in the child only `ChildPlan::run` executes, which never returns and calls nothing
    // but async-signal-safe functions (signal-safety(7)) on memory that was prepared above.
    let child = match unsafe { libc::fork() } {
        -1 => return Err(at(SpawnStage::Fork)(io::Error::last_os_error())),
        0 => plan.run(),
        child => Tid(child),
    };
    drop((go_read, error_write));
    let traced = seize(child).and_then(|()| go_write.write_all(&[1]));
    if let Err(error) = traced {
        let _ = kill_process(child);
        let _ = wait(Some(child));
        return Err(at(SpawnStage::Trace)(error));
    }
    wait_for_exec(child).map_err(|end| {
        let mut report = [0; 8];
        match error_read.read_exact(&mut report) {
            Ok(()) => decode_report(report),
            Err(_) => at(SpawnStage::Exec)(end),
        }
    })?;
    Ok(child)
}

/// Waits for the stop at the end of `execve`, passing on whatever comes before.
fn wait_for_exec(child: Tid) -> io::Result<()> {
    loop {
        let signal = match wait(Some(child))?.1 {
            WaitEvent::Exec => return Ok(()),
            WaitEvent::Exited { .. } | WaitEvent::Killed { .. } => {
                return Err(io::Error::other("it was killed before it started"));
            }
            WaitEvent::Signal { signal } => signal,
            _ => 0,
        };
        resume(child, signal)?;
    }
}

/// What the child writes when it fails: a stage and an error number.
fn decode_report(report: [u8; 8]) -> SpawnError {
    let [a, b, c, d, e, f, g, h] = report;
    let stage = match i32::from_le_bytes([a, b, c, d]) {
        1 => SpawnStage::WorkingDirectory,
        2 => SpawnStage::Stdio,
        _ => SpawnStage::Exec,
    };
    SpawnError { stage, error: io::Error::from_raw_os_error(i32::from_le_bytes([e, f, g, h])) }
}

/// What the child does between fork and exec.
struct ChildPlan<'a> {
    spec: &'a Spec,
    args: &'a [*const libc::c_char],
    env: &'a [*const libc::c_char],
    go: [RawFd; 2],
    errors: RawFd,
}

impl ChildPlan<'_> {
    fn run(&self) -> ! {
        let (stage, error) = self.prepare_and_exec();
        let mut report = [0; 8];
        report[..4].copy_from_slice(&stage.to_le_bytes());
        report[4..].copy_from_slice(&error.to_le_bytes());
        // SAFETY: write and _exit are async-signal-safe; the buffer lives across the call.
        unsafe {
            libc::write(self.errors, report.as_ptr().cast(), report.len());
            libc::_exit(127)
        }
    }

    /// Returns only where it fails, with the stage and the error number.
    fn prepare_and_exec(&self) -> (i32, i32) {
        // SAFETY: all calls are async-signal-safe; all pointers lead to memory that was prepared
        // before the fork and that nothing changes in this copy of the process.
        unsafe {
            // With its own end of the pipe closed, the child sees the end of file if the debugger
            // dies before it is traced.
            libc::close(self.go[1]);
            let mut byte = 0_u8;
            if libc::read(self.go[0], (&raw mut byte).cast(), 1) != 1 {
                libc::_exit(127);
            }
            // Rust programs ignore SIGPIPE, and an ignored signal stays ignored across exec.
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            // This one the debugger ignores, to write while the program has the terminal.
            libc::signal(libc::SIGTTOU, libc::SIG_DFL);
            // Neither call fails in a process that has just been made.
            match self.spec.group {
                Group::Ours => {}
                Group::Own => _ = libc::setpgid(0, 0),
                Group::OwnSession => _ = libc::setsid(),
            }
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut none);
            libc::pthread_sigmask(libc::SIG_SETMASK, &none, ptr::null_mut());
            for (fd, replacement) in (0..).zip(&self.spec.stdio) {
                if let Some(file) = replacement
                    && !attach(file.as_raw_fd(), fd)
                {
                    return (2, errno());
                }
            }
            if self.spec.group == Group::OwnSession {
                // A terminal that another session has can be read and written all the same.
                libc::ioctl(0, libc::TIOCSCTTY, 0);
            }
            if let Some(cwd) = &self.spec.cwd
                && libc::chdir(cwd.as_ptr()) == -1
            {
                return (1, errno());
            }
            if !self.spec.aslr {
                // A container may forbid this; the program then runs at random addresses, which
                // everything above can cope with.
                let persona = libc::personality(0xffff_ffff);
                if persona != -1 {
                    let fixed = persona | libc::ADDR_NO_RANDOMIZE;
                    libc::personality(fixed.cast_unsigned().into());
                }
            }
            libc::execve(self.spec.program.as_ptr(), self.args.as_ptr(), self.env.as_ptr());
            (3, errno())
        }
    }
}

/// Makes `to` the same open file as `from`, and keeps it open across exec.
///
/// # Safety
/// Called between fork and exec, where the descriptors of the child are its own.
unsafe fn attach(from: RawFd, to: RawFd) -> bool {
    // SAFETY: both calls take numbers.
    unsafe {
        if from == to {
            return libc::fcntl(to, libc::F_SETFD, 0) != -1;
        }
        libc::dup2(from, to) != -1
    }
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// The array of pointers that execve takes, with its null at the end.
fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

/// A pipe whose ends close on exec; `read_flags` are set on its read end.
fn pipe(read_flags: i32) -> io::Result<(File, File)> {
    let mut fds = [-1; 2];
    // SAFETY: pipe2 writes two descriptors to the array.
    if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptors are fresh, and owned by nobody else.
    let ends = unsafe { (File::from_raw_fd(fds[0]), File::from_raw_fd(fds[1])) };
    if read_flags != 0 {
        // SAFETY: fcntl takes numbers here.
        unsafe { libc::fcntl(fds[0], libc::F_SETFL, read_flags) };
    }
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(program: &str, cwd: Option<&str>) -> Spec {
        let c = |text: &str| CString::new(text).expect("no null");
        Spec {
            program: c(program),
            args: vec![c(program)],
            env: Vec::new(),
            cwd: cwd.map(c),
            aslr: false,
            stdio: [None, None, None],
            group: Group::Ours,
        }
    }

    #[test]
    fn a_program_stops_at_the_end_of_its_exec_and_runs_to_its_end() {
        let child = spawn(&spec("/bin/true", Some("/"))).expect("started");
        resume(child, 0).expect("resumed");
        let end = loop {
            match wait(Some(child)).expect("a tracee").1 {
                end @ (WaitEvent::Exited { .. } | WaitEvent::Killed { .. }) => break end,
                _ => resume(child, 0).expect("resumed"),
            }
        };
        assert_eq!(end, WaitEvent::Exited { code: 0 });
    }

    #[test]
    fn failures_in_the_child_come_back_with_their_stage_and_number() {
        let seen = |spec| {
            let error = spawn(&spec).map(|_| ()).expect_err("it cannot start");
            (error.stage, error.error.raw_os_error())
        };
        assert_eq!(seen(spec("/no/such", None)), (SpawnStage::Exec, Some(libc::ENOENT)));
        assert_eq!(seen(spec("/", None)), (SpawnStage::Exec, Some(libc::EACCES)));
        let nowhere = spec("/bin/true", Some("/no/such"));
        assert_eq!(seen(nowhere), (SpawnStage::WorkingDirectory, Some(libc::ENOENT)));
        // Every child was reaped.
        assert_eq!(wait(None).expect_err("none").raw_os_error(), Some(libc::ECHILD));
    }
}
