//! Why a value is there or not: what its function's code says, what was seen of its blocks, and
//! where, each with how that is known.

use serde::Serialize;

use super::borrows::prove_live;
use super::debugger::Session;
use super::error::SessionError;
use super::fates::{is_gone, short};
use super::looking::Looking;
use super::run::Run;
use super::slots::short_function;
use crate::base::{
    At, BlockId, DropCause, EventKind, Evidence, GonePart, SlotState, Unreadable, VirtAddr,
};
use crate::dwarf::Location;
use crate::expr::ExprError;
use crate::frame::slots::Placed;
use crate::track::{Moment, PlaceKey, Story};
use crate::value::{Reader, Value, needs_drop};

/// Blocks of one value of which the story is told.
const BLOCKS: usize = 3;
/// Moves and resizes of a block that are told, the last ones.
const CHANGES: usize = 4;

/// What is known of a value or a block.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Why {
    /// What was asked of: a place, a block, an expression.
    pub of: String,
    /// What is known, the most telling first.
    pub facts: Vec<Fact>,
}

/// Something that is known.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Fact {
    /// A sentence without full stop.
    pub text: String,
    /// How it is known.
    pub evidence: Evidence,
}

/// What is found out before the blocks are looked at.
pub(super) struct Found {
    pub of: String,
    pub facts: Vec<Fact>,
    pub blocks: Vec<BlockId>,
    /// Whether it has its value, so that others can borrow it.
    pub live: bool,
    /// The line that dropped it, as the code says.
    pub dropped_at: Option<At>,
    /// The place of the variable whose value it is a part of, or that leads to it: no borrower.
    pub variable: Option<String>,
}

impl Session {
    /// Why a variable, a part of one, another place or a block is dead, alive or unknown, and since
    /// when.
    ///
    /// # Errors
    /// Those of [`Session::history`] for a block, and of [`Session::evaluate`] for what is neither a
    /// variable nor a place; in the past [`SessionError::NotRecorded`].
    pub fn why(&mut self, text: &str) -> Result<Why, SessionError> {
        let text = text.trim();
        if text.starts_with('#') {
            let story = self.history(text)?;
            return Ok(Why { of: story.id.to_string(), facts: story_facts(&story) });
        }
        let found = match self.viewing.is_some() {
            true => self.about_recorded(text)?,
            false => self.about_place(text)?,
        };
        let Found { of, mut facts, blocks, live, dropped_at, variable } = found;
        facts.extend(self.drop_seen(&of, dropped_at.as_ref()));
        for block in blocks.iter().take(BLOCKS) {
            facts.extend(self.facts_of_block(*block));
        }
        if live {
            facts.extend(self.borrow_facts(variable.as_ref().unwrap_or(&of), text, &blocks));
        }
        Ok(Why { of, facts })
    }

    /// What is known of a variable, or of what else an expression says.
    fn about_place(&mut self, text: &str) -> Result<Found, SessionError> {
        let limits = self.settings.limits;
        match self.look(limits, |looking| about_variable(looking, text))? {
            Some(found) => Ok(found),
            None => self.about_value(text),
        }
    }

    /// What an expression says that is no variable's name.
    fn about_value(&mut self, text: &str) -> Result<Found, SessionError> {
        let of = text.to_owned();
        let variable = self.variable_of(text);
        let told = self.with_operand(text, |looking, operand| {
            let value = operand.read(looking.reader);
            let blocks = blocks_of(looking.run, &value);
            (looking.with_naming(|naming| value.text(naming)), blocks)
        });
        match told {
            Ok((text, blocks)) => {
                let facts = vec![observed(format!("it is {text}"))];
                Ok(Found { of, facts, blocks, live: true, dropped_at: None, variable })
            }
            Err(SessionError::Expression(ExprError { unreadable: Some(why), .. })) => {
                let evidence = evidence_of(&why);
                let facts = vec![Fact { text: format!("it is {why}"), evidence }];
                let blocks = match *why {
                    Unreadable::Dropped { block: Some(block), .. }
                    | Unreadable::Dangling { into: Some(block), .. } => vec![block],
                    _ => Vec::new(),
                };
                Ok(Found { of, facts, blocks, live: false, dropped_at: None, variable })
            }
            Err(error) => Err(error),
        }
    }

    /// The place of the variable that an expression begins with, where it begins with one.
    fn variable_of(&mut self, text: &str) -> Option<String> {
        let begun = text.trim_start_matches(|c: char| "*&(".contains(c) || c.is_whitespace());
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let name = begun.get(..begun.find(|c| !is_part(c)).unwrap_or(begun.len()))?;
        let function = short_function(&self.frame().ok()?.at.function);
        (!name.is_empty()).then(|| format!("{function}::{name}"))
    }

    /// Whether a drop was seen that the code tells of: of the place, in the line, in the thread. What
    /// is given to `drop` has no place of its own any more.
    fn drop_seen(&self, of: &str, at: Option<&At>) -> Option<Fact> {
        let line = at?;
        let seen = self.drops_back().find_map(|event| {
            let EventKind::Drop(drop) = &event.kind else { return None };
            let there = event.at.as_ref().and_then(short) == short(line);
            let given = drop.place.is_none() && drop.cause == Some(DropCause::DropCall);
            let its = given || drop.place.as_deref() == Some(of);
            (there && its && event.thread == self.selected.thread).then_some(drop)
        })?;
        let what = if seen.place.is_some() { "its drop" } else { "a drop by drop(…)" };
        let how = match seen.cause {
            Some(DropCause::Assignment) => ", assigned over",
            _ => "",
        };
        let unwinding = if seen.unwinding { ", unwinding" } else { "" };
        Some(observed(format!("{what} was seen{}{how}{unwinding}", at_line(at))))
    }

    fn facts_of_block(&self, block: BlockId) -> Vec<Fact> {
        let story = match self.viewing.is_some() {
            true => self.story_then(block),
            false => self.story(block),
        };
        match story {
            Ok(story) => {
                let head = format!("{block}, {} B", story.last_size());
                let facts = story_facts(&story).into_iter();
                facts.map(|fact| Fact { text: format!("{head}: {}", fact.text), ..fact }).collect()
            }
            // A block of a program that was attached to has none.
            Err(SessionError::NoStory(_)) => Vec::new(),
            Err(error) => vec![observed(format!("{block}: its history is not known: {error}"))],
        }
    }
}

/// What is known of a variable, or of a field of one that was moved out of it; none where the text
/// names no variable, or a part of one that is there.
fn about_variable(looking: &Looking<'_>, text: &str) -> Option<Found> {
    let (name, path) = split(text);
    let variable = variable_named(looking, name)?;
    let state = looking.raw.cfa.and_then(|cfa| {
        let key = PlaceKey { thread: looking.thread, cfa, die: variable.die };
        looking.run.lost.get(&key).or(variable.fate.as_ref())
    });
    let own = looking.function.map(|function| &*function.name);
    let function = variable.inlined.as_deref().or(own).unwrap_or("?");
    let of = format!("{}::{text}", short_function(function));
    let proven = prove_live(looking.borrowed(variable));
    let (facts, live) = match state {
        Some(SlotState::Perhaps { .. }) if proven && !path.is_empty() => return None,
        Some(SlotState::Perhaps { .. }) if proven => {
            (vec![inferred("it is live: it is borrowed, and what borrows it is still used")], true)
        }
        Some(SlotState::PartlyMoved { parts }) if !path.is_empty() => {
            let part = parts.iter().find(|part| is_gone(std::slice::from_ref(*part), path))?;
            (vec![inferred(gone(part))], false)
        }
        None | Some(SlotState::Live) if !path.is_empty() => return None,
        // What has nothing to drop is told by its value.
        None if variable.in_scope && !variable.over && !owns(looking, variable) => return None,
        _ => (state_facts(Scope::of(variable), state), is_live(variable, state)),
    };
    let mut facts = facts;
    let blocks = own_blocks(looking, variable);
    if !live && !blocks.is_empty() && !matches!(state, Some(SlotState::Freed { .. })) {
        let named: Vec<_> = blocks.iter().map(ToString::to_string).collect();
        facts.push(inferred(format!("its stale bytes still lead to {}", named.join(", "))));
    }
    let dropped_at = match state {
        Some(SlotState::Dropped { at }) => at.clone(),
        _ => None,
    };
    Some(Found { of, facts, blocks, live, dropped_at, variable: None })
}

/// The name that a text begins with, and the path of the part that it names.
pub(super) fn split(text: &str) -> (&str, &str) {
    text.split_at_checked(text.find(['.', '[']).unwrap_or(text.len())).unwrap_or((text, ""))
}

/// The variable that a name means.
pub(super) fn variable_named<'l>(looking: &'l Looking<'_>, name: &str) -> Option<&'l Placed> {
    let named = looking.variables.iter().filter(|variable| *variable.name == *name);
    named.max_by_key(|v| (!v.over, v.in_scope, v.die))
}

fn owns(looking: &Looking<'_>, variable: &Placed) -> bool {
    variable.ty.is_some_and(|ty| needs_drop(looking.image, ty))
}

/// The blocks that the bytes of a variable lead to, also where they are stale.
fn own_blocks(looking: &Looking<'_>, variable: &Placed) -> Vec<BlockId> {
    let (Ok(at @ Location::Memory(_)), Some(ty)) = (&variable.location, variable.ty) else {
        return Vec::new();
    };
    if !variable.in_scope {
        return Vec::new();
    }
    let Reader { types, bias, registers, limits, running, .. } = *looking.reader;
    let memory = looking.run.inferior.memory();
    let reader = Reader { types, bias, memory, registers, limits, running };
    blocks_of(looking.run, &reader.read(ty, at))
}

fn is_live(variable: &Placed, state: Option<&SlotState>) -> bool {
    let whole = matches!(
        state,
        None | Some(SlotState::Live | SlotState::Perhaps { .. } | SlotState::PartlyMoved { .. })
    );
    variable.in_scope && !variable.over && whole
}

/// Whether a variable can be named where the thread stands.
pub(super) enum Scope {
    /// Its block has ended.
    Over,
    /// It is declared later, in this line.
    Ahead(Option<u32>),
    /// It can.
    Within(Option<u32>),
}

impl Scope {
    fn of(variable: &Placed) -> Scope {
        match (variable.over, variable.in_scope) {
            (true, _) => Scope::Over,
            (false, true) => Scope::Within(variable.line),
            (false, false) => Scope::Ahead(variable.line),
        }
    }
}

/// What the state of a variable says.
pub(super) fn state_facts(scope: Scope, state: Option<&SlotState>) -> Vec<Fact> {
    let (ahead, line) = match scope {
        Scope::Over => return vec![observed("it is out of scope: its block has ended")],
        Scope::Ahead(line) => (true, line),
        Scope::Within(line) => (false, line),
    };
    let line = line.map(|line| format!(": it is declared in line {line}"));
    let line = line.unwrap_or_default();
    match state {
        _ if ahead => vec![observed(format!("it is not yet initialised{line}"))],
        None => vec![inferred("it is live: nothing shows that it was moved or dropped")],
        Some(SlotState::Perhaps { why }) => {
            vec![inferred(format!("it was perhaps moved or dropped: {why}"))]
        }
        Some(SlotState::Live) => {
            vec![inferred("it is live: the code still uses or drops it on a way from here")]
        }
        Some(SlotState::Uninitialised) => {
            vec![inferred(format!("it is not yet initialised{line}"))]
        }
        Some(SlotState::Moved { to, at }) => {
            let to = to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
            vec![inferred(format!(
                "it was moved{to}{}: nothing from here on uses or drops it",
                at_line(at.as_ref())
            ))]
        }
        Some(SlotState::MovedOrDropped { at }) => {
            let lines: Vec<_> = at.iter().filter_map(short).collect();
            vec![inferred(format!("it was moved or dropped, at {}", lines.join(" or ")))]
        }
        Some(SlotState::PartlyMoved { parts }) => {
            let told = parts.iter().map(|part| inferred(format!("its part {}", gone(part))));
            let rest = inferred("its other parts are live");
            told.chain([rest]).collect()
        }
        Some(SlotState::Dropped { at }) => {
            vec![inferred(format!("it was dropped{}", at_line(at.as_ref())))]
        }
        Some(SlotState::Freed { block, at }) => {
            let text = format!("it is dead: {block}, which it owned last, was freed");
            vec![observed(format!("{text}{}", at_line(at.as_ref())))]
        }
        Some(SlotState::Unreadable(why)) => {
            let evidence = evidence_of(why);
            vec![Fact { text: format!("it is {why}"), evidence }]
        }
    }
}

pub(super) fn gone(part: &GonePart) -> String {
    let path = if part.path.is_empty() { "it" } else { part.path.as_str() };
    let how = if part.dropped { "dropped" } else { "moved" };
    let to = part.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
    format!("{path} was {how}{to}{}", at_line(part.at.as_ref()))
}

/// What happened to a block.
fn story_facts(story: &Story) -> Vec<Fact> {
    let untouched = story.freed.is_empty() && story.moved.is_empty() && story.resized.is_empty();
    let since = if untouched { ", and alive" } else { "" };
    let mut facts = vec![observed(format!("allocated{}{since}", when(&story.allocated)))];
    let mut changes: Vec<(&Moment, Fact)> = Vec::new();
    for resized in &story.resized {
        let text = format!("resized to {} B{}", resized.size, when(&resized.moment));
        changes.push((&resized.moment, observed(text)));
    }
    for moved in &story.moved {
        let text = format!("moved from {} to {}{}", moved.from, moved.to, when(&moved.moment));
        changes.push((&moved.moment, inferred(text)));
    }
    changes.sort_by_key(|(moment, _)| moment.seq);
    let earlier = changes.len().saturating_sub(CHANGES);
    facts.extend(changes.into_iter().skip(earlier).map(|(_, fact)| fact));
    for (nth, freed) in story.freed.iter().enumerate() {
        let what = match (freed.realloc, nth) {
            (Some(size), _) => format!("resized to {size} B after its end"),
            (None, 0) => "freed".to_owned(),
            (None, _) => "freed once more".to_owned(),
        };
        facts.push(observed(format!("{what}{}", when(&freed.moment))));
    }
    if story.freed.is_empty() && !untouched {
        facts.push(observed("alive"));
    }
    facts
}

fn when(moment: &Moment) -> String {
    let Some(at) = &moment.at else { return String::new() };
    let thread = match moment.thread.0 {
        1 => String::new(),
        other => format!(", thread {other}"),
    };
    format!("{} in {}{thread}", at_line(Some(at)), short_function(&at.function))
}

fn at_line(at: Option<&At>) -> String {
    at.and_then(short).map(|at| format!(" at {at}")).unwrap_or_default()
}

/// The first blocks that a value owns, shares or leads to, those that have ended among them.
fn blocks_of(run: &Run, value: &Value) -> Vec<BlockId> {
    let mut blocks: Vec<BlockId> = Vec::new();
    for part in value.heap_parts() {
        let block = block_at(run, part.pointer);
        blocks.extend(block.filter(|block| !blocks.contains(block)));
        if blocks.len() >= BLOCKS {
            break;
        }
    }
    blocks
}

fn block_at(run: &Run, at: VirtAddr) -> Option<BlockId> {
    let live = run.ledger.block_at(at).map(|(block, _)| block.id);
    live.or_else(|| run.ledger.ended_at(at).map(|(ended, _)| ended.id))
}

/// How it is known that something cannot be read.
fn evidence_of(why: &Unreadable) -> Evidence {
    match why {
        Unreadable::Moved { .. }
        | Unreadable::MovedOrDropped { .. }
        | Unreadable::PartlyMoved { .. }
        | Unreadable::Uncertain(_)
        | Unreadable::Dropped { block: None, .. } => Evidence::Inferred,
        _ => Evidence::Observed,
    }
}

pub(super) fn observed(text: impl Into<String>) -> Fact {
    Fact { text: text.into(), evidence: Evidence::Observed }
}

pub(super) fn inferred(text: impl Into<String>) -> Fact {
    Fact { text: text.into(), evidence: Evidence::Inferred }
}
