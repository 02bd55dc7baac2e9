//! What runs before the first command: the user's init file, then the project's where it is
//! trusted.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::trust::{PROJECT_FILE, Trust, TrustStore};
use crate::command::{ScriptLine, script_lines};
use crate::front::args::SessionArgs;
use crate::front::errors::UserError;
use crate::front::folders::Folder;

/// The commands of the init files, and what there is to say about those that do not run.
#[derive(Default)]
pub(super) struct Startup {
    pub lines: Vec<ScriptLine>,
    pub notes: Vec<UserError>,
}

/// Reads the init files.
///
/// # Errors
/// A file that is there and cannot be read; `--trust` where nothing can be trusted.
pub(super) fn read(args: &SessionArgs) -> Result<Startup, UserError> {
    let mut startup = Startup::default();
    if args.no_init {
        return Ok(startup);
    }
    if let Some(folder) = Folder::Config.path() {
        let path = folder.join("init");
        if let Some(text) = read_if_there(&path)? {
            startup.add(&path, &text);
        }
    }
    match project_file() {
        Some(path) => startup.project(&path, args.trust)?,
        None if args.trust => {
            return Err(UserError::new(format!("there is no {PROJECT_FILE} here to trust"))
                .hint("it lies in this folder, or beside the Cargo.toml above"));
        }
        None => {}
    }
    Ok(startup)
}

impl Startup {
    fn add(&mut self, path: &Path, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        self.lines.extend(script_lines(&path.display().to_string(), &text));
    }

    fn project(&mut self, path: &Path, trust: bool) -> Result<(), UserError> {
        let Some(text) = read_if_there(path)? else { return Ok(()) };
        let store = TrustStore::open();
        if trust {
            let store = store.ok_or_else(|| {
                UserError::new("there is no place to remember what you trust")
                    .hint("set HOME or XDG_STATE_HOME to an absolute path")
            })?;
            let added = store.add(path, &text);
            added.map_err(|error| UserError::io("remember to trust", path, &error))?;
        } else {
            let known = store.map_or(Trust::Unknown, |store| store.look_up(path, &text));
            if known != Trust::Trusted {
                self.notes.push(not_trusted(path, known));
                return Ok(());
            }
        }
        self.add(path, &text);
        Ok(())
    }
}

fn not_trusted(path: &Path, known: Trust) -> UserError {
    let why = match known {
        Trust::Changed => "it has changed since you trusted it",
        _ => "you have not trusted it",
    };
    UserError::note(format!("{} does not run: {why}", path.display()))
        .hint("read it; then `freehold debug --trust` runs it, now and until it changes")
        .hint("--no-init leaves it out without a word")
}

/// The project's file: here, or beside the nearest manifest above.
fn project_file() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let package = here.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
    let places = [Some(here.as_path()), package];
    places.into_iter().flatten().map(|dir| dir.join(PROJECT_FILE)).find(|path| path.is_file())
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, UserError> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(UserError::io("read", path, &error)),
    }
}
