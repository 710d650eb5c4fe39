//! "Something changed": hints that make readers look at once.
//!
//! A hint may be lost or come twice; readers follow the log. That is what makes the trait so small.

mod memory;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use memory::MemoryNotifier;

/// A stream of hints on one channel.
pub type Hints = BoxStream<'static, Hint>;

/// A message on a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hint {
    /// What kind of message it is.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    pub payload: Value,
}

/// A backend failed; nothing but latency is lost.
#[derive(Debug, thiserror::Error)]
#[error("the notification backend: {0}")]
pub struct NotifyError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// A notification backend. Channels are `sync:{tenant}:{entity}`.
#[async_trait]
pub trait Notifier: Send + Sync + 'static {
    /// Sends a message to whoever listens now.
    async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError>;

    /// Listens to a channel until the stream is dropped.
    async fn subscribe(&self, channel: &str) -> Result<Hints, NotifyError>;

    /// Whether the backend answers.
    async fn health_check(&self) -> Result<(), NotifyError>;

    /// Whether it carries messages at all; without, readers poll.
    fn supports_push(&self) -> bool;

    /// Ends all subscriptions.
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

    /// The position that the log has reached, where the message says so.
    pub fn seq(&self) -> Option<u64> {
        self.payload["seq"].as_u64()
    }
}
