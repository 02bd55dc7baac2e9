//! `print`: what an expression is worth.

use super::words::options;
use super::{Answer, Command, CommandError, Context, Topic};
use crate::expr::Expression;
use crate::session::Settings;
use crate::value::{CutUnit, Format, Limits};

/// The options that say how much is shown.
pub(super) const LIMITS: &[&str] = &["elements", "depth", "bytes", "width"];

/// `print`.
pub(super) static PRINT: Command = Command {
    name: "print",
    aliases: &["p", "inspect"],
    topic: Topic::Data,
    usage: "[/FORMAT] [--elements N] [--depth N] [--bytes N] [--width N] EXPRESSION",
    about: "Show what a Rust expression is worth in the frame",
    details: "Names are those of the frame: `s`, `s@1` (the first `s` that is declared), `s@:12` (the \
              one of line 12), `crate::module::STATIC`, `$rip`, `$1` (what was shown before). Fields, \
              indices, ranges, keys of maps, dereferencing, casts, arithmetic, comparison, patterns \
              and methods like len() are evaluated on the data: no code of the program runs. Formats: \
              /x /b /o /d /c /s /raw /line /# and a width, /100x. `print x = 5` assigns. What a freed \
              block or a frame that was left holds is told as dangling, not shown; /raw shows its \
              bytes. Memory that C code got meanwhile counts as freed: that is not seen.",
    run: print,
};

fn print(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (suffix, text) = format_suffix(text);
    let (options, expression) = options(text, LIMITS)?;
    if expression.is_empty() {
        return Err(CommandError::new("`print` needs an expression").hint("as in `print v[0]`"));
    }
    let (limits, mut format) = apply(&context.session.settings, &options);
    if let Some(suffix) = suffix {
        format = format.with(suffix)?;
    }
    let parsed = Expression::parse(expression);
    let parsed = parsed.map_err(|error| CommandError::about(error.into(), expression))?;
    if parsed.is_assignment() {
        return super::set::assign(context, expression);
    }
    let answered = context.session.evaluate(&parsed, limits, &format);
    let mut answered = answered.map_err(|error| CommandError::about(error, expression))?;
    if let Some(hint) = how_to_see_more(&answered.pretty.cut, expression, &limits) {
        answered.pretty.hint(&hint);
    }
    Ok(Answer::Value(Box::new(answered)))
}

/// Takes `/x` from the front of a text.
pub(super) fn format_suffix(text: &str) -> (Option<&str>, &str) {
    match text.strip_prefix('/') {
        Some(rest) => {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (suffix, rest) = rest.split_at(end);
            (Some(suffix), rest.trim())
        }
        None => (None, text),
    }
}

/// The settings with options put over them.
pub(super) fn apply(settings: &Settings, options: &[(&'static str, usize)]) -> (Limits, Format) {
    let mut limits = settings.limits;
    let mut format = Format { width: settings.width, ..Format::default() };
    for (name, value) in options {
        set_limit(name, *value, &mut limits, &mut format.width);
    }
    (limits, format)
}

/// Sets one of [`LIMITS`]. More elements than the limit on parts of a value holds raise that, too.
pub(super) fn set_limit(name: &str, value: usize, limits: &mut Limits, width: &mut usize) {
    match name {
        "elements" => limits.elements = value,
        "depth" => limits.depth = value,
        "bytes" => limits.text_bytes = value,
        _ => *width = value.clamp(20, 1000),
    }
    let wanted = limits.elements.saturating_mul(20).max(limits.total_parts);
    limits.total_parts = wanted.min(Limits::MOST_PARTS);
    let bytes = limits.text_bytes as u64;
    limits.total_bytes = limits.total_bytes.max(bytes.saturating_mul(2)).min(Limits::MOST_BYTES);
}

/// The elements behind those that are shown: `v[20..]` where `v[10..]` is shown up to there.
fn rest(expression: &str, cut: &crate::value::CutAt) -> String {
    let range = expression.strip_suffix("..]").and_then(|text| text.rsplit_once('['));
    let from = range.and_then(|(of, from)| Some((of, from.parse::<u64>().ok()?)));
    let (of, from) = from.unwrap_or((expression, 0));
    format!("{of}[{}..]", from.saturating_add(cut.shown))
}

fn how_to_see_more(
    cut: &[crate::value::CutAt],
    expression: &str,
    limits: &Limits,
) -> Option<String> {
    let first = cut.first()?;
    Some(match first.unit {
        CutUnit::Elements | CutUnit::Fields if first.path.is_empty() && first.of.is_some() => {
            let next = limits.elements.saturating_mul(10).max(100);
            format!("more: print --elements {next} {expression}, or {}", rest(expression, first))
        }
        CutUnit::Elements | CutUnit::Fields => {
            format!("more: print --elements {} {expression}", limits.elements.saturating_mul(10))
        }
        CutUnit::Bytes => {
            format!("more: print --bytes {} {expression}", limits.text_bytes.saturating_mul(10))
        }
        CutUnit::Levels => {
            format!("more: print --depth {} {expression}", limits.depth.saturating_mul(2))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::CutAt;

    #[test]
    fn the_rest_of_a_range_to_the_end_is_a_range_to_the_end() {
        let cut = CutAt { path: String::new(), shown: 10, of: Some(990), unit: CutUnit::Elements };
        let cases = [
            ("v", "v[10..]"),
            ("v[10..]", "v[20..]"),
            ("v[1][5..]", "v[1][15..]"),
            ("v[a..]", "v[a..][10..]"),
            ("v[2..90]", "v[2..90][10..]"),
        ];
        for (shown, next) in cases {
            assert_eq!(rest(shown, &cut), next);
        }
    }
}
