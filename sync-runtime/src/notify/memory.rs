//! Notifications inside one process; the default.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Hint, Hints, Notifier, NotifyError, hub::Hub};

/// Notifications inside one process.
#[derive(Debug, Default)]
pub struct MemoryNotifier {
    hub: Arc<Hub>,
}

#[async_trait]
impl Notifier for MemoryNotifier {
    async fn broadcast(&self, channel: &str, hint: &Hint) -> Result<(), NotifyError> {
        self.hub.deliver(channel, hint);
        Ok(())
    }

    async fn subscribe(&self, channel: &str) -> Result<Hints, NotifyError> {
        Ok(self.hub.listen(channel).0)
    }

    async fn health_check(&self) -> Result<(), NotifyError> {
        Ok(())
    }

    fn supports_push(&self) -> bool {
        true
    }

    async fn close(&self) {
        self.hub.close();
    }
}
