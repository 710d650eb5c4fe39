//! Older payloads, read as the model is now.

use serde_json::{Map, Value};

use crate::schema::{Effect, Event, Lift, Model};

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

/// Lifts a payload from `version` to the model's own.
///
/// # Errors
///
/// The version is newer than the model's, or a step is missing.
pub fn lift(
    model: &Model,
    event: &Event,
    version: u32,
    payload: &mut Map<String, Value>,
) -> Result<(), Unsupported> {
    if version > model.version {
        return Err(Unsupported::Newer);
    }
    for from in version..model.version {
        let upcast = model.upcasts.iter().find(|upcast| upcast.from == from);
        let upcast = upcast.ok_or(Unsupported::NoUpcast { from })?;
        for step in upcast.steps.iter() {
            match step {
                Lift::Rename { from, to } => rename(payload, from, to),
                Lift::Default { field, value } => {
                    if event.effect == Effect::Create && !payload.contains_key(&**field) {
                        // The derive has checked that the literal is JSON.
                        let value = serde_json::from_str(value).unwrap_or(Value::Null);
                        payload.insert(field.clone().into_owned(), value);
                    }
                }
                Lift::Function { .. } => return Err(Unsupported::NoUpcast { from }),
            }
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
