//! What backends share that lose their broker and find it again.

use std::{
    fmt::Display,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::{Hint, NotifyError, hub::Hub};

/// How long a broker may take to answer.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How often a connection that says nothing is asked whether it lives.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(10);

/// The shortest wait before a connection is tried again.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A connection to a broker that is made again whenever it is lost.
#[cfg(any(feature = "postgres", feature = "redis"))]
#[async_trait::async_trait]
pub(super) trait Session: Send {
    /// Connects, says so to the link, and passes on what comes until the connection is lost.
    async fn run(&mut self, link: &Link) -> Result<std::convert::Infallible, NotifyError>;

    /// Goes on while nothing is tried.
    async fn idle(&mut self);
}

/// Whether the broker is there, and who is told when it is back.
#[derive(Debug)]
pub(super) struct Link {
    /// For the log.
    pub(super) name: &'static str,
    pub(super) hub: Arc<Hub>,
    up: AtomicBool,
    reported: AtomicBool,
    closing: CancellationToken,
}

impl Link {
    pub(super) fn new(name: &'static str, hub: Hub) -> Arc<Self> {
        Arc::new(Self {
            name,
            hub: Arc::new(hub),
            up: AtomicBool::new(false),
            reported: AtomicBool::new(false),
            closing: CancellationToken::new(),
        })
    }

    /// Whether the broker is there.
    pub(super) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// For the health check and for what cannot be sent.
    pub(super) fn check(&self) -> Result<(), NotifyError> {
        match self.is_up() {
            true => Ok(()),
            false => Err(NotifyError::new(format!("{} is away", self.name))),
        }
    }

    /// The broker is there and hears what is wanted. What was sent while it was away is lost: everyone looks.
    pub(super) fn came(&self) {
        self.up.store(true, Ordering::Release);
        if self.reported.swap(true, Ordering::AcqRel) {
            tracing::info!(
                backend = self.name,
                "the notification backend is back; readers look"
            );
        }
        self.hub.deliver_to_all(&Hint::look());
    }

    /// The broker has gone. Said once, not with every attempt. Readers look, and poll from then on.
    pub(super) fn went(&self, error: &impl Display) {
        if self.closing.is_cancelled() {
            return;
        }
        if self.up.swap(false, Ordering::AcqRel) || !self.reported.swap(true, Ordering::AcqRel) {
            tracing::warn!(backend = self.name, %error, "the notification backend is away; readers poll");
            self.hub.deliver_to_all(&Hint::look());
        }
    }

    /// Runs sessions, one after the other, until the link closes.
    #[cfg(any(feature = "postgres", feature = "redis"))]
    pub(super) async fn keep(&self, mut session: impl Session) {
        let mut attempt = 0;
        loop {
            let Some(ended) = self.closing.run_until_cancelled(session.run(self)).await else {
                return;
            };
            attempt = if self.is_up() { 0 } else { attempt + 1 };
            let Err(error) = ended;
            self.went(&error);
            let pause = async {
                tokio::select! {
                    () = tokio::time::sleep(wait(attempt)) => {}
                    () = session.idle() => {}
                }
            };
            if self.closing.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    /// Runs something until the link closes.
    #[cfg(feature = "nats")]
    pub(super) async fn while_open(&self, work: impl Future<Output = ()>) {
        self.closing.run_until_cancelled(work).await;
    }

    /// Ends the sessions and every stream.
    pub(super) fn close(&self) {
        self.closing.cancel();
        self.up.store(false, Ordering::Release);
        self.hub.close();
    }
}

/// How long to wait before the n-th attempt: twice as long each time, and a random part of it, so that the processes of
/// a broker that restarts do not come back at once.
pub(super) fn wait(attempt: u32) -> Duration {
    let longest = FIRST_WAIT
        .saturating_mul(1 << attempt.min(16))
        .min(LONGEST_WAIT);
    longest.mul_f64(rand::random_range(0.5..=1.0))
}

/// A broker's answer, if it comes in time.
pub(super) async fn answered<T, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, NotifyError> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(NotifyError::new),
        Err(_) => Err(NotifyError::new("it does not answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_bounded() {
        for attempt in 0..40 {
            let wait = wait(attempt);
            assert!(
                wait >= FIRST_WAIT / 2 && wait <= LONGEST_WAIT,
                "{attempt}: {wait:?}"
            );
        }
        assert!(wait(20) >= LONGEST_WAIT / 2);
    }
}
