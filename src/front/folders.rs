//! Where Freehold keeps files of its own: the folders of the XDG base directory specification.

use std::path::{Path, PathBuf};

/// A kind of folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Folder {
    /// What can be made again: `$XDG_CACHE_HOME`, or `~/.cache`.
    Cache,
    /// What the user wrote: `$XDG_CONFIG_HOME`, or `~/.config`.
    Config,
    /// What was remembered: `$XDG_STATE_HOME`, or `~/.local/state`.
    State,
}

impl Folder {
    /// The folder for Freehold's files; none where the environment names no absolute path.
    pub fn path(self) -> Option<PathBuf> {
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let base = absolute(self.variable());
        let base = base.or_else(|| Some(absolute("HOME")?.join(self.below_home())));
        Some(base?.join("freehold"))
    }

    fn variable(self) -> &'static str {
        match self {
            Folder::Cache => "XDG_CACHE_HOME",
            Folder::Config => "XDG_CONFIG_HOME",
            Folder::State => "XDG_STATE_HOME",
        }
    }

    fn below_home(self) -> &'static Path {
        Path::new(match self {
            Folder::Cache => ".cache",
            Folder::Config => ".config",
            Folder::State => ".local/state",
        })
    }
}
