//! "Something changed": hints that make readers look at once.
//!
//! A hint may be lost, come twice or out of order: readers follow the log, and look by themselves from time to time.
//! That is what makes the trait so small, and why a broker that is away costs latency and nothing else.
//!
//! * each backend is a file: `memory`, `redis`, `nats`, `postgres`, `silent` (`noop` and `polling`);
//! * `hub` hands a backend's messages to whoever listens in this process, so that a process has one subscription for
//!   all its readers; `link` is what the backends share that lose their broker and find it again;
//! * `outbox` sends in the background: a broker that is slow or away never holds up a write;
//! * `choice` makes the backends that the models and the settings name; [`Notifiers`] is all of them together.

mod choice;
mod hub;
#[cfg(any(feature = "nats", feature = "postgres", feature = "redis"))]
mod link;
mod listener;
mod memory;
#[cfg(feature = "nats")]
mod nats;
mod notifiers;
mod outbox;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod silent;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[cfg(feature = "nats")]
pub use self::nats::NatsNotifier;
#[cfg(feature = "postgres")]
pub use self::postgres::PostgresNotifier;
#[cfg(feature = "redis")]
pub use self::redis::RedisNotifier;
pub use self::{
    choice::NotificationError,
    listener::Listener,
    memory::MemoryNotifier,
    notifiers::{Notifiers, Timing},
    silent::SilentNotifier,
};

/// A stream of hints on one channel.
pub type Hints = BoxStream<'static, Hint>;

/// A message on a channel: `{"type", "payload"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hint {
    /// What kind of message it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    #[serde(default)]
    pub payload: Value,
}

/// A backend failed; nothing but latency is lost.
#[derive(Debug, thiserror::Error)]
#[error("the notification backend: {0}")]
pub struct NotifyError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A notification backend. Channels are `{prefix}:{tenant}:{entity}`.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// Sends a message to whoever listens now, in this process and in others. It may arrive twice.
    ///
    /// # Errors
    ///
    /// The broker did not take it; whoever listens in this process has it all the same.
    async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError>;

    /// Listens to a channel until the stream is dropped. While the broker is away nothing comes; when it is back, a
    /// [`Hint::look`] does, since others may have been lost.
    ///
    /// # Errors
    ///
    /// The backend is closed.
    async fn subscribe(&self, channel: &str) -> Result<Hints, NotifyError>;

    /// Whether the backend answers.
    ///
    /// # Errors
    ///
    /// It does not, and why.
    async fn health_check(&self) -> Result<(), NotifyError>;

    /// Whether it carries messages now: never where it has no push, and not while its broker is away. Without, readers
    /// poll.
    fn supports_push(&self) -> bool;

    /// Ends all subscriptions and the connection.
    async fn close(&self);
}

impl Hint {
    /// The log of an entity type has reached a position.
    pub fn changed(entity_type: &str, seq: u64) -> Self {
        Self {
            kind: "changed".to_owned(),
            payload: json!({ "entity_type": entity_type, "seq": seq }),
        }
    }

    /// Hints may have been lost: look.
    pub fn look() -> Self {
        Self {
            kind: "look".to_owned(),
            payload: Value::Null,
        }
    }

    /// The position that the log has reached, where the message says so.
    pub fn seq(&self) -> Option<u64> {
        self.payload["seq"].as_u64()
    }

    /// Whether a reader who has seen the log up to a position need not look for it.
    pub fn is_old(&self, seen: u64) -> bool {
        self.seq().is_some_and(|seq| seq <= seen)
    }

    /// Of a message's bytes; `None`: they are none of ours.
    #[cfg(any(feature = "nats", feature = "redis"))]
    fn parse(channel: &str, bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes)
            .inspect_err(
                |error| tracing::warn!(channel, %error, "a notification that cannot be read"),
            )
            .ok()
    }

    /// As the bytes of a message. Writing this type cannot fail.
    #[cfg(any(feature = "nats", feature = "redis"))]
    fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl NotifyError {
    /// Of a sentence, or of another error.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}
