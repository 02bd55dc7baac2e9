//! A client of the debug adapter protocol, as far as measuring a peer needs one.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// Bytes that the adapter may use.
const MOST_MEMORY: u64 = 8 << 30;

/// A debug adapter that runs, on its standard input and output.
pub struct Adapter {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    sent: u64,
}

impl Adapter {
    /// Starts BugStalker as an adapter, which is stopped when the limit is over.
    pub fn start(program: &Path, limit: Duration) -> Result<Adapter, String> {
        // It has been seen to take 20 GB for the elements of one large collection.
        let mut command = Command::new("prlimit");
        command.args([&format!("--as={MOST_MEMORY}"), "timeout", "--signal=KILL"]);
        command.arg(limit.as_secs().to_string()).arg(program);
        command.arg("--dap-local").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let to = child.stdin.take().ok_or("no input")?;
        let from = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Adapter { child, to, from, sent: 0 })
    }

    /// Runs a program up to a line, and gives the innermost frame there.
    pub fn stop_at(&mut self, program: &Path, source: &Path, line: usize) -> Result<Value, String> {
        let of_client =
            json!({ "adapterID": "bench", "linesStartAt1": true, "pathFormat": "path" });
        self.request("initialize", of_client)?;
        self.request("launch", json!({ "program": program, "args": [] }))?;
        let lines = json!({ "source": { "path": source }, "breakpoints": [{ "line": line }] });
        self.request("setBreakpoints", lines)?;
        self.send("configurationDone", json!({}))?;
        let stopped = self.wait(|message| message["event"] == "stopped")?;
        let thread = json!({ "threadId": stopped["body"]["threadId"] });
        let stack = self.request("stackTrace", thread)?;
        Ok(stack["stackFrames"][0]["id"].clone())
    }

    /// Asks for the children of a variable of a frame, or of all its variables.
    pub fn ask(&mut self, frame: Value, variable: Option<&str>, count: u32) -> Result<(), String> {
        let scopes = self.request("scopes", json!({ "frameId": frame }))?;
        let locals = scopes["scopes"][0]["variablesReference"].clone();
        let locals = self.request("variables", json!({ "variablesReference": locals }))?;
        let mut found = 0;
        for local in locals["variables"].as_array().into_iter().flatten() {
            let wanted = variable.is_none_or(|name| local["name"] == name);
            let inner = local["variablesReference"].as_u64().unwrap_or(0);
            found += u32::from(wanted);
            if wanted && inner > 0 {
                let part = json!({ "variablesReference": inner, "start": 0, "count": count });
                self.request("variables", part)?;
            }
        }
        if found > 0 { Ok(()) } else { Err("shows no such variable".to_owned()) }
    }

    /// Ends the program and the adapter.
    pub fn end(mut self) {
        let _ = self.request("disconnect", json!({ "terminateDebuggee": true }));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn request(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        let sequence = self.send(command, arguments)?;
        let answer = self.wait(|message| message["request_seq"] == sequence)?;
        match answer["success"].as_bool() {
            Some(true) => Ok(answer["body"].clone()),
            _ => Err(format!("{command}: {}", answer["message"])),
        }
    }

    fn send(&mut self, command: &str, arguments: Value) -> Result<u64, String> {
        self.sent += 1;
        let message = json!({
            "seq": self.sent, "type": "request", "command": command, "arguments": arguments,
        });
        let text = message.to_string();
        let sent = write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len());
        sent.and_then(|()| self.to.flush()).map_err(|error| error.to_string())?;
        Ok(self.sent)
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<Value, String> {
        loop {
            let message = self.receive()?;
            if wanted(&message) {
                return Ok(message);
            }
            if message["event"] == "terminated" {
                return Err("the program ended before that".to_owned());
            }
        }
    }

    fn receive(&mut self) -> Result<Value, String> {
        let mut len = 0;
        loop {
            let mut line = String::new();
            let read = self.from.read_line(&mut line).map_err(|error| error.to_string())?;
            if read == 0 {
                return Err("ended, or was stopped, before it answered".to_owned());
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    len = value.parse().map_err(|_| format!("odd length {value}"))?;
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; len];
        self.from.read_exact(&mut body).map_err(|error| error.to_string())?;
        serde_json::from_slice(&body).map_err(|error| error.to_string())
    }
}
