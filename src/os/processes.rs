//! Processes by name, and what `/proc` tells of their relations.

use std::fs;
use std::io;

use super::procfs::{
    executable, field_behind_name, file, has_exited, invalid, status_field, thread_name,
};
use crate::base::Tid;

/// The words of the command line that a process was started by.
///
/// # Errors
/// As `open(2)`.
pub fn command_line(process: Tid) -> io::Result<Vec<String>> {
    let bytes = fs::read(file(process, "cmdline"))?;
    let words =
        bytes.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    let mut words: Vec<_> = words.collect();
    if words.last().is_some_and(String::is_empty) {
        words.pop();
    }
    Ok(words)
}

/// What core files keep of a process's relations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Kinship {
    /// The state, as a letter.
    pub state: u8,
    /// The process that made it.
    pub parent: i32,
    /// Its process group.
    pub group: i32,
    /// Its session.
    pub session: i32,
    /// The user that it runs as.
    pub user: u32,
    /// The group that it runs as.
    pub user_group: u32,
}

/// The relations of a process.
///
/// # Errors
/// As `open(2)`; `InvalidData` where the kernel does not say.
pub fn kinship(process: Tid) -> io::Result<Kinship> {
    let stat = fs::read(file(process, "stat"))?;
    let stat = String::from_utf8_lossy(&stat);
    let number = |index| field_behind_name(&stat, index)?.parse().ok();
    let id = |name| status_field(process, name).map(|id| id.map_or(0, i32::cast_unsigned));
    Ok(Kinship {
        state: field_behind_name(&stat, 0).and_then(|s| s.bytes().next()).unwrap_or(b'?'),
        parent: number(1).ok_or_else(invalid)?,
        group: number(2).ok_or_else(invalid)?,
        session: number(3).ok_or_else(invalid)?,
        user: id("Uid:")?,
        user_group: id("Gid:")?,
    })
}

/// The processes of a name: that of their executable, or of their first thread (`comm`). Those
/// that cannot be looked at are left out.
pub fn processes_named(name: &str) -> Vec<Tid> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Tid));
    let is_it = |process: &Tid| {
        let path = executable(*process).ok();
        let file = path.as_ref().and_then(|path| path.file_name()).map(|f| f.to_string_lossy());
        let file = file.as_deref().map(|file| file.strip_suffix(" (deleted)").unwrap_or(file));
        file == Some(name) || thread_name(*process).is_ok_and(|comm| comm == name)
    };
    let mut found: Vec<Tid> = ids.filter(is_it).filter(|process| !has_exited(*process)).collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_its_words_its_relations_and_its_name() {
        let process = Tid(std::process::id().cast_signed());
        let words = command_line(process).expect("own command line");
        assert_eq!(words, std::env::args().collect::<Vec<_>>());
        let own = kinship(process).expect("own relations");
        assert_eq!(own.parent.cast_unsigned(), std::os::unix::process::parent_id());
        let name = std::env::current_exe().expect("a path");
        let name = name.file_name().expect("a name").to_string_lossy();
        assert!(processes_named(&name).contains(&process));
        assert_eq!(processes_named("no such process"), []);
    }
}
