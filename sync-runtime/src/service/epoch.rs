//! The name of the log, which changes under a running server when another process restores a log.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::store::Store;

/// The log's name, as it was last seen. Whoever checks a cursor learns it on the way; streams, which check theirs once,
/// hear of a change.
#[derive(Debug)]
pub(crate) struct Epoch {
    seen: watch::Sender<String>,
}

impl Epoch {
    pub(super) fn new(name: String) -> Arc<Self> {
        Arc::new(Self {
            seen: watch::Sender::new(name),
        })
    }

    /// The name that was last seen.
    pub(crate) fn name(&self) -> String {
        self.seen.borrow().clone()
    }

    /// The store says that this is its name.
    pub(crate) fn learn(&self, name: String) {
        self.seen.send_if_modified(|seen| {
            let renewed = *seen != name;
            if renewed {
                tracing::info!("the log was restored: its readers start again from snapshots");
                *seen = name;
            }
            renewed
        });
    }

    /// Ends when the log no longer has this name.
    pub(crate) fn renewed(&self, name: String) -> impl Future<Output = ()> + use<> {
        let mut seen = self.seen.subscribe();
        async move {
            // Whoever holds the sender has gone, and with it the service.
            let _ = seen.wait_for(|seen| *seen != name).await;
        }
    }

    /// Looks from time to time, for streams that nobody else would tell. Ends with the service, which alone keeps the
    /// store open.
    pub(super) async fn keep_watch(
        seen: Weak<Self>,
        store: Weak<dyn Store>,
        every: Duration,
        closing: CancellationToken,
    ) {
        let look = async {
            loop {
                tokio::time::sleep(every).await;
                let (Some(seen), Some(store)) = (seen.upgrade(), store.upgrade()) else {
                    return;
                };
                match store.epoch().await {
                    Ok(name) => seen.learn(name),
                    Err(error) => tracing::debug!(%error, "the log's epoch cannot be read"),
                }
            }
        };
        tokio::select! {
            () = closing.cancelled() => {}
            () = look => {}
        }
    }
}
