//! Variables of a moment of the past, as a picture holds them.

use serde::Serialize;

use super::debugger::Session;
use super::error::SessionError;
use super::fates;
use super::slots::short_function;
use super::variables::{Variable, VariableValue};
use super::views_then::not_recorded;
use crate::base::{
    Data, Hold, Shown, SizesFrom, SlotKind, SlotState, SlotView, Split, SplitMore, SplitPart,
    SplitTotals, Unreadable,
};
use crate::dwarf::Origin;
use crate::value::{Place, Pretty, Text, Value, ValueKind};

/// What a picture holds of a variable, or of a part of one.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RecordedValue {
    /// The name, with the path to the part.
    pub name: String,
    /// The value: on one line, and in parts.
    #[serde(flatten)]
    pub shown: Shown,
}

impl RecordedValue {
    /// The value for a program: a number, a text, or else the form that people read.
    pub fn value(&self) -> Value {
        value(&self.shown)
    }
}

impl Session {
    /// The variables of the frame that is looked at, in lines of so many columns.
    pub(super) fn variables_then(&mut self, width: usize) -> Result<Vec<Variable>, SessionError> {
        let slots = self.variables_recorded()?;
        let named = |n: usize, slot: &SlotView| expression(&slots, n, slot);
        let all = slots.iter().enumerate().map(|(n, slot)| Variable {
            name: slot.name.clone().unwrap_or_default(),
            expression: named(n, slot),
            parameter: slot.kind == SlotKind::Parameter,
            type_name: slot.type_name.clone(),
            shadowed: slot.shadowed,
            borrowed: slot.borrowed.clone(),
            doubt: match &slot.state {
                SlotState::Perhaps { why } => Some(why.clone()),
                _ => None,
            },
            value: value_of(slot).map(|shown| VariableValue {
                value: value(&shown),
                pretty: Pretty::plain(&shown.text, width),
                shown: Some(shown),
            }),
        });
        Ok(all.collect())
    }

    /// What was recorded of `name`, `name@1`, `name.field[0]`.
    ///
    /// # Errors
    /// [`SessionError::NotRecorded`] where that is no such path, or the picture does not hold it.
    pub fn recorded(&mut self, path: &str) -> Result<RecordedValue, SessionError> {
        let (name, parts) = self::path(path)?;
        let slot = self.slot_recorded(name)?;
        let mut shown = value_of(&slot)
            .map_err(|why| SessionError::NotRecorded(format!("`{name}` is {why}")))?;
        let mut walked = name.to_owned();
        for part in parts {
            let data = part_of(&shown.data, &part).cloned().ok_or_else(|| {
                SessionError::NotRecorded(format!("the recording has no `{part}` of `{walked}`"))
            })?;
            walked = if part.starts_with('[') { walked + &part } else { walked + "." + &part };
            shown = Shown { text: text_of(&data), data };
        }
        if let Some(why) = &shown.data.unreadable {
            return Err(SessionError::NotRecorded(format!("`{path}` is {why}")));
        }
        Ok(RecordedValue { name: path.to_owned(), shown })
    }

    /// Where the bytes of a variable were, as far as its picture holds what it led to.
    pub(super) fn split_then(&mut self, name: &str) -> Result<Split, SessionError> {
        let slot = self.slot_recorded(name)?;
        let shown = value_of(&slot);
        let shown = shown.map_err(|why| SessionError::NotRecorded(format!("`{name}` is {why}")))?;
        Ok(split_of(&slot, is_cut(&shown.data)))
    }

    pub(super) fn slot_recorded(&mut self, name: &str) -> Result<SlotView, SessionError> {
        let slots = self.variables_recorded()?;
        let fits = |(n, slot): &(usize, &SlotView)| {
            let plain = slot.name.as_deref() == Some(name) && !slot.shadowed;
            plain || expression(&slots, *n, slot) == name || numbered(&slots, *n, slot) == name
        };
        let found = slots.iter().enumerate().find(fits);
        found.map(|(_, slot)| slot.clone()).ok_or_else(|| {
            SessionError::NotRecorded(format!(
                "the recording has no variable `{name}` of this frame; `locals` lists those that it \
                 has"
            ))
        })
    }

    /// The variables of the function of the frame that is looked at, in the order of declaration.
    fn variables_recorded(&mut self) -> Result<Vec<SlotView>, SessionError> {
        self.picture_looked_at()?;
        let frame = self.frame()?;
        let inlined = frame.inlined.then(|| short_function(&frame.at.function));
        let views = self.picture_looked_at()?.physical(frame.raw);
        let slots: Vec<SlotView> = views.into_iter().flat_map(|view| view.slots).collect();
        if slots.is_empty() {
            return Err(not_recorded(&frame.at.function));
        }
        let mut own: Vec<SlotView> = slots
            .into_iter()
            .filter(|slot| matches!(slot.kind, SlotKind::Variable | SlotKind::Parameter))
            .filter(|slot| slot.name.is_some() && slot.inlined_from == inlined && !slot.over)
            .collect();
        if own.is_empty() && frame.origin != Origin::User {
            return Err(not_recorded(&frame.at.function));
        }
        own.sort_by_key(|slot| slot.declared);
        Ok(own)
    }
}

/// The expression that means a variable: its name, or `s@1` where another `s` hides it.
fn expression(all: &[SlotView], index: usize, slot: &SlotView) -> String {
    match slot.shadowed {
        true => numbered(all, index, slot),
        false => slot.name.clone().unwrap_or_default(),
    }
}

/// `s@1` for the first `s` that is declared.
fn numbered(all: &[SlotView], index: usize, slot: &SlotView) -> String {
    let before = all.iter().take(index).filter(|other| other.name == slot.name).count();
    format!("{}@{}", slot.name.as_deref().unwrap_or_default(), before.saturating_add(1))
}

/// The value of a slot, or why it has none.
fn value_of(slot: &SlotView) -> Result<Shown, Unreadable> {
    if let Some(why) = fates::reason(&slot.state) {
        return Err(why);
    }
    let none = || Unreadable::NotDescribed("no value was recorded".to_owned());
    slot.value.clone().ok_or_else(none)
}

/// The value for a program: a number, a text, or else the form that people read.
fn value(shown: &Shown) -> Value {
    let data = &shown.data;
    let scalar = data.value.as_deref();
    let kind = match (data.type_name.as_str(), scalar) {
        ("bool", Some(text)) => text.parse().ok().map(ValueKind::Bool),
        ("char", Some(text)) => text.chars().next().map(ValueKind::Char),
        ("i8" | "i16" | "i32" | "i64" | "i128" | "isize", Some(text)) => {
            text.parse().ok().map(ValueKind::Int)
        }
        ("u8" | "u16" | "u32" | "u64" | "u128" | "usize", Some(text)) => {
            text.parse().ok().map(ValueKind::Uint)
        }
        ("String" | "&str", Some(text)) if data.more == 0 => Some(ValueKind::Text(Text {
            shown: text.as_bytes().to_vec(),
            len: text.len() as u64,
            pointee: data.target.unwrap_or_default(),
        })),
        _ => None,
    };
    Value {
        type_name: data.type_name.as_str().into(),
        ty: None,
        place: Place::Computed,
        size: data.size,
        kind: kind.unwrap_or_else(|| ValueKind::Plain(shown.text.clone())),
        heap: None,
    }
}

/// The form in which a value was recorded; none of one that was not.
pub(super) fn recorded_form(value: &Value) -> Option<Shown> {
    let ValueKind::Plain(text) = &value.kind else { return None };
    let data = Data {
        type_name: value.type_name.to_string(),
        address: None,
        region: crate::base::Region::Nowhere,
        target: None,
        value: Some(text.clone()),
        unreadable: None,
        children: Vec::new(),
        more: 0,
        size: value.size,
        bytes: None,
    };
    Some(Shown { text: text.clone(), data })
}

/// The name of a variable, and the parts that lead from it.
///
/// # Errors
/// [`SessionError::NotRecorded`] where a text is no such path.
pub(super) fn path(text: &str) -> Result<(&str, Vec<String>), SessionError> {
    parts_of(text).ok_or_else(|| {
        SessionError::NotRecorded(format!(
            "`{text}` would have to be computed, and only what was recorded can be shown: variables \
             and their parts"
        ))
    })
}

/// The name of a variable, and the parts that lead from it: `v[0].name` is `v`, `[0]`, `name`.
fn parts_of(path: &str) -> Option<(&str, Vec<String>)> {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '@' || c == ':';
    let path = path.trim();
    let end = path.find(|c| !word(c)).unwrap_or(path.len());
    let (name, mut rest) = path.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || name.contains("::") {
        return None;
    }
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if let Some(field) = rest.strip_prefix('.') {
            let end = field.find(['.', '[']).unwrap_or(field.len());
            let (field, behind) = field.split_at(end);
            let fits = |c: char| c.is_alphanumeric() || c == '_';
            if field.is_empty() || !field.chars().all(fits) {
                return None;
            }
            parts.push(field.to_owned());
            rest = behind;
        } else {
            let end = rest.starts_with('[').then(|| rest.find(']')).flatten()?;
            let (index, behind) = rest.split_at(end.checked_add(1)?);
            parts.push(index.to_owned());
            rest = behind;
        }
    }
    Some((name, parts))
}

/// A part of a value, through the references and boxes on the way.
fn part_of<'d>(data: &'d Data, part: &str) -> Option<&'d Data> {
    let named = |name: &str| data.children.iter().find(|(n, _)| n == name).map(|(_, part)| part);
    named(part).or_else(|| part_of(named("*")?, part))
}

/// A part on one line.
fn text_of(data: &Data) -> String {
    if let Some(why) = &data.unreadable {
        return why.in_place();
    }
    let quoted = matches!(data.type_name.as_str(), "String" | "&str" | "str" | "char");
    match &data.value {
        Some(text) if quoted => {
            let cut = if data.more > 0 { "…" } else { "" };
            format!("{text:?}{cut}")
        }
        Some(text) if data.children.is_empty() => text.clone(),
        head => {
            let head = head.as_deref().unwrap_or(&data.type_name);
            let part = |(name, part): &(String, Data)| match name.starts_with('[') {
                true => text_of(part),
                false => format!("{name}: {}", text_of(part)),
            };
            let mut parts: Vec<String> = data.children.iter().map(part).collect();
            if data.more > 0 {
                parts.push(format!("… {} more", data.more));
            }
            let row = data.children.iter().all(|(name, _)| name.starts_with('['));
            match row {
                true => format!("[{}]", parts.join(", ")),
                false => format!("{head} {{ {} }}", parts.join(", ")),
            }
        }
    }
}

/// Whether a limit has cut something off.
fn is_cut(data: &Data) -> bool {
    let cut = data.value.as_deref() == Some("…") || data.more > 0;
    cut || data.children.iter().any(|(_, part)| is_cut(part))
}

fn split_of(slot: &SlotView, cut: bool) -> Split {
    let mut totals = SplitTotals::default();
    if slot.region.is_stack() {
        totals.stack_bytes = slot.size;
    }
    let mut seen = Vec::new();
    let mut parts = Vec::new();
    for held in &slot.blocks {
        let spare = held.size.saturating_sub(held.used);
        let counted = held.hold != Hold::Refers && !seen.contains(&held.block);
        if counted {
            seen.push(held.block);
            totals.heap_bytes = totals.heap_bytes.saturating_add(held.size);
            totals.blocks = totals.blocks.saturating_add(1);
            totals.spare = totals.spare.saturating_add(spare);
        }
        if counted && held.hold == Hold::Shares {
            totals.shared_bytes = totals.shared_bytes.saturating_add(held.size);
            totals.shared_blocks = totals.shared_blocks.saturating_add(1);
        }
        totals.borrowed = totals.borrowed.saturating_add(u64::from(held.hold == Hold::Refers));
        parts.push(SplitPart {
            path: held.path.clone(),
            type_name: held.type_name.clone(),
            region: crate::base::Region::Heap { block: held.block, offset: 0 },
            size: held.size,
            used: held.used,
            spare,
            hold: held.hold,
            counts: Vec::new(),
            counted,
            parts: Vec::new(),
            more: SplitMore::default(),
        });
    }
    Split {
        type_name: slot.type_name.clone().unwrap_or_else(|| "?".to_owned()),
        region: slot.region.clone(),
        size: slot.size,
        totals,
        sizes: SizesFrom::Ledger,
        at_least: cut.then(|| "the recording does not hold all parts of it".to_owned()),
        parts,
        more: SplitMore::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Region;

    fn data(type_name: &str, value: Option<&str>, children: Vec<(&str, Data)>) -> Data {
        Data {
            type_name: type_name.to_owned(),
            address: None,
            region: Region::Nowhere,
            target: None,
            value: value.map(str::to_owned),
            unreadable: None,
            children: children.into_iter().map(|(name, part)| (name.to_owned(), part)).collect(),
            more: 0,
            size: None,
            bytes: None,
        }
    }

    #[test]
    fn a_path_is_a_name_with_fields_and_indices_and_nothing_else() {
        let parts = |path| parts_of(path).map(|(name, parts)| (name, parts.join(" ")));
        assert_eq!(parts("v"), Some(("v", String::new())));
        assert_eq!(parts("v[0].name"), Some(("v", "[0] name".to_owned())));
        assert_eq!(parts("s@1.0"), Some(("s@1", "0".to_owned())));
        for computed in ["a + b", "v.len()", "*p", "5", "v[", "a::B", "", "v[0]x"] {
            assert_eq!(parts_of(computed), None, "{computed}");
        }
    }

    #[test]
    fn parts_are_found_behind_references_and_are_told_on_one_line() {
        let name = data("String", Some("Ada"), vec![]);
        let user =
            data("User", None, vec![("age", data("u8", Some("36"), vec![])), ("name", name)]);
        let list = data("Vec<User>", None, vec![("[0]", user)]);
        let reference = data("&Vec<User>", Some("main::list"), vec![("*", list)]);
        let first = part_of(&reference, "[0]").expect("an element");
        assert_eq!(text_of(first), "User { age: 36, name: \"Ada\" }");
        assert_eq!(part_of(first, "age").map(text_of).as_deref(), Some("36"));
        assert!(part_of(first, "more").is_none());
    }
}
