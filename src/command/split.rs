//! `split`, `where`: where the bytes of a value are.

use super::backtrace::BACKTRACE;
use super::{Answer, Command, CommandError, Topic};

/// `split`.
pub(super) static SPLIT: Command = Command {
    name: "split",
    aliases: &[],
    topic: Topic::Data,
    usage: "EXPRESSION",
    about: "Show how the bytes of a value split between stack and heap, block by block",
    details: "Blocks that are shared count once; what is borrowed is listed and not counted. Spare is \
              what the value may still use without asking the allocator.",
    run: |context, text| {
        let text = expression(text, "split")?;
        let split = context.session.split(text);
        let split = split.map_err(|error| CommandError::about(error, text))?;
        Ok(Answer::Split { name: text.to_owned(), split })
    },
};

/// `where`.
pub(super) static WHERE: Command = Command {
    name: "where",
    aliases: &[],
    topic: Topic::Data,
    usage: "[EXPRESSION]",
    about: "Show where a value is, and where what it leads to is",
    details: "A value is in a register, in the frame of a function, in a heap block, in a section of \
              a file, in thread-local or anonymous memory, or nowhere. A number is taken for an \
              address. Without an expression it is `backtrace`, as in gdb.",
    run: |context, text| {
        if text.is_empty() {
            return (BACKTRACE.run)(context, "");
        }
        let found = context.session.where_is(text);
        Ok(Answer::Where(found.map_err(|error| CommandError::about(error, text))?))
    },
};

fn expression<'t>(text: &'t str, command: &str) -> Result<&'t str, CommandError> {
    match text {
        "" => Err(CommandError::new(format!("`{command}` needs an expression"))
            .hint(format!("as in `{command} v`; `locals` names what there is"))),
        text => Ok(text),
    }
}
