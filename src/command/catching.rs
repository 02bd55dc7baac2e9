//! `catch`: stopping for what happens to the process.

use super::break_terms::{Wish, wish};
use super::words::{first, nothing};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::base::{system_call_name, system_call_names, system_call_number};
use crate::session::{Catch, signal_names, signals_named};

/// What can be caught.
const KINDS: &[&str] = &["panic", "exec", "fork", "vfork", "signal", "syscall", "thread", "load"];

/// `catch`.
pub(super) static CATCH: Command = Command {
    name: "catch",
    aliases: &[],
    topic: Topic::Breakpoints,
    usage: "panic | exec | fork | vfork | signal [NAME] | syscall [NAME] | thread | load [REGEX]",
    about: "Stop the program when something happens to it",
    details: "`panic` stops before the stack is unwound, with the message, and looks at the frame of \
              yours that panicked. `syscall` stops where a system call begins and where it ends, \
              `thread` where a thread begins and when it has ended, `load` when a library was loaded. \
              A condition may follow: `catch panic if x > 3`.",
    run: |context, text| catch(context, text, false),
};

/// `tcatch`.
pub(super) static TCATCH: Command = Command {
    name: "tcatch",
    aliases: &[],
    topic: Topic::Breakpoints,
    usage: "panic | exec | fork | vfork | signal [NAME] | syscall [NAME] | thread | load [REGEX]",
    about: "Stop the program when something happens to it, once",
    details: "As `catch`.",
    run: |context, text| catch(context, text, true),
};

fn catch(context: &mut Context<'_>, text: &str, temporary: bool) -> Result<Answer, CommandError> {
    let Wish { place, mut terms, .. } = wish(restored(text))?;
    terms.temporary = temporary;
    let what = what(if place.is_empty() { text } else { place })?;
    Ok(Answer::Breakpoint(context.session.catch(what, terms)?))
}

/// `catch thread` names no thread of a breakpoint: `wish` would take the word for that.
fn restored(text: &str) -> &str {
    if first(text).0 == "thread" {
        text.trim().strip_prefix("thread").unwrap_or(text)
    } else {
        text
    }
}

fn what(text: &str) -> Result<Catch, CommandError> {
    let (kind, name) = first(text);
    let name = if name.is_empty() || name.starts_with("if ") { None } else { Some(name) };
    let plain = |catch: Catch| match name {
        None => Ok(catch),
        Some(name) => nothing(name, &format!("catch {kind}")).map(|()| catch),
    };
    match kind {
        "panic" => plain(Catch::Panic),
        "exec" => plain(Catch::Exec),
        "fork" => plain(Catch::Fork),
        "vfork" => plain(Catch::Vfork),
        "thread" => plain(Catch::Thread),
        "load" => Ok(Catch::Load(name.map(str::to_owned))),
        "signal" => Ok(Catch::Signal(name.map(signal).transpose()?)),
        "syscall" => Ok(Catch::SystemCall(name.map(system_call).transpose()?)),
        _ => Err(CommandError::new(match kind {
            "" => "`catch` needs what to catch".to_owned(),
            kind => format!("`{kind}` cannot be caught"),
        })
        .did_you_mean(kind, KINDS.iter().copied())
        .hint(format!("there are {}", KINDS.join(", ")))),
    }
}

fn signal(name: &str) -> Result<i32, CommandError> {
    // `all` names several: for that, `catch signal` stands alone.
    if let [one] = signals_named(name).as_slice() {
        return Ok(*one);
    }
    let names: Vec<_> = signal_names().collect();
    Err(CommandError::new(format!("there is no signal `{name}`"))
        .did_you_mean(&name.to_uppercase(), names.iter().map(String::as_str))
        .hint("as in `catch signal SIGUSR1`"))
}

fn system_call(name: &str) -> Result<u64, CommandError> {
    let by_number = || name.parse().ok().filter(|number| system_call_name(*number).is_some());
    system_call_number(name).or_else(by_number).ok_or_else(|| {
        CommandError::new(format!("there is no system call `{name}`"))
            .did_you_mean(name, system_call_names())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_and_system_calls_are_named_or_numbered() {
        assert_eq!(what("signal SIGUSR1"), Ok(Catch::Signal(Some(10))));
        assert_eq!(what("signal usr1"), Ok(Catch::Signal(Some(10))));
        assert_eq!(what("signal 10"), Ok(Catch::Signal(Some(10))));
        assert_eq!(what("signal"), Ok(Catch::Signal(None)));
        assert_eq!(what("syscall openat"), Ok(Catch::SystemCall(Some(257))));
        assert_eq!(what("syscall 1"), Ok(Catch::SystemCall(Some(1))));
        assert_eq!(what("load libm"), Ok(Catch::Load(Some("libm".to_owned()))));
        for wrong in ["", "panics now", "panik", "signal SIGUSR9", "syscall opnat", "exec it"] {
            assert!(what(wrong).is_err(), "{wrong}");
        }
    }
}
