//! What becomes of each event, and its fold.

use super::{Grouping, entity_key, refuse::refuse};
use crate::{
    guard::Write,
    ingest::{
        Code, Outcome, Rejection,
        incoming::{Candidate, Valid},
        refold::{self, fold_stored},
        rewind::{Done, Rewind},
        submission::{Acceptance, Submission},
    },
    schema::{Event, Mode},
    semantics::{
        fold::{Folded, Reducer},
        hlc::Stamp,
    },
    store::{EntityKey, Head, Place, Result, StoredEvent},
};

impl Grouping<'_> {
    pub(super) async fn judge(
        &mut self,
        submission: &Submission,
        candidate: &Candidate,
    ) -> Result<Outcome> {
        let tenant = &submission.principal.tenant_id;
        if let Some(outcome) = self.known(submission, candidate) {
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
        let mut event = StoredEvent {
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
            change: None,
        };
        if reducer.model.mode == Mode::Rows {
            let row = candidate.content.row.as_ref();
            let rejected = self
                .place_row(reducer, declared, &mut event, submission, row)
                .await?;
            return Ok(match rejected {
                Some(rejection) => Outcome::Rejected(rejection),
                None => self.accept(event, submission.with_rows),
            });
        }
        let late = self
            .heads
            .get(&event.key)
            .is_some_and(|head| event.place() < head.last);
        let rejected = if late {
            self.place_late(reducer, declared, &event, submission)
                .await?
        } else {
            self.fold_to_end(&event.key).await?;
            self.place_last(reducer, declared, &event, submission)
                .await?
        };
        Ok(match rejected {
            Some(rejection) => Outcome::Rejected(rejection),
            None => self.accept(event, false),
        })
    }

    /// The answer to an id, a key or a row's transaction that the tenant's log has already.
    fn known(&self, submission: &Submission, candidate: &Candidate) -> Option<Outcome> {
        let known = self.known.get(&submission.principal.tenant_id)?;
        let by_id = known.with_id(&self.events, &candidate.id);
        let by_key = known.with_key(&self.events, &candidate.idempotency_key);
        let written = known.written(&self.events, candidate);
        if by_id.is_none() && by_key.is_none() && written.is_none() {
            return None;
        }
        let is_same = |stored: &StoredEvent| candidate.content.is_that_of(stored, self.models);
        let same = match written {
            // One transaction of a row may come by two doors, each with an id and a key of its own.
            Some(stored) => Some(stored).filter(|stored| {
                let is_it = |found: &StoredEvent| found.id == stored.id;
                by_id.is_none_or(is_it) && by_key.is_none_or(is_it)
            }),
            None => by_id.filter(|stored| stored.idempotency_key == candidate.idempotency_key),
        };
        Some(match same.filter(|stored| is_same(stored)) {
            Some(stored) => Outcome::Accepted {
                seq: stored.seq,
                row: submission.with_rows.then(|| self.row_of(stored, true)),
            },
            None => Outcome::Rejected(Rejection::new(
                Code::IdempotencyMismatch,
                "another event has this `id`, `idempotency_key` or transaction; an event that differs needs new ones",
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
    async fn place_last(
        &mut self,
        reducer: Reducer<'_>,
        declared: &Event,
        event: &StoredEvent,
        submission: &Submission,
    ) -> Result<Option<Rejection>> {
        let head = self.heads.get(&event.key);
        let exists = head.is_some();
        let before = head.map_or(&Folded::Absent, |head| &head.folded);
        if submission.acceptance == Acceptance::Judged {
            if let Some(rejection) = refuse(reducer, declared, exists, before, event) {
                return Ok(Some(rejection));
            }
            let write = write(submission, declared, event, before, false);
            if let Some(rejection) = self.rules.check(write).await {
                return Ok(Some(rejection));
            }
        }
        let before = (!self.rules.of(event).is_empty()).then(|| before.clone());
        let head = self
            .heads
            .entry(event.key.clone())
            .or_insert_with(|| Head::before(event, reducer.model.version));
        let did_something = fold_stored(reducer, &mut head.folded, event);
        self.committed.folded += 1;
        if let Some(before) = before {
            let write = write(submission, declared, event, &before, false);
            let after = (&head.folded, did_something);
            let rejection = self
                .rules
                .applied(&mut *self.group, write, after, &head.folded)
                .await?;
            if rejection.is_some() {
                head.folded = before;
                if !exists {
                    self.heads.remove(&event.key);
                }
                return Ok(rejection);
            }
        }
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
        Ok(None)
    }

    /// Judges and folds an event at its place among others. What lies behind it is folded again later.
    async fn place_late(
        &mut self,
        reducer: Reducer<'_>,
        declared: &Event,
        event: &StoredEvent,
        submission: &Submission,
    ) -> Result<Option<Rejection>> {
        let place = event.place();
        let mut rewind = self.wind_back(reducer, &event.key, &place).await?;
        if submission.acceptance == Acceptance::Judged {
            let before = rewind.folded();
            let mut rejection = refuse(reducer, declared, true, before, event);
            if rejection.is_none() {
                let write = write(submission, declared, event, before, true);
                rejection = self.rules.check(write).await;
            }
            if rejection.is_some() {
                self.rewinds.insert(event.key.clone(), rewind);
                return Ok(rejection);
            }
        }
        if !self.rules.of(event).is_empty() {
            return self
                .place_watched(reducer, declared, event, submission, rewind)
                .await;
        }
        if !rewind.is_changed() {
            self.group.drop_snapshots_from(&event.key, &place).await?;
        }
        rewind.insert(reducer, event);
        self.rewinds.insert(event.key.clone(), rewind);
        Ok(None)
    }

    /// The same where the application is told: it sees the entity's end with this one event, and may refuse it.
    async fn place_watched(
        &mut self,
        reducer: Reducer<'_>,
        declared: &Event,
        event: &StoredEvent,
        submission: &Submission,
        mut rewind: Rewind,
    ) -> Result<Option<Rejection>> {
        let before = rewind.folded().clone();
        rewind.insert(reducer, event);
        let mut after = before.clone();
        let did_something = fold_stored(reducer, &mut after, event);
        let done = rewind.finish(&mut *self.group, reducer).await?;
        let write = write(submission, declared, event, &before, true);
        let rejection = self
            .rules
            .applied(
                &mut *self.group,
                write,
                (&after, did_something),
                &done.head.folded,
            )
            .await?;
        if rejection.is_none() {
            self.group
                .drop_snapshots_from(&event.key, &event.place())
                .await?;
            self.settle(done);
        }
        Ok(rejection)
    }

    /// The entity folded up to a place. One that waits before it is folded on; else it is wound back.
    async fn wind_back(
        &mut self,
        reducer: Reducer<'_>,
        key: &EntityKey,
        place: &Place,
    ) -> Result<Rewind> {
        if self
            .rewinds
            .get(key)
            .is_some_and(|rewind| !rewind.is_before(place))
        {
            self.fold_to_end(key).await?;
        }
        if let Some(mut rewind) = self.rewinds.remove(key) {
            rewind
                .fold_until(&mut *self.group, reducer, Some(place))
                .await?;
            return Ok(rewind);
        }
        // What this group has accepted so far belongs to the order.
        self.flush().await?;
        let total = self.heads.get(key).map_or(0, |head| head.event_count);
        Rewind::to(&mut *self.group, reducer, key, place, total).await
    }

    /// Folds an entity that got late events to its end.
    pub(super) async fn fold_to_end(&mut self, key: &EntityKey) -> Result<()> {
        let Some(rewind) = self.rewinds.remove(key) else {
            return Ok(());
        };
        if let Some(reducer) = self.models.reducer(&key.entity_type)
            && rewind.is_changed()
        {
            let done = rewind.finish(&mut *self.group, reducer).await?;
            self.settle(done);
        }
        Ok(())
    }

    /// Takes over what a fold to the end gave.
    pub(super) fn settle(&mut self, done: Done) {
        let key = done.head.key.clone();
        self.committed.folded += done.folded;
        self.snapshots
            .entry(key.clone())
            .or_default()
            .extend(done.snapshots);
        self.dirty.insert(key.clone());
        self.heads.insert(key, done.head);
    }

    fn accept(&mut self, event: StoredEvent, with_row: bool) -> Outcome {
        let seq = event.seq;
        let row = with_row.then(|| self.row_of(&event, false));
        match self.next_seq.get_mut(&event.key.tenant) {
            Some(next) => *next = seq + 1,
            None => drop(self.next_seq.insert(event.key.tenant.clone(), seq + 1)),
        }
        self.clock.receive(self.wall, event.stamp);
        if !self.dirty.contains(&event.key) {
            self.dirty.insert(event.key.clone());
        }
        self.remember(event);
        Outcome::Accepted { seq, row }
    }
}

pub(super) fn write<'a>(
    submission: &'a Submission,
    declared: &'a Event,
    event: &'a StoredEvent,
    before: &'a Folded,
    late: bool,
) -> Write<'a> {
    Write {
        principal: &submission.principal,
        name: &declared.name,
        event,
        before,
        late,
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
