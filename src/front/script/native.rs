//! Values and answers as data of Rhai.
//!
//! Integers that an `i64` holds, floats, `bool`, `char`, texts, and rows and maps of them are Rhai's
//! own; references and boxes are what they lead to. Everything else, and what was not read as a whole,
//! is a map with `type`, `text` and `children`.

use rhai::{Array, Dynamic, Map};
use serde_json::Value as Json;

use super::failure::thrown;
use super::state::{Rhai, State};
use crate::command::{Answer, CommandError};
use crate::session::{Session, SessionError};
use crate::value::{Format, Limits, Value, ValueKind};

/// What an expression is worth.
///
/// # Errors
/// Why it has no value.
pub(super) fn printed(state: &State, expression: &str) -> Rhai<Dynamic> {
    let mut session = state.session.borrow_mut();
    let refused = |error: SessionError| {
        let error = match error {
            SessionError::About { text, error } => CommandError::about(*error, &text),
            other => other.into(),
        };
        thrown(error)
    };
    if session.moment().is_some() {
        let recorded = session.recorded(expression).map_err(refused)?;
        return of_value(&session, &recorded.value());
    }
    let answered = session.print(expression).map_err(refused)?;
    if let Some(why) = answered.unreadable() {
        return Err(thrown(CommandError::new(format!("`{expression}` is {why}"))));
    }
    of_value(&session, &answered.value)
}

/// The variables of the frame by name; those without a value say why in `unreadable`.
///
/// # Errors
/// Where nothing runs.
pub(super) fn locals(state: &State, wanted: fn(bool) -> bool) -> Rhai<Dynamic> {
    let mut session = state.session.borrow_mut();
    let whole = std::mem::replace(&mut session.settings.limits, Limits::for_programs());
    let parts = std::mem::replace(&mut session.settings.parts, false);
    let variables = session.variables(&Format::default());
    (session.settings.limits, session.settings.parts) = (whole, parts);
    let variables = variables.map_err(|error| thrown(error.into()))?;
    let mut all = Map::new();
    for variable in variables.into_iter().filter(|variable| wanted(variable.parameter)) {
        let value = match &variable.value {
            Ok(value) => of_value(&session, &value.value)?,
            Err(why) => {
                let mut map = Map::new();
                let type_name = variable.type_name.unwrap_or_default();
                map.insert("type".into(), type_name.into());
                map.insert("text".into(), why.in_place().into());
                map.insert("unreadable".into(), why.to_string().into());
                map.into()
            }
        };
        all.insert(variable.expression.as_str().into(), value);
    }
    Ok(all.into())
}

/// Why the program stands still, and where; `()` where it does not run.
///
/// # Errors
/// Where the frame cannot be told.
pub(super) fn stop(state: &State) -> Rhai<Dynamic> {
    let mut session = state.session.borrow_mut();
    let Some(halt) = session.halt().cloned() else { return Ok(Dynamic::UNIT) };
    let Json::Object(mut told) = json(&halt)? else { return Ok(Dynamic::UNIT) };
    if let Ok(frame) = session.frame() {
        told.insert("frame".to_owned(), json(&frame)?);
    }
    Ok(with_place(of_json(&Json::Object(told))))
}

/// An answer: a value as data, a sentence as a text, and everything else as `--format json` has it.
///
/// # Errors
/// Where it cannot be told so.
pub(super) fn answer(state: &State, answer: &Answer) -> Rhai<Dynamic> {
    match answer {
        Answer::Nothing => Ok(Dynamic::UNIT),
        Answer::Said(text) => Ok(text.clone().into()),
        // A format was asked for: the text is what is wanted.
        Answer::Value(answered) => Ok(answered.to_string().into()),
        Answer::Past { answer, .. } => self::answer(state, answer),
        Answer::Stopped(stopped) => {
            let mut told = with_place(of_json(&json(stopped)?));
            if let Some(returned) = &stopped.returned
                && let Some(mut map) = told.write_lock::<Map>()
            {
                let value = of_value(&state.session.borrow(), &returned.value)?;
                map.insert("returned".into(), value);
            }
            Ok(told)
        }
        other => {
            let told = json(other)?;
            Ok(told.get("data").map_or_else(|| of_json(&told), of_json))
        }
    }
}

/// A value as data.
///
/// # Errors
/// Where nothing runs that could name its addresses.
fn of_value(session: &Session, value: &Value) -> Rhai<Dynamic> {
    let value = value.behind();
    if let Some(row) = value.items() {
        let row = row.iter().map(|item| of_value(session, item));
        return Ok(row.collect::<Rhai<Array>>()?.into());
    }
    if let Some(map) = entries(session, value)? {
        return Ok(map.into());
    }
    match scalar(value) {
        Some(scalar) => Ok(scalar),
        None => described(session, value),
    }
}

/// What Rhai has a type for.
fn scalar(value: &Value) -> Option<Dynamic> {
    let text = || value.as_str().map(|text| text.to_owned().into());
    let number = || value.as_i64().map(Dynamic::from);
    let float = || value.as_f64().map(Dynamic::from);
    match value.kind {
        ValueKind::Unit => Some(Dynamic::UNIT),
        ValueKind::Bool(yes) => Some(yes.into()),
        ValueKind::Char(letter) => Some(letter.into()),
        _ => number().or_else(float).or_else(text),
    }
}

/// A map whose keys are texts, numbers or letters, none of them twice.
fn entries(session: &Session, value: &Value) -> Rhai<Option<Map>> {
    let Some(entries) = value.entries() else { return Ok(None) };
    let mut map = Map::new();
    for (key, value) in entries {
        let Some(key) = scalar(key.behind()).filter(|key| !key.is_unit()) else { return Ok(None) };
        map.insert(key.to_string().into(), of_value(session, value)?);
    }
    Ok((map.len() == entries.len()).then_some(map))
}

/// Any other value, and one of which something is missing.
fn described(session: &Session, value: &Value) -> Rhai<Dynamic> {
    let shown = session.show(value).map_err(|error| thrown(error.into()))?;
    let mut map = Map::new();
    map.insert("type".into(), shown.data.type_name.into());
    map.insert("text".into(), shown.text.into());
    if let Some(variant) = value.variant() {
        map.insert("variant".into(), variant.to_owned().into());
    }
    if let Some(why) = value.unreadable() {
        map.insert("unreadable".into(), why.to_string().into());
    }
    if shown.data.more > 0 {
        map.insert("more".into(), number(shown.data.more));
    }
    let mut children = Map::new();
    for (name, child) in value.children() {
        children.insert((&*name).into(), of_value(session, child)?);
    }
    map.insert("children".into(), children.into());
    Ok(map.into())
}

fn json(told: &impl serde::Serialize) -> Rhai<Json> {
    serde_json::to_value(told).map_err(|error| error.to_string().into())
}

/// Function, file and line of the frame, where somebody looks for them first.
fn with_place(mut told: Dynamic) -> Dynamic {
    if let Some(mut map) = told.write_lock::<Map>() {
        let at = map.get("frame").and_then(|frame| frame.read_lock::<Map>()?.get("at").cloned());
        if let Some(at) = at.and_then(|at| at.try_cast::<Map>()) {
            map.extend(at);
        }
    }
    told
}

fn of_json(told: &Json) -> Dynamic {
    match told {
        Json::Null => Dynamic::UNIT,
        Json::Bool(yes) => (*yes).into(),
        Json::String(text) => text.clone().into(),
        Json::Array(all) => all.iter().map(of_json).collect::<Array>().into(),
        Json::Object(all) => {
            let named = all.iter().map(|(name, value)| (name.as_str().into(), of_json(value)));
            named.collect::<Map>().into()
        }
        Json::Number(value) => match (value.as_i64(), value.as_u64(), value.as_f64()) {
            (Some(value), ..) => value.into(),
            (None, Some(value), _) => number(value),
            (None, None, value) => value.map_or(Dynamic::UNIT, Dynamic::from),
        },
    }
}

/// A number, or its digits where Rhai's numbers cannot hold it.
fn number(value: u64) -> Dynamic {
    i64::try_from(value).map_or_else(|_| value.to_string().into(), Dynamic::from)
}
