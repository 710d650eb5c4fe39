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

use std::{collections::HashMap, sync::Arc};

use self::tenant::Tenants;
pub use self::{
    follower::{Follower, JOINED, Look},
    frame::{Form, Frame, Portion, Record, View, Write, Written},
};
use crate::{
    metrics::Metrics,
    notify::Notifiers,
    registry::Models,
    store::{Store, StoredEvent},
};

/// The log as its readers see it.
#[derive(Clone)]
pub struct Feed {
    models: Arc<Models>,
    store: Arc<dyn Store>,
    notifiers: Arc<Notifiers>,
    metrics: Arc<Metrics>,
    tenants: Arc<Tenants>,
}

impl Feed {
    /// A feed over a store.
    pub fn new(
        models: Arc<Models>,
        store: Arc<dyn Store>,
        notifiers: Arc<Notifiers>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            models,
            store,
            notifiers,
            metrics,
            tenants: Arc::default(),
        }
    }

    /// Tells readers of entries that are now durable: those of this process at once, others in the background. Each
    /// tenant's come in log order.
    pub fn publish(&self, events: Vec<StoredEvent>) {
        if !events.is_empty() {
            self.metrics.group(events.len());
        }
        let mut last: HashMap<(&str, &str), u64> = HashMap::new();
        for event in &events {
            self.metrics.delivered(event.received_at);
            last.insert((&event.key.tenant, &event.key.entity_type), event.seq);
        }
        for ((tenant, entity_type), seq) in last {
            self.notifiers.changed(tenant, entity_type, seq);
        }
        self.tenants.push(events);
    }

    /// Follows a tenant's log from a position.
    pub fn follow(&self, tenant: &str, after: u64, view: View) -> Follower {
        Follower::new(self.clone(), tenant, after, view)
    }
}
