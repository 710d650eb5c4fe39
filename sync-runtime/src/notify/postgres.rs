//! PostgreSQL's LISTEN and NOTIFY, on one channel for everything: one connection that listens and one that notifies, for
//! the whole process.
//!
//! NOTIFY takes a lock that all committing transactions of the cluster share, so what waits is sent together, in a
//! transaction of its own, outside any write.

use std::{convert::Infallible, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    Hint, Hints, Notifier, NotifyError,
    hub::Hub,
    link::{ANSWER_WITHIN, Link, PROBE_EVERY, Session, answered},
};
use crate::store::postgres::options;

/// The most bytes of a message; PostgreSQL refuses from 8,000 on.
const MAX_BYTES: usize = 7_500;
/// The most messages that wait to be sent; more have to wait for them.
const MAX_WAITING: usize = 1_024;
/// The most messages of one transaction.
const MAX_AT_ONCE: usize = 512;

/// Sends all of them in one transaction.
const NOTIFY: &str = "SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message";

/// Notifications over LISTEN and NOTIFY.
#[derive(Debug)]
pub struct PostgresNotifier {
    link: Arc<Link>,
    sending: mpsc::Sender<Sending>,
}

type Sending = (String, oneshot::Sender<Result<(), NotifyError>>);

/// What goes over the one channel.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope<H> {
    channel: String,
    #[serde(flatten)]
    hint: H,
}

impl PostgresNotifier {
    /// Connects in the background, and again whenever the connection is lost. `channel` is PostgreSQL's: the prefix of
    /// all channels. To be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// The URL is not one of a PostgreSQL server.
    pub fn connect(url: &str, channel: &str) -> Result<Self, NotifyError> {
        let options = options(url).map_err(NotifyError::new)?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ANSWER_WITHIN)
            .connect_lazy_with(options);
        let link = Link::new("postgres", Hub::default());
        let (sending, waiting) = mpsc::channel(MAX_WAITING);
        tokio::spawn(send(pool, channel.to_owned(), waiting));
        let listening = Listening {
            url: url.to_owned(),
            channel: channel.to_owned(),
        };
        let kept = link.clone();
        tokio::spawn(async move { kept.keep(listening).await });
        Ok(Self { link, sending })
    }
}

/// One life of the connection that listens.
struct Listening {
    url: String,
    channel: String,
}

#[async_trait]
impl Session for Listening {
    async fn run(&mut self, link: &Link) -> Result<Infallible, NotifyError> {
        let mut listener = answered(PgListener::connect(&self.url)).await?;
        listener.eager_reconnect(false);
        answered(listener.listen(&self.channel)).await?;
        link.came();
        loop {
            let received = match tokio::time::timeout(PROBE_EVERY, listener.try_recv()).await {
                Ok(received) => received.map_err(NotifyError::new)?,
                Err(_) => {
                    answered(sqlx::query("SELECT 1").execute(&mut listener)).await?;
                    continue;
                }
            };
            // The library would connect again by itself, but nobody would be told.
            let Some(received) = received else {
                return Err(NotifyError::new("the connection was lost"));
            };
            match serde_json::from_str::<Envelope<Hint>>(received.payload()) {
                Ok(Envelope { channel, hint }) => link.hub.deliver(&channel, &hint),
                Err(error) => tracing::warn!(%error, "a notification that cannot be read"),
            }
        }
    }

    async fn idle(&mut self) {
        std::future::pending().await
    }
}

/// Sends what waits, together.
async fn send(pool: PgPool, channel: String, mut waiting: mpsc::Receiver<Sending>) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, MAX_AT_ONCE).await > 0 {
        let (messages, answers): (Vec<String>, Vec<_>) = batch.drain(..).unzip();
        let notify = sqlx::query(NOTIFY)
            .bind(&channel)
            .bind(&messages)
            .execute(&pool);
        let sent = answered(notify).await.map_err(|error| error.to_string());
        for answer in answers {
            let _ = answer.send(
                sent.as_ref()
                    .map(|_| ())
                    .map_err(|error| NotifyError::new(error.clone())),
            );
        }
    }
    pool.close().await;
}

/// A message as text. One that is too long carries the position alone, and where it has none, nothing: whoever gets it
/// looks.
fn text(channel: &str, hint: &Hint) -> String {
    let of = |hint: &Hint| {
        let envelope = Envelope {
            channel: channel.to_owned(),
            hint,
        };
        serde_json::to_string(&envelope).unwrap_or_default()
    };
    let whole = of(hint);
    if whole.len() <= MAX_BYTES {
        return whole;
    }
    of(&Hint {
        kind: hint.kind.clone(),
        payload: match &hint.payload["seq"] {
            Value::Null => Value::Null,
            seq => json!({ "seq": seq }),
        },
    })
}

#[async_trait]
impl Notifier for PostgresNotifier {
    async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError> {
        self.link.hub.deliver(channel, hint);
        self.link.check()?;
        let (answer, answered_) = oneshot::channel();
        let away = |_| NotifyError::new("the notifications are closed");
        self.sending
            .send((text(channel, hint), answer))
            .await
            .map_err(|_| away(()))?;
        answered_.await.map_err(|_| away(()))?
    }

    async fn subscribe(&self, channel: &str) -> Result<Hints, NotifyError> {
        Ok(self.link.hub.listen(channel).0)
    }

    async fn health_check(&self) -> Result<(), NotifyError> {
        self.link.check()
    }

    fn supports_push(&self) -> bool {
        self.link.is_up()
    }

    async fn close(&self) {
        self.link.close();
    }
}

impl Drop for PostgresNotifier {
    fn drop(&mut self) {
        self.link.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_over_the_limit_carries_the_position_alone() {
        let short = Hint::changed("order", 7);
        assert_eq!(
            text("sync:t:order", &short),
            r#"{"channel":"sync:t:order","type":"changed","payload":{"entity_type":"order","seq":7}}"#
        );
        // The limit counts bytes: 2,600 characters of three bytes each.
        let mut long = short;
        long.payload["note"] = "€".repeat(2_600).into();
        assert_eq!(
            text("sync:t:order", &long),
            r#"{"channel":"sync:t:order","type":"changed","payload":{"seq":7}}"#
        );
        long.payload["note"] = "€".repeat(2_400).into();
        assert!(text("sync:t:order", &long).len() > 7_200);
        let pointless = Hint {
            kind: "x".to_owned(),
            payload: "y".repeat(9_000).into(),
        };
        assert_eq!(
            text("c", &pointless),
            r#"{"channel":"c","type":"x","payload":null}"#
        );
    }
}
