//! The fold of an entity whose events did not come in order.

use super::group::occurrence;
use crate::{
    schema::SnapshotPolicy,
    semantics::fold::{Folded, Reducer},
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
        let mut before = group.events_after(key, base.as_ref().map(|base| &base.last)).await?;
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
        let mut folded = self.base.as_ref().map_or(Folded::Absent, |base| base.folded.clone());
        for event in &self.before {
            fold_stored(reducer, &mut folded, event);
        }
        folded
    }

    /// The projection with one more event at the place, and the snapshot to keep on the way there.
    pub(super) fn fold_with(
        self,
        reducer: Reducer<'_>,
        mut folded: Folded,
        event: &StoredEvent,
    ) -> Head {
        let base_count = self.base.as_ref().map_or(0, |base| base.event_count);
        let count = base_count + self.before.len() as u64 + 1 + self.after.len() as u64;
        let seq = self
            .before
            .iter()
            .chain(&self.after)
            .map(|event| event.seq)
            .chain(self.base.as_ref().map(|base| base.seq))
            .fold(event.seq, u64::max);
        fold_stored(reducer, &mut folded, event);
        for event in &self.after {
            fold_stored(reducer, &mut folded, event);
        }
        Head {
            key: event.key.clone(),
            folded,
            last: self.after.last().unwrap_or(event).place(),
            event_count: count,
            seq,
            schema_version: reducer.model.version,
            snapshot_count: base_count,
        }
    }
}

/// Folds an event of the log; one whose type is no longer declared does nothing.
pub(crate) fn fold_stored(reducer: Reducer<'_>, folded: &mut Folded, event: &StoredEvent) -> bool {
    match reducer.model.event_of_type(&event.event_type) {
        Some(declared) => {
            reducer.apply(folded, declared, &event.payload, &occurrence(event))
        }
        None => false,
    }
}

/// Whether so many events past the last snapshot call for another.
pub(super) fn is_due(policy: Option<SnapshotPolicy>, head: &Head) -> bool {
    policy.is_some_and(|policy| head.event_count - head.snapshot_count >= u64::from(policy.every))
}
