//! `display`, `undisplay`: what is shown at each stop.

use super::examine::memory;
use super::looked::{Displayed, Looked};
use super::print::{apply, format_suffix};
use super::words::{first, number};
use super::{Answer, Command, CommandError, Context, Topic};
use crate::expr::Expression;
use crate::session::{Display, DumpFormat, Letter};

/// `display`.
pub(super) static DISPLAY: Command = Command {
    name: "display",
    aliases: &["disp"],
    topic: Topic::Data,
    usage: "[/FORMAT] [EXPRESSION]",
    about: "Show an expression at each stop from now on, and now",
    details: "Without an expression: all that is shown. `display/i $pc` shows the next instruction, \
              and other formats of `x` with a count show memory.",
    run: display,
};

/// `undisplay`.
pub(super) static UNDISPLAY: Command = Command {
    name: "undisplay",
    aliases: &[],
    topic: Topic::Data,
    usage: "[NUMBER ...]",
    about: "No longer show something at each stop, or nothing any more",
    details: "",
    run: undisplay,
};

fn display(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    if text.is_empty() {
        return Ok(Answer::Looked(Looked::Displays(displays(context))));
    }
    let (suffix, expression) = format_suffix(text);
    if let Err(error) = Expression::parse(expression) {
        return Err(CommandError::about(error.into(), expression));
    }
    let display = context.session.add_display(expression, suffix);
    let shown = match context.session.is_alive() {
        true => vec![displayed(context, &display)],
        false => Vec::new(),
    };
    Ok(Answer::Looked(Looked::Displays(shown)))
}

fn undisplay(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let mut numbers = Vec::new();
    let (mut word, mut rest) = first(text);
    while let Some(no) = number(word, "the number of a display")? {
        numbers.push(no);
        (word, rest) = first(rest);
    }
    if numbers.is_empty() {
        numbers = context.session.displays().iter().map(|display| display.no).collect();
    }
    for no in numbers {
        if !context.session.delete_display(no) {
            return Err(CommandError::new(format!("there is no display {no}"))
                .hint("`display` shows them with their numbers"));
        }
    }
    Ok(Answer::Nothing)
}

/// What is shown at each stop, as it is now.
pub(super) fn displays(context: &mut Context<'_>) -> Vec<Displayed> {
    let all = context.session.displays().to_vec();
    all.iter().map(|display| displayed(context, display)).collect()
}

fn displayed(context: &mut Context<'_>, display: &Display) -> Displayed {
    let suffix = display.format.as_ref().map(|format| format!("/{format} ")).unwrap_or_default();
    let mut shown = Displayed {
        no: display.no,
        expression: format!("{suffix}{}", display.expression),
        value: None,
        looked: None,
        error: None,
    };
    match evaluated(context, display) {
        Ok(Answer::Value(value)) => shown.value = Some(value),
        Ok(Answer::Looked(looked)) => shown.looked = Some(Box::new(looked)),
        Ok(_) => {}
        Err(error) => shown.error = Some(error.what),
    }
    shown
}

fn evaluated(context: &mut Context<'_>, display: &Display) -> Result<Answer, CommandError> {
    let (mut limits, mut format) = apply(&context.session.settings, &[]);
    if let Some(suffix) = &display.format {
        // What `print` does not know, `x` does.
        let as_memory = DumpFormat::parse(suffix, None);
        let is_memory =
            |format: &DumpFormat| format.letter == Letter::Instruction || format.count > 1;
        match format.with(suffix) {
            Ok(known) if !as_memory.as_ref().is_some_and(is_memory) => format = known,
            known => match as_memory {
                Some(units) => {
                    let addresses = context.session.settings.addresses;
                    return memory(context, units, &display.expression, addresses);
                }
                None => format = known?,
            },
        }
        limits = format.limits(limits);
    }
    let value = context.session.evaluate_unnumbered(&display.expression, limits, &format);
    let value = value.map_err(|error| CommandError::about(error, &display.expression))?;
    Ok(Answer::Value(Box::new(value)))
}
