//! `commands`: what is done when a breakpoint has stopped the program.

use super::numbers::{breakpoints, last};
use super::{Answer, Command, CommandError, Context, Topic, command_word, find};

/// `commands`.
pub(super) static COMMANDS_OF_BREAKPOINT: Command = Command {
    name: "commands",
    aliases: &[],
    topic: Topic::Breakpoints,
    usage: "[NUMBER ...] [{ COMMAND; COMMAND }]",
    about: "Do some commands each time that a breakpoint stops the program",
    details: "They stand in braces on the same line, or on lines of their own up to `end`. Without a \
              number the breakpoint is meant that was set last. `silent` as the first keeps the stop \
              from being shown; what stands behind a command that lets the program run is not done. \
              Without any command, those that there were are forgotten.",
    run: set,
};

fn set(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (head, commands) = read(text)?;
    let mut ids = breakpoints(context, head)?;
    if ids.is_empty() {
        ids.push(last(context)?);
    }
    let mut changed = Vec::new();
    for id in ids {
        let commands = commands.clone();
        changed.extend(context.session.change_terms(id, |terms| terms.commands = commands));
    }
    Ok(Answer::Breakpoints(changed))
}

/// The numbers, and the commands behind them.
fn read(text: &str) -> Result<(&str, Vec<String>), CommandError> {
    let owned = |commands: Vec<&str>| commands.into_iter().map(str::to_owned).collect();
    if let Some((head, lines)) = text.split_once('\n') {
        return Ok((head, owned(block(lines))));
    }
    match text.split_once('{') {
        Some((head, rest)) => {
            let inner = rest.trim().strip_suffix('}').ok_or_else(|| {
                CommandError::new("the `{` of `commands` has no `}`")
                    .hint("as in `commands 1 { print x; continue }`")
            })?;
            Ok((head, owned(split(inner))))
        }
        None => Err(CommandError::new("`commands` needs commands").hint(
            "on the lines behind it, up to `end`, or as in `commands 1 { print x; continue }`",
        )),
    }
}

/// The commands of a block of lines, without the `end` that closes it. A block within it is one
/// command.
fn block(lines: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth, mut at) = (0usize, 0usize, 0usize);
    for line in lines.split_inclusive('\n') {
        let text = line.trim();
        let end = at.saturating_add(line.len());
        if text == "end" {
            if depth == 0 {
                break;
            }
            depth -= 1;
        } else if opens_block(text) {
            depth = depth.saturating_add(1);
        }
        if depth == 0 {
            found.extend(lines.get(start..end).map(str::trim).filter(|text| !text.is_empty()));
            start = end;
        }
        at = end;
    }
    found
}

/// The commands of a line, between semicolons that are in no bracket and no text.
fn split(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0usize, 0usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '(' | '[' => depth = depth.saturating_add(1),
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => {
                found.extend(text.get(start..at));
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    found.extend(text.get(start..));
    found.into_iter().map(str::trim).filter(|command| !command.is_empty()).collect()
}

/// Whether a line is the first of a block that ends with a line `end`: whoever reads lines gives all
/// of them to [`run_line`](super::run_line) at once.
pub fn opens_block(line: &str) -> bool {
    let line = line.trim();
    let word = command_word(line);
    let is_it = || find(word).is_ok_and(|command| command.name == COMMANDS_OF_BREAKPOINT.name);
    !line.contains(['{', '\n']) && !word.is_empty() && is_it()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_in_braces_or_on_lines_of_their_own() {
        let of = |text: &str| read(text).map(|(head, all)| (head.trim().to_owned(), all.join("|")));
        let expected = Ok(("1 2".to_owned(), "print x|continue".to_owned()));
        assert_eq!(of("1 2 { print x; continue }"), expected);
        assert_eq!(of("1 2\nprint x\n  continue\nend"), expected);
        assert_eq!(of("1 2\nprint x\n\ncontinue"), expected);
        assert_eq!(of("{}"), Ok((String::new(), String::new())));
        assert_eq!(of("3\nend"), Ok(("3".to_owned(), String::new())));
        assert!(of("1").is_err() && of("1 { print x").is_err());
    }

    #[test]
    fn semicolons_in_texts_and_brackets_part_nothing() {
        assert_eq!(split("echo \"a;b\"; print [0; 3]"), ["echo \"a;b\"", "print [0; 3]"]);
        assert_eq!(split("commands 2 { a; b }; c"), ["commands 2 { a; b }", "c"]);
        assert_eq!(split(";;"), [""; 0]);
    }

    #[test]
    fn a_block_within_a_block_is_one_command() {
        let lines = "break g\ncommands\nprint y\nend\ncontinue\nend\nleft out";
        assert_eq!(block(lines), ["break g", "commands\nprint y\nend", "continue"]);
    }

    #[test]
    fn only_commands_without_braces_opens_a_block() {
        assert!(opens_block("commands") && opens_block(" commands 1 2") && opens_block("comm 1"));
        for line in ["commands 1 { x }", "continue", "", "c", "# commands", "commands 1\nx\nend"] {
            assert!(!opens_block(line), "{line:?}");
        }
    }
}
