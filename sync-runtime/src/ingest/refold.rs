//! The fold of an entity whose events did not come in order.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::group::occurrence;
use crate::{
    schema::{Event, SnapshotPolicy},
    semantics::{
        fold::{Folded, Reducer},
        upcast::{self, NotLifted},
    },
    store::{EntityKey, Head, Place, Result, Snapshot, StoredEvent, WriteGroup},
};

/// What lies around a place in the order of an entity.
pub(super) struct Around {
    base: Option<Snapshot>,
    before: Vec<StoredEvent>,
    after: Vec<StoredEvent>,
}

impl Around {
    /// Reads what is needed to fold up to a place, and on from it: a stored snapshot before the place and all events
    /// after that snapshot.
    pub(super) async fn read(
        group: &mut dyn WriteGroup,
        reducer: Reducer<'_>,
        key: &EntityKey,
        place: &Place,
    ) -> Result<Self> {
        let base = group
            .snapshot_before(key, place)
            .await?
            // A snapshot of another schema version is folded again, not trusted.
            .filter(|snapshot| snapshot.schema_version == reducer.model.version);
        let mut before = group
            .events_after(key, base.as_ref().map(|base| &base.last))
            .await?;
        let split = before.partition_point(|event| event.place() < *place);
        let after = before.split_off(split);
        Ok(Self {
            base,
            before,
            after,
        })
    }

    /// The fold of all that lies before the place.
    pub(super) fn fold_before(&self, reducer: Reducer<'_>) -> Folded {
        let mut folded = self
            .base
            .as_ref()
            .map_or(Folded::Absent, |base| base.folded.clone());
        for event in &self.before {
            fold_stored(reducer, &mut folded, event);
        }
        folded
    }

    /// The projection with one more event at the place, and the snapshots to keep on the way to it.
    pub(super) fn fold_with(
        self,
        reducer: Reducer<'_>,
        folded: Folded,
        event: &StoredEvent,
    ) -> (Head, Vec<Snapshot>) {
        let base_count = self.base.as_ref().map_or(0, |base| base.event_count);
        let seq = self
            .before
            .iter()
            .map(|event| event.seq)
            .chain(self.base.as_ref().map(|base| base.seq))
            .max();
        let head = Head {
            key: event.key.clone(),
            folded,
            last: event.place(),
            event_count: base_count + self.before.len() as u64,
            seq: seq.unwrap_or(0),
            schema_version: reducer.model.version,
            snapshot_count: base_count,
        };
        fold_on(
            reducer,
            head,
            std::iter::once(event).chain(&self.after),
            self.after.len() as u64 + 1,
        )
    }
}

/// Folds on from a projection with the events that follow it, and gives the snapshots to keep on the way.
fn fold_on<'a>(
    reducer: Reducer<'_>,
    mut head: Head,
    events: impl Iterator<Item = &'a StoredEvent>,
    count: u64,
) -> (Head, Vec<Snapshot>) {
    let mut snapshots = Vec::new();
    let total = head.event_count + count;
    for event in events {
        fold_stored(reducer, &mut head.folded, event);
        head.last = event.place();
        head.event_count += 1;
        head.seq = head.seq.max(event.seq);
        if let Some(every) = reducer
            .model
            .snapshot
            .map(|policy| u64::from(policy.every).max(1))
            && head.event_count.is_multiple_of(every)
        {
            head.snapshot_count = head.event_count;
            if is_kept(head.event_count, total, every) {
                snapshots.push(head.snapshot());
            }
        }
    }
    (head, snapshots)
}

/// The projection of an entity, folded again from the log alone.
pub(super) async fn from_log(
    group: &mut dyn WriteGroup,
    reducer: Reducer<'_>,
    key: &EntityKey,
) -> Result<Option<(Head, Vec<Snapshot>)>> {
    let events = group.events_after(key, None).await?;
    let Some(first) = events.first() else {
        return Ok(None);
    };
    let head = Head {
        key: key.clone(),
        folded: Folded::Absent,
        last: first.place(),
        event_count: 0,
        seq: 0,
        schema_version: reducer.model.version,
        snapshot_count: 0,
    };
    Ok(Some(fold_on(
        reducer,
        head,
        events.iter(),
        events.len() as u64,
    )))
}

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
            .is_some_and(|payload| reducer.apply(folded, declared, &payload, &occurrence(event))),
        None => false,
    }
}

/// The payload of a stored event as the model is now; as it was stored where no upcast leads there, and `None` where a
/// function gave up on it.
pub(crate) fn lifted<'a>(
    reducer: Reducer<'_>,
    declared: &Event,
    event: &'a StoredEvent,
) -> Option<Cow<'a, Map<String, Value>>> {
    if event.schema_version >= reducer.model.version {
        return Some(Cow::Borrowed(&event.payload));
    }
    let mut payload = event.payload.clone();
    match upcast::lift(reducer, declared, event.schema_version, &mut payload) {
        Ok(()) => Some(Cow::Owned(payload)),
        Err(NotLifted::Unsupported(_)) => Some(Cow::Borrowed(&event.payload)),
        Err(NotLifted::Failed { .. }) => None,
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
