//! `thread`: which thread is looked at, and commands for several.

use super::list::around;
use super::looked::{Applied, Looked};
use super::words::{first, nothing};
use super::{Answer, Command, CommandError, Context, Topic, run_line};
use crate::base::ThreadNo;

/// `thread`.
pub(super) static THREAD: Command = Command {
    name: "thread",
    aliases: &["t", "thr"],
    topic: Topic::Stack,
    usage: "[N | apply all|N|N-M ... COMMAND | name [NAME] | find REGEX]",
    about: "Look at another thread, name it, or do a command for several",
    details: "Threads are numbered from 1 in the order in which they begin. `info threads` lists \
              them, and `thread apply all bt` does a command for each.",
    run: thread,
};

/// `threads`.
pub(super) static THREADS: Command = Command {
    name: "threads",
    aliases: &[],
    topic: Topic::Stack,
    usage: "",
    about: "List the threads, and where each of them stands",
    details: "The same as `info threads`.",
    run: |context, text| {
        nothing(text, "threads")?;
        threads(context)
    },
};

/// The threads.
pub(super) fn threads(context: &mut Context<'_>) -> Result<Answer, CommandError> {
    Ok(Answer::Looked(Looked::Threads(context.session.threads()?)))
}

fn thread(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (word, rest) = first(text);
    match word {
        "" => {
            let mut threads = context.session.threads()?;
            threads.retain(|thread| thread.selected);
            Ok(Answer::Looked(Looked::Threads(threads)))
        }
        "apply" => apply(context, rest),
        "name" => {
            context.session.name_thread(rest)?;
            Ok(Answer::Nothing)
        }
        "find" => find(context, rest),
        number => {
            let no = one(number)?;
            nothing(rest, "thread")?;
            let frame = context.session.select_thread(no)?;
            let source = around(&frame.at, 0);
            Ok(Answer::Frame(frame, source))
        }
    }
}

fn one(text: &str) -> Result<ThreadNo, CommandError> {
    let wrong = |_| {
        CommandError::new(format!("`{text}` is not the number of a thread"))
            .hint("`info threads` lists them")
    };
    text.parse().map(ThreadNo).map_err(wrong)
}

fn find(context: &mut Context<'_>, pattern: &str) -> Result<Answer, CommandError> {
    let pattern = super::words::regex(pattern)?;
    let mut threads = context.session.threads()?;
    threads.retain(|thread| {
        let at = thread.user_at.as_ref().or(thread.at.as_ref());
        thread.name.as_ref().is_some_and(|name| pattern.is_match(name))
            || at.is_some_and(|at| pattern.is_match(&at.function))
    });
    Ok(Answer::Looked(Looked::Threads(threads)))
}

/// Does a command for several threads, and looks at the first one again.
fn apply(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let threads = context.session.threads()?;
    let (numbers, command) = numbers(text, &threads.iter().map(|t| t.no).collect::<Vec<_>>())?;
    if command.is_empty() {
        return Err(CommandError::new("`thread apply` needs threads and a command")
            .hint("as in `thread apply all bt`, `thread apply 1-3 locals`"));
    }
    let before = context.session.selected_thread()?;
    let frame = context.session.frame()?.no;
    let mut applied = Vec::new();
    for no in numbers {
        let Some(thread) = threads.iter().find(|thread| thread.no == no).cloned() else {
            return Err(CommandError::new(format!("there is no thread {no}"))
                .hint("`info threads` lists them"));
        };
        let selected = context.session.select_thread(no).map_err(CommandError::from);
        let done = selected.and_then(|_| run_line(context, command));
        let (answer, error) = match done {
            Ok(answer) => (Some(answer), None),
            Err(error) => (None, Some(error.to_string())),
        };
        applied.push(Applied { thread, answer, error });
    }
    // A command that let the program run has chosen another thread, or none is left.
    if context.session.select_thread(before).is_ok() {
        let _ = context.session.select_frame(frame);
    }
    Ok(Answer::Looked(Looked::Applied(applied)))
}

/// The threads at the beginning of a text, and what stands behind them.
fn numbers<'t>(text: &'t str, all: &[ThreadNo]) -> Result<(Vec<ThreadNo>, &'t str), CommandError> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let (word, behind) = first(rest);
        match word.split_once('-') {
            _ if word == "all" && found.is_empty() => return Ok((all.to_vec(), behind)),
            Some((from, to)) if from.parse::<u32>().is_ok() => {
                let (from, to) = (one(from)?, one(to)?);
                found.extend(all.iter().copied().filter(|no| (from..=to).contains(no)));
            }
            None if word.parse::<u32>().is_ok() => found.push(one(word)?),
            _ => return Ok((found, rest)),
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_come_before_the_command() {
        let all: Vec<_> = (1..=4).map(ThreadNo).collect();
        let parsed = |text| {
            let (numbers, rest) = numbers(text, &all).ok()?;
            Some((numbers.into_iter().map(|no| no.0).collect::<Vec<_>>(), rest.to_owned()))
        };
        assert_eq!(parsed("all bt 3"), Some((vec![1, 2, 3, 4], "bt 3".to_owned())));
        assert_eq!(parsed("1 3-9 p x"), Some((vec![1, 3, 4], "p x".to_owned())));
        assert_eq!(parsed("bt"), Some((vec![], "bt".to_owned())));
        assert_eq!(parsed("1-x bt"), None);
    }
}
