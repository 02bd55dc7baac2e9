//! Which tests an executable of libtest has.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::front::errors::UserError;

/// A test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Listed {
    /// Its path, as libtest names it.
    pub name: String,
    /// Whether it is marked `#[ignore]`.
    pub ignored: bool,
}

/// The tests of an executable that libtest's own arguments select, in libtest's order.
///
/// # Errors
/// The executable cannot be run, or does not know libtest's arguments.
pub(super) fn tests_of(
    executable: &Path,
    dir: Option<&Path>,
    arguments: &[OsString],
) -> Result<Vec<Listed>, UserError> {
    let list = |more: &[&str]| -> Result<Vec<String>, UserError> {
        let mut command = Command::new(executable);
        command.args(arguments).args(["--list", "--format", "terse"]).args(more);
        if let Some(dir) = dir {
            command.current_dir(dir);
        }
        let output = command.output().map_err(|error| UserError::io("run", executable, &error))?;
        Ok(names(&String::from_utf8_lossy(&output.stdout)))
    };
    let ignored = list(&["--ignored"])?;
    let is_ignored = |name: &String| ignored.contains(name);
    let listed = |name: String| Listed { ignored: is_ignored(&name), name };
    Ok(list(&["--include-ignored"])?.into_iter().map(listed).collect())
}

/// The names in a terse list: `path::name: test`. Benchmarks are listed as `: benchmark`.
fn names(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_read_from_the_terse_list_and_benchmarks_are_not() {
        let list = "a::b: test\nfast: benchmark\nodd name: test\n\n2 tests, 1 benchmark\n";
        assert_eq!(names(list), ["a::b", "odd name"]);
    }
}
