//! Source files, as far as what is known of variables depends on them. Each is read once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

/// The largest source file that is read, in bytes; larger ones were made by a machine.
const LARGEST: u64 = 1 << 22;

/// Source files, by their paths.
#[derive(Default)]
pub(super) struct Sources(RefCell<HashMap<String, Option<Rc<str>>>>);

impl Sources {
    /// The text of a file that a program was made of. None where it cannot be read, or was changed
    /// since the program was made.
    pub fn text(&self, path: &str, program: &Path) -> Option<Rc<str>> {
        if let Some(known) = self.0.borrow().get(path) {
            return known.clone();
        }
        let text = read(path, program);
        self.0.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    /// The program was replaced.
    pub fn forget(&self) {
        self.0.borrow_mut().clear();
    }
}

fn read(path: &str, program: &Path) -> Option<Rc<str>> {
    let source = fs::metadata(path).ok()?;
    let made = fs::metadata(program).ok()?.modified().ok()?;
    let unchanged = source.modified().ok()? <= made && source.len() <= LARGEST;
    let text = unchanged.then(|| fs::read_to_string(path).ok()).flatten()?;
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_file_that_is_younger_than_the_program_says_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (source, program) = (folder.path().join("a.rs"), folder.path().join("a"));
        fs::write(&source, "fn main() {}").expect("written");
        let file = fs::File::create(&program).expect("written");
        let path = source.to_str().expect("a plain path");
        file.set_modified(SystemTime::now() + Duration::from_secs(5)).expect("set");
        assert_eq!(Sources::default().text(path, &program).as_deref(), Some("fn main() {}"));
        file.set_modified(SystemTime::now() - Duration::from_secs(500)).expect("set");
        assert_eq!(Sources::default().text(path, &program), None);
        assert_eq!(Sources::default().text("/no/such/file", &program), None);
    }
}
