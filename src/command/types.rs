//! `ptype`, `whatis`: types.

use super::looked::Looked;
use super::print::format_suffix;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::dwarf::short_type_name;
use crate::session::TypeAsked;

/// `ptype`.
pub(super) static PTYPE: Command = Command {
    name: "ptype",
    aliases: &["pt"],
    topic: Topic::Data,
    usage: "[/o] EXPRESSION | TYPE",
    about: "Show how a type is declared; /o with the offset and size of each field",
    details: "`freehold layout TYPE` shows where padding and niches are.",
    run: |context, text| {
        let (suffix, text) = format_suffix(text);
        let offsets = match suffix {
            None => false,
            Some("o") => true,
            Some(other) => {
                return Err(CommandError::new(format!("`/{other}` is not known: there is /o")));
            }
        };
        Ok(match asked(context, text, "ptype")? {
            TypeAsked::Layout(layout) => Answer::Looked(Looked::Type { layout, offsets }),
            TypeAsked::Several(instances) => {
                Answer::Looked(Looked::Types { name: text.to_owned(), instances })
            }
            TypeAsked::Name(name) => Answer::Looked(Looked::TypeName(name)),
        })
    },
};

/// `whatis`.
pub(super) static WHATIS: Command = Command {
    name: "whatis",
    aliases: &["wha"],
    topic: Topic::Data,
    usage: "EXPRESSION | TYPE",
    about: "Show the type of an expression",
    details: "",
    run: |context, text| {
        Ok(match asked(context, text, "whatis")? {
            TypeAsked::Layout(layout) => {
                Answer::Looked(Looked::TypeName(short_type_name(&layout.name)))
            }
            TypeAsked::Several(instances) => {
                Answer::Looked(Looked::Types { name: text.to_owned(), instances })
            }
            TypeAsked::Name(name) => Answer::Looked(Looked::TypeName(short_type_name(&name))),
        })
    },
};

fn asked(context: &mut Context<'_>, text: &str, command: &str) -> Result<TypeAsked, CommandError> {
    if text.is_empty() {
        return Err(CommandError::new(format!("`{command}` needs an expression or a type"))
            .hint(format!("as in `{command} v`, `{command} Vec<String>`")));
    }
    context.session.type_of(text).map_err(|error| CommandError::about(error, text))
}
