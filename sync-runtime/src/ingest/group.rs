//! A group: what one write transaction judges, logs and folds.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    Code, Outcome, Rejection,
    incoming::{Candidate, Valid},
    refold::{self, Around, fold_stored},
};
use crate::{
    principal::Principal,
    registry::Models,
    schema::{Effect, Event, Model},
    semantics::{
        fold::{self, Folded, Occurrence, Reducer},
        hlc::{Clock, Stamp},
    },
    store::{EntityKey, Head, Result, Snapshot, StoredEvent, WriteGroup},
};

/// Events of one sender, in the order sent.
#[derive(Debug)]
pub struct Submission {
    /// Who sent them.
    pub principal: Principal,
    /// What was sent.
    pub candidates: Vec<Candidate>,
    /// Whether the state-dependent checks are made. Only a test of the fold alone goes without.
    pub acceptance: Acceptance,
}

/// Whether the state-dependent checks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// As the contract says.
    Judged,
    /// Everything that is well-formed is logged, whatever the state.
    Unjudged,
}

/// What a group did, once it is committed.
#[derive(Debug, Default)]
pub struct Committed {
    /// For each submission, for each event.
    pub outcomes: Vec<Vec<Outcome>>,
    /// What is new in the log, in its order.
    pub events: Vec<StoredEvent>,
}

/// Judges submissions in order against the log and what the group itself has accepted, and folds what it accepts.
pub struct Grouping<'a> {
    models: &'a Models,
    clock: &'a mut Clock,
    wall: u64,
    group: Box<dyn WriteGroup + 'a>,
    /// The projections of all entities that the group touches.
    heads: HashMap<EntityKey, Head>,
    dirty: HashSet<EntityKey>,
    next_seq: HashMap<String, u64>,
    /// Accepted and not yet appended.
    pending: Vec<StoredEvent>,
    /// Accepted by this group, or known to the log: by tenant and id, by tenant and key.
    by_id: HashMap<(String, String), StoredEvent>,
    by_key: HashMap<(String, String), String>,
    snapshots: BTreeMap<EntityKey, Vec<Snapshot>>,
    committed: Committed,
}

impl<'a> Grouping<'a> {
    /// Judges and folds the submissions in one transaction and commits it.
    ///
    /// # Errors
    ///
    /// The store failed; nothing of the group was written.
    pub async fn run(
        models: &'a Models,
        clock: &'a mut Clock,
        wall: u64,
        group: Box<dyn WriteGroup + 'a>,
        submissions: &[Submission],
    ) -> Result<Committed> {
        let mut grouping = Self::new(models, clock, wall, group);
        let written = grouping.write(submissions).await;
        match written {
            Ok(()) if !grouping.committed.events.is_empty() => grouping.group.commit().await?,
            // The application's own code may wait for the lock.
            Ok(()) => grouping.group.rollback().await?,
            Err(error) => {
                if let Err(error) = grouping.group.rollback().await {
                    tracing::debug!(%error, "a failed group is rolled back by the next");
                }
                return Err(error);
            }
        }
        Ok(grouping.committed)
    }

    async fn write(&mut self, submissions: &[Submission]) -> Result<()> {
        self.load(submissions).await?;
        for submission in submissions {
            let mut outcomes = Vec::with_capacity(submission.candidates.len());
            for candidate in &submission.candidates {
                outcomes.push(self.judge(submission, candidate).await?);
            }
            self.committed.outcomes.push(outcomes);
        }
        self.finish().await
    }

    /// Reads in a few statements what the group will ask for.
    async fn load(&mut self, submissions: &[Submission]) -> Result<()> {
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

    fn new(
        models: &'a Models,
        clock: &'a mut Clock,
        wall: u64,
        group: Box<dyn WriteGroup + 'a>,
    ) -> Self {
        Self {
            models,
            clock,
            wall,
            group,
            heads: HashMap::new(),
            dirty: HashSet::new(),
            next_seq: HashMap::new(),
            pending: Vec::new(),
            by_id: HashMap::new(),
            by_key: HashMap::new(),
            snapshots: BTreeMap::new(),
            committed: Committed::default(),
        }
    }

    fn remember(&mut self, event: StoredEvent) {
        let tenant = event.key.tenant.clone();
        self.by_key.insert(
            (tenant.clone(), event.idempotency_key.clone()),
            event.id.clone(),
        );
        self.by_id.insert((tenant, event.id.clone()), event);
    }

    async fn judge(&mut self, submission: &Submission, candidate: &Candidate) -> Result<Outcome> {
        let tenant = &submission.principal.tenant_id;
        if let Some(outcome) = self.known(tenant, candidate) {
            return Ok(outcome);
        }
        let valid = match &candidate.verdict {
            Ok(valid) => valid,
            Err(rejection) => return Ok(Outcome::Rejected(rejection.clone())),
        };
        let Some(reducer) = self.models.reducer(&valid.entity) else {
            return Ok(unknown(candidate));
        };
        let Some(declared) = reducer.model.event(&valid.event) else {
            return Ok(unknown(candidate));
        };
        let key = entity_key(tenant, candidate);
        let stamp = self.stamp(&key, valid);
        let event = StoredEvent {
            seq: self.next_seq.get(tenant).copied().unwrap_or(1),
            id: candidate.id.clone(),
            event_type: candidate.content.event_type.clone(),
            payload: candidate.content.payload.clone(),
            stamp,
            schema_version: reducer.model.version,
            user_id: submission.principal.user_id.clone(),
            idempotency_key: candidate.idempotency_key.clone(),
            received_at: self.wall,
            key,
        };
        let late = self
            .heads
            .get(&event.key)
            .is_some_and(|head| event.place() < head.last);
        let rejected = if late {
            self.place_late(reducer, declared, &event, submission.acceptance)
                .await?
        } else {
            self.place_last(reducer, declared, &event, submission.acceptance)
        };
        Ok(match rejected {
            Some(rejection) => Outcome::Rejected(rejection),
            None => self.accept(event),
        })
    }

    /// The answer to an id or key that the tenant's log has already.
    fn known(&self, tenant: &str, candidate: &Candidate) -> Option<Outcome> {
        let of_tenant = |text: &str| (tenant.to_owned(), text.to_owned());
        let by_id = self.by_id.get(&of_tenant(&candidate.id));
        let by_key = self.by_key.get(&of_tenant(&candidate.idempotency_key));
        if by_id.is_none() && by_key.is_none() {
            return None;
        }
        let same = by_id.filter(|stored| {
            by_key == Some(&stored.id)
                && stored.idempotency_key == candidate.idempotency_key
                && candidate.content.is_that_of(stored, self.models)
        });
        Some(match same {
            Some(stored) => Outcome::Accepted { seq: stored.seq },
            None => Outcome::Rejected(Rejection::new(
                Code::IdempotencyMismatch,
                "another event has this `id` or `idempotency_key`; an event that differs needs new ones",
            )),
        })
    }

    /// A client's own stamp, or one above all that the entity has.
    fn stamp(&mut self, key: &EntityKey, valid: &Valid) -> Stamp {
        valid.stamp.unwrap_or_else(|| {
            if let Some(head) = self.heads.get(key) {
                self.clock.receive(self.wall, head.last.stamp);
            }
            self.clock.now(self.wall)
        })
    }

    /// Judges and folds an event at the end of its entity's order.
    fn place_last(
        &mut self,
        reducer: Reducer<'_>,
        declared: &Event,
        event: &StoredEvent,
        acceptance: Acceptance,
    ) -> Option<Rejection> {
        let head = self.heads.get(&event.key);
        if acceptance == Acceptance::Judged {
            let folded = head.map_or(&Folded::Absent, |head| &head.folded);
            if let Some(rejection) = refuse(reducer, declared, head.is_some(), folded, event) {
                return Some(rejection);
            }
        }
        let head = self.heads.entry(event.key.clone()).or_insert_with(|| Head {
            key: event.key.clone(),
            folded: Folded::Absent,
            last: event.place(),
            event_count: 0,
            seq: 0,
            schema_version: reducer.model.version,
            snapshot_count: 0,
        });
        fold_stored(reducer, &mut head.folded, event);
        head.last = event.place();
        head.event_count += 1;
        head.seq = event.seq;
        head.schema_version = reducer.model.version;
        if refold::is_due(reducer.model.snapshot, head) {
            head.snapshot_count = head.event_count;
            let snapshot = head.snapshot();
            self.snapshots
                .entry(event.key.clone())
                .or_default()
                .push(snapshot);
        }
        None
    }

    /// Judges an event at its place among others, and folds the entity again from before that place.
    async fn place_late(
        &mut self,
        reducer: Reducer<'_>,
        declared: &Event,
        event: &StoredEvent,
        acceptance: Acceptance,
    ) -> Result<Option<Rejection>> {
        // What this group has accepted so far belongs to the order.
        self.flush().await?;
        let place = event.place();
        let around = Around::read(&mut *self.group, reducer, &event.key, &place).await?;
        let folded = around.fold_before(reducer);
        if acceptance == Acceptance::Judged
            && let Some(rejection) = refuse(reducer, declared, true, &folded, event)
        {
            return Ok(Some(rejection));
        }
        let (head, snapshots) = around.fold_with(reducer, folded, event);
        self.group.drop_snapshots_from(&event.key, &place).await?;
        self.snapshots
            .entry(event.key.clone())
            .or_default()
            .extend(snapshots);
        self.heads.insert(event.key.clone(), head);
        Ok(None)
    }

    fn accept(&mut self, event: StoredEvent) -> Outcome {
        let seq = event.seq;
        self.next_seq.insert(event.key.tenant.clone(), seq + 1);
        self.clock.receive(self.wall, event.stamp);
        self.dirty.insert(event.key.clone());
        self.remember(event.clone());
        self.pending.push(event);
        Outcome::Accepted { seq }
    }

    /// Appends what was accepted and saves the snapshots taken on the way.
    async fn flush(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.group.append(&pending).await?;
        self.committed.events.extend(pending);
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

    async fn finish(&mut self) -> Result<()> {
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
        if let Some(newest) = self.committed.events.iter().map(|event| event.stamp).max() {
            self.group.save_stamp(&newest.to_string()).await?;
        }
        Ok(())
    }
}

/// The state-dependent codes, against the fold at the event's own place; `entity_exists` against the whole log.
fn refuse(
    reducer: Reducer<'_>,
    declared: &Event,
    exists: bool,
    folded: &Folded,
    event: &StoredEvent,
) -> Option<Rejection> {
    let entity = &event.key.entity_type;
    let id = &event.key.entity_id;
    let refuse = |code, message: String| Some(Rejection::new(code, message));
    if declared.effect == Effect::Create {
        return exists
            .then(|| {
                refuse(
                    Code::EntityExists,
                    format!("{entity} {id} exists already: an id is created once"),
                )
            })
            .flatten();
    }
    let state = match folded {
        Folded::Absent => {
            return refuse(
                Code::EntityNotFound,
                format!("{entity} {id} does not exist at the time of this event"),
            );
        }
        Folded::Deleted => {
            return refuse(
                Code::EntityDeleted,
                format!("{entity} {id} was ended before this event"),
            );
        }
        Folded::Live(state) => state,
    };
    let Effect::Transition { field } = &declared.effect else {
        return None;
    };
    let field = reducer.model.field(field)?;
    let to = event.payload.get(&format!("new_{}", field.name))?;
    let from = state.get(&*field.name);
    if fold::is_allowed(field, from, to) {
        return None;
    }
    refuse(
        Code::InvalidTransition,
        format!(
            "/payload/new_{}: `{}` does not go from {} to {to}",
            field.name,
            field.name,
            from.unwrap_or(&serde_json::Value::Null)
        ),
    )
}

/// What the fold learns about a stored event.
pub(crate) fn occurrence(event: &StoredEvent) -> Occurrence<'_> {
    Occurrence::new(
        &event.id,
        &event.key.entity_id,
        event.stamp,
        Some(&event.user_id),
    )
}

fn entity_key(tenant: &str, candidate: &Candidate) -> EntityKey {
    EntityKey {
        tenant: tenant.to_owned(),
        entity_type: candidate.content.entity_type.clone(),
        entity_id: candidate.content.entity_id.clone(),
    }
}

fn unknown(candidate: &Candidate) -> Outcome {
    Outcome::Rejected(Rejection::new(
        Code::UnknownEventType,
        format!(
            "/event_type: `{}` is not declared",
            candidate.content.event_type
        ),
    ))
}
