//! `handle`, `signal`: what is done with signals.

use super::looked::Looked;
use super::running::resume;
use super::words::{first, nothing};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::{Change, signal_names, signals_named};

/// `handle`.
pub(super) static HANDLE: Command = Command {
    name: "handle",
    aliases: &["ha"],
    topic: Topic::Running,
    usage: "SIGNAL ... [stop|nostop] [print|noprint] [pass|nopass]",
    about: "Choose what is done with signals: stand still, tell, pass on to the program",
    details: "Signals are named with or without SIG, or by number; `all` is all of them but SIGINT and \
              SIGTRAP. What stands still is also told. Without an action: what is done now.",
    run: handle,
};

/// `signal`.
pub(super) static SIGNAL: Command = Command {
    name: "signal",
    aliases: &[],
    topic: Topic::Running,
    usage: "SIGNAL | 0",
    about: "Let the program run on with a signal, or without the one that it stands at",
    details: "The signal is delivered to the thread that is looked at, whatever `handle` says.",
    run: |context, text| {
        let (word, rest) = first(text);
        nothing(rest, "signal")?;
        let signal = match word {
            "0" => None,
            word => Some(*named(word)?.first().ok_or_else(|| unknown(word))?),
        };
        context.session.deliver_signal(signal)?;
        resume(context)
    },
};

fn handle(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let mut numbers = Vec::new();
    let mut changes = Vec::new();
    for word in text.split_whitespace() {
        match change(word) {
            Some(change) => changes.push(change),
            None => numbers.extend(named(word)?),
        }
    }
    if numbers.is_empty() {
        return Err(CommandError::new("`handle` needs a signal")
            .hint("as in `handle SIGUSR1 nostop noprint pass`"));
    }
    for number in &numbers {
        changes.iter().for_each(|change| context.session.handle_signal(*number, *change));
    }
    let rows = numbers.iter().map(|number| context.session.signals().row(*number));
    Ok(Answer::Looked(Looked::Signals(rows.collect())))
}

fn change(word: &str) -> Option<Change> {
    Some(match word {
        "stop" => Change::Stop(true),
        "nostop" => Change::Stop(false),
        "print" => Change::Print(true),
        "noprint" => Change::Print(false),
        "pass" | "noignore" => Change::Pass(true),
        "nopass" | "ignore" => Change::Pass(false),
        _ => return None,
    })
}

fn named(word: &str) -> Result<Vec<i32>, CommandError> {
    let found = signals_named(word);
    if found.is_empty() { Err(unknown(word)) } else { Ok(found) }
}

fn unknown(word: &str) -> CommandError {
    let names: Vec<_> = signal_names().collect();
    let actions = ["stop", "nostop", "print", "noprint", "pass", "nopass"];
    let known = names.iter().map(String::as_str).chain(actions);
    CommandError::new(format!("`{word}` is no signal"))
        .did_you_mean(&word.to_ascii_uppercase(), known)
        .hint("`info signals` lists them")
}

/// What is done with signals, or with some.
pub(super) fn signals(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let mut rows = Vec::new();
    for word in text.split_whitespace() {
        let numbers = named(word)?;
        rows.extend(numbers.into_iter().map(|number| context.session.signals().row(number)));
    }
    if text.is_empty() {
        rows = context.session.signals().rows();
    }
    Ok(Answer::Looked(Looked::Signals(rows)))
}
