//! NATS core: one connection for the whole process, with a subscription for each channel that somebody listens to. The
//! library reconnects and subscribes again by itself.

use std::{collections::HashMap, sync::Arc};

use async_nats::{Client, ConnectOptions, Event, Subscriber, connection::State};
use async_trait::async_trait;
use futures_util::StreamExt as _;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

use super::{
    Hint, Hints, Notifier, NotifyError,
    hub::{Hub, Interest},
    link::{ANSWER_WITHIN, Link, PROBE_EVERY, answered, wait},
};

/// Notifications over NATS.
#[derive(Debug)]
pub struct NatsNotifier {
    link: Arc<Link>,
    client: Client,
}

impl NatsNotifier {
    /// Connects in the background, and again whenever the connection is lost.
    ///
    /// # Errors
    ///
    /// The URL is not one of a NATS server, or of several separated by commas.
    pub async fn connect(url: &str) -> Result<Self, NotifyError> {
        let servers: Vec<&str> = url.split(',').map(str::trim).collect();
        let (hub, interests) = Hub::with_interests();
        let link = Link::new("nats", hub);
        let told = link.clone();
        let client = ConnectOptions::new()
            .name("sync-runtime")
            .retry_on_initial_connect()
            .connection_timeout(ANSWER_WITHIN)
            .ping_interval(PROBE_EVERY)
            .reconnect_delay_callback(|attempt| wait(u32::try_from(attempt).unwrap_or(u32::MAX)))
            .event_callback(move |event| {
                match event {
                    Event::Connected => told.came(),
                    Event::Disconnected | Event::Closed => told.went(&event),
                    // A dropped hint costs its reader the time until it looks.
                    other => tracing::debug!(event = %other, "nats"),
                }
                std::future::ready(())
            })
            .connect(servers.as_slice())
            .await
            .map_err(NotifyError::new)?;
        tokio::spawn(follow(client.clone(), link.clone(), interests));
        Ok(Self { link, client })
    }
}

/// Subscribes to what is wanted, until the link closes.
async fn follow(client: Client, link: Arc<Link>, mut interests: mpsc::UnboundedReceiver<Interest>) {
    // What reads the subscriptions ends with this.
    let mut reading = JoinSet::new();
    let mut by_channel: HashMap<String, AbortHandle> = HashMap::new();
    let following = async {
        while let Some(interest) = interests.recv().await {
            while reading.try_join_next().is_some() {}
            match interest {
                Interest::Gained(channel, done) => match client.subscribe(channel.clone()).await {
                    Ok(messages) => {
                        let read = read(link.hub.clone(), channel.clone(), messages);
                        by_channel.insert(channel, reading.spawn(read));
                        if link.is_up() {
                            let _ = answered(client.flush()).await;
                        }
                        let _ = done.send(());
                    }
                    Err(error) => tracing::warn!(channel, %error, "no subscription at nats"),
                },
                Interest::Lost(channel) => {
                    // The subscription ends with what reads it.
                    if let Some(reader) = by_channel.remove(&channel) {
                        reader.abort();
                    }
                }
            }
        }
    };
    link.while_open(following).await;
}

async fn read(hub: Arc<Hub>, channel: String, mut messages: Subscriber) {
    while let Some(message) = messages.next().await {
        if let Some(hint) = Hint::parse(&channel, &message.payload) {
            hub.deliver(&channel, &hint);
        }
    }
}

#[async_trait]
impl Notifier for NatsNotifier {
    async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError> {
        self.link.hub.deliver(channel, hint);
        // The library would keep it until the broker is back, when everyone looks anyway.
        self.link.check()?;
        answered(
            self.client
                .publish(channel.to_owned(), hint.to_text().into()),
        )
        .await
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
        match self.client.connection_state() {
            State::Connected => Ok(()),
            State::Pending | State::Disconnected => Err(NotifyError::new("nats is away")),
        }
    }

    fn supports_push(&self) -> bool {
        self.link.is_up()
    }

    async fn close(&self) {
        self.link.close();
        if let Err(error) = answered(self.client.drain()).await {
            tracing::debug!(%error, "nats was not drained");
        }
    }
}

impl Drop for NatsNotifier {
    fn drop(&mut self) {
        self.link.close();
    }
}
