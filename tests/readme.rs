//! What README.md says: its table of commands is that of [`COMMANDS`], and what it shows of a run is
//! what such a run prints. `scripts/bless readme` writes both anew.

mod support;

use std::fmt::Write;
use std::fs;

use freehold::command::{COMMANDS, Topic};
use support::program::package;
use support::{freehold, normalise};

/// The table of commands, as Markdown.
fn table() -> String {
    let mut table = "| command | short | what it does |\n|---|---|---|\n".to_owned();
    for topic in Topic::ALL {
        for command in COMMANDS.iter().filter(|command| command.topic == topic) {
            // A bar would end the cell.
            let usage = format!("{} {}", command.name, command.usage).replace('|', "\\|");
            let short = command.aliases.iter().map(|alias| format!("`{alias}`"));
            let short = short.collect::<Vec<_>>().join(" ");
            writeln!(table, "| `{}` | {short} | {} |", usage.trim_end(), command.about)
                .expect("a string takes all");
        }
    }
    table
}

/// Compares the text behind a line that begins so, up to a line that begins so, with what it should
/// be; or writes it, where that was asked for.
#[track_caller]
fn check(begin: &str, end: &str, expected: &str) {
    let path = package().join("README.md");
    let text = fs::read_to_string(&path).expect("README.md");
    let at = text.find(begin).unwrap_or_else(|| panic!("{begin} is not in README.md"));
    let from = at + begin.len() + text[at + begin.len()..].find('\n').expect("a line") + 1;
    let to = from + text[from..].find(end).unwrap_or_else(|| panic!("{end} is not behind {begin}"));
    if text[from..to] == *expected {
        return;
    }
    assert!(
        std::env::var_os("FREEHOLD_BLESS").is_some(),
        "`scripts/bless readme` writes this behind {begin}:\n{expected}"
    );
    fs::write(path, format!("{}{expected}{}", &text[..from], &text[to..])).expect("README.md");
}

/// All in one test, because writing happens to one file.
#[test]
fn the_readme_shows_the_commands_that_there_are_and_what_they_print() {
    check("<!-- commands:", "<!-- end of commands -->", &table());
    let debug = ["debug", "--batch", "--width", "80"];
    let commands =
        ["break nested.rs:8", "run", "print words[1]", "print words.contains(\"hello\")"];
    let commands = commands.iter().chain(&["split words"]).flat_map(|command| ["-e", command]);
    let program = ["test-programs/nested.rs"];
    let ran = freehold(debug.into_iter().chain(commands).chain(program));
    assert_eq!(ran.code, 0, "{ran:?}");
    check(">     -e 'print words.contains", "```", &normalise(&ran.stderr));
    let drops = ["drops", "--width", "80", "--only", "Holder", "test-programs/drop_order.rs"];
    let ran = freehold(drops);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: String = ran
        .stderr
        .lines()
        .take_while(|line| !line.is_empty())
        .fold(String::new(), |text, line| text + line + "\n");
    check("$ freehold drops", "```", &normalise(&report));
    let ran = freehold(["layout", "--width", "80", "Shape", "test-programs/expressions.rs"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    check("$ freehold layout", "```", &ran.stdout);
}
