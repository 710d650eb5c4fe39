//! One group after the other.
//!
//! A group takes whatever waits: under load many requests share one commit, and a single request waits for nobody. One
//! that fails by what is in it is halved until what was bad stands alone: submissions first, then the events of one.

use std::{
    collections::HashSet, io, ops::Range, panic::AssertUnwindSafe, sync::Arc, time::Duration,
};

use futures_util::FutureExt as _;

use super::{
    WriteError,
    queue::{Answer, Queue, Waiting},
    unix_millis,
};
use crate::{
    feed::Feed,
    ingest::{
        Code, Outcome, Rejection,
        group::Grouping,
        incoming::Candidate,
        submission::{Committed, Submission},
    },
    registry::Models,
    semantics::hlc::Clock,
    store::{Failure, Store, StoreError},
};

/// How often a group is tried where other transactions are in its way.
const TRIES: u32 = 5;
/// The wait before the second try; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(10);
/// How long a group may take: a database that neither answers nor breaks the connection is away.
const MAX_TIME: Duration = Duration::from_secs(60);

/// What writes.
pub(super) struct Task {
    models: Arc<Models>,
    store: Arc<dyn Store>,
    feed: Feed,
    clock: Clock,
    queue: Arc<Queue>,
}

/// Nobody waits for a task that is gone.
struct Ending(Arc<Queue>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.clear();
    }
}

impl Task {
    pub(super) fn new(
        models: Arc<Models>,
        store: Arc<dyn Store>,
        feed: Feed,
        clock: Clock,
        queue: Arc<Queue>,
    ) -> Self {
        Self {
            models,
            store,
            feed,
            clock,
            queue,
        }
    }

    pub(super) async fn run(mut self) {
        let ending = Ending(self.queue.clone());
        while let Some(group) = self.queue.take().await {
            self.write(group).await;
        }
        drop(ending);
    }

    /// Writes what is together if that is possible, and answers.
    async fn write(&mut self, group: Vec<Waiting>) {
        let (mut submissions, mut answers): (Vec<_>, Vec<_>) = group
            .into_iter()
            .map(|waiting| (waiting.submission, Some(waiting.answer)))
            .unzip();
        let mut parts: Vec<_> = std::iter::once(0..submissions.len()).collect();
        while let Some(part) = parts.pop() {
            match self.commit(&submissions[part.clone()]).await {
                Ok(committed) => {
                    self.feed.publish(committed.events);
                    for (answer, outcomes) in answers[part].iter_mut().zip(committed.outcomes) {
                        tell(answer, Ok(outcomes));
                    }
                }
                Err(error) if error.failure() != Failure::Data => {
                    tracing::error!(%error, "the store takes no writes");
                    // Nobody of the group fares better now, and each would wait as long again.
                    for answer in &mut answers {
                        tell(answer, Err(WriteError::Unavailable));
                    }
                    return;
                }
                Err(error) if part.len() > 1 => {
                    tracing::error!(%error, submissions = part.len(), "a group was not written: halving it");
                    parts.extend(halves(&part));
                }
                Err(error) => {
                    tracing::error!(%error, "a submission was not written: halving it");
                    for at in part {
                        let outcomes = self.write_events(&mut submissions[at]).await;
                        tell(&mut answers[at], Ok(outcomes));
                    }
                }
            }
        }
    }

    /// Writes the events of one submission, all but those that the store does not take.
    async fn write_events(&mut self, submission: &mut Submission) -> Vec<Outcome> {
        let candidates = std::mem::take(&mut submission.candidates);
        let mut outcomes: Vec<Option<Outcome>> = candidates.iter().map(|_| None).collect();
        let mut held: HashSet<(String, String)> = HashSet::new();
        let mut away = false;
        let mut parts: Vec<_> = std::iter::once(0..candidates.len()).collect();
        while let Some(part) = parts.pop() {
            // What has to come again holds up what follows of its entity.
            let tried: Vec<usize> = part
                .clone()
                .filter(|at| !away && !held.contains(&entity(&candidates[*at])))
                .collect();
            submission.candidates = tried.iter().map(|at| candidates[*at].clone()).collect();
            let written = match tried.is_empty() {
                true => Ok(Committed::default()),
                false => self.commit(std::slice::from_ref(submission)).await,
            };
            match written {
                Ok(committed) => {
                    self.feed.publish(committed.events);
                    let found = committed.outcomes.into_iter().flatten();
                    for (at, outcome) in tried.into_iter().zip(found) {
                        outcomes[at] = Some(outcome);
                    }
                }
                Err(error) if error.failure() != Failure::Data => {
                    tracing::error!(%error, "the store takes no writes");
                    away = true;
                }
                Err(_) if part.len() > 1 => parts.extend(halves(&part)),
                Err(error) => {
                    let id = &candidates[part.start].id;
                    tracing::error!(%error, id, "the store does not take an event");
                    held.insert(entity(&candidates[part.start]));
                }
            }
        }
        let not_taken = || {
            Outcome::Rejected(Rejection::new(
                Code::StorageUnavailable,
                "the store did not take this event; send it again",
            ))
        };
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(not_taken))
            .collect()
    }

    /// Writes one group; where other transactions are in its way, again.
    async fn commit(&mut self, submissions: &[Submission]) -> Result<Committed, StoreError> {
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES {
            match self.try_commit(submissions).await {
                Err(error) if error.failure() == Failure::Conflict => {
                    tracing::warn!(%error, "a group was in the way of another; trying again");
                    tokio::time::sleep(wait.mul_f64(0.5 + rand::random::<f64>())).await;
                    wait *= 2;
                }
                done => return done,
            }
        }
        self.try_commit(submissions).await
    }

    /// A fault in what is written ends its group, never the writer.
    async fn try_commit(&mut self, submissions: &[Submission]) -> Result<Committed, StoreError> {
        let run = Grouping::run(
            &self.models,
            &mut self.clock,
            unix_millis(),
            &*self.store,
            submissions,
        );
        let failed = |source| StoreError {
            context: "writing a group",
            source,
        };
        match tokio::time::timeout(MAX_TIME, AssertUnwindSafe(run).catch_unwind()).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(failed("it panicked".into())),
            Err(_) => Err(failed(
                sqlx::Error::Io(io::ErrorKind::TimedOut.into()).into(),
            )),
        }
    }
}

/// Both halves, so that the first is popped first.
fn halves(part: &Range<usize>) -> [Range<usize>; 2] {
    let middle = part.start + part.len() / 2;
    [middle..part.end, part.start..middle]
}

fn entity(candidate: &Candidate) -> (String, String) {
    let content = &candidate.content;
    (content.entity_type.clone(), content.entity_id.clone())
}

/// A client that has gone will send again and be told the same.
fn tell(answer: &mut Option<Answer>, outcome: Result<Vec<Outcome>, WriteError>) {
    if let Some(answer) = answer.take() {
        let _ = answer.send(outcome);
    }
}
