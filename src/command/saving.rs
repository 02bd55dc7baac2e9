//! `save`: the breakpoints as a script that sets them again.

use std::fs;

use super::script::transcript;
use super::words::first;
use super::{Answer, Command, CommandError, Topic};
use crate::base::system_call_name;
use crate::session::{Access, Breakpoint, Catch, Target, Where, signal_name};

/// `save`.
pub(super) static SAVE: Command = Command {
    name: "save",
    aliases: &[],
    topic: Topic::Breakpoints,
    usage: "breakpoints FILE | transcript FILE",
    about: "Write the breakpoints to a file of commands that sets them again, or all commands",
    details: "`freehold debug -x FILE` runs it. `save transcript` is `transcript`. Watchpoints and breakpoints of variables are \
              written as comments: their frames are those of this run.",
    run: |context, text| {
        let (what, file) = first(text);
        if what == "transcript" {
            return transcript(context.session, file);
        }
        if what.is_empty() || !"breakpoints".starts_with(what) || file.is_empty() {
            return Err(CommandError::new("`save` needs what to save, and a file")
                .hint("as in `save breakpoints FILE`"));
        }
        let all = context.session.breakpoints();
        let text: String = all.iter().map(script).collect();
        fs::write(context.session.path(file), text)
            .map_err(|error| CommandError::new(format!("{file} cannot be written: {error}")))?;
        Ok(Answer::Said(format!("Saved {} to {file}.", counted(all.len()))))
    },
};

fn counted(breakpoints: usize) -> String {
    if breakpoints == 1 { "1 breakpoint".to_owned() } else { format!("{breakpoints} breakpoints") }
}

/// The commands that set a breakpoint.
fn script(breakpoint: &Breakpoint) -> String {
    let terms = &breakpoint.terms;
    let mut line = head(breakpoint);
    if let Some(log) = &terms.log {
        let text = log.text().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        line.push_str(&format!(" \"{text}\""));
    }
    if let Some(thread) = terms.thread {
        line.push_str(&format!(" thread {thread}"));
    }
    if let Some(condition) = &terms.condition {
        line.push_str(&format!(" if {}", condition.text()));
    }
    line.push('\n');
    if line.starts_with('#') {
        return line;
    }
    if terms.ignore > 0 {
        line.push_str(&format!("ignore $bpnum {}\n", terms.ignore));
    }
    if !terms.commands.is_empty() {
        line.push_str("commands $bpnum\n");
        for command in &terms.commands {
            line.push_str(&format!("  {command}\n"));
        }
        line.push_str("end\n");
    }
    match (breakpoint.enabled, breakpoint.once) {
        (false, _) => line.push_str("disable $bpnum\n"),
        (true, true) => line.push_str("enable once $bpnum\n"),
        (true, false) => {}
    }
    line
}

fn head(breakpoint: &Breakpoint) -> String {
    let once = breakpoint.terms.temporary;
    let place = |wanted: &Where, options: &str| {
        let pending = if breakpoint.is_pending() { "--pending " } else { "" };
        let command = match (wanted, once, &breakpoint.terms.log) {
            (_, _, Some(_)) => "logpoint",
            (Where::Matching(_), ..) => "rbreak",
            (_, true, None) => "tbreak",
            (_, false, None) => "break",
        };
        format!("{command} {options}{pending}{wanted}")
    };
    match &breakpoint.target {
        Target::Place(wanted) => place(wanted, ""),
        Target::Return(wanted) => place(wanted, "--ret "),
        Target::Catch(what) => {
            format!("{} {}", if once { "tcatch" } else { "catch" }, caught(what))
        }
        Target::Ownership(stop) => {
            let command = match (once, &breakpoint.terms.log) {
                (_, Some(_)) => "logpoint",
                (true, None) => "tbreak",
                (false, None) => "break",
            };
            let comment = if stop.is_of_a_frame() { "# " } else { "" };
            format!("{comment}{command} {stop}")
        }
        Target::Watch(watched) => {
            let command = match watched.access {
                Access::Write => "watch",
                Access::Read => "rwatch",
                Access::Any => "awatch",
            };
            let location = if watched.by_location { "-l " } else { "" };
            format!("# {command} {location}{}", watched.expression)
        }
    }
}

fn caught(what: &Catch) -> String {
    match what {
        Catch::Panic => "panic".to_owned(),
        Catch::Exec => "exec".to_owned(),
        Catch::Fork => "fork".to_owned(),
        Catch::Vfork => "vfork".to_owned(),
        Catch::Thread => "thread".to_owned(),
        Catch::Signal(None) => "signal".to_owned(),
        Catch::Signal(Some(number)) => format!("signal {}", signal_name(*number)),
        Catch::SystemCall(None) => "syscall".to_owned(),
        Catch::SystemCall(Some(number)) => {
            let name = system_call_name(*number).map(str::to_owned);
            format!("syscall {}", name.unwrap_or_else(|| number.to_string()))
        }
        Catch::Load(None) => "load".to_owned(),
        Catch::Load(Some(pattern)) => format!("load {pattern}"),
    }
}
