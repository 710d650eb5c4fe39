//! What is still to be told. Sending happens in the background, so that a broker which is slow or away never holds up a
//! write.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Hint, Notifier, NotifyError};
use crate::metrics::Metrics;

/// How many messages are under way at once.
const AT_ONCE: usize = 64;
/// How long to wait before what could not be sent is sent again, at first and at most.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How long the last messages may take when the service goes.
const LAST_WITHIN: Duration = Duration::from_secs(2);

/// What is still to be told, one message a channel: a later one says all that an earlier one did, so that what piles up
/// while a broker is away is bounded by the channels.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pending: Mutex<HashMap<String, Pending>>,
    filled: Notify,
}

#[derive(Debug)]
struct Pending {
    hint: Hint,
    since: Instant,
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in a message.
    pub(super) fn put(&self, channel: String, hint: Hint) {
        match self.lock().entry(channel) {
            Entry::Occupied(mut waiting) => waiting.get_mut().hint = hint,
            Entry::Vacant(free) => {
                free.insert(Pending {
                    hint,
                    since: Instant::now(),
                });
            }
        }
        self.filled.notify_one();
    }

    /// How long the oldest message has waited.
    pub(super) fn oldest(&self) -> Option<Duration> {
        let oldest = self.lock().values().map(|pending| pending.since).min();
        oldest.map(|since| since.elapsed())
    }

    /// Sends what comes in until the service closes, and then what is left.
    pub(super) async fn run(
        self: Arc<Self>,
        notifier: Arc<dyn Notifier>,
        metrics: Arc<Metrics>,
        closing: CancellationToken,
    ) {
        let mut wait = WAITS.0;
        loop {
            tokio::select! {
                biased;
                () = closing.cancelled() => break,
                () = self.filled.notified() => {}
            }
            let Some(error) = self.send(&*notifier, &metrics).await else {
                wait = WAITS.0;
                continue;
            };
            tracing::debug!(%error, "notifications wait; readers look by themselves");
            let jittered = wait.mul_f64(rand::random_range(0.5..=1.0));
            closing
                .run_until_cancelled(tokio::time::sleep(jittered))
                .await;
            wait = (wait * 2).min(WAITS.1);
            self.filled.notify_one();
        }
        let _ = tokio::time::timeout(LAST_WITHIN, self.send(&*notifier, &metrics)).await;
    }

    /// Sends what is there. What fails stays, unless there is something newer, and one of the errors is given back.
    async fn send(&self, notifier: &dyn Notifier, metrics: &Metrics) -> Option<NotifyError> {
        let taken = std::mem::take(&mut *self.lock());
        let sent = stream::iter(taken).map(|(channel, pending)| async move {
            let outcome = notifier.broadcast(&channel, &pending.hint).await;
            outcome.err().map(|error| (channel, pending, error))
        });
        let failed: Vec<_> = sent
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await;
        metrics.notifications_failed(failed.len());
        let mut last = None;
        let mut waiting = self.lock();
        for (channel, pending, error) in failed {
            match waiting.entry(channel) {
                Entry::Occupied(mut newer) => newer.get_mut().since = pending.since,
                Entry::Vacant(free) => {
                    free.insert(pending);
                }
            }
            last = Some(error);
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::notify::Hints;

    /// A backend that can be away.
    #[derive(Default)]
    struct Flaky {
        away: AtomicBool,
        sent: Mutex<Vec<(String, u64)>>,
    }

    #[async_trait]
    impl Notifier for Flaky {
        async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError> {
            if self.away.load(Ordering::SeqCst) {
                return Err(NotifyError::new("away"));
            }
            let seq = hint.payload["seq"].as_u64().unwrap();
            self.sent.lock().unwrap().push((channel.to_owned(), seq));
            Ok(())
        }

        async fn subscribe(&self, _: &str) -> Result<Hints, NotifyError> {
            Ok(stream::pending().boxed())
        }

        async fn health_check(&self) -> Result<(), NotifyError> {
            Ok(())
        }

        fn supports_push(&self) -> bool {
            true
        }

        async fn close(&self) {}
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_sent_waits_and_the_latest_goes_out() {
        let (outbox, notifier) = (Arc::new(Outbox::default()), Arc::new(Flaky::default()));
        let (metrics, closing) = (Arc::new(Metrics::default()), CancellationToken::new());
        notifier.away.store(true, Ordering::SeqCst);
        let running = tokio::spawn(outbox.clone().run(
            notifier.clone(),
            metrics.clone(),
            closing.clone(),
        ));
        for seq in 1..=1_000 {
            outbox.put("a".to_owned(), Hint::changed("order", seq));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(outbox.lock().len(), 1);
        assert!(
            outbox
                .oldest()
                .is_some_and(|age| age > Duration::from_secs(9))
        );
        notifier.away.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert_eq!(*notifier.sent.lock().unwrap(), [("a".to_owned(), 1_000)]);
        assert_eq!(outbox.oldest(), None);
        // What is there when the service goes is sent.
        notifier.sent.lock().unwrap().clear();
        outbox.put("b".to_owned(), Hint::changed("order", 7));
        closing.cancel();
        running.await.unwrap();
        assert_eq!(*notifier.sent.lock().unwrap(), [("b".to_owned(), 7)]);
    }
}
