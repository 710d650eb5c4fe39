//! What a group writes.

use super::Grouping;
use crate::{
    ingest::refold,
    store::{EntityKey, Head, Result, Snapshot},
};

impl Grouping<'_> {
    /// Appends what was accepted and saves the snapshots taken on the way.
    pub(super) async fn flush(&mut self) -> Result<()> {
        self.group.append(&self.events[self.appended..]).await?;
        self.appended = self.events.len();
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

    pub(super) async fn finish(&mut self) -> Result<()> {
        for key in self.rewinds.keys().cloned().collect::<Vec<_>>() {
            self.fold_to_end(&key).await?;
        }
        self.flush().await?;
        for model in self.models.schema().models() {
            let heads: Vec<&Head> = self
                .heads
                .values()
                .filter(|head| {
                    head.key.entity_type == model.entity && self.dirty.contains(&head.key)
                })
                .collect();
            self.group.save_heads(model, &heads).await?;
        }
        Ok(())
    }
}
