//! Older payloads, read as the model is now.

use std::fmt;

use serde_json::{Map, Value};

use super::{fold::Reducer, wire};
use crate::{
    schema::{Effect, Event, Lift, Model},
    typed::run_upcast,
};

/// Why a payload of another version cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsupported {
    /// Newer than the model.
    Newer,
    /// Older, and no upcast leads from it to the model's version.
    NoUpcast {
        /// The version that no upcast reads.
        from: u32,
    },
}

/// Why a payload was not lifted; it is then as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLifted {
    /// No payload of that version is.
    Unsupported(Unsupported),
    /// A function gave up on this one.
    Failed {
        /// The version that it reads.
        from: u32,
        /// What it said.
        reason: String,
    },
}

impl fmt::Display for NotLifted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotLifted::Unsupported(Unsupported::Newer) => f.write_str("it is of a newer version"),
            NotLifted::Unsupported(Unsupported::NoUpcast { from }) => {
                write!(f, "version {from} can no longer be read")
            }
            NotLifted::Failed { from, reason } => {
                write!(f, "cannot be read as version {}: {reason}", from + 1)
            }
        }
    }
}

/// Checks that payloads of a version can be read.
///
/// # Errors
///
/// The version is newer than the model's, or a step is missing.
pub fn check(model: &Model, version: u32) -> Result<(), Unsupported> {
    if version > model.version {
        return Err(Unsupported::Newer);
    }
    let gap = (version..model.version)
        .find(|from| !model.upcasts.iter().any(|upcast| upcast.from == *from));
    gap.map_or(Ok(()), |from| Err(Unsupported::NoUpcast { from }))
}

/// Lifts a payload from `version` to the model's own.
///
/// # Errors
///
/// Its version cannot be read, or a function gave up on it.
pub fn lift(
    reducer: Reducer<'_>,
    event: &Event,
    version: u32,
    payload: &mut Map<String, Value>,
) -> Result<(), NotLifted> {
    let model = reducer.model;
    check(model, version).map_err(NotLifted::Unsupported)?;
    if version == model.version {
        return Ok(());
    }
    let mut lifted = payload.clone();
    for from in version..model.version {
        let upcast = model.upcasts.iter().find(|upcast| upcast.from == from);
        for step in upcast.iter().flat_map(|upcast| upcast.steps.iter()) {
            apply(reducer, event, from, step, &mut lifted)
                .map_err(|reason| NotLifted::Failed { from, reason })?;
        }
    }
    *payload = lifted;
    Ok(())
}

/// What the model calls now what it called so in a version.
pub fn name_now<'a>(model: &'a Model, version: u32, name: &'a str) -> &'a str {
    let mut now = name;
    for from in version..model.version {
        let upcast = model.upcasts.iter().find(|upcast| upcast.from == from);
        for step in upcast.iter().flat_map(|upcast| upcast.steps.iter()) {
            match step {
                Lift::Rename { from, to } if from == now => now = to,
                Lift::Rename { .. } | Lift::Default { .. } | Lift::Function { .. } => {}
            }
        }
    }
    now
}

/// The value that a step gives a field, as a payload has it.
pub fn default_of(model: &Model, field: &str, literal: &str) -> Value {
    let known = model.field(field);
    known
        .and_then(|field| wire::from_literal(&field.ty, field.big, literal).ok())
        // Of a field that has another name or type by now; that the literal is JSON the derive has checked.
        .unwrap_or_else(|| serde_json::from_str(literal).unwrap_or(Value::Null))
}

fn apply(
    reducer: Reducer<'_>,
    event: &Event,
    from: u32,
    step: &Lift,
    payload: &mut Map<String, Value>,
) -> Result<(), String> {
    match step {
        Lift::Rename { from, to } => rename(payload, from, to),
        Lift::Default { field, value } => {
            if event.effect == Effect::Create && !payload.contains_key(&**field) {
                let value = default_of(reducer.model, field, value);
                payload.insert(field.clone().into_owned(), value);
            }
        }
        Lift::Function { path } => {
            let function = reducer.upcasts.iter().find(|(of, _)| *of == from);
            let (_, function) =
                function.ok_or_else(|| format!("`{path}` is not linked into this program"))?;
            let event_type = format!("{}.{}", reducer.model.entity, event.name);
            run_upcast(*function, &event_type, payload)?;
        }
    }
    Ok(())
}

/// A payload that has both names keeps the new one's value; the old key then fails as unknown.
fn rename(payload: &mut Map<String, Value>, from: &str, to: &str) {
    if payload.contains_key(to) {
        return;
    }
    if let Some(value) = payload.remove(from) {
        payload.insert(to.to_owned(), value);
    }
}
