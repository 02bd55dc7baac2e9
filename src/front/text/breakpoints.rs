//! Breakpoints, watchpoints and catchpoints, and why they have stopped the program.

use super::answer::{plain, where_is};
use super::ownership_stops;
use super::spans::{Ink, Line, counted, wrap};
use crate::base::system_call_name;
use crate::session::{
    Access, Breakpoint, BreakpointId, Catch, Caught, Halt, Returned, Target, Touched, WatchEnd,
    Watched, Where, signal_name,
};

/// A breakpoint that was set.
pub(super) fn set(breakpoint: &Breakpoint) -> Line {
    let mut line = Line::new();
    line.push(Ink::Plain, format!("{} {}", kind(breakpoint), breakpoint.id));
    match (&breakpoint.target, breakpoint.places.as_slice()) {
        (Target::Watch(watched), _) => {
            line.push(Ink::Plain, ": ").append(watched_line(watched));
        }
        (Target::Catch(what), _) => {
            line.push(Ink::Plain, format!(": {}", catch(what)));
        }
        (Target::Ownership(stop), places) => {
            line.push(Ink::Plain, format!(": {stop}"));
            if let [first, ..] = places {
                line.push(Ink::Plain, " at ").append(where_is(&first.at));
                let more = places.len().saturating_sub(1);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                line.push(Ink::Faint, format!("{more}  (inferred)"));
            }
        }
        (Target::Place(wanted) | Target::Return(wanted), []) => {
            line.push(Ink::Plain, format!(": {wanted}"));
            line.push(Ink::Faint, "  (pending: no loaded file has it)");
        }
        (_, [one]) => {
            line.push(Ink::Plain, " at ").append(where_is(&one.at));
            if one.inlined {
                line.push(Ink::Faint, "  inlined");
            }
        }
        (_, several) => {
            line.push(Ink::Plain, format!(" at {}", counted(several.len() as u64, "place")));
        }
    }
    let asked = match breakpoint.wanted() {
        Some(Where::Line { line, .. }) => Some(*line),
        _ => None,
    };
    let got = breakpoint.places.first().and_then(|place| place.at.line);
    if let (Some(asked), Some(got)) = (asked, got)
        && asked != got
    {
        line.push(Ink::Faint, format!("  (line {asked} has no code)"));
    }
    line
}

/// All of some breakpoints.
pub(super) fn list(all: &[Breakpoint]) -> Vec<Line> {
    let mut lines = Vec::new();
    if all.is_empty() {
        lines.push(plain("There are no breakpoints."));
    }
    for breakpoint in all {
        one(breakpoint, &mut lines);
    }
    lines
}

fn one(breakpoint: &Breakpoint, lines: &mut Vec<Line>) {
    let mut line = Line::new();
    line.push(Ink::Strong, format!("{:>3}  ", breakpoint.id));
    let mut places = places(breakpoint).into_iter();
    match &breakpoint.target {
        Target::Watch(watched) => {
            line.append(watched_line(watched));
        }
        Target::Catch(what) => {
            line.push(Ink::Strong, format!("catch {}", catch(what)));
        }
        Target::Ownership(stop) => {
            line.push(Ink::Strong, stop.to_string());
        }
        Target::Place(wanted) | Target::Return(wanted) => match breakpoint.places.first() {
            None => {
                line.push(Ink::Strong, wanted.to_string()).push(Ink::Faint, "  pending");
            }
            Some(_) => {
                line.append(places.next().unwrap_or_default());
            }
        },
    }
    if breakpoint.hits > 0 {
        line.push(Ink::Faint, format!("  reached {}", counted(breakpoint.hits, "time")));
    }
    if !breakpoint.enabled {
        line.push(Ink::Changed, "  disabled");
    }
    lines.push(line);
    if !matches!(breakpoint.target, Target::Watch(_) | Target::Catch(_)) {
        for place in places {
            let mut line = indented();
            line.append(place);
            lines.push(line);
        }
    }
    terms(breakpoint, lines);
}

/// The places of a breakpoint. The instances of a generic function stand at one place, and are
/// counted there.
fn places(breakpoint: &Breakpoint) -> Vec<Line> {
    let mut counted: Vec<(Line, usize)> = Vec::new();
    for place in &breakpoint.places {
        let mut line = where_is(&place.at);
        if place.inlined {
            line.push(Ink::Faint, "  inlined");
        }
        match counted.iter_mut().find(|(known, _)| *known == line) {
            Some((_, count)) => *count += 1,
            None => counted.push((line, 1)),
        }
    }
    let told = |(mut line, count): (Line, usize)| {
        if count > 1 {
            line.push(Ink::Faint, format!("  in {count} instances"));
        }
        line
    };
    counted.into_iter().map(told).collect()
}

/// On which terms it stops, each on a line.
fn terms(breakpoint: &Breakpoint, lines: &mut Vec<Line>) {
    let terms = &breakpoint.terms;
    let mut say = |text: String| {
        let mut line = indented();
        line.push(Ink::Faint, text);
        lines.push(line);
    };
    if matches!(breakpoint.target, Target::Return(_)) {
        say("where it returns".to_owned());
    }
    if let Some(condition) = &terms.condition {
        say(format!("if {}", condition.text()));
    }
    if let Some(thread) = terms.thread {
        say(format!("in thread {thread} alone"));
    }
    if terms.ignore > 0 {
        say(format!("ignored {} more", counted(terms.ignore, "time")));
    }
    match (terms.temporary, breakpoint.once) {
        (true, _) => say("deleted when it stops".to_owned()),
        (false, true) => say("disabled when it stops".to_owned()),
        (false, false) => {}
    }
    if let Some(log) = &terms.log {
        say(format!("says \"{}\"", log.text().escape_default()));
    }
    for command in &terms.commands {
        say(format!("does {}", command.replace('\n', "; ")));
    }
}

/// Why the program stands still, in the first line of what is told of it; none for what is no
/// breakpoint's.
pub(super) fn halt(halt: &Halt) -> Option<Line> {
    let mut line = Line::new();
    match halt {
        Halt::Breakpoint { hit, .. } => {
            line.push(Ink::Changed, format!("Breakpoint {}", ids(hit)));
        }
        Halt::Watchpoint { touched, .. } => {
            let hit: Vec<_> = touched.iter().map(|touched| touched.id).collect();
            line.push(Ink::Changed, format!("Watchpoint {}", ids(&hit)));
        }
        Halt::WatchEnded { ended, .. } => {
            let all: Vec<_> = ended.iter().map(|end| end.id).collect();
            line.push(Ink::Changed, format!("Watchpoint {} ended", ids(&all)));
        }
        Halt::Caught { hit, what, .. } => {
            line.push(Ink::Changed, format!("Catchpoint {}", ids(hit)));
            line.push(Ink::Plain, format!(": {}", caught(what)));
        }
        Halt::Ownership { hit, happened, .. } => {
            line.push(Ink::Changed, format!("Breakpoint {}", ids(hit)));
            line.push(Ink::Plain, ": ");
            line.append(happened.first().map(ownership_stops::happened).unwrap_or_default());
        }
        Halt::BadFree { free, .. } => {
            line.push(Ink::Gone, ownership_stops::bad_free(free));
        }
        _ => return None,
    }
    Some(line)
}

/// What is to be told of a halt behind its first line.
pub(super) fn more_of_halt(halt: &Halt, width: usize, lines: &mut Vec<Line>) {
    match halt {
        Halt::Breakpoint { failed, returned, .. } => {
            complain(failed, width, lines);
            returned.iter().for_each(|returned| lines.push(returned_line(returned)));
        }
        Halt::Watchpoint { touched, by, failed, .. } => {
            for one in touched {
                touched_lines(one, lines);
            }
            if let Some(by) = by {
                let mut line = Line::new();
                line.push(Ink::Faint, "  by ").append(where_is(by));
                lines.push(line);
            }
            complain(failed, width, lines);
        }
        Halt::WatchEnded { ended, .. } => {
            for WatchEnd { expression, why, .. } in ended {
                lines.push(plain(&format!("  {expression} is gone: {why}.")));
            }
        }
        Halt::Caught { failed, .. } => complain(failed, width, lines),
        Halt::Ownership { failed, happened, .. } => {
            ownership_stops::more(happened, lines);
            complain(failed, width, lines);
        }
        Halt::BadFree { free, .. } => ownership_stops::more_of_bad_free(free, lines),
        _ => {}
    }
}

fn touched_lines(touched: &Touched, lines: &mut Vec<Line>) {
    let mut say = |what: &str, value: &str| {
        let mut line = Line::new();
        line.push(Ink::Strong, format!("  {}", touched.expression));
        line.push(Ink::Faint, what).push(Ink::Plain, value);
        lines.push(line);
    };
    match &touched.new {
        Some(new) => {
            say(" was ", &touched.old);
            say("  is ", new);
        }
        None => say(" is ", &touched.old),
    }
}

fn returned_line(returned: &Returned) -> Line {
    let mut line = Line::new();
    line.push(Ink::Faint, "  returns ");
    match returned {
        Returned::Value(value) => line.push(Ink::Plain, &value.text),
        Returned::Nothing => line.push(Ink::Plain, "()"),
        Returned::Unknown(why) => line.push(Ink::Faint, why.in_place()),
    };
    line
}

/// What went wrong, in full.
fn complain(failed: &[String], width: usize, lines: &mut Vec<Line>) {
    for why in failed.iter().flat_map(|why| wrap(why, width.saturating_sub(2))) {
        let mut line = Line::new();
        line.push(Ink::Gone, format!("  {why}"));
        lines.push(line);
    }
}

fn caught(what: &Caught) -> String {
    match what {
        Caught::Panic { message: Some(message) } => format!("panic \"{}\"", message.escape_debug()),
        Caught::Panic { message: None } => "panic".to_owned(),
        Caught::Exec { program } => format!("exec of {program}"),
        Caught::Fork { vfork: false, .. } => "fork".to_owned(),
        Caught::Fork { vfork: true, .. } => "vfork".to_owned(),
        Caught::Signal { name, explanation, .. } => {
            let why = explanation.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("signal {name}{why}")
        }
        Caught::SystemCall { number, name, result } => {
            let name = name.map(str::to_owned).unwrap_or_else(|| format!("number {number}"));
            match result {
                None => format!("system call {name} begins"),
                Some(error @ -4095..=-1) => {
                    let error =
                        std::io::Error::from_raw_os_error(i32::try_from(-error).unwrap_or(0));
                    format!("system call {name} failed: {error}")
                }
                Some(result) => format!("system call {name} returned {result}"),
            }
        }
        Caught::ThreadStarted => "a thread begins".to_owned(),
        Caught::ThreadEnded { ended } => format!("thread {ended} has ended"),
        Caught::Loaded { files } => format!("loaded {}", files.join(", ")),
    }
}

fn catch(what: &Catch) -> String {
    match what {
        Catch::Panic => "panic".to_owned(),
        Catch::Exec => "exec".to_owned(),
        Catch::Fork => "fork".to_owned(),
        Catch::Vfork => "vfork".to_owned(),
        Catch::Signal(None) => "any signal".to_owned(),
        Catch::Signal(Some(number)) => format!("signal {}", signal_name(*number)),
        Catch::SystemCall(None) => "any system call".to_owned(),
        Catch::SystemCall(Some(number)) => match system_call_name(*number) {
            Some(name) => format!("system call {name}"),
            None => format!("system call {number}"),
        },
        Catch::Thread => "the begin and the end of threads".to_owned(),
        Catch::Load(None) => "any library that is loaded".to_owned(),
        Catch::Load(Some(pattern)) => format!("libraries that match {pattern}"),
    }
}

fn watched_line(watched: &Watched) -> Line {
    let mut line = Line::new();
    line.push(Ink::Strong, &watched.expression);
    line.push(Ink::Faint, ": ").push(Ink::Type, &watched.type_name);
    let stops = match watched.access {
        Access::Write => "when it changes",
        Access::Read => "when it is read",
        Access::Any => "when it is read or written",
    };
    line.push(Ink::Faint, format!("  {stops}"));
    line
}

fn kind(breakpoint: &Breakpoint) -> &'static str {
    match (&breakpoint.target, breakpoint.terms.temporary) {
        (Target::Watch(_), _) => "Watchpoint",
        (Target::Catch(_), false) => "Catchpoint",
        (Target::Catch(_), true) => "Temporary catchpoint",
        _ if breakpoint.terms.log.is_some() => "Logpoint",
        (_, true) => "Temporary breakpoint",
        (_, false) => "Breakpoint",
    }
}

fn ids(ids: &[BreakpointId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn indented() -> Line {
    let mut line = Line::new();
    line.push(Ink::Plain, "     ");
    line
}
