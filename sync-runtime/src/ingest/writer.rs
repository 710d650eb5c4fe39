//! The one task that writes.
//!
//! It takes whatever waits, up to a limit, and makes one group of it: under load many requests share one commit, and a
//! single request waits for nobody. A group that fails is tried again one submission at a time, so that a poisoned one
//! fails alone.

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};

use super::{
    Outcome,
    group::Grouping,
    submission::{Committed, Submission},
};
use crate::{
    feed::Feed,
    registry::Models,
    semantics::hlc::{Clock, Stamp},
    store::{Store, StoreError, WriteGroup},
};

/// The most events of one group. SQLite gains little beyond it, and a group should not keep others waiting long.
const MAX_GROUP: usize = 4_096;
/// The most submissions that wait; one more is told to come back.
const MAX_WAITING: usize = 256;

/// The most entities of a model that are folded again in one transaction.
const MAX_REFOLDED: u32 = 500;

/// Why a submission was not judged at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// Too many wait; nothing of it was written.
    Overloaded,
    /// The store is away; nothing of it was written.
    Unavailable,
}

/// Where submissions are handed in.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Waiting>,
}

struct Waiting {
    submission: Submission,
    answer: oneshot::Sender<Result<Vec<Outcome>, WriteError>>,
}

impl Writer {
    /// Starts the task. It ends when the last handle is gone and the queue is empty.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn start(
        models: Arc<Models>,
        store: Arc<dyn Store>,
        feed: Feed,
    ) -> Result<(Self, tokio::task::JoinHandle<()>), StoreError> {
        let newest = store.newest_stamp().await?;
        let newest: Option<Stamp> = newest.and_then(|stamp| stamp.parse().ok());
        let node = rand::random();
        let mut clock =
            newest.map_or_else(|| Clock::new(node), |stamp| Clock::starting_at(node, stamp));
        // What an older version of the models has folded is folded again before anybody reads it.
        loop {
            let group = store.begin().await?;
            if Grouping::refold_some(&models, &mut clock, group, MAX_REFOLDED).await? == 0 {
                break;
            }
        }
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        let task = Task {
            models,
            store,
            feed,
            clock,
            waiting,
        };
        Ok((Self { queue }, tokio::spawn(task.run())))
    }

    /// Hands in a submission and waits until it is durable or refused.
    ///
    /// # Errors
    ///
    /// Nothing of it was written; it may be sent again.
    pub async fn submit(&self, submission: Submission) -> Result<Vec<Outcome>, WriteError> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .try_send(Waiting { submission, answer })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => WriteError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => WriteError::Unavailable,
            })?;
        answered.await.unwrap_or(Err(WriteError::Unavailable))
    }
}

struct Task {
    models: Arc<Models>,
    store: Arc<dyn Store>,
    feed: Feed,
    clock: Clock,
    waiting: mpsc::Receiver<Waiting>,
}

impl Task {
    async fn run(mut self) {
        let mut batch = Vec::new();
        while let Some(first) = self.waiting.recv().await {
            let mut events = first.submission.candidates.len();
            batch.push(first);
            while events < MAX_GROUP
                && let Ok(next) = self.waiting.try_recv()
            {
                events += next.submission.candidates.len();
                batch.push(next);
            }
            self.write(&mut batch).await;
        }
    }

    async fn write(&mut self, batch: &mut Vec<Waiting>) {
        let (submissions, answers): (Vec<_>, Vec<_>) = batch
            .drain(..)
            .map(|waiting| (waiting.submission, waiting.answer))
            .unzip();
        let group = match self.store.begin().await {
            Ok(group) => group,
            Err(error) => {
                // Nobody of the group fares better alone, and each would wait as long again.
                tracing::error!(%error, submissions = submissions.len(), "no write can begin");
                for answer in answers {
                    let _ = answer.send(Err(WriteError::Unavailable));
                }
                return;
            }
        };
        match commit(&self.models, &mut self.clock, group, &submissions).await {
            Ok(committed) => {
                self.feed.publish(committed.events);
                for (answer, outcomes) in answers.into_iter().zip(committed.outcomes) {
                    // A client that has gone will send again and be told the same.
                    let _ = answer.send(Ok(outcomes));
                }
            }
            Err(error) => {
                tracing::error!(%error, submissions = submissions.len(), "a group was not written");
                self.write_singly(submissions, answers).await;
            }
        }
    }

    async fn write_singly(
        &mut self,
        submissions: Vec<Submission>,
        answers: Vec<oneshot::Sender<Result<Vec<Outcome>, WriteError>>>,
    ) {
        for (submission, answer) in submissions.into_iter().zip(answers) {
            let written = match self.store.begin().await {
                Ok(group) => {
                    let submissions = std::slice::from_ref(&submission);
                    commit(&self.models, &mut self.clock, group, submissions).await
                }
                Err(error) => Err(error),
            };
            let outcome = match written {
                Ok(committed) => {
                    self.feed.publish(committed.events);
                    Ok(committed.outcomes.into_iter().next().unwrap_or_default())
                }
                Err(error) => {
                    tracing::error!(%error, "a submission was not written");
                    Err(WriteError::Unavailable)
                }
            };
            let _ = answer.send(outcome);
        }
    }
}

/// Writes one group. A fault in what is written ends its group, never the writer.
async fn commit(
    models: &Models,
    clock: &mut Clock,
    group: Box<dyn WriteGroup + '_>,
    submissions: &[Submission],
) -> Result<Committed, StoreError> {
    let run = Grouping::run(models, clock, unix_millis(), group, submissions);
    AssertUnwindSafe(run)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            Err(StoreError {
                context: "writing a group",
                source: "it panicked".into(),
            })
        })
}

/// The machine's wall clock, Unix milliseconds.
pub fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}
