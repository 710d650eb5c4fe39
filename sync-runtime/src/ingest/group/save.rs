//! What a group writes.

use super::Grouping;
use crate::{
    ingest::{refold, submission::Committed},
    schema::Model,
    store::{EntityKey, Head, Result, Snapshot},
};

impl Grouping<'_> {
    /// Appends what was accepted and saves the snapshots taken on the way, for whoever reads the log before the end.
    pub(super) async fn flush(&mut self) -> Result<()> {
        self.group.append(&self.events[self.appended..]).await?;
        self.appended = self.events.len();
        self.flush_snapshots().await
    }

    async fn flush_snapshots(&mut self) -> Result<()> {
        for (key, taken) in std::mem::take(&mut self.snapshots) {
            self.save_snapshots(&key, &taken).await?;
        }
        Ok(())
    }

    /// Saves snapshots of an entity, and drops those that are no longer worth their place.
    async fn save_snapshots(&mut self, key: &EntityKey, taken: &[Snapshot]) -> Result<()> {
        let every = self
            .models
            .model(&key.entity_type)
            .and_then(|model| model.snapshot);
        let (Some(newest), Some(policy)) =
            (taken.iter().map(|taken| taken.event_count).max(), every)
        else {
            return Ok(());
        };
        self.group.save_snapshots(taken).await?;
        let mut counts = self.group.snapshot_counts(key).await?;
        counts.retain(|count| !refold::is_kept(*count, newest, policy.every.into()));
        self.group.drop_snapshots(key, &counts).await
    }

    /// Folds what is still to be folded: all but the log and the projections is written then.
    pub(super) async fn complete(&mut self) -> Result<()> {
        for key in self.rewinds.keys().cloned().collect::<Vec<_>>() {
            self.fold_to_end(&key).await?;
        }
        self.flush_snapshots().await
    }

    /// Writes the log and the projections, and makes all of it durable.
    pub(super) async fn commit(mut self) -> Result<Committed> {
        let changed = |model: &Model| -> Vec<&Head> {
            let heads = self.heads.values();
            let is_changed = |head: &&Head| {
                head.key.entity_type == model.entity && self.dirty.contains(&head.key)
            };
            heads.filter(is_changed).collect()
        };
        let models = self.models.schema().models().iter();
        let heads: Vec<(&Model, Vec<&Head>)> = models
            .map(|model| (model, changed(model)))
            .filter(|(_, heads)| !heads.is_empty())
            .collect();
        self.group
            .finish(&self.events[self.appended..], &heads)
            .await?;
        self.committed.events = self.events.split_off(self.logged);
        Ok(self.committed)
    }
}
