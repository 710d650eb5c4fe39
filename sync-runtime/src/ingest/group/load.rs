//! What a group reads before it judges.

use std::collections::{BTreeMap, HashSet};

use super::{Grouping, entity_key};
use crate::{
    ingest::{refold, submission::Submission},
    registry::Models,
    schema::Model,
    semantics::hlc::Clock,
    store::{EntityKey, Result, WriteGroup},
};

impl<'a> Grouping<'a> {
    /// Reads in a few statements what the group will ask for.
    pub(super) async fn load(&mut self, submissions: &[Submission]) -> Result<()> {
        let mut ids: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
        let mut keys: BTreeMap<&str, HashSet<EntityKey>> = BTreeMap::new();
        for submission in submissions {
            let tenant = &*submission.principal.tenant_id;
            for candidate in &submission.candidates {
                let (tenant_ids, tenant_keys) = ids.entry(tenant).or_default();
                tenant_ids.push(&candidate.id);
                tenant_keys.push(&candidate.idempotency_key);
                if let Ok(valid) = &candidate.verdict {
                    keys.entry(&valid.entity)
                        .or_default()
                        .insert(entity_key(tenant, candidate));
                }
            }
        }
        for (tenant, (ids, keys)) in ids {
            let last = self.group.last_seq(tenant).await?;
            self.next_seq.insert(tenant.to_owned(), last + 1);
            for event in self.group.known(tenant, &ids, &keys).await? {
                self.remember(event);
            }
        }
        for (entity, keys) in keys {
            if let Some(model) = self.models.model(entity) {
                let keys: Vec<EntityKey> = keys.into_iter().collect();
                for head in self.group.heads(model, &keys).await? {
                    self.heads.insert(head.key.clone(), head);
                }
                self.refold_older(model).await?;
            }
        }
        Ok(())
    }

    /// A projection of an older schema is folded again, not trusted: a server of an older version may have written it
    /// since this one started.
    async fn refold_older(&mut self, model: &Model) -> Result<()> {
        let older: Vec<EntityKey> = self
            .heads
            .values()
            .filter(|head| {
                head.key.entity_type == model.entity && head.schema_version < model.version
            })
            .map(|head| head.key.clone())
            .collect();
        for key in older {
            self.refold(&key).await?;
        }
        Ok(())
    }

    /// Folds an entity again from the log, if it has events there.
    async fn refold(&mut self, key: &EntityKey) -> Result<bool> {
        let Some(reducer) = self.models.reducer(&key.entity_type) else {
            return Ok(false);
        };
        let Some((head, snapshots)) = refold::from_log(&mut *self.group, reducer, key).await?
        else {
            return Ok(false);
        };
        self.snapshots
            .entry(key.clone())
            .or_default()
            .extend(snapshots);
        self.dirty.insert(key.clone());
        self.heads.insert(key.clone(), head);
        Ok(true)
    }

    /// Folds again what an older version of the models has left, some entities at a time. Gives how many.
    ///
    /// # Errors
    ///
    /// The store failed; what was committed before is as it should be.
    pub async fn refold_some(
        models: &'a Models,
        clock: &'a mut Clock,
        group: Box<dyn WriteGroup + 'a>,
        limit: u32,
    ) -> Result<usize> {
        let mut grouping = Self::new(models, clock, 0, group);
        let mut refolded = 0;
        for model in models.schema().models() {
            for key in grouping.group.older_heads(model, limit).await? {
                refolded += usize::from(grouping.refold(&key).await?);
            }
        }
        grouping.finish().await?;
        grouping.group.commit().await?;
        Ok(refolded)
    }
}
