//! `set follow-fork-mode`, `set detach-on-fork`, `set follow-exec-mode`: which process and which
//! program to go on with.

use super::{Answer, CommandError, Context};
use crate::session::{FollowExec, FollowFork};

/// The settings, and what each can be.
const SETTINGS: [(&str, &[&str]); 3] = [
    ("follow-fork-mode", &["parent", "child"]),
    ("detach-on-fork", &["on"]),
    ("follow-exec-mode", &["same", "new"]),
];

/// Changes one of the settings of a name; none where the name is not one of theirs.
pub(super) fn set(
    context: &mut Context<'_>,
    name: &str,
    value: &str,
) -> Option<Result<Answer, CommandError>> {
    let (name, values) = SETTINGS.iter().find(|(known, _)| *known == name)?;
    let session = &mut context.session;
    match (*name, value) {
        ("follow-fork-mode", "parent") => session.follow_fork(FollowFork::Parent),
        ("follow-fork-mode", "child") => session.follow_fork(FollowFork::Child),
        ("follow-exec-mode", "same") => session.settings.follow_exec = FollowExec::Same,
        ("follow-exec-mode", "new") => session.settings.follow_exec = FollowExec::New,
        ("detach-on-fork", "on") => {}
        ("detach-on-fork", "off") => return Some(Err(one_process())),
        _ => return Some(Err(wrong(name, value, values))),
    }
    Some(Ok(Answer::Nothing))
}

fn one_process() -> CommandError {
    CommandError::new("Freehold follows one process: the other one of a fork is always let go")
        .hint("`set follow-fork-mode child` follows the child")
        .hint("`freehold attach PID` debugs the other one in a session of its own")
}

fn wrong(name: &str, value: &str, values: &[&str]) -> CommandError {
    let what = match value {
        "" => format!("`set {name}` needs a value"),
        value => format!("`{name}` cannot be `{value}`"),
    };
    let plain = CommandError::new(what).did_you_mean(value, values.iter().copied());
    plain.hint(format!("it can be {}", values.join(" or ")))
}
