//! The audit trail of an entity: its events in fold order, and which of them did something.

use std::fmt;

use crate::{
    ingest::fold_stored,
    semantics::fold::{Folded, Reducer},
    store::{Place, StoredEvent},
};

/// An event of the trail.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// As it was logged.
    pub event: StoredEvent,
    /// Whether it did something to the state, as the order is now.
    pub applied: bool,
}

/// A page of the trail, oldest first.
#[derive(Debug, Clone)]
pub struct HistoryPage {
    /// The events.
    pub entries: Vec<HistoryEntry>,
    /// Where the page before this one ends; `None`: this is the first.
    pub next: Option<Before>,
}

/// A page holds what lies before this place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before(Place);

impl Before {
    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (stamp, id) = text.split_once('_')?;
        Some(Self(Place {
            stamp: stamp.parse().ok()?,
            id: id.to_owned(),
        }))
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.0.stamp, self.0.id)
    }
}

/// The last `limit` events before a place, from all events of an entity in fold order.
pub fn page(
    reducer: Reducer<'_>,
    events: Vec<StoredEvent>,
    before: Option<&Before>,
    limit: usize,
) -> HistoryPage {
    let mut folded = Folded::Absent;
    let mut entries: Vec<HistoryEntry> = events
        .into_iter()
        .map(|event| HistoryEntry {
            applied: fold_stored(reducer, &mut folded, &event),
            event,
        })
        .collect();
    if let Some(Before(place)) = before {
        entries.truncate(entries.partition_point(|entry| entry.event.place() < *place));
    }
    let start = entries.len().saturating_sub(limit);
    let entries = entries.split_off(start);
    HistoryPage {
        next: entries
            .first()
            .filter(|_| start > 0)
            .map(|first| Before(first.event.place())),
        entries,
    }
}
