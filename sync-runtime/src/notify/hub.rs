//! Who listens in this process, by channel.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{StreamExt as _, stream};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::{Hint, Hints};

/// How many hints a slow listener may lag behind. Past it the oldest are dropped, which costs nothing: a later hint
/// makes the same reader look.
const BUFFERED: usize = 16;

/// Who listens in this process. A channel is here while somebody does.
#[derive(Debug, Default)]
pub(super) struct Hub {
    channels: Mutex<HashMap<String, broadcast::Sender<Hint>>>,
    /// Told of channels that come and go; those of a broker with one connection for all.
    interests: Option<mpsc::UnboundedSender<Interest>>,
}

/// What the process wants to hear.
#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "nats", feature = "redis")),
    expect(
        dead_code,
        reason = "only brokers with one connection for all channels are told"
    )
)]
pub(super) enum Interest {
    /// Somebody listens to a channel that nobody did; to be told once the broker knows.
    Gained(String, oneshot::Sender<()>),
    /// Nobody listens any more.
    Lost(String),
}

impl Hub {
    /// A hub, and what becomes of the interest in its channels.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(super) fn with_interests() -> (Self, mpsc::UnboundedReceiver<Interest>) {
        let (interests, changes) = mpsc::unbounded_channel();
        let hub = Self {
            channels: Mutex::default(),
            interests: Some(interests),
        };
        (hub, changes)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Hint>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to a channel. Where it is new, the second part ends once the broker knows of it.
    pub(super) fn listen(
        self: &Arc<Self>,
        channel: &str,
    ) -> (Hints, Option<oneshot::Receiver<()>>) {
        let mut channels = self.lock();
        let mut known = None;
        let receiver = match channels.get(channel) {
            Some(sender) => sender.subscribe(),
            None => {
                let (sender, receiver) = broadcast::channel(BUFFERED);
                channels.insert(channel.to_owned(), sender);
                if let Some(interests) = &self.interests {
                    let (done, told) = oneshot::channel();
                    let _ = interests.send(Interest::Gained(channel.to_owned(), done));
                    known = Some(told);
                }
                receiver
            }
        };
        drop(channels);
        let listening = Listening {
            hub: self.clone(),
            channel: channel.to_owned(),
            receiver: Some(receiver),
        };
        let hints = stream::unfold(listening, |mut listening| async move {
            let hint = listening.next().await?;
            Some((hint, listening))
        });
        (hints.boxed(), known)
    }

    /// Hands a hint to whoever listens to the channel.
    pub(super) fn deliver(&self, channel: &str, hint: &Hint) {
        if let Some(sender) = self.lock().get(channel) {
            let _ = sender.send(hint.clone());
        }
    }

    /// Hands a hint to everyone.
    #[cfg(any(feature = "nats", feature = "postgres", feature = "redis"))]
    pub(super) fn deliver_to_all(&self, hint: &Hint) {
        for sender in self.lock().values() {
            let _ = sender.send(hint.clone());
        }
    }

    /// The channels that somebody listens to.
    #[cfg(feature = "redis")]
    pub(super) fn channels(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Ends every stream.
    pub(super) fn close(&self) {
        self.lock().clear();
    }
}

/// One stream of hints.
struct Listening {
    hub: Arc<Hub>,
    channel: String,
    receiver: Option<broadcast::Receiver<Hint>>,
}

impl Listening {
    async fn next(&mut self) -> Option<Hint> {
        loop {
            match self.receiver.as_mut()?.recv().await {
                Ok(hint) => return Some(hint),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut channels = self.hub.lock();
        self.receiver = None;
        let left = channels
            .get(&self.channel)
            .map(broadcast::Sender::receiver_count);
        if left == Some(0) {
            channels.remove(&self.channel);
            if let Some(interests) = &self.hub.interests {
                let _ = interests.send(Interest::Lost(std::mem::take(&mut self.channel)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_channel_is_there_while_somebody_listens() {
        let (hub, mut changes) = {
            let (interests, changes) = mpsc::unbounded_channel();
            let hub = Hub {
                interests: Some(interests),
                ..Hub::default()
            };
            (Arc::new(hub), changes)
        };
        let (mut one, told) = hub.listen("a");
        let (two, not_told) = hub.listen("a");
        assert!(told.is_some() && not_told.is_none());
        assert!(matches!(changes.try_recv(), Ok(Interest::Gained(channel, _)) if channel == "a"));
        hub.deliver("b", &Hint::look());
        hub.deliver("a", &Hint::changed("order", 7));
        assert_eq!(one.next().await, Some(Hint::changed("order", 7)));
        drop(one);
        assert!(changes.try_recv().is_err());
        drop(two);
        assert!(matches!(changes.try_recv(), Ok(Interest::Lost(channel)) if channel == "a"));
        assert!(hub.lock().is_empty());
    }

    #[tokio::test]
    async fn a_slow_listener_has_the_latest() {
        let hub = Arc::new(Hub::default());
        let (mut hints, _) = hub.listen("a");
        for seq in 1..=100 {
            hub.deliver("a", &Hint::changed("order", seq));
        }
        hub.close();
        let mut last = None;
        while let Some(hint) = hints.next().await {
            last = Some(hint);
        }
        assert_eq!(last, Some(Hint::changed("order", 100)));
    }
}
