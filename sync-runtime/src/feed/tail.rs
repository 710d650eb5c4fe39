//! The recent end of a tenant's log, in memory while somebody follows it.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use super::frame::{Entry, FRAME_BYTES, FRAME_ENTRIES, View};
use crate::store::StoredEvent;

/// How many entries a tail keeps.
const KEPT: usize = 1_024;
/// About how many bytes of payload a tail keeps.
const KEPT_BYTES: usize = 1024 * 1024;

/// The recent end of a tenant's log: every entry after `start` and up to `end`.
#[derive(Debug)]
pub(super) struct Tail {
    start: u64,
    end: u64,
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
}

/// What lies after a position.
#[derive(Debug)]
pub(super) struct Picked {
    /// Those of the view, as many as a frame holds.
    pub(super) entries: Vec<Arc<Entry>>,
    /// The position that was looked at last.
    pub(super) scanned: u64,
}

impl Tail {
    /// A tail that begins after a position.
    pub(super) fn new(start: u64) -> Self {
        Self {
            start,
            end: start,
            entries: VecDeque::new(),
            bytes: 0,
        }
    }

    /// The last position that it holds.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Adds an entry if it is the next. Says whether something is missing before it: another process wrote between.
    pub(super) fn push(&mut self, event: StoredEvent) -> bool {
        let missing = event.seq > self.end + 1;
        if event.seq == self.end + 1 {
            self.add(event);
        }
        missing
    }

    /// Adds what was read from the log after a position that the tail holds: all entries up to `scanned`.
    pub(super) fn extend(&mut self, events: Vec<StoredEvent>, scanned: u64) {
        for event in events {
            if event.seq > self.end {
                self.add(event);
            }
        }
        self.end = self.end.max(scanned);
    }

    fn add(&mut self, event: StoredEvent) {
        self.end = event.seq;
        self.bytes += weight(&event);
        self.entries.push_back(Arc::new(Entry::new(event)));
        while self.entries.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= weight(&oldest.event);
            self.start = oldest.event.seq;
        }
    }

    /// A frame's worth of what lies after a position; `None`: the tail does not reach back so far.
    pub(super) fn pick(&self, view: &View, after: u64) -> Option<Picked> {
        if after < self.start {
            return None;
        }
        let first = self
            .entries
            .partition_point(|entry| entry.event.seq <= after);
        let mut picked = Picked {
            entries: Vec::new(),
            scanned: after.max(self.end),
        };
        let mut bytes = 0;
        for entry in self.entries.range(first..) {
            if !view.shows(&entry.event) {
                continue;
            }
            bytes += weight(&entry.event);
            let full = bytes > FRAME_BYTES || picked.entries.len() == FRAME_ENTRIES;
            if let Some(last) = picked.entries.last().filter(|_| full) {
                picked.scanned = last.event.seq;
                break;
            }
            picked.entries.push(entry.clone());
        }
        Some(picked)
    }
}

/// About how many bytes an entry takes.
pub(super) fn weight(event: &StoredEvent) -> usize {
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
    use crate::{
        feed::cursor::Scope,
        registry::Models,
        semantics::{access::Rights, hlc::Stamp},
        store::EntityKey,
    };

    fn event(entity_type: &str, seq: u64, bytes: usize) -> StoredEvent {
        StoredEvent {
            key: EntityKey {
                tenant: "t".to_owned(),
                entity_type: entity_type.to_owned(),
                entity_id: "e".to_owned(),
            },
            seq,
            id: seq.to_string(),
            event_type: format!("{entity_type}.created"),
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
            change: None,
        }
    }

    fn view(entity_types: &[&str]) -> View {
        let rights = Rights::owner();
        let scope = Scope::new("0", "t", &Models::of([]).unwrap(), &rights);
        let entity_types = entity_types.iter().map(ToString::to_string).collect();
        View::new(scope, rights, entity_types)
    }

    fn pick(tail: &Tail, entity_types: &[&str], after: u64) -> Option<(Vec<u64>, u64)> {
        let picked = tail.pick(&view(entity_types), after)?;
        let seqs = picked.entries.iter().map(|entry| entry.event.seq).collect();
        Some((seqs, picked.scanned))
    }

    #[test]
    fn a_tail_has_no_gap() {
        let mut tail = Tail::new(3);
        assert!(!tail.push(event("order", 4, 1)));
        assert!(!tail.push(event("board", 5, 1)));
        // Something that it holds already, and something with a gap before.
        assert!(!tail.push(event("order", 4, 1)));
        assert!(tail.push(event("order", 8, 1)));
        assert_eq!(pick(&tail, &["order"], 2), None);
        assert_eq!(pick(&tail, &["order"], 3), Some((vec![4], 5)));
        assert_eq!(pick(&tail, &["board", "order"], 3), Some((vec![4, 5], 5)));
        assert_eq!(pick(&tail, &["order"], 4), Some((vec![], 5)));
        assert_eq!(pick(&tail, &["order"], 7), Some((vec![], 7)));
        let read = (5..=8).map(|seq| event("order", seq, 1)).collect();
        tail.extend(read, 9);
        assert_eq!(pick(&tail, &["order"], 4), Some((vec![6, 7, 8], 9)));
        assert!(!tail.push(event("order", 10, 1)));
        assert_eq!(pick(&tail, &["order"], 8), Some((vec![10], 10)));
    }

    #[test]
    fn a_tail_and_its_frames_are_bounded() {
        let mut tail = Tail::new(0);
        for seq in 1..=3_000 {
            tail.push(event("order", seq, 10));
        }
        assert_eq!(tail.entries.len(), KEPT);
        assert_eq!(pick(&tail, &["order"], 1_975), None);
        let (seqs, scanned) = pick(&tail, &["order"], 2_000).unwrap();
        assert_eq!((seqs[0], seqs.last()), (2_001, Some(&scanned)));
        assert!((100..=FRAME_ENTRIES).contains(&seqs.len()));
        for seq in 3_001..=3_020 {
            tail.push(event("order", seq, 200_000));
        }
        assert!(tail.entries.len() <= 5);
        assert_eq!(
            pick(&tail, &["order"], 3_018),
            Some((vec![3_019], 3_019)),
            "one that is larger than a frame goes alone"
        );
        tail.push(event("order", 3_021, 2 * KEPT_BYTES));
        assert_eq!((tail.entries.len(), tail.bytes), (0, 0));
        assert_eq!(pick(&tail, &["order"], 3_020), None);
    }
}
