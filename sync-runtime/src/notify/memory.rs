//! Notifications inside one process; the default.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use tokio::sync::broadcast;

use super::{Hint, Hints, Notifier, NotifyError};

/// How many hints a slow listener may lag behind. Past it the oldest are dropped, which costs nothing: a later hint
/// makes the same reader look.
const BUFFERED: usize = 16;

/// Notifications inside one process.
#[derive(Debug, Default)]
pub struct MemoryNotifier {
    channels: Mutex<HashMap<String, broadcast::Sender<Hint>>>,
}

impl MemoryNotifier {
    fn channels(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Hint>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Notifier for MemoryNotifier {
    async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError> {
        let mut channels = self.channels();
        if let Some(sender) = channels.get(channel)
            && sender.send(hint.clone()).is_err()
        {
            // The last listener has gone.
            channels.remove(channel);
        }
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Result<Hints, NotifyError> {
        let mut channels = self.channels();
        // Those that nobody listens to any more go before the map would have to grow.
        if channels.len() == channels.capacity() {
            channels.retain(|_, sender| sender.receiver_count() > 0);
        }
        let receiver = channels
            .entry(channel.to_owned())
            .or_insert_with(|| broadcast::channel(BUFFERED).0)
            .subscribe();
        drop(channels);
        let hints = stream::unfold(receiver, |mut receiver| async move {
            loop {
                match receiver.recv().await {
                    Ok(hint) => return Some((hint, receiver)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        });
        Ok(hints.boxed())
    }

    async fn health_check(&self) -> Result<(), NotifyError> {
        Ok(())
    }

    fn supports_push(&self) -> bool {
        true
    }

    async fn close(&self) {
        self.channels().clear();
    }
}
