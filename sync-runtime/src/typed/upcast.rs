//! Upcasts that are Rust functions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Map, Value};

use super::custom::panic_text;

/// Reads a payload of one version as the next has it: the full event type (`order.created`) and the payload, which it
/// changes in place.
///
/// It is a pure function of the two: replicas fold what it gives. One that fails leaves the event out of the state
/// wherever it is folded, and a client's event is refused with `invalid_payload`.
pub type UpcastFn = fn(event_type: &str, payload: &mut Map<String, Value>) -> Result<(), String>;

/// Runs an upcast; what it gave up on is left as it was.
///
/// # Errors
///
/// It said so, or it panicked.
pub(crate) fn run_upcast(
    upcast: UpcastFn,
    event_type: &str,
    payload: &mut Map<String, Value>,
) -> Result<(), String> {
    let mut lifted = payload.clone();
    let run = AssertUnwindSafe(|| upcast(event_type, &mut lifted).map(|()| lifted));
    *payload = catch_unwind(run)
        .unwrap_or_else(|panic| Err(format!("it panicked: {}", panic_text(&*panic))))?;
    Ok(())
}
