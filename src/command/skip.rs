//! `skip`: what a step does not stop in.

use super::words::first;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::Skip;

/// `skip`.
pub(super) static SKIP: Command = Command {
    name: "skip",
    aliases: &[],
    topic: Topic::Running,
    usage: "[[function] NAME | file FILE | crate NAME | delete [N]]",
    about: "Let steps run through a function, a file or a crate, or list what they run through",
    details: "A function is named as for `break`; without a name it is the one that is looked at. \
              `skip delete` takes all rules away, `skip delete 2` the second.",
    run: skip,
};

fn skip(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (word, rest) = first(text);
    let rule = match (word, rest) {
        ("", _) => return Ok(Answer::Skips(context.session.settings.skips.clone())),
        ("delete", which) => return delete(context, which),
        ("function" | "fu", "") => Skip::Function(context.session.frame()?.at.function),
        ("function" | "fu", name) => Skip::Function(name.to_owned()),
        ("file", "") => match context.session.frame()?.at.file {
            Some(file) => Skip::File(file),
            None => return Err(CommandError::new("the file of the frame is not known")),
        },
        ("file", name) => Skip::File(name.to_owned()),
        ("crate", "") => return Err(CommandError::new("`skip crate` needs the name of a crate")),
        ("crate", name) => Skip::Crate(name.to_owned()),
        _ => Skip::Function(text.to_owned()),
    };
    let rules = &mut context.session.settings.skips;
    let said = format!("Steps run through {rule}.");
    if !rules.contains(&rule) {
        rules.push(rule);
    }
    Ok(Answer::Said(said))
}

fn delete(context: &mut Context<'_>, which: &str) -> Result<Answer, CommandError> {
    let rules = &mut context.session.settings.skips;
    match super::words::number(which, "the number of a rule")? {
        None => rules.clear(),
        Some(no) if (1..=rules.len()).contains(&no) => {
            rules.remove(no - 1);
        }
        Some(no) => {
            return Err(
                CommandError::new(format!("there is no rule {no}")).hint("`skip` lists them")
            );
        }
    }
    Ok(Answer::Nothing)
}
