//! `apropos`: commands by what they are about.

use super::error::CommandError;
use super::settings::SETTINGS;
use super::{Answer, COMMANDS, Command, Topic};

/// `apropos`.
pub(super) static APROPOS: Command = Command {
    name: "apropos",
    aliases: &[],
    topic: Topic::Session,
    usage: "WORD",
    about: "List the commands and settings whose description has a word",
    details: "",
    run: |_, text| {
        if text.is_empty() {
            return Err(CommandError::new("`apropos` needs a word"));
        }
        let rows = about(&text.to_lowercase());
        match rows.is_empty() {
            true => Err(CommandError::new(format!("no command is about `{text}`"))
                .hint("`help` lists the commands")),
            false => Ok(Answer::Rows(rows)),
        }
    },
};

fn about(word: &str) -> Vec<(String, String)> {
    let has = |text: &str| text.to_lowercase().contains(word);
    let commands = COMMANDS.iter().filter(|c| {
        has(c.name) || has(c.about) || has(c.details) || c.aliases.iter().any(|alias| has(alias))
    });
    let commands = commands.map(|c| (c.name.to_owned(), c.about.to_owned()));
    let settings = SETTINGS.iter().filter(|s| has(s.name) || has(s.about));
    let settings = settings.map(|s| (format!("set {}", s.name), s.about.to_owned()));
    commands.chain(settings).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_settings_are_found_by_a_word_of_their_description() {
        let names = |word| about(word).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert!(names("folder").contains(&"cd".to_owned()));
        assert!(names("environment").contains(&"set env".to_owned()));
        assert_eq!(names("xyzzy"), Vec::<String>::new());
    }
}
