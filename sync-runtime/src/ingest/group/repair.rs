//! What is done to a log and its projections from outside: folded again, or brought back from a copy.

use std::collections::HashSet;

use super::{Grouping, row};
use crate::{
    ingest::{
        Replay,
        refold::{self, fold_stored},
    },
    registry::Models,
    schema::Mode,
    semantics::{fold::Reducer, hlc::Clock},
    store::{EntityKey, Head, Lookup, Place, Result, StoredEvent, WriteGroup},
};

/// What a rebuild did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rebuilt {
    /// Entities that were folded again.
    pub(crate) folded: u64,
    /// Projections that the log knows nothing of, and that are gone now.
    pub(crate) removed: u64,
    /// Rows that the log knows nothing of. They are somebody's, and are left.
    pub(crate) left: u64,
}

/// What a restore did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Restored {
    /// Events that are new in the log.
    pub(crate) added: u64,
    /// Events that it had already.
    pub(crate) known: u64,
}

/// An event that does not go into the log.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    /// Its place among those given, from 0.
    pub(crate) index: usize,
    /// For a person.
    pub(crate) reason: String,
}

impl<'a> Grouping<'a> {
    /// Folds entities again from the log alone, their snapshots too, in one transaction.
    ///
    /// # Errors
    ///
    /// The store failed; nothing was changed.
    pub(crate) async fn rebuild(
        models: &'a Models,
        clock: &'a mut Clock,
        group: Box<dyn WriteGroup + 'a>,
        keys: &[EntityKey],
    ) -> Result<Rebuilt> {
        let mut grouping = Self::new(models, clock, 0, group);
        let mut done = Rebuilt::default();
        for key in keys {
            let reducer = models.reducer(&key.entity_type);
            if let Some(reducer) = reducer.filter(|reducer| reducer.model.mode == Mode::Rows) {
                match grouping.row_anew(reducer, key).await? {
                    true => done.folded += 1,
                    false => done.left += 1,
                }
            } else if grouping.fold_anew(key).await? {
                done.folded += 1;
            } else if let Some(model) = models.model(&key.entity_type) {
                grouping.group.drop_head(model, key).await?;
                done.removed += 1;
            }
        }
        grouping.complete().await?;
        grouping.commit().await?;
        Ok(done)
    }

    /// Brings events of one tenant back to their places in its log, in one transaction. Those that are there already are
    /// left alone; a log with other events takes none. A log that was changed so is another one: its epoch is new.
    ///
    /// # Errors
    ///
    /// The store failed; nothing was changed.
    pub(crate) async fn restore(
        models: &'a Models,
        clock: &'a mut Clock,
        group: Box<dyn WriteGroup + 'a>,
        tenant: &str,
        events: Vec<StoredEvent>,
    ) -> Result<std::result::Result<Restored, Refused>> {
        let mut grouping = Self::new(models, clock, 0, group);
        match grouping.new_ones(tenant, events).await? {
            Err(refused) => {
                grouping.group.rollback().await?;
                Ok(Err(refused))
            }
            Ok((events, known)) => {
                let added = events.len() as u64;
                if added > 0 {
                    grouping.put_back(events).await?;
                    grouping.group.renew_epoch().await?;
                }
                grouping.commit().await?;
                Ok(Ok(Restored { added, known }))
            }
        }
    }

    /// Those of the events that the log does not have yet, and how many it has.
    async fn new_ones(
        &mut self,
        tenant: &str,
        events: Vec<StoredEvent>,
    ) -> Result<std::result::Result<(Vec<StoredEvent>, u64), Refused>> {
        let lookup = Lookup {
            tenant,
            ids: events.iter().map(|event| &*event.id).collect(),
            keys: events.iter().map(|event| &*event.idempotency_key).collect(),
            transactions: Vec::new(),
        };
        let found = self.group.known(&[lookup]).await?;
        let mut next = found.last.iter().map(|(_, last)| *last).max().unwrap_or(0) + 1;
        self.remember_logged(found.events);
        let (mut new, mut known) = (Vec::new(), 0);
        for (index, event) in events.into_iter().enumerate() {
            let known_ones = self.known.get(tenant);
            let by_id = known_ones.and_then(|known| known.with_id(&self.events, &event.id));
            let by_key =
                known_ones.and_then(|known| known.with_key(&self.events, &event.idempotency_key));
            let reason = if by_id == Some(&event) && event.seq < next {
                known += 1;
                continue;
            } else if event.seq < next {
                format!(
                    "position {} of this tenant's log holds another event: a log is brought back into an empty tenant, \
                     or into one that holds its beginning",
                    event.seq
                )
            } else if event.seq > next {
                format!(
                    "it was at position {}, and the log goes on at {next}",
                    event.seq
                )
            } else if by_id.is_some() || by_key.is_some() {
                "an event before it has its `id` or `idempotency_key`".to_owned()
            } else {
                next += 1;
                self.remember(event.clone());
                new.push(event);
                continue;
            };
            return Ok(Err(Refused { index, reason }));
        }
        Ok(Ok((new, known)))
    }

    /// Appends events as they are, those that were noted last, and folds them. An entity to which one is late is folded from its start.
    async fn put_back(&mut self, events: Vec<StoredEvent>) -> Result<()> {
        self.load_heads(&events).await?;
        self.flush().await?;
        let mut late: HashSet<EntityKey> = HashSet::new();
        for event in events {
            let Some(reducer) = self.models.reducer(&event.key.entity_type) else {
                continue;
            };
            if late.contains(&event.key) {
                continue;
            }
            let head = self
                .heads
                .entry(event.key.clone())
                .or_insert_with(|| Head::before(&event, reducer.model.version));
            if reducer.model.mode == Mode::Rows {
                row::apply(reducer, head, &event);
                self.dirty.insert(event.key);
                continue;
            }
            if head.event_count > 0 && event.place() < head.last {
                late.insert(event.key);
                continue;
            }
            fold_stored(reducer, &mut head.folded, &event);
            head.last = event.place();
            head.event_count += 1;
            head.seq = event.seq;
            if refold::is_due(reducer.model.snapshot, head) {
                head.snapshot_count = head.event_count;
                let taken = self.snapshots.entry(event.key.clone()).or_default();
                taken.push(head.snapshot());
            }
            self.dirty.insert(event.key);
        }
        for key in late {
            self.snapshots.remove(&key);
            self.fold_anew(&key).await?;
        }
        self.complete().await
    }

    /// An entity folded from the log alone, its snapshots too; whether the log has it.
    async fn fold_anew(&mut self, key: &EntityKey) -> Result<bool> {
        self.group.drop_snapshots_from(key, &Place::first()).await?;
        self.refold(key).await
    }

    /// A row made again from the log alone; whether the log has it.
    async fn row_anew(&mut self, reducer: Reducer<'_>, key: &EntityKey) -> Result<bool> {
        let mut replay = Replay::of(&mut *self.group, reducer, key).await?;
        let Some(head) = replay.to(u64::MAX).cloned() else {
            return Ok(false);
        };
        let keys = std::slice::from_ref(key);
        self.group.detach_rows(reducer.model, keys).await?;
        self.heads.insert(key.clone(), head);
        self.dirty.insert(key.clone());
        Ok(true)
    }

    async fn load_heads(&mut self, events: &[StoredEvent]) -> Result<()> {
        let models = self.models;
        for model in models.schema().models() {
            let keys: HashSet<EntityKey> = events
                .iter()
                .filter(|event| event.key.entity_type == model.entity)
                .map(|event| event.key.clone())
                .collect();
            if keys.is_empty() {
                continue;
            }
            let keys: Vec<EntityKey> = keys.into_iter().collect();
            for head in self.group.heads(model, &keys).await? {
                self.heads.insert(head.key.clone(), head);
            }
        }
        Ok(())
    }
}
