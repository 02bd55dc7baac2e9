//! Programs of others that some tests compare with.

use std::env;

/// Whether a tool is installed. A test that needs one that is not leaves that comparison out, but for
/// `.ci/run`, which installs all of them and lets nothing be left out.
///
/// # Panics
/// If it is not installed and `FREEHOLD_TOOLS` says that it must be.
#[track_caller]
pub fn installed(tool: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders).any(|folder| folder.join(tool).is_file());
    let required = env::var_os("FREEHOLD_TOOLS").is_some_and(|value| value == "required");
    assert!(found || !required, "{tool} is not installed");
    if !found {
        eprintln!("{tool} is not installed: what is compared with it is left out");
    }
    found
}
