//! All notification backends of a service.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::stream::SelectAll;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Hint, Listener, Notifier, outbox::Outbox};
use crate::metrics::Metrics;

/// How often a reader looks at the log.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Without push.
    pub poll: Duration,
    /// With push, in case that a hint was lost.
    pub look_again: Duration,
}

/// All notification backends of a service, and which model uses which.
pub struct Notifiers {
    prefix: String,
    timing: Timing,
    backends: Vec<Backend>,
    /// The place in `backends`, by entity.
    by_entity: HashMap<String, usize>,
    closing: CancellationToken,
    sending: TaskTracker,
}

struct Backend {
    name: &'static str,
    notifier: Arc<dyn Notifier>,
    outbox: Arc<Outbox>,
}

impl Notifiers {
    /// These backends, with the entities that use each. Starts what sends in the background.
    pub(super) fn start(
        prefix: &str,
        timing: Timing,
        metrics: &Arc<Metrics>,
        backends: Vec<(&'static str, Arc<dyn Notifier>, Vec<String>)>,
    ) -> Self {
        let (closing, sending) = (CancellationToken::new(), TaskTracker::new());
        let mut by_entity = HashMap::new();
        let backends = backends
            .into_iter()
            .enumerate()
            .map(|(at, (name, notifier, entities))| {
                by_entity.extend(entities.into_iter().map(|entity| (entity, at)));
                let outbox = Arc::new(Outbox::default());
                let run = outbox
                    .clone()
                    .run(notifier.clone(), metrics.clone(), closing.clone());
                sending.spawn(run);
                Backend {
                    name,
                    notifier,
                    outbox,
                }
            })
            .collect();
        Self {
            prefix: prefix.to_owned(),
            timing,
            backends,
            by_entity,
            closing,
            sending,
        }
    }

    fn backend(&self, entity_type: &str) -> Option<&Backend> {
        self.backends.get(*self.by_entity.get(entity_type)?)
    }

    fn channel(&self, tenant: &str, entity_type: &str) -> String {
        format!("{}:{tenant}:{entity_type}", self.prefix)
    }

    /// Tells readers, in the background, that a tenant's log has an entry of that type at that position.
    pub fn changed(&self, tenant: &str, entity_type: &str, seq: u64) {
        if let Some(backend) = self.backend(entity_type) {
            let channel = self.channel(tenant, entity_type);
            backend.outbox.put(channel, Hint::changed(entity_type, seq));
        }
    }

    /// Listens for changes of a tenant's entities of these types.
    pub async fn listen(&self, tenant: &str, entity_types: &[String]) -> Listener {
        let mut hints = SelectAll::new();
        let mut used: Vec<Arc<dyn Notifier>> = Vec::new();
        for entity_type in entity_types {
            let Some(backend) = self.backend(entity_type) else {
                continue;
            };
            let channel = self.channel(tenant, entity_type);
            match backend.notifier.subscribe(&channel).await {
                Ok(stream) => hints.push(stream),
                Err(error) => tracing::warn!(%error, channel, "following without notifications"),
            }
            if !used
                .iter()
                .any(|known| Arc::ptr_eq(known, &backend.notifier))
            {
                used.push(backend.notifier.clone());
            }
        }
        Listener::new(hints, used, self.timing)
    }

    /// How each backend is, by name.
    pub async fn health(&self) -> Vec<(&'static str, bool)> {
        let checks = self.backends.iter().map(|backend| async {
            let checked = backend.notifier.health_check().await;
            (backend.name, checked.is_ok())
        });
        futures_util::future::join_all(checks).await
    }

    /// How long the oldest message has waited to be sent.
    pub fn oldest_unsent(&self) -> Option<Duration> {
        let waits = self
            .backends
            .iter()
            .filter_map(|backend| backend.outbox.oldest());
        waits.max()
    }

    /// Sends what is left and ends all connections.
    pub async fn close(&self) {
        self.closing.cancel();
        self.sending.close();
        self.sending.wait().await;
        for backend in &self.backends {
            backend.notifier.close().await;
        }
    }
}

impl Drop for Notifiers {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}
