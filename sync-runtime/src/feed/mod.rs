//! How readers follow the log.
//!
//! A reader asks for what lies after its cursor. Each process has one reader of a tenant's log, which keeps the recent
//! end in memory: a thousand streams of one event cost one read, and one writing of it for all who see the same. What
//! lies further back comes from the store. A notification is only a hint to look: a lost one costs latency, because the
//! log is looked at from time to time without one.

pub mod cursor;
mod follower;
mod frame;
mod tail;
mod tenant;

use std::sync::Arc;

use self::tenant::Tenants;
pub use self::{
    follower::{Follower, Look},
    frame::{Frame, Record, View},
};
use crate::{
    notify::{Hint, Notifier},
    registry::Models,
    store::{Store, StoredEvent},
};

/// The log as its readers see it.
#[derive(Clone)]
pub struct Feed {
    models: Arc<Models>,
    store: Arc<dyn Store>,
    notifier: Arc<dyn Notifier>,
    tenants: Arc<Tenants>,
}

impl Feed {
    /// A feed over a store.
    pub fn new(models: Arc<Models>, store: Arc<dyn Store>, notifier: Arc<dyn Notifier>) -> Self {
        Self {
            models,
            store,
            notifier,
            tenants: Arc::default(),
        }
    }

    /// Tells readers of entries that are now durable. Each tenant's come in log order.
    pub async fn publish(&self, events: Vec<StoredEvent>) {
        let mut hints: Vec<(String, Hint)> = Vec::new();
        for event in &events {
            let channel = channel(&event.key.tenant, &event.key.entity_type);
            let hint = Hint::changed(&event.key.entity_type, event.seq);
            match hints.iter_mut().find(|(known, _)| *known == channel) {
                Some((_, last)) => *last = hint,
                None => hints.push((channel, hint)),
            }
        }
        self.tenants.push(events);
        for (channel, hint) in hints {
            if let Err(error) = self.notifier.broadcast(&channel, &hint).await {
                tracing::warn!(%error, channel, "a notification was lost; readers will look by themselves");
            }
        }
    }

    /// Follows a tenant's log from a position.
    pub fn follow(&self, tenant: &str, after: u64, view: View) -> Follower {
        Follower::new(self.clone(), tenant, after, view)
    }
}

/// The channel of a tenant's entity type.
fn channel(tenant: &str, entity_type: &str) -> String {
    format!("sync:{tenant}:{entity_type}")
}
