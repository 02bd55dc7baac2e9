//! `attach`, `detach`, `gcore`: processes that run without Freehold, and core files of those that
//! run with it.

use std::path::Path;

use super::running::stopped;
use super::words::{first, nothing};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::inferior::Written;
use crate::session::Session;

/// `attach`.
pub(super) static ATTACH: Command = Command {
    name: "attach",
    aliases: &["at"],
    topic: Topic::Running,
    usage: "[--ledger] PID | NAME",
    about: "Take control of a process that runs already, and stop all of its threads",
    details: "A name is that of the executable; one process alone may have it. The process that was \
              debugged before is ended, or let go where it ran before. With --ledger the blocks \
              that it allocates from now on are followed, which makes it slow.",
    run: attach,
};

/// `detach`.
pub(super) static DETACH: Command = Command {
    name: "detach",
    aliases: &[],
    topic: Topic::Running,
    usage: "",
    about: "Let the process run on without Freehold",
    details: "It is left as it was: its code without breakpoints, every thread where it stands. A \
              signal that it stands still for is delivered.",
    run: detach,
};

/// `gcore`.
pub(super) static GCORE: Command = Command {
    name: "gcore",
    aliases: &["generate-core-file"],
    topic: Topic::Session,
    usage: "[FILE]",
    about: "Write a core file of the process as it stands (core.PID without FILE)",
    details: "`freehold core FILE` looks at it later, and so does gdb. It holds what the program \
              had in memory: only its owner may read it. Breakpoints are not in it.",
    run: gcore,
};

fn attach(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (ledger, name) = match first(text) {
        ("--ledger", rest) => (true, rest),
        _ => (false, text.trim()),
    };
    if name.is_empty() {
        let error = CommandError::new("`attach` needs the id of a process, or its name");
        return Err(error.hint("as in `attach 1234` or `attach server`"));
    }
    let process = Session::process_called(name)?;
    context.session.attach_to(process, ledger)?;
    Ok(opened(context).unwrap_or(Answer::Nothing))
}

fn detach(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    nothing(text, "detach")?;
    let process = context.session.detach()?;
    Ok(Answer::Said(format!("Process {} was let go.", process.0)))
}

fn gcore(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let path = Some(text.trim()).filter(|path| !path.is_empty()).map(Path::new);
    let Written { path, length, on_disk, unread } = context.session.write_core(path)?;
    let mut said =
        format!("Wrote {}: {length} bytes, of which {on_disk} on the disk.", path.display());
    if !unread.is_empty() {
        let parts = unread.len();
        said.push_str(&format!(" {parts} mappings could not be read to their ends."));
    }
    Ok(Answer::Said(said))
}

/// Where a process stands that was just attached to, or a core file that was just opened, with what
/// there is to note about it; none for a program that does not run yet.
pub fn opened(context: &mut Context<'_>) -> Option<Answer> {
    context.session.tell_notes(context.observer);
    let halt = context.session.halt()?.clone();
    Some(stopped(context.session, halt, None))
}
