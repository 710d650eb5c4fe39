//! The audit trail of an entity: its events in fold order, and which of them did something.

use std::fmt;

use crate::{
    ingest::{Rewind, fold_stored},
    schema::Mode,
    semantics::fold::Reducer,
    store::{EntityKey, EntityLog, Place, Result, StoredEvent},
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
#[derive(Debug, Clone, Default)]
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
        let id = uuid::Uuid::try_parse(id).ok()?;
        Some(Self(Place {
            stamp: stamp.parse().ok()?,
            id: id.hyphenated().to_string(),
        }))
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.0.stamp, self.0.id)
    }
}

/// The last `limit` events of an entity before a place; `None` where it has none at all. Whether they did something is
/// folded from a snapshot before them, so that a page costs no more the longer the log is.
///
/// # Errors
///
/// The store failed.
pub async fn page(
    log: &mut dyn EntityLog,
    reducer: Reducer<'_>,
    key: &EntityKey,
    before: Option<&Before>,
    limit: u32,
) -> Result<Option<HistoryPage>> {
    let reducer = Reducer {
        faults: None,
        ..reducer
    };
    let before = before.map(|Before(place)| place);
    let page = log.events_before(key, before, limit).await?;
    let Some(first) = page.events.first().map(StoredEvent::place) else {
        let seen = match before {
            Some(_) => !log.events_before(key, None, 1).await?.events.is_empty(),
            None => false,
        };
        return Ok(seen.then(HistoryPage::default));
    };
    if reducer.model.mode == Mode::Rows {
        // What was accepted was applied, unless later writes have overtaken all of it.
        let entries = page.events.into_iter().map(|event| HistoryEntry {
            applied: !event.is_overtaken(),
            event,
        });
        return Ok(Some(HistoryPage {
            entries: entries.collect(),
            next: page.has_more.then_some(Before(first)),
        }));
    }
    let mut folded = Rewind::to(log, reducer, key, &first, 0)
        .await?
        .folded()
        .clone();
    let entries = page.events.into_iter().map(|event| HistoryEntry {
        applied: fold_stored(reducer, &mut folded, &event),
        event,
    });
    Ok(Some(HistoryPage {
        entries: entries.collect(),
        next: page.has_more.then_some(Before(first)),
    }))
}
