//! One reader's ear.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::SelectAll};
use tokio::time::{Instant, timeout_at};

use super::{Hints, Notifier, Timing};

/// How far apart readers look whom a broker's return has woken all at once.
const SPREAD: Duration = Duration::from_millis(300);

/// Waits until it is worth looking at the log: after a hint, or when it is time to look without one.
pub struct Listener {
    hints: SelectAll<Hints>,
    backends: Vec<Arc<dyn Notifier>>,
    timing: Timing,
}

impl Listener {
    pub(super) fn new(
        hints: SelectAll<Hints>,
        backends: Vec<Arc<dyn Notifier>>,
        timing: Timing,
    ) -> Self {
        Self {
            hints,
            backends,
            timing,
        }
    }

    /// Returns when a reader should look again. `seen` says up to which position it has seen the log by then. May be
    /// cancelled.
    pub async fn wait(&mut self, seen: impl Fn() -> u64) {
        let start = Instant::now();
        loop {
            // A backend that goes away while we wait says so with a hint, and this is asked anew.
            let pushes = self.backends.iter().all(|backend| backend.supports_push());
            let interval = match pushes {
                true => self.timing.look_again,
                false => self.timing.poll,
            };
            let until = start + interval;
            match timeout_at(until, self.hints.next()).await {
                Err(_) => return,
                Ok(Some(hint)) if hint.is_old(seen()) => {}
                Ok(Some(hint)) if hint.payload.is_null() => {
                    let spread = SPREAD.mul_f64(rand::random());
                    return tokio::time::sleep(spread).await;
                }
                Ok(Some(_)) => return,
                Ok(None) => return tokio::time::sleep_until(until).await,
            }
        }
    }
}
