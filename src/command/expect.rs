//! `expect`, `expect-output`: what a script demands of the program.

use super::difference::{Sides, of_texts, of_values};
use super::error::CommandError;
use super::script::unescaped;
use super::{Answer, Command, Context, Topic};
use crate::expr::{Conjunct, Expression};
use crate::session::{Output, SessionError};
use crate::value::Format;

/// `expect`.
pub(super) static EXPECT: Command = Command {
    name: "expect",
    aliases: &[],
    topic: Topic::Session,
    usage: "EXPRESSION",
    about: "Fail unless a condition holds in the frame",
    details: "With --batch, the session ends there with exit code 1, or goes on to the end with \
              --keep-going. Of a comparison, both sides are shown.",
    run: expect,
};

/// `expect-output`.
pub(super) static EXPECT_OUTPUT: Command = Command {
    name: "expect-output",
    aliases: &[],
    topic: Topic::Session,
    usage: "TEXT",
    about: "Fail unless the program wrote this since the last `expect-output`, and nothing else",
    details: r"Only standard output counts. TEXT is as for `echo`: \n begins a new line, and quotes \
               keep spaces at its ends; one line end at the end of the output may be left out. \
               The program writes into a pipe then, and no longer to the terminal itself: where no \
               script has this command, --capture asks for it.",
    run: expect_output,
};

fn expect(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    if text.is_empty() {
        return Err(CommandError::new("`expect` needs a condition").hint("as in `expect x == 5`"));
    }
    let about = |error: SessionError| CommandError::about(error, text);
    let condition = Expression::parse(text).map_err(|error| about(error.into()))?;
    if context.session.holds_now(&condition).map_err(about)? {
        return Ok(Answer::Nothing);
    }
    let sides = sides(context, &condition);
    Err(CommandError::unmet(format!("`{text}` does not hold")).sides(sides))
}

/// Both sides of the first comparison that does not hold.
fn sides(context: &mut Context<'_>, condition: &Expression) -> Sides {
    let fails = |part: &Conjunct<'_>, context: &mut Context<'_>| {
        let held = Expression::parse(part.text).map(|part| context.session.holds_now(&part));
        matches!(held, Ok(Ok(false)))
    };
    let parts = condition.conjuncts();
    let Some(unmet) = parts.iter().find(|part| fails(part, context)) else { return Vec::new() };
    let Some((left, right)) = unmet.sides else { return Vec::new() };
    let values = (worth(context, left), worth(context, right));
    of_values((left, &values.0), (right, &values.1))
}

/// What a side is worth, on as few lines as it takes.
fn worth(context: &mut Context<'_>, text: &str) -> String {
    let settings = &context.session.settings;
    let (limits, format) = (settings.limits, Format { width: settings.width, ..Format::default() });
    match context.session.evaluate_unnumbered(text, limits, &format) {
        Ok(answered) => answered.pretty.to_string().trim_end().to_owned(),
        Err(error) => error.to_string(),
    }
}

fn expect_output(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let Some(Output { bytes, lost }) = context.session.take_output() else {
        return Err(CommandError::new("the output of the program is not kept")
            .hint("start Freehold with --capture, or with a script that has `expect-output`"));
    };
    if lost > 0 {
        return Err(CommandError::new(format!(
            "the program wrote {lost} bytes more than are kept"
        ))
        .hint("ask more often"));
    }
    let wanted = unescaped(text);
    let written = String::from_utf8_lossy(&bytes);
    if *written == *wanted || written.strip_suffix('\n') == Some(&wanted) {
        return Ok(Answer::Nothing);
    }
    let unmet = CommandError::unmet("the program wrote something else");
    Err(unmet.sides(of_texts(&wanted, &written)))
}
