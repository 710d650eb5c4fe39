//! The fold of stored events, and which snapshots of it are kept.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::group::occurrence;
use crate::{
    schema::{Event, SnapshotPolicy},
    semantics::{
        fold::{Folded, Reducer},
        upcast::{self, NotLifted},
    },
    store::{Head, StoredEvent},
};

/// Whether a snapshot of `count` events is worth its place once the entity has `total`: the further back, the wider
/// apart, so that an entity has few and an event that lands far back is folded from about as far again.
pub(super) fn is_kept(count: u64, total: u64, every: u64) -> bool {
    let (nth, newest) = (count / every.max(1), total / every.max(1));
    let apart = match newest.saturating_sub(nth) {
        0..=3 => 1,
        age => 1 << (age.ilog2() - 1),
    };
    nth.is_multiple_of(apart)
}

/// Folds an event of the log, lifted to the model's version; one whose type is no longer declared does nothing.
pub(crate) fn fold_stored(reducer: Reducer<'_>, folded: &mut Folded, event: &StoredEvent) -> bool {
    match reducer.model.event_of_type(&event.event_type) {
        Some(declared) => lifted(reducer, declared, event)
            .and_then(|payload| reducer.try_apply(folded, declared, &payload, &occurrence(event)))
            .unwrap_or_else(|reason| {
                report(reducer, event, &reason);
                false
            }),
        None => false,
    }
}

/// Tells the operators of a function of the application that failed.
pub(super) fn report(reducer: Reducer<'_>, event: &StoredEvent, reason: &str) {
    // A reader of the audit trail is none of those who should hear of it, again and again.
    let Some(faults) = reducer.faults else {
        return;
    };
    faults.add();
    tracing::error!(
        entity = event.key.entity_type,
        id = event.key.entity_id,
        event = event.id,
        event_type = event.event_type,
        reason,
        "a custom effect or an upcast failed; the event does nothing"
    );
}

/// The same; gives why its custom effect failed, if it did.
#[cfg(feature = "admin")]
pub(crate) fn fold_or_reason(
    reducer: Reducer<'_>,
    folded: &mut Folded,
    event: &StoredEvent,
) -> Option<String> {
    let declared = reducer.model.event_of_type(&event.event_type)?;
    let Ok(payload) = lifted(reducer, declared, event) else {
        return Some(format!(
            "its upcast from version {} to {} failed",
            event.schema_version, reducer.model.version
        ));
    };
    let failure = reducer.failure(folded, declared, &payload, &occurrence(event));
    reducer.apply(folded, declared, &payload, &occurrence(event));
    failure
}

/// The payload of a stored event as the model is now; as it was stored where no upcast leads there.
///
/// # Errors
///
/// A function gave up on it.
pub(crate) fn lifted<'a>(
    reducer: Reducer<'_>,
    declared: &Event,
    event: &'a StoredEvent,
) -> std::result::Result<Cow<'a, Map<String, Value>>, String> {
    if event.schema_version >= reducer.model.version {
        return Ok(Cow::Borrowed(&event.payload));
    }
    let mut payload = event.payload.clone();
    match upcast::lift(reducer, declared, event.schema_version, &mut payload) {
        Ok(()) => Ok(Cow::Owned(payload)),
        Err(NotLifted::Unsupported(_)) => Ok(Cow::Borrowed(&event.payload)),
        Err(failed @ NotLifted::Failed { .. }) => Err(failed.to_string()),
    }
}

/// Whether so many events past the last snapshot call for another.
pub(super) fn is_due(policy: Option<SnapshotPolicy>, head: &Head) -> bool {
    policy.is_some_and(|policy| head.event_count - head.snapshot_count >= u64::from(policy.every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_are_few_and_never_further_apart_than_they_lie_back() {
        let mut kept: Vec<u64> = Vec::new();
        for total in (50..=500_000).step_by(50) {
            kept.push(total);
            kept.retain(|count| is_kept(*count, total, 50));
            assert!(kept.len() <= 32, "{} of {total}", kept.len());
            assert_eq!(kept.last(), Some(&total));
            if total % 4_950 != 0 {
                continue;
            }
            for place in (1..=total).step_by(1_001) {
                let base = kept
                    .iter()
                    .rev()
                    .find(|count| **count < place)
                    .copied()
                    .unwrap_or(0);
                assert!(
                    place - base <= 50 + total - place,
                    "{place} of {total}: {kept:?}"
                );
            }
        }
    }
}
