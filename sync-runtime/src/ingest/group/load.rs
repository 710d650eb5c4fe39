//! What a group reads before it judges.

use std::collections::{BTreeMap, HashSet};

use super::{Grouping, entity_key};
use crate::{
    ingest::{rewind::Rewind, submission::Submission},
    registry::Models,
    schema::Mode,
    semantics::hlc::Clock,
    store::{EntityKey, Found, Head, Lookup, Result, Wanted, WriteGroup},
};

/// What submissions want to be read before they are judged.
pub(super) fn wanted<'a>(models: &'a Models, submissions: &'a [Submission]) -> Wanted<'a> {
    let mut logs: BTreeMap<&str, Lookup<'_>> = BTreeMap::new();
    let mut keys: BTreeMap<&str, HashSet<EntityKey>> = BTreeMap::new();
    for submission in submissions {
        let tenant = &*submission.principal.tenant_id;
        for candidate in &submission.candidates {
            let lookup = logs.entry(tenant).or_insert_with(|| Lookup {
                tenant,
                ids: Vec::new(),
                keys: Vec::new(),
                transactions: Vec::new(),
            });
            lookup.ids.push(&candidate.id);
            lookup.keys.push(&candidate.idempotency_key);
            if candidate.content.row.is_some() && candidate.content.timestamp.is_ascii() {
                lookup.transactions.push(&candidate.content.timestamp);
            }
            if let Ok(valid) = &candidate.verdict {
                keys.entry(&valid.entity)
                    .or_default()
                    .insert(entity_key(tenant, candidate));
            }
        }
    }
    let of_model = |(entity, keys): (&str, HashSet<EntityKey>)| {
        Some((models.model(entity)?, keys.into_iter().collect()))
    };
    Wanted {
        logs: logs.into_values().collect(),
        heads: keys.into_iter().filter_map(of_model).collect(),
    }
}

impl<'a> Grouping<'a> {
    /// Takes in what was read before anything is judged.
    pub(super) async fn take_in(&mut self, found: Found) -> Result<()> {
        for (tenant, last) in found.known.last {
            self.next_seq.insert(tenant, last + 1);
        }
        self.remember_logged(found.known.events);
        for head in found.heads {
            self.heads.insert(head.key.clone(), head);
        }
        self.refold_older().await
    }

    /// A projection of an older schema is folded again, not trusted: a server of an older version may have written it
    /// since this one started.
    async fn refold_older(&mut self) -> Result<()> {
        let is_older = |head: &&Head| {
            let model = self.models.model(&head.key.entity_type);
            model.is_some_and(|model| {
                model.mode == Mode::Events && head.schema_version < model.version
            })
        };
        let older = self.heads.values().filter(is_older);
        let older: Vec<EntityKey> = older.map(|head| head.key.clone()).collect();
        for key in older {
            self.refold(&key).await?;
        }
        Ok(())
    }

    /// Folds an entity again from the log, if it has events there.
    pub(super) async fn refold(&mut self, key: &EntityKey) -> Result<bool> {
        let Some(reducer) = self.models.reducer(&key.entity_type) else {
            return Ok(false);
        };
        let total = self.heads.get(key).map_or(0, |head| head.event_count);
        let Some(done) = Rewind::whole(&mut *self.group, reducer, key, total).await? else {
            return Ok(false);
        };
        self.settle(done);
        Ok(true)
    }

    /// Folds entities again that an older version of the models has folded.
    ///
    /// # Errors
    ///
    /// The store failed; nothing was changed.
    pub async fn refold_all(
        models: &'a Models,
        clock: &'a mut Clock,
        group: Box<dyn WriteGroup + 'a>,
        keys: &[EntityKey],
    ) -> Result<()> {
        let mut grouping = Self::new(models, clock, 0, group);
        for key in keys {
            grouping.refold(key).await?;
        }
        grouping.complete().await?;
        grouping.commit().await.map(|_| ())
    }
}
