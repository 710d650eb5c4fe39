//! Custom effects: the application's own functions behind one signature.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{EventMeta, UpcastFn};
use crate::{schema::Model, semantics::wire::wide};

/// A custom effect over serde's JSON of the state and the payload. An error leaves the state as it was.
pub type CustomFn = fn(state: &mut Value, payload: &Value, meta: &EventMeta) -> Result<(), String>;

/// A model and the functions that its declaration names, as the program that links it finds them.
#[derive(Debug, Clone, Copy)]
pub struct Registration {
    /// The declaration.
    pub model: &'static Model,
    /// By the name of the event.
    pub customs: &'static [(&'static str, CustomFn)],
    /// By the version that each reads.
    pub upcasts: &'static [(u32, UpcastFn)],
}

/// Runs a typed effect over JSON.
///
/// # Errors
///
/// A state or payload that does not fit its type, or a function that panicked; `state` is then unchanged.
pub fn run_custom<M, P>(
    effect: fn(&mut M, &P, &EventMeta),
    state: &mut Value,
    payload: &Value,
    meta: &EventMeta,
) -> Result<(), String>
where
    M: Serialize + DeserializeOwned,
    P: DeserializeOwned,
{
    let mut model = wide::from_value::<M>(state).map_err(|error| format!("state: {error}"))?;
    let payload = wide::from_value::<P>(payload).map_err(|error| format!("payload: {error}"))?;
    catch_unwind(AssertUnwindSafe(|| effect(&mut model, &payload, meta)))
        .map_err(|panic| format!("panicked: {}", panic_text(&*panic)))?;
    *state = wide::to_value(&model).map_err(|error| format!("state: {error}"))?;
    Ok(())
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
