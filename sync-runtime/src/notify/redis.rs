//! Redis pub/sub: one connection that listens and one that publishes, for the whole process.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use redis::aio::{MultiplexedConnection, PubSubSink};
use tokio::{
    sync::{Notify, mpsc},
    time::{MissedTickBehavior, interval},
};

use super::{
    Hint, Hints, Notifier, NotifyError,
    hub::{Hub, Interest},
    link::{ANSWER_WITHIN, Link, PROBE_EVERY, Session, answered},
};

/// The most channels that one command names.
const CHANNELS_AT_ONCE: usize = 256;
/// Subscribed to again and again, which the server answers: that is how a dead connection is noticed.
const PROBE: &str = "sync-probe";

/// Notifications over Redis pub/sub.
#[derive(Debug)]
pub struct RedisNotifier {
    link: Arc<Link>,
    publisher: Arc<Publisher>,
}

/// The connection that publishes, while there is one.
#[derive(Default)]
struct Publisher {
    connection: Mutex<Option<MultiplexedConnection>>,
    broken: Notify,
}

impl RedisNotifier {
    /// Connects in the background, and again whenever the connection is lost. To be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The URL is not one of a Redis server.
    pub fn connect(url: &str) -> Result<Self, NotifyError> {
        let client = redis::Client::open(url).map_err(NotifyError::new)?;
        let (hub, interests) = Hub::with_interests();
        let link = Link::new("redis", hub);
        let publisher = Arc::new(Publisher::default());
        let connections = Connections {
            client,
            publisher: publisher.clone(),
            interests,
        };
        let kept = link.clone();
        tokio::spawn(async move { kept.keep(connections).await });
        Ok(Self { link, publisher })
    }
}

impl Publisher {
    fn set(&self, connection: Option<MultiplexedConnection>) {
        *self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = connection;
    }

    /// Runs a command. A connection that fails it is given up, together with the one that listens.
    async fn run(&self, command: &redis::Cmd) -> Result<(), NotifyError> {
        let connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut connection = connection.ok_or_else(|| NotifyError::new("redis is away"))?;
        let ran = answered(command.exec_async(&mut connection)).await;
        if ran.is_err() {
            self.broken.notify_one();
        }
        ran
    }
}

/// One life of both connections.
struct Connections {
    client: redis::Client,
    publisher: Arc<Publisher>,
    interests: mpsc::UnboundedReceiver<Interest>,
}

impl Connections {
    async fn listen(&mut self, link: &Link) -> Result<Infallible, NotifyError> {
        let (mut sink, mut messages) = answered(self.client.get_async_pubsub()).await?.split();
        let publishing = answered(self.client.get_multiplexed_async_connection()).await?;
        self.publisher.set(Some(publishing));
        let wanted = link.hub.channels();
        for channels in wanted.chunks(CHANNELS_AT_ONCE) {
            answered(sink.subscribe(channels)).await?;
        }
        link.came();
        let mut probe = interval(PROBE_EVERY);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => {
                    let Some(message) = message else {
                        return Err(NotifyError::new("the connection was lost"));
                    };
                    let channel = message.get_channel_name();
                    if let Some(hint) = Hint::parse(channel, message.get_payload_bytes()) {
                        link.hub.deliver(channel, &hint);
                    }
                }
                Some(interest) = self.interests.recv() => follow(&mut sink, interest).await?,
                _ = probe.tick() => answered(sink.subscribe(PROBE)).await?,
                () = self.publisher.broken.notified() => {
                    return Err(NotifyError::new("a message could not be published"));
                }
            }
        }
    }
}

#[async_trait]
impl Session for Connections {
    async fn run(&mut self, link: &Link) -> Result<Infallible, NotifyError> {
        let ended = self.listen(link).await;
        self.publisher.set(None);
        ended
    }

    /// Nobody is to wait for a broker that is away, nor are changes to pile up: the next session asks for what is
    /// wanted then.
    async fn idle(&mut self) {
        while self.interests.recv().await.is_some() {}
    }
}

async fn follow(sink: &mut PubSubSink, interest: Interest) -> Result<(), NotifyError> {
    match interest {
        Interest::Gained(channel, done) => {
            answered(sink.subscribe(channel)).await?;
            let _ = done.send(());
            Ok(())
        }
        Interest::Lost(channel) => answered(sink.unsubscribe(channel)).await,
    }
}

#[async_trait]
impl Notifier for RedisNotifier {
    async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError> {
        self.link.hub.deliver(channel, hint);
        self.link.check()?;
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(channel).arg(hint.to_text());
        self.publisher.run(&publish).await
    }

    async fn subscribe(&self, channel: &str) -> Result<Hints, NotifyError> {
        let (hints, known) = self.link.hub.listen(channel);
        if let Some(known) = known
            && self.link.is_up()
        {
            let _ = tokio::time::timeout(ANSWER_WITHIN, known).await;
        }
        Ok(hints)
    }

    async fn health_check(&self) -> Result<(), NotifyError> {
        self.link.check()?;
        self.publisher.run(&redis::cmd("PING")).await
    }

    fn supports_push(&self) -> bool {
        self.link.is_up()
    }

    async fn close(&self) {
        self.link.close();
    }
}

impl Drop for RedisNotifier {
    fn drop(&mut self) {
        self.link.close();
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").finish_non_exhaustive()
    }
}
