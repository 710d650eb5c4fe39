//! Backends that carry nothing: `noop` and `polling`. Readers look at the log at an interval.

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};

use super::{Hint, Hints, Notifier, NotifyError};

/// Takes every message and hands on none. `noop` switches notifications off, `polling` says that readers poll by
/// intent; what happens is the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct SilentNotifier;

#[async_trait]
impl Notifier for SilentNotifier {
    async fn broadcast(&self, _: &str, _: &Hint) -> Result<(), NotifyError> {
        Ok(())
    }

    async fn subscribe(&self, _: &str) -> Result<Hints, NotifyError> {
        Ok(stream::pending().boxed())
    }

    async fn health_check(&self) -> Result<(), NotifyError> {
        Ok(())
    }

    fn supports_push(&self) -> bool {
        false
    }

    async fn close(&self) {}
}
