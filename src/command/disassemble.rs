//! `disassemble`: machine code with what it means.

use super::looked::{CodeListing, CodeStyle, Looked};
use super::source_lines::sources_of;
use super::words::first;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::base::VirtAddr;
use crate::session::{CodeAsked, Disassembly, Where};

/// `disassemble`.
pub(super) static DISASSEMBLE: Command = Command {
    name: "disassemble",
    aliases: &["disas"],
    topic: Topic::Data,
    usage: "[/s | /m] [/r] [-a] [FUNCTION | FILE:LINE | ADDRESS | FROM,TO | FROM,+BYTES]",
    about: "Show machine code with names, variables, and where the thread stands",
    details: "Without anything: the function of the frame. /s puts the source between, /m orders by \
              source line, /r adds the bytes, -a the addresses. Jumps name labels, calls functions, \
              and what an instruction refers to on the stack is named behind it. Instructions of the \
              prologue and of epilogues are marked with │.",
    run: disassemble,
};

fn disassemble(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let addresses = context.session.settings.addresses;
    let mut style = CodeStyle { addresses, ..CodeStyle::default() };
    let mut text = text.trim();
    while text.starts_with('/') || text.starts_with('-') {
        let (word, rest) = first(text);
        for letter in word.chars().skip(1) {
            match letter {
                's' => style.source = true,
                'm' => (style.source, style.by_line) = (true, true),
                'r' | 'b' => style.bytes = true,
                'a' => style.addresses = true,
                _ => {
                    return Err(CommandError::new(format!("`{word}` is not known here"))
                        .hint("there are /s, /m, /r and -a"));
                }
            }
        }
        text = rest;
    }
    let asked = asked(context, text)?;
    let pieces = context.session.disassemble(&asked)?;
    Ok(Answer::Looked(Looked::Code(with_source(pieces, style))))
}

/// Code with its source, where that is printed.
pub fn with_source(pieces: Vec<Disassembly>, style: CodeStyle) -> CodeListing {
    let sources = if style.source { sources_of(&pieces) } else { Vec::new() };
    CodeListing { pieces, sources, style }
}

fn asked(context: &mut Context<'_>, text: &str) -> Result<CodeAsked, CommandError> {
    if text.is_empty() {
        return Ok(CodeAsked::Here);
    }
    let mut address = |text: &str| -> Result<VirtAddr, CommandError> {
        let at = context.session.address_of(text.trim());
        at.map_err(|error| CommandError::about(error, text))
    };
    if let Some((from, to)) = text.split_once(',').filter(|_| !text.contains('<')) {
        let from = address(from)?;
        let to = match to.trim().strip_prefix('+') {
            Some(bytes) => VirtAddr(from.0.saturating_add(address(bytes)?.0)),
            None => address(to)?,
        };
        return Ok(CodeAsked::Range(from, to));
    }
    let is_expression = |c: char| c == '$' || c == '*' || c.is_ascii_digit();
    if text.starts_with(is_expression) {
        return Ok(CodeAsked::Place(Where::Address(address(text.trim_start_matches('*'))?)));
    }
    Ok(CodeAsked::Place(Where::parse(text)?))
}
