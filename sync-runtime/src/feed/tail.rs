//! The recent end of a tenant's log, in memory.

use std::{collections::VecDeque, sync::Arc};

use crate::store::StoredEvent;

/// How many entries a tail keeps.
const KEPT: usize = 1_024;

/// The recent end of a tenant's log: entries without a gap.
#[derive(Debug, Default)]
pub(super) struct Tail {
    events: VecDeque<Arc<StoredEvent>>,
}

impl Tail {
    /// Adds the next entry. One that does not follow the last (another process wrote between) starts the tail anew.
    pub(super) fn push(&mut self, event: Arc<StoredEvent>) {
        if self.events.back().is_some_and(|last| last.seq + 1 != event.seq) {
            self.events.clear();
        }
        self.events.push_back(event);
        if self.events.len() > KEPT {
            self.events.pop_front();
        }
    }

    /// Up to `limit` entries after a position; `None` where the tail cannot tell: the position lies before it, or at
    /// its end, behind which another process may have written.
    pub(super) fn after(&self, position: u64, limit: usize) -> Option<Vec<Arc<StoredEvent>>> {
        let (first, last) = (self.events.front()?.seq, self.events.back()?.seq);
        if position + 1 < first || position >= last {
            return None;
        }
        let skip = usize::try_from(position + 1 - first).ok()?;
        Some(self.events.iter().skip(skip).take(limit).cloned().collect())
    }
}
