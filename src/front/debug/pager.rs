//! Long output, a page at a time.

use std::io::Write;
use std::process::{Command, Stdio};

use anstream::adapter::strip_str;

/// What the user answered at the end of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// The next page.
    Page,
    /// All that is left.
    Rest,
    /// Nothing more.
    Stop,
}

/// What is asked at the end of a page.
pub(super) const QUESTION: &str = "-- Enter: more, c: all of it, q: enough -- ";

/// What an answer to [`QUESTION`] means; no answer (Ctrl-C, Ctrl-D) is enough.
pub(super) fn next(answer: Option<&str>) -> Next {
    match answer.map(str::trim) {
        Some("c" | "C" | "a") => Next::Rest,
        Some("q" | "Q" | "n") | None => Next::Stop,
        Some(_) => Next::Page,
    }
}

/// A text in pages of so many lines; one page where it fits.
pub(super) fn pages(text: &str, lines: usize) -> Vec<&str> {
    let mut pages = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut ends = rest.match_indices('\n').map(|(at, _)| at + 1);
        let end = ends.nth(lines.max(1) - 1).unwrap_or(rest.len());
        let (page, behind) = rest.split_at(end);
        pages.push(page);
        rest = behind;
    }
    pages
}

/// Shows a text in the user's own pager, where `$PAGER` names one; whether that was done.
pub(super) fn users_pager(text: &str, colours: bool) -> bool {
    let Some(pager) = std::env::var_os("PAGER").filter(|pager| !pager.is_empty()) else {
        return false;
    };
    let mut command = Command::new("sh");
    command.arg("-c").arg(pager).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // git's: leave where it fits a page, colours, no clearing of the screen.
        command.env("LESS", "FRX");
    }
    // What Freehold says goes to stderr: standard output may lead somewhere else.
    if let Ok(stderr) = std::os::fd::AsFd::as_fd(&std::io::stderr()).try_clone_to_owned() {
        command.stdout(Stdio::from(stderr));
    }
    let Ok(mut pager) = command.spawn() else { return false };
    if let Some(mut stdin) = pager.stdin.take() {
        let plain = if colours { text.to_owned() } else { strip_str(text).to_string() };
        // A pager that was left early has read enough.
        let _ = stdin.write_all(plain.as_bytes());
    }
    // 127: the shell found no such program.
    pager.wait().is_ok_and(|status| status.code() != Some(127))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_as_many_lines_and_lose_nothing() {
        assert_eq!(pages("a\nb\nc\n", 2), ["a\nb\n", "c\n"]);
        assert_eq!(pages("a\nb", 2), ["a\nb"]);
        assert_eq!(pages("a\nb\n", 0), ["a\n", "b\n"]);
        assert!(pages("", 2).is_empty());
    }

    #[test]
    fn enter_goes_on_and_ctrl_c_is_enough() {
        assert_eq!(next(Some("")), Next::Page);
        assert_eq!(next(Some("c")), Next::Rest);
        assert_eq!([next(Some("q")), next(None)], [Next::Stop; 2]);
    }
}
