//! `info`: what there is.

use super::looked::Looked;
use super::words::{first, number, regex};
use super::{Answer, Command, CommandError, Context, Topic};
use super::{display, examine, list, locals, maps, registers, signals, threads};
use crate::base::VirtAddr;
use crate::session::{Halt, Listed, Target, Where};

/// Names that are listed of a kind where no number is asked for.
const NAMES: usize = 200;

/// Something that `info` knows.
struct Kind {
    name: &'static str,
    run: fn(&mut Context<'_>, &str) -> Result<Answer, CommandError>,
}

/// What `info` knows. The first that begins so is meant: gdb's abbreviations work.
const KINDS: &[Kind] = &[
    Kind { name: "breakpoints", run: |c, _| Ok(breakpoints(c)) },
    Kind { name: "watchpoints", run: |c, _| Ok(watchpoints(c)) },
    Kind { name: "locals", run: |c, _| locals::variables(c, |parameter| !parameter) },
    Kind { name: "args", run: |c, _| locals::variables(c, |parameter| parameter) },
    Kind { name: "frame", run: |c, _| frame(c) },
    Kind { name: "registers", run: |c, text| registers::registers(c, text, false) },
    Kind { name: "all-registers", run: |c, text| registers::registers(c, text, true) },
    Kind { name: "vector", run: |c, _| registers::vectors(c) },
    Kind { name: "threads", run: |c, _| threads::threads(c) },
    Kind { name: "signals", run: signals::signals },
    Kind { name: "handle", run: signals::signals },
    Kind { name: "display", run: |c, _| Ok(displays(c)) },
    Kind { name: "line", run: line },
    Kind { name: "source", run: |c, _| source(c) },
    Kind { name: "symbol", run: symbol },
    Kind { name: "address", run: address },
    Kind { name: "scope", run: scope },
    Kind { name: "sharedlibrary", run: maps::libraries },
    Kind { name: "program", run: |c, _| Ok(program(c)) },
    Kind { name: "proc", run: proc },
    Kind { name: "functions", run: |c, text| names(c, Listed::Functions, text) },
    Kind { name: "types", run: |c, text| names(c, Listed::Types, text) },
    Kind { name: "variables", run: |c, text| names(c, Listed::Variables, text) },
];

/// `info`.
pub(super) static INFO: Command = Command {
    name: "info",
    aliases: &["i"],
    topic: Topic::Session,
    usage: "breakpoints | locals | args | frame | registers | threads | signals | ...",
    about: "Show what there is of a kind",
    details: "The beginning of a word is enough: `i b`, `i lo`, `i r`. breakpoints; locals, args, \
              frame, registers, vector, all-registers; watchpoints; threads; signals; display; line PLACE, \
              symbol ADDRESS, address NAME, scope PLACE, source; functions, types and variables \
              [--limit N] [REGEX]; sharedlibrary, proc mappings, program.",
    run: info,
};

/// What `info` knows.
pub fn info_names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// The whole name of what `info` shows for a word.
pub(super) fn kind_called(word: &str) -> Option<&'static str> {
    let exact = KINDS.iter().find(|kind| kind.name == word);
    let begins = || KINDS.iter().find(|kind| !word.is_empty() && kind.name.starts_with(word));
    exact.or_else(begins).map(|kind| kind.name)
}

fn info(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (word, rest) = first(text);
    let exact = KINDS.iter().find(|kind| kind.name == word);
    let begins = || KINDS.iter().find(|kind| !word.is_empty() && kind.name.starts_with(word));
    match exact.or_else(begins) {
        Some(kind) => (kind.run)(context, rest),
        None => {
            let names = KINDS.iter().map(|kind| kind.name);
            let known: Vec<_> = names.clone().collect();
            let what = match word {
                "" => "`info` needs to know of what".to_owned(),
                word => format!("`info {word}` is not known"),
            };
            Err(CommandError::new(what)
                .did_you_mean(word, names)
                .hint(format!("there are {}", known.join(", "))))
        }
    }
}

fn breakpoints(context: &mut Context<'_>) -> Answer {
    Answer::Breakpoints(context.session.breakpoints().to_vec())
}

fn watchpoints(context: &mut Context<'_>) -> Answer {
    let mut all = context.session.breakpoints();
    all.retain(|breakpoint| matches!(breakpoint.target, Target::Watch(_)));
    Answer::Breakpoints(all)
}

fn displays(context: &mut Context<'_>) -> Answer {
    Answer::Looked(Looked::Displays(display::displays(context)))
}

fn frame(context: &mut Context<'_>) -> Result<Answer, CommandError> {
    let frame = context.session.frame()?;
    let source = list::around(&frame.at, 0);
    Ok(Answer::Frame(frame, source))
}

/// The place that a text means; where the frame stands for an empty one.
fn place(context: &mut Context<'_>, text: &str) -> Result<Where, CommandError> {
    match text {
        "" => Ok(Where::Address(context.session.frame()?.pc)),
        text => Ok(Where::parse(text)?),
    }
}

fn line(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let wanted = place(context, text)?;
    Ok(Answer::Looked(Looked::Lines(context.session.line_code(&wanted)?)))
}

fn scope(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let wanted = match text {
        "" => Where::Function(context.session.frame()?.at.function),
        text => Where::parse(text)?,
    };
    Ok(Answer::Looked(Looked::Scope(context.session.scope_of(&wanted)?)))
}

fn symbol(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (_, text) = examine::addresses_option(context, text);
    let at: VirtAddr = match text {
        "" => return Err(CommandError::new("`info symbol` needs an address")),
        text => {
            let at = context.session.address_of(text);
            at.map_err(|error| CommandError::about(error, text))?
        }
    };
    Ok(Answer::Looked(Looked::Symbol(context.session.symbol_at(at)?)))
}

/// Where a variable, function or static is.
fn address(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    if text.is_empty() {
        return Err(CommandError::new("`info address` needs a name"));
    }
    let mut facts: Vec<(String, String)> = Vec::new();
    if let Ok(found) = context.session.where_is(text) {
        let size = found.size.map(|size| format!(", {size} bytes")).unwrap_or_default();
        facts.push((text.to_owned(), format!("{}{size}", found.region)));
    }
    let named = context.session.addresses_of(text).into_iter();
    facts.extend(named.map(|sentence| (text.to_owned(), sentence)));
    match facts.is_empty() {
        true => Err(CommandError::new(format!("nothing is called `{text}` here"))
            .hint("`info functions REGEX` and `info variables REGEX` list what there is")),
        false => Ok(Answer::Looked(Looked::Facts(facts))),
    }
}

fn source(context: &mut Context<'_>) -> Result<Answer, CommandError> {
    let at = context.session.frame()?.at;
    let Some(file) = at.file else {
        return Err(CommandError::new(format!("the source of {} is not known", at.function)));
    };
    let readable = match std::fs::metadata(&file) {
        Ok(found) => format!("{} bytes", found.len()),
        Err(error) => format!("cannot be read: {error}"),
    };
    Ok(Answer::Looked(Looked::Facts(vec![
        ("file".to_owned(), file),
        ("on disk".to_owned(), readable),
        ("line".to_owned(), at.line.map_or_else(|| "?".to_owned(), |line| line.to_string())),
        ("function".to_owned(), at.function),
    ])))
}

fn program(context: &mut Context<'_>) -> Answer {
    let session = &context.session;
    let mut facts = vec![("program".to_owned(), session.image().path().display().to_string())];
    let debug = if session.image().has_debug_info() { "yes" } else { "none: build with -g" };
    facts.push(("debug info".to_owned(), debug.to_owned()));
    let state = match session.halt() {
        None => "not running",
        Some(Halt::Ended { .. }) => "has ended",
        Some(_) => "stands still",
    };
    facts.push(("state".to_owned(), state.to_owned()));
    if let Ok(threads) = context.session.threads() {
        facts.push(("threads".to_owned(), threads.len().to_string()));
    }
    Answer::Looked(Looked::Facts(facts))
}

fn proc(context: &mut Context<'_>, text: &str) -> Result<Answer, CommandError> {
    let (word, rest) = first(text);
    match word {
        "" => Ok(program(context)),
        word if "mappings".starts_with(word) => maps::maps(context, rest),
        other => Err(CommandError::new(format!("`info proc {other}` is not known"))
            .hint("there is `info proc mappings`")),
    }
}

fn names(context: &mut Context<'_>, kind: Listed, text: &str) -> Result<Answer, CommandError> {
    let (mut limit, mut text) = (NAMES, text);
    if let Some(rest) = text.strip_prefix("--limit") {
        let (word, rest) = first(rest);
        limit = number(word, "a number of names")?.unwrap_or(NAMES);
        text = rest;
    }
    let pattern = if text.is_empty() { None } else { Some(regex(text)?) };
    let names = context.session.names_of(kind, pattern.as_ref(), limit);
    Ok(Answer::Looked(Looked::Names(names)))
}
