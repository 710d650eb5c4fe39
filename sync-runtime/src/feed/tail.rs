//! The recent end of a tenant's log, in memory while somebody follows it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::store::StoredEvent;

/// How many entries a tail keeps.
const KEPT: usize = 1_024;
/// About how many bytes of payload a tail keeps.
const KEPT_BYTES: usize = 1024 * 1024;

/// The tails of the tenants that are followed.
#[derive(Debug, Default)]
pub(super) struct Tails {
    by_tenant: Mutex<HashMap<String, Followed>>,
}

#[derive(Debug, Default)]
struct Followed {
    followers: usize,
    tail: Tail,
}

/// Keeps a tenant's tail for as long as it lives.
#[derive(Debug)]
pub(super) struct Keep {
    tails: Arc<Tails>,
    tenant: String,
}

impl Tails {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Followed>> {
        self.by_tenant
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the tail of a tenant from now on.
    pub(super) fn keep(self: &Arc<Self>, tenant: &str) -> Keep {
        self.lock().entry(tenant.to_owned()).or_default().followers += 1;
        Keep {
            tails: self.clone(),
            tenant: tenant.to_owned(),
        }
    }

    /// Adds the next entry of a log that somebody follows.
    pub(super) fn push(&self, event: StoredEvent) {
        if let Some(followed) = self.lock().get_mut(&event.key.tenant) {
            followed.tail.push(Arc::new(event));
        }
    }

    /// Up to `limit` entries after a position, where the tail can tell.
    pub(super) fn after(
        &self,
        tenant: &str,
        position: u64,
        limit: usize,
    ) -> Option<Vec<Arc<StoredEvent>>> {
        self.lock().get(tenant)?.tail.after(position, limit)
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        let mut tails = self.tails.lock();
        if let Some(followed) = tails.get_mut(&self.tenant) {
            followed.followers -= 1;
            if followed.followers == 0 {
                tails.remove(&self.tenant);
            }
        }
    }
}

/// The recent end of a tenant's log: entries without a gap.
#[derive(Debug, Default)]
struct Tail {
    events: VecDeque<Arc<StoredEvent>>,
    bytes: usize,
}

impl Tail {
    /// Adds the next entry. One that does not follow the last (another process wrote between) starts the tail anew.
    fn push(&mut self, event: Arc<StoredEvent>) {
        if self
            .events
            .back()
            .is_some_and(|last| last.seq + 1 != event.seq)
        {
            *self = Self::default();
        }
        self.bytes += weight(&event);
        self.events.push_back(event);
        while self.events.len() > KEPT || self.bytes > KEPT_BYTES {
            match self.events.pop_front() {
                Some(oldest) => self.bytes -= weight(&oldest),
                None => break,
            }
        }
    }

    /// Up to `limit` entries after a position; `None` where the tail cannot tell: the position lies before it, or at
    /// its end, behind which another process may have written.
    fn after(&self, position: u64, limit: usize) -> Option<Vec<Arc<StoredEvent>>> {
        let (first, last) = (self.events.front()?.seq, self.events.back()?.seq);
        if position + 1 < first || position >= last {
            return None;
        }
        let skip = usize::try_from(position + 1 - first).ok()?;
        Some(self.events.iter().skip(skip).take(limit).cloned().collect())
    }
}

/// About how many bytes an entry takes.
fn weight(event: &StoredEvent) -> usize {
    fn of(value: &Value) -> usize {
        32 + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(of).sum(),
            Value::Object(object) => object
                .iter()
                .map(|(key, value)| key.len() + of(value))
                .sum(),
        }
    }
    256 + event
        .payload
        .iter()
        .map(|(key, value)| key.len() + of(value))
        .sum::<usize>()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::{semantics::hlc::Stamp, store::EntityKey};

    fn event(seq: u64, bytes: usize) -> StoredEvent {
        StoredEvent {
            key: EntityKey {
                tenant: "t".to_owned(),
                entity_type: "order".to_owned(),
                entity_id: "e".to_owned(),
            },
            seq,
            id: seq.to_string(),
            event_type: "order.created".to_owned(),
            payload: Map::from_iter([("text".to_owned(), json!("x".repeat(bytes)))]),
            stamp: Stamp {
                ms: seq,
                counter: 0,
                node: 0,
            },
            schema_version: 1,
            user_id: "u".to_owned(),
            idempotency_key: seq.to_string(),
            received_at: 0,
        }
    }

    fn positions(tails: &Tails, after: u64) -> Option<Vec<u64>> {
        let found = tails.after("t", after, 5)?;
        Some(found.iter().map(|event| event.seq).collect())
    }

    #[test]
    fn a_tail_lives_as_long_as_it_is_followed_and_has_no_gap() {
        let tails = Arc::new(Tails::default());
        tails.push(event(1, 1));
        assert!(tails.lock().is_empty());
        let (one, two) = (tails.keep("t"), tails.keep("t"));
        for seq in 4..=6 {
            tails.push(event(seq, 1));
        }
        assert_eq!(positions(&tails, 2), None);
        assert_eq!(positions(&tails, 3), Some(vec![4, 5, 6]));
        assert_eq!(positions(&tails, 5), Some(vec![6]));
        assert_eq!(positions(&tails, 6), None);
        tails.push(event(8, 1));
        assert_eq!(positions(&tails, 5), None);
        assert_eq!(positions(&tails, 7), Some(vec![8]));
        drop(one);
        assert_eq!(positions(&tails, 7), Some(vec![8]));
        drop(two);
        assert!(tails.lock().is_empty());
    }

    #[test]
    fn a_tail_is_bounded() {
        let tails = Arc::new(Tails::default());
        let _keep = tails.keep("t");
        for seq in 1..=3_000 {
            tails.push(event(seq, 10));
        }
        assert_eq!(tails.lock()["t"].tail.events.len(), KEPT);
        for seq in 3_001..=3_020 {
            tails.push(event(seq, 200_000));
        }
        assert!(tails.lock()["t"].tail.events.len() <= 5);
        tails.push(event(3_021, 2 * KEPT_BYTES));
        assert_eq!(tails.lock()["t"].tail.events.len(), 0);
        assert_eq!(tails.lock()["t"].tail.bytes, 0);
    }
}
