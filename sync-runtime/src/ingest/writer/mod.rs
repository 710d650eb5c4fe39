//! The one task of a process that writes.
//!
//! [`queue`] holds what waits, by tenant; [`task`] makes one group of it after the other.

mod queue;
mod task;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::sync::oneshot;

use self::{
    queue::{Queue, Waiting},
    task::Task,
};
use super::{Outcome, group::Grouping, submission::Submission};
use crate::{
    feed::Feed,
    registry::Models,
    schema::Mode,
    semantics::hlc::{Clock, Stamp},
    store::{Store, StoreError},
};

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
    handle: Arc<Handle>,
}

/// Closes the queue with the last writer.
#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
    }
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
        refold_older(&models, &*store, &mut clock).await?;
        let queue = Arc::new(Queue::default());
        let task = Task::new(models, store, feed, clock, queue.clone());
        let handle = Arc::new(Handle { queue });
        Ok((Self { handle }, tokio::spawn(task.run())))
    }

    /// How long the oldest submission has waited that is not answered yet.
    pub fn oldest_waiting(&self) -> Option<Duration> {
        self.handle.queue.oldest()
    }

    /// Hands in a submission and waits until it is durable or refused.
    ///
    /// # Errors
    ///
    /// Nothing of it was written; it may be sent again.
    pub async fn submit(&self, submission: Submission) -> Result<Vec<Outcome>, WriteError> {
        let (answer, answered) = oneshot::channel();
        self.handle.queue.push(Waiting::new(submission, answer))?;
        answered.await.unwrap_or(Err(WriteError::Unavailable))
    }
}

/// Folds again what an older version of the models has folded, before anybody reads it. It is looked for outside of the
/// writing transaction, which others wait for.
async fn refold_older(
    models: &Models,
    store: &dyn Store,
    clock: &mut Clock,
) -> Result<(), StoreError> {
    let folded = models.schema().models().iter();
    for model in folded.filter(|model| model.mode == Mode::Events) {
        let mut last = None;
        loop {
            let older = store
                .older_heads(model, last.as_ref(), MAX_REFOLDED)
                .await?;
            if older.is_empty() {
                break;
            }
            let group = store.begin().await?;
            Grouping::refold_all(models, clock, group, &older).await?;
            last = older.into_iter().next_back();
        }
    }
    Ok(())
}

/// The machine's wall clock, Unix milliseconds.
pub fn unix_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
}
