//! The settings `follow-fork-mode`, `detach-on-fork` and `follow-exec-mode`: which process and which
//! program to go on with.

use super::CommandError;
use crate::session::{FollowExec, FollowFork, Session};

/// Sets which process to go on with after a fork.
pub(super) fn set_fork_mode(session: &mut Session, value: &str) -> Result<(), CommandError> {
    match value {
        "parent" => session.follow_fork(FollowFork::Parent),
        "child" => session.follow_fork(FollowFork::Child),
        _ => return Err(wrong("follow-fork-mode", value, &["parent", "child"])),
    }
    Ok(())
}

/// Which process that is.
pub(super) fn fork_mode(session: &Session) -> String {
    match session.settings.follow_fork {
        FollowFork::Parent => "parent",
        FollowFork::Child => "child",
    }
    .to_owned()
}

/// Sets which program `run` starts after an exec.
pub(super) fn set_exec_mode(session: &mut Session, value: &str) -> Result<(), CommandError> {
    session.settings.follow_exec = match value {
        "same" => FollowExec::Same,
        "new" => FollowExec::New,
        _ => return Err(wrong("follow-exec-mode", value, &["same", "new"])),
    };
    Ok(())
}

/// Which program that is.
pub(super) fn exec_mode(session: &Session) -> String {
    match session.settings.follow_exec {
        FollowExec::Same => "same",
        FollowExec::New => "new",
    }
    .to_owned()
}

/// The other process of a fork is always let go; what else is wished for is refused.
pub(super) fn set_detach_on_fork(_: &mut Session, value: &str) -> Result<(), CommandError> {
    match value {
        "on" => Ok(()),
        "off" => Err(one_process()),
        _ => Err(wrong("detach-on-fork", value, &["on"])),
    }
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
