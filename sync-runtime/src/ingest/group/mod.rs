//! A group: what one write transaction judges, logs and folds.
//!
//! [`load`] reads in a few statements what the group will ask for; [`judge`] decides on each event and folds it;
//! [`save`] writes what came of it. A late event is folded at its place by [`super::rewind`].

mod judge;
mod load;
mod refuse;
#[cfg(feature = "admin")]
mod repair;
mod row;
mod rules;
mod save;

use load::wanted;
use std::collections::{BTreeMap, HashMap, HashSet};

#[cfg(feature = "admin")]
pub(crate) use repair::{Rebuilt, Refused, Restored};
pub(crate) use row::apply as apply_row;
use rules::Rules;
pub(crate) use rules::is_inside;

use super::{
    Outcome, Rejection,
    incoming::Candidate,
    rewind::Rewind,
    submission::{Committed, Submission},
};
use crate::{
    registry::Models,
    semantics::{
        fold::Occurrence,
        hlc::{Clock, Stamp},
    },
    store::{EntityKey, Found, Head, Result, Snapshot, Store, StoredEvent, WriteGroup},
};

/// Judges submissions in order against the log and what the group itself has accepted, and folds what it accepts.
pub struct Grouping<'a> {
    models: &'a Models,
    clock: &'a mut Clock,
    wall: u64,
    group: Box<dyn WriteGroup + 'a>,
    rules: Rules<'a>,
    /// The projections of all entities that the group touches.
    heads: HashMap<EntityKey, Head>,
    dirty: HashSet<EntityKey>,
    next_seq: HashMap<String, u64>,
    /// Those that the log had and the group asked for, and behind them those that it has accepted.
    events: Vec<StoredEvent>,
    /// How many of them the log had.
    logged: usize,
    /// How many of them are in the log by now.
    appended: usize,
    /// Where they are, by tenant.
    known: HashMap<String, Known>,
    snapshots: BTreeMap<EntityKey, Vec<Snapshot>>,
    /// Entities that got late events and are not folded to their end yet.
    rewinds: BTreeMap<EntityKey, Rewind>,
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
        store: &'a dyn Store,
        submissions: &[Submission],
    ) -> Result<Committed> {
        let (group, found) = store.begin_with(&wanted(models, submissions)).await?;
        let mut grouping = Self::new(models, clock, wall, group);
        match grouping.judge_all(found, submissions).await {
            Ok(()) if grouping.has_accepted() => grouping.commit().await,
            // The application's own code may wait for the lock.
            Ok(()) => {
                grouping.group.rollback().await?;
                Ok(grouping.committed)
            }
            Err(error) => {
                if let Err(error) = grouping.group.rollback().await {
                    tracing::debug!(%error, "a failed group is rolled back by the next");
                }
                Err(error)
            }
        }
    }

    async fn judge_all(&mut self, found: Found, submissions: &[Submission]) -> Result<()> {
        self.take_in(found).await?;
        for submission in submissions {
            let mut outcomes = Vec::with_capacity(submission.candidates.len());
            // What has to come again holds up what follows of its entity, so that a client's order is kept.
            let mut held: HashMap<EntityKey, Rejection> = HashMap::new();
            for candidate in &submission.candidates {
                let key = || entity_key(&submission.principal.tenant_id, candidate);
                // Nearly always nothing is held, and then no key is needed.
                let holding = match held.is_empty() {
                    true => None,
                    false => held.get(&key()),
                };
                let outcome = match holding {
                    Some(rejection) => Outcome::Rejected(rejection.clone()),
                    None => self.judge(submission, candidate).await?,
                };
                if let Outcome::Rejected(rejection) = &outcome
                    && rejection.code.is_retryable()
                {
                    held.insert(key(), rejection.clone());
                }
                outcomes.push(outcome);
            }
            self.committed.outcomes.push(outcomes);
        }
        self.complete().await
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
            rules: Rules::new(models),
            heads: HashMap::new(),
            dirty: HashSet::new(),
            next_seq: HashMap::new(),
            events: Vec::new(),
            logged: 0,
            appended: 0,
            known: HashMap::new(),
            snapshots: BTreeMap::new(),
            rewinds: BTreeMap::new(),
            committed: Committed::default(),
        }
    }

    /// Notes an event that has been accepted.
    fn remember(&mut self, event: StoredEvent) {
        // One of the tenant is there nearly always.
        if !self.known.contains_key(&event.key.tenant) {
            self.known
                .insert(event.key.tenant.clone(), Known::default());
        }
        if let Some(known) = self.known.get_mut(&event.key.tenant) {
            known.add(self.events.len(), &event);
        }
        self.events.push(event);
    }

    /// Notes the events that the log has, before any is accepted.
    fn remember_logged(&mut self, events: Vec<StoredEvent>) {
        for event in events {
            self.remember(event);
        }
        self.logged = self.events.len();
        self.appended = self.logged;
    }

    fn has_accepted(&self) -> bool {
        self.events.len() > self.logged
    }
}

/// Events of a tenant: their places among those of the group.
#[derive(Default)]
struct Known {
    by_id: HashMap<String, usize>,
    /// Those whose idempotency key is not their id.
    by_key: HashMap<String, usize>,
    /// Changes of rows, by transaction.
    by_transaction: HashMap<Stamp, usize>,
}

impl Known {
    fn add(&mut self, at: usize, event: &StoredEvent) {
        if event.idempotency_key != event.id {
            self.by_key.insert(event.idempotency_key.clone(), at);
        }
        if event.change.is_some() {
            self.by_transaction.insert(event.stamp, at);
        }
        self.by_id.insert(event.id.clone(), at);
    }

    /// What has an id.
    fn with_id<'e>(&self, events: &'e [StoredEvent], id: &str) -> Option<&'e StoredEvent> {
        events.get(*self.by_id.get(id)?)
    }

    /// What has an idempotency key.
    fn with_key<'e>(&self, events: &'e [StoredEvent], key: &str) -> Option<&'e StoredEvent> {
        match self.by_key.get(key) {
            Some(at) => events.get(*at),
            None => self
                .with_id(events, key)
                .filter(|event| event.idempotency_key == key),
        }
    }

    /// What has a candidate's transaction, where it is the change of a row.
    fn written<'e>(
        &self,
        events: &'e [StoredEvent],
        candidate: &Candidate,
    ) -> Option<&'e StoredEvent> {
        candidate.content.row.as_ref()?;
        let stamp: Stamp = candidate.content.timestamp.parse().ok()?;
        events.get(*self.by_transaction.get(&stamp)?)
    }
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
