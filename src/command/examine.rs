//! `x`: memory as it is.

use super::looked::{CodeListing, CodeStyle, Looked};
use super::print::format_suffix;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::session::{CodeAsked, DumpFormat, Letter};

/// `x`.
pub(super) static EXAMINE: Command = Command {
    name: "x",
    aliases: &["examine"],
    topic: Topic::Data,
    usage: "[/NFU] [-a] [EXPRESSION]",
    about: "Show memory in units, as in gdb: N units, format F, size U",
    details: "Formats: x hexadecimal, d and u decimal, o octal, t binary, a addresses by name, c \
              characters, f floating point, s text up to a zero, i instructions. Sizes: b 1, h 2, w \
              4, g 8 bytes. A pointer or reference means what it leads to, a number that address, \
              any other value the place where it is. Without an expression the dump goes on. Rows \
              are named by variable, block or symbol; -a adds the address.",
    run: examine,
};

fn examine(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (suffix, text) = format_suffix(text);
    let (addresses, text) = addresses_option(context, text);
    let last = context.session.last_dump_format();
    let format = DumpFormat::parse(suffix.unwrap_or_default(), last);
    let format = format.ok_or_else(|| {
        CommandError::new(format!("`/{}` is no format", suffix.unwrap_or_default())).hint(
            "a count, one of x d u o t a c f s i, and one of b h w g for 1, 2, 4 and 8 bytes: `x/8gx`",
        )
    })?;
    memory(context, format, text, addresses)
}

/// Takes `-a` from the front of a text; whether addresses are printed then.
pub(super) fn addresses_option<'t>(context: &Context<'_>, text: &'t str) -> (bool, &'t str) {
    match text.strip_prefix("-a").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
        Some(rest) => (true, rest.trim()),
        None => (context.session.settings.addresses, text),
    }
}

/// The memory that an expression means.
pub(super) fn memory(
    context: &mut Context<'_>,
    format: DumpFormat,
    text: &str,
    addresses: bool,
) -> Result<Answer, CommandError> {
    if text.is_empty() && context.session.last_dump_format().is_none() {
        return Err(CommandError::new("`x` needs an address").hint("as in `x/8xb &value`"));
    }
    let at = context.session.address_of(text);
    let at = at.map_err(|error| CommandError::about(error, text))?;
    if format.letter != Letter::Instruction {
        let dump = context.session.dump(at, format)?;
        return Ok(Answer::Looked(Looked::Memory { dump, addresses }));
    }
    let pieces = context.session.disassemble(&CodeAsked::From(at, format.count))?;
    let last = pieces.last().and_then(|piece| piece.instructions.last());
    let next = last.map_or(at, |last| last.address + last.bytes.len() as u64);
    context.session.dumped_to(format, next);
    let style = CodeStyle { addresses, ..CodeStyle::default() };
    Ok(Answer::Looked(Looked::Code(CodeListing { pieces, sources: Vec::new(), style })))
}
