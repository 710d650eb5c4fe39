//! How readers follow the log.
//!
//! A reader asks for what lies after its cursor. Recent entries are kept in memory, so that a thousand readers of one
//! event cost one read; older ones come from the store. A notification is only a hint to look: a lost one costs
//! latency, because every reader looks again by itself.

pub mod cursor;
mod tail;

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::SelectAll};

use self::tail::{Keep, Tails};
use crate::{
    notify::{Hint, Hints, Notifier},
    store::{Store, StoreError, StoredEvent},
};

/// How often a reader looks without a hint.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The most entries of one look.
const PAGE: u32 = 500;

/// The log as its readers see it.
#[derive(Clone)]
pub struct Feed {
    store: Arc<dyn Store>,
    notifier: Arc<dyn Notifier>,
    tails: Arc<Tails>,
}

/// What a follower finds.
#[derive(Debug, Clone)]
pub struct Look {
    /// Entries of the followed types, in log order.
    pub events: Vec<Arc<StoredEvent>>,
    /// The position scanned up to.
    pub scanned: u64,
    /// Whether there is more at once.
    pub has_more: bool,
}

impl Feed {
    /// A feed over a store.
    pub fn new(store: Arc<dyn Store>, notifier: Arc<dyn Notifier>) -> Self {
        Self {
            store,
            notifier,
            tails: Arc::default(),
        }
    }

    /// Tells readers of entries that are now durable. Each tenant's come in log order.
    pub async fn publish(&self, events: Vec<StoredEvent>) {
        let mut hints: Vec<(String, Hint)> = Vec::new();
        for event in events {
            let channel = channel(&event.key.tenant, &event.key.entity_type);
            let hint = Hint::changed(&event.key.entity_type, event.seq);
            match hints.iter_mut().find(|(known, _)| *known == channel) {
                Some((_, last)) => *last = hint,
                None => hints.push((channel, hint)),
            }
            self.tails.push(event);
        }
        for (channel, hint) in hints {
            if let Err(error) = self.notifier.broadcast(&channel, &hint).await {
                tracing::warn!(%error, channel, "a notification was lost; readers will look by themselves");
            }
        }
    }

    /// Follows a tenant's log from a position.
    pub async fn follow(&self, tenant: &str, after: u64, entity_types: Vec<String>) -> Follower {
        let mut hints = SelectAll::new();
        for entity_type in &entity_types {
            // Without hints the follower still looks from time to time.
            match self.notifier.subscribe(&channel(tenant, entity_type)).await {
                Ok(stream) => hints.push(stream),
                Err(error) => tracing::warn!(%error, "following without notifications"),
            }
        }
        Follower {
            feed: self.clone(),
            tenant: tenant.to_owned(),
            entity_types,
            after,
            hints,
            _tail: self.tails.keep(tenant),
        }
    }

    async fn look(&self, tenant: &str, after: u64, types: &[String]) -> Result<Look, StoreError> {
        if let Some(recent) = self.tails.after(tenant, after, PAGE as usize) {
            return Ok(Look {
                scanned: recent.last().map_or(after, |event| event.seq),
                has_more: recent.len() == PAGE as usize,
                events: recent
                    .into_iter()
                    .filter(|event| types.contains(&event.key.entity_type))
                    .collect(),
            });
        }
        let page = self
            .store
            .read_log(tenant, after, Some(types), PAGE)
            .await?;
        Ok(Look {
            events: page.events.into_iter().map(Arc::new).collect(),
            scanned: page.scanned,
            has_more: page.has_more,
        })
    }
}

/// A reader of a tenant's log.
pub struct Follower {
    feed: Feed,
    tenant: String,
    entity_types: Vec<String>,
    after: u64,
    hints: SelectAll<Hints>,
    _tail: Keep,
}

impl Follower {
    /// What lies after the position, which then moves on. May be empty.
    ///
    /// # Errors
    ///
    /// The store is away.
    pub async fn look(&mut self) -> Result<Look, StoreError> {
        let look = self
            .feed
            .look(&self.tenant, self.after, &self.entity_types)
            .await?;
        self.after = look.scanned;
        Ok(look)
    }

    /// Waits for a hint, or until it is time to look without one.
    pub async fn wait(&mut self) {
        if self.hints.is_empty() {
            tokio::time::sleep(LOOK_AGAIN).await;
            return;
        }
        let _ = tokio::time::timeout(LOOK_AGAIN, self.hints.next()).await;
    }
}

/// The channel of a tenant's entity type.
fn channel(tenant: &str, entity_type: &str) -> String {
    format!("sync:{tenant}:{entity_type}")
}
