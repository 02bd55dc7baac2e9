//! The words of a command's line.

use super::error::CommandError;

/// The first word of a text and the rest.
pub(super) fn first(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim())
}

/// A number, or nothing where the text is empty.
pub(super) fn number(text: &str, what: &str) -> Result<Option<usize>, CommandError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| CommandError::new(format!("`{text}` is not {what}")).hint("write a number");
    text.parse().map(Some).map_err(wrong)
}

/// Refuses what a command does not take.
pub(super) fn nothing(text: &str, command: &str) -> Result<(), CommandError> {
    match text.is_empty() {
        true => Ok(()),
        false => Err(CommandError::new(format!("`{command}` takes nothing: what is `{text}`?"))),
    }
}

/// A regular expression.
pub(super) fn regex(text: &str) -> Result<regex::Regex, CommandError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CommandError::new("a regular expression is missing"));
    }
    Ok(crate::session::pattern(text)?)
}

/// Options with their numbers, and the text behind them.
pub(super) type Options<'t> = (Vec<(&'static str, usize)>, &'t str);

/// Takes options of the form `--name N` from the front of a text.
///
/// # Errors
/// An option that is not among `known`, or without its number.
pub(super) fn options<'t>(
    mut text: &'t str,
    known: &[&'static str],
) -> Result<Options<'t>, CommandError> {
    let mut found = Vec::new();
    while let Some(option) = text.trim_start().strip_prefix("--") {
        if option.is_empty() || option.starts_with(char::is_whitespace) {
            // `--` ends the options: an expression can begin with a minus.
            return Ok((found, option.trim()));
        }
        let (name, rest) = first(option);
        let (name, rest) = match name.split_once('=') {
            Some((name, _)) => (name, option.get(name.len() + 1..).unwrap_or_default()),
            None => (name, rest),
        };
        let Some(known) = known.iter().find(|known| **known == name) else {
            return Err(CommandError::new(format!("there is no option `--{name}` here"))
                .did_you_mean(name, known.iter().copied()));
        };
        let (value, rest) = first(rest);
        let value = number(value, "a number of things")?
            .ok_or_else(|| CommandError::new(format!("`--{name}` needs a number")))?;
        found.push((*known, value));
        text = rest;
    }
    Ok((found, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_before_the_rest() {
        let known = &["elements", "depth"];
        let parsed = options("--elements 100 --depth=3 v[0]", known);
        assert_eq!(parsed, Ok((vec![("elements", 100), ("depth", 3)], "v[0]")));
        assert_eq!(options("-x", known), Ok((vec![], "-x")));
        assert_eq!(options("-- --x", known), Ok((vec![], "--x")));
        for wrong in ["--elments 3 v", "--depth v", "--depth"] {
            assert!(options(wrong, known).is_err(), "{wrong}");
        }
    }
}
