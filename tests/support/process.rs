//! A process that the test starts itself, for Freehold to attach to.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A process that is ready, and waits until it is told to end. It is killed when this is dropped.
pub struct Serving {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts a program that prints `ready` when it is.
    #[track_caller]
    pub fn start(executable: &Path, args: &[&str]) -> Serving {
        let mut command = Command::new(executable);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = loop {
            match command.spawn() {
                // A child that another test has just forked still has the file open that was written.
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                    std::thread::yield_now();
                }
                started => break started.expect("it starts"),
            }
        };
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut serving = Serving { child, output };
        assert_eq!(serving.line(), "ready\n");
        serving
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it prints.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("text");
        line
    }

    /// A field of `/proc/PID/status`.
    #[track_caller]
    pub fn status(&self, name: &str) -> String {
        let path = format!("/proc/{}/status", self.id());
        let text = std::fs::read_to_string(path).expect("it lives");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.expect("the field").trim().to_owned()
    }

    /// Tells it to end, and returns what it prints until then; it must end well.
    #[track_caller]
    pub fn end(mut self) -> String {
        drop(self.child.stdin.take());
        let mut text = String::new();
        self.output.read_to_string(&mut text).expect("text");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}: {text}");
        text
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
